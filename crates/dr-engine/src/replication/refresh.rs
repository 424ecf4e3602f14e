//! Reading places into the inventory.

use chrono::{DateTime, Duration, Utc};
use dr_error::{AwsClass, Error, Result};
use dr_model::inventory::Inventory;
use dr_model::place::Place;
use dr_model::server::ReplicationState;
use futures::{StreamExt, stream};

use crate::app::App;
use crate::replication::inventory::{Reading, inventory, is_point_due};
use crate::replication::read::places;

/// Places that are read at the same time.
const CONCURRENCY: usize = 8;
/// A place is read again after a minute while a copy is under way in it, after five minutes while nothing moves, and
/// after a quarter of an hour where no servers are. Five seconds less than that: the poller comes by the minute, and
/// must not find a place a moment too young because the last reading took its time. A stall is told by an event, and read
/// at once ([`refresh_told`]).
const MOVING_PAUSE_SECONDS: i64 = 55;
const STEADY_PAUSE_SECONDS: i64 = 295;
const EMPTY_PAUSE_SECONDS: i64 = 895;

/// Reads a place and stores what it shows. A place that cannot be read keeps what was known of it, with the error:
/// that is no error of this function. One sweep of DRS's source servers and, once something was recovered, one of its
/// recovery instances.
///
/// # Errors
/// What the store answers.
pub async fn refresh(app: &App, place: &Place) -> Result<Inventory> {
    let previous = app.store().inventory(place).await?;
    let reading = read(app, place).await.map_err(|error| {
        tracing::warn!(%error, %place, "replication could not be read");
        error.words()
    });
    let now = app.clock().now();
    let mut inventory = inventory(place, previous, reading, now);
    if is_point_due(&inventory, now) {
        // Kept first: a point that was kept and not noted is kept once all the same.
        app.store().keep_lag_points(&inventory, now).await?;
        inventory.points_at = Some(now);
    }
    if app.store().put_inventory(&inventory).await? {
        return Ok(inventory);
    }
    // Somebody read it later than we did.
    Ok(app.store().inventory(place).await?.unwrap_or(inventory))
}

async fn read(app: &App, place: &Place) -> Result<Reading> {
    let cloud = app.cloud(place).await?;
    let reading = async {
        let servers = cloud.drs.source_servers().await?;
        // In quiet times no server has a recovery instance, and nobody needs to ask for them.
        let is_any_recovered = servers
            .iter()
            .any(|server| server.recovery_instance_id.is_some());
        let recovery_instances = if is_any_recovered {
            cloud.drs.recovery_instances().await?
        } else {
            Vec::new()
        };
        Ok::<_, Error>(Reading {
            servers,
            recovery_instances,
        })
    };
    match reading.await {
        // Where DRS was never set up, there is nothing: that is known, not wrong.
        Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => Ok(Reading::default()),
        found => found,
    }
}

/// Reads the places whose inventory is old. May be called as often as anybody likes: a place that this process tried
/// within the minute costs nothing. An error in one place does not keep the others waiting.
///
/// # Errors
/// When the target accounts cannot be read.
pub async fn poll(app: &App) -> Result<()> {
    let places = places(app).await?;
    stream::iter(places)
        .for_each_concurrent(CONCURRENCY, |place| async move {
            if let Err(error) = refresh_if_due(app, &place).await {
                tracing::warn!(%error, %place, "inventory not refreshed");
            }
        })
        .await;
    Ok(())
}

/// Reads a place of which DRS says that something happened in it, unless that was done within `pause_seconds`: what is
/// told meanwhile is left to the schedule, which reads a place by the minute while anything moves or stalls in it.
/// Answers whether it was read. A place that is not registered is not ours to read.
pub async fn refresh_told(app: &App, place: &Place, pause_seconds: u32) -> bool {
    let what = format!("inventory#{place}");
    let told = async {
        let is_ours = app.store().claim_look_at(&what, pause_seconds).await?
            && places(app).await?.contains(place);
        if is_ours {
            refresh(app, place).await?;
        }
        Ok::<_, Error>(is_ours)
    };
    told.await.unwrap_or_else(|error| {
        tracing::warn!(%error, %place, "inventory not refreshed: the schedule reads it");
        false
    })
}

async fn refresh_if_due(app: &App, place: &Place) -> Result<()> {
    let now = app.clock().now();
    // A place that cannot be read is not tried more often than one that can.
    if !app
        .memory()
        .claim(place, Duration::seconds(MOVING_PAUSE_SECONDS), now)
    {
        return Ok(());
    }
    let known = app.store().inventory(place).await?;
    if known.is_some_and(|inventory| !is_due(&inventory, now)) {
        return Ok(());
    }
    refresh(app, place).await.map(drop)
}

fn is_due(inventory: &Inventory, now: DateTime<Utc>) -> bool {
    let is_moving = inventory.servers.iter().any(|server| {
        !matches!(
            ReplicationState::from(server.state.clone()),
            ReplicationState::Continuous
                | ReplicationState::Stopped
                | ReplicationState::Paused
                | ReplicationState::Disconnected
        )
    });
    let pause = if is_moving || inventory.error.is_some() {
        MOVING_PAUSE_SECONDS
    } else if inventory.servers.is_empty() {
        EMPTY_PAUSE_SECONDS
    } else {
        STEADY_PAUSE_SECONDS
    };
    now - inventory.refreshed_at >= Duration::seconds(pause)
}

#[cfg(test)]
mod tests {
    use dr_model::inventory::Inventory;
    use dr_model::server::{ReplicationState, SourceServer};

    use super::is_due;
    use crate::replication::inventory::{Reading, inventory};
    use crate::samples::{at, direction, source};

    fn read(states: &[ReplicationState]) -> Inventory {
        let server = |state: &ReplicationState| SourceServer {
            replication_state: state.clone(),
            ..source()
        };
        let reading = Reading {
            servers: states.iter().map(server).collect(),
            recovery_instances: Vec::new(),
        };
        inventory(&direction().recovery, None, Ok(reading), at(0))
    }

    fn pause(inventory: &Inventory) -> i64 {
        let due = (0..2000).find(|second| is_due(inventory, at(*second)));
        due.unwrap()
    }

    #[test]
    fn what_moves_is_read_by_the_minute_what_is_steady_every_five_and_an_empty_place_every_fifteen()
    {
        for moving in [
            ReplicationState::InitialSync,
            ReplicationState::Stalled,
            ReplicationState::Rescan,
        ] {
            assert_eq!(pause(&read(&[moving])), 55);
        }
        assert_eq!(pause(&read(&[ReplicationState::Continuous])), 295);
        assert_eq!(pause(&read(&[])), 895);
    }

    #[test]
    fn a_place_that_could_not_be_read_is_tried_again_after_a_minute() {
        let failed = inventory(&direction().recovery, None, Err("refused".into()), at(0));
        assert_eq!(pause(&failed), 55);
    }
}
