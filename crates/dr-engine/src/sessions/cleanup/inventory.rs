//! What is left of a failover, what would become of it, and what it costs. Requirement 001, 8.2.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_aws::{Volume, VolumeFilter};
use dr_error::Result;
use dr_model::check::{Check, Severity};
use dr_model::execution::LaunchInto;
use dr_model::group::ProtectionGroup;
use dr_model::ids::{InstanceId, SessionId};
use dr_model::place::Place;
use dr_model::plan::RecoveryPlan;
use dr_model::server::ReplicationState;
use dr_model::session::{Action, FailoverSession, SessionServer};

use super::start::{homes, refusals, taken};
use super::volumes::{Side, is_left_by, strangers};
use super::{confirmation, cost};
use crate::app::App;
use crate::sessions::live::{self, Live};
use crate::sessions::{Chosen, change};

/// Volumes of others that are named at most, per region.
const STRANGERS: usize = 100;

/// What happens to one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is deleted, or a record of it is.
    Delete,
    /// The instance is terminated.
    Terminate,
    /// The pre-provisioned instance is taken out of DRS and stopped; id, IP and tag stay.
    HandBack,
    /// It stays.
    Keep,
    /// It cannot be removed from here: the reason says how.
    ByHand,
}

/// One thing that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is: `recovery_instance`, `source_server`, `volume`, ...
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Where it is; none for what is ours.
    pub place: Option<Place>,
    /// Its name, or that of its server.
    pub name: String,
    /// What happens to it.
    pub fate: Fate,
    /// Why.
    pub reason: String,
    /// What it costs while it stays, where that is known.
    pub monthly_cost_usd: Option<f64>,
}

/// What is left, and what would happen to it.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanupInventory {
    /// The session.
    pub session_id: SessionId,
    /// Everything.
    pub items: Vec<Item>,
    /// What those that go cost while they stay, where that is known.
    pub monthly_cost_usd: f64,
    /// The words to give as confirmation.
    pub confirmation: String,
    /// What forbids it now.
    pub refused: Vec<Check>,
}

/// What was looked at.
pub(super) struct Seen<'a> {
    pub(super) session: &'a FailoverSession,
    pub(super) live: &'a Live,
    /// Detached volumes in the recovery region.
    pub(super) there: &'a [Volume],
    /// Detached volumes in the origin region.
    pub(super) here: &'a [Volume],
    /// Bytes of the volumes of each B2.
    pub(super) attached: &'a BTreeMap<InstanceId, u64>,
}

/// Everything that a clean-up would remove, what stays, and why. Changes nothing.
///
/// # Errors
/// What AWS or the store answers.
pub async fn inventory(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<CleanupInventory> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let servers = taken(parts.iter().flat_map(|part| &part.servers), chosen);
    let live = live::look(app, &session, &servers).await?;
    let homes = homes(app, &session, &servers).await?;
    let mut refused = refusals(
        &servers,
        &live,
        &homes,
        session.lag_threshold_seconds,
        false,
    );
    if let Err(error) = change::allowed(&session, Action::Cleanup) {
        refused.push(Check::fail(
            "cleanup_allowed",
            Severity::Critical,
            id,
            error.words(),
            "Do what is named first, then look again",
        ));
    }
    let (there, here, attached) = if servers.is_empty() {
        Default::default()
    } else {
        volumes(app, &session, &servers).await?
    };
    let seen = Seen {
        session: &session,
        live: &live,
        there: &there,
        here: &here,
        attached: &attached,
    };
    let mut items: Vec<Item> = servers
        .iter()
        .flat_map(|server| of_server(server, &seen))
        .collect();
    items.extend(others(&servers, &seen));
    items.extend(mirrored(app, &session, servers.len()).await?);
    Ok(CleanupInventory {
        session_id: id.clone(),
        monthly_cost_usd: total(&items),
        items,
        confirmation: confirmation(servers.len()),
        refused,
    })
}

fn total(items: &[Item]) -> f64 {
    let goes = |item: &&Item| matches!(item.fate, Fate::Delete | Fate::Terminate);
    cost::round(
        items
            .iter()
            .filter(goes)
            .filter_map(|item| item.monthly_cost_usd)
            .sum(),
    )
}

type Volumes = (Vec<Volume>, Vec<Volume>, BTreeMap<InstanceId, u64>);

async fn volumes(
    app: &App,
    session: &FailoverSession,
    servers: &[&SessionServer],
) -> Result<Volumes> {
    let there = app.cloud(&session.direction.recovery).await?;
    let here = app.cloud(&session.direction.primary).await?;
    let instances: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| Some(server.recovered.as_ref()?.instance_id.clone()))
        .collect();
    let mut bytes: BTreeMap<InstanceId, u64> = BTreeMap::new();
    for volume in there
        .ec2
        .volumes(&VolumeFilter::AttachedTo(instances))
        .await?
    {
        if let Some(instance) = volume.attached_to {
            *bytes.entry(instance).or_default() += volume.bytes;
        }
    }
    Ok((
        there.ec2.volumes(&VolumeFilter::Detached).await?,
        here.ec2.volumes(&VolumeFilter::Detached).await?,
        bytes,
    ))
}

/// What is left of one server. Pure.
pub(super) fn of_server(server: &SessionServer, seen: &Seen<'_>) -> Vec<Item> {
    let direction = &seen.session.direction;
    let item = |kind, id: &str, place: &Place, fate, reason: &str, usd| Item {
        kind,
        id: id.to_owned(),
        place: Some(place.clone()),
        name: server.name.clone(),
        fate,
        reason: reason.to_owned(),
        monthly_cost_usd: usd,
    };
    let mut items = vec![item(
        "source_server",
        server.source_server_id.as_str(),
        &direction.recovery,
        Fate::Keep,
        "It protects what came home: stopping or deleting it would delete its points in time",
        Some(cost::source_server(true)),
    )];
    if let Some(b2) = &server.recovered {
        let (fate, reason) = end_of_b2(server);
        let usd = seen
            .attached
            .get(&b2.instance_id)
            .copied()
            .map(cost::volume);
        let id = b2.instance_id.as_str();
        items.push(item(
            "recovery_instance",
            id,
            &direction.recovery,
            fate,
            reason,
            usd,
        ));
    }
    if let Some(a3) = server
        .returned
        .as_ref()
        .and_then(|r| r.recovery_instance_id.as_ref())
    {
        items.push(item(
            "recovery_instance_record",
            a3.as_str(),
            &direction.primary,
            Fate::Delete,
            "Only DRS's record of it: the instance itself is the live primary and runs on",
            None,
        ));
    }
    if let Some(way) = &server.way_back {
        let a2 = seen.live.origin.get(&way.source_server_id);
        let is_replicating =
            a2.is_some_and(|a2| a2.replication.state != Some(ReplicationState::Stopped));
        items.push(item(
            "source_server",
            way.source_server_id.as_str(),
            &direction.primary,
            Fate::Delete,
            "The way back, which is not needed any more: stopped, disconnected, then deleted",
            Some(cost::source_server(is_replicating)),
        ));
    }
    items.extend(volumes_of(server, seen));
    for what in server.cleanup.iter().flat_map(|cleanup| &cleanup.manual) {
        let id = server.source_server_id.as_str();
        items.push(item(
            "by_hand",
            id,
            &direction.recovery,
            Fate::ByHand,
            what,
            None,
        ));
    }
    items
}

/// The volumes that launches of this server left detached, in both regions.
fn volumes_of(server: &SessionServer, seen: &Seen<'_>) -> Vec<Item> {
    let direction = &seen.session.direction;
    let sides = [
        (Side::Recovery, &direction.recovery, seen.there),
        (Side::Origin, &direction.primary, seen.here),
    ];
    let mut items = Vec::new();
    for (side, place, volumes) in sides {
        let left = volumes
            .iter()
            .filter(|volume| is_left_by(server, side, volume, seen.live.now));
        items.extend(left.map(|volume| Item {
            kind: "volume",
            id: volume.id.clone(),
            place: Some(place.clone()),
            name: server.name.clone(),
            fate: Fate::Delete,
            reason: "A launch into the instance left it detached".to_owned(),
            monthly_cost_usd: Some(cost::volume(volume.bytes)),
        }));
    }
    items
}

fn end_of_b2(server: &SessionServer) -> (Fate, &'static str) {
    let is_named = server.cleanup.as_ref().is_some_and(|c| c.terminate);
    match (&server.launched_into, is_named) {
        (LaunchInto::NewInstance, _) => (
            Fate::Terminate,
            "The failover launched it as a new instance; what came home has replaced it",
        ),
        (LaunchInto::Target { .. }, true) => (
            Fate::Terminate,
            "It is pre-provisioned and was named: its id and IP are gone for good",
        ),
        (LaunchInto::Target { .. }, false) => (
            Fate::HandBack,
            "It is pre-provisioned: stopped and taken out of DRS, ready for the next failover",
        ),
    }
}

/// Detached volumes that are not known to be ours. Pure.
fn others(servers: &[&SessionServer], seen: &Seen<'_>) -> Vec<Item> {
    let direction = &seen.session.direction;
    let now: DateTime<Utc> = seen.live.now;
    [
        (Side::Recovery, &direction.recovery, seen.there),
        (Side::Origin, &direction.primary, seen.here),
    ]
    .into_iter()
    .flat_map(|(side, place, volumes)| {
        strangers(servers, side, volumes, now)
            .into_iter()
            .take(STRANGERS)
            .map(|volume| Item {
                kind: "volume",
                id: volume.id.clone(),
                place: Some(place.clone()),
                name: volume.tags.get("Name").cloned().unwrap_or_default(),
                fate: Fate::Keep,
                reason: "Not known to be left by these servers".to_owned(),
                monthly_cost_usd: Some(cost::volume(volume.bytes)),
            })
    })
    .collect()
}

/// The mirrored configuration, which goes when the last server is home.
async fn mirrored(app: &App, session: &FailoverSession, servers: usize) -> Result<Vec<Item>> {
    let is_last = servers + session.stages.home == session.stages.counted();
    let fate = if is_last { Fate::Delete } else { Fate::Keep };
    let reason = if is_last {
        "It brought the fleet home and has nothing left to bring"
    } else {
        "Other servers of the session still need it"
    };
    let item = |kind, id: String, name: String| Item {
        kind,
        id,
        place: None,
        name,
        fate,
        reason: reason.to_owned(),
        monthly_cost_usd: None,
    };
    let groups: Vec<_> = session
        .mirrored_groups
        .iter()
        .map(|group| group.mirrored_id.clone())
        .collect();
    let plans: Vec<_> = session.mirrored_plan_id.iter().cloned().collect();
    let mut items = Vec::new();
    for ProtectionGroup { id, name, .. } in app.store().groups_by_id(&groups).await? {
        let pairs = app.store().pairs_of_group(&id).await?;
        items.push(item("protection_group", id.to_string(), name));
        items.extend(pairs.into_iter().map(|pair| {
            let name = pair.source_name.unwrap_or_default();
            item("instance_pair", pair.id.to_string(), name)
        }));
    }
    for RecoveryPlan { id, name, .. } in app.store().plans_by_id(&plans).await? {
        items.push(item("recovery_plan", id.to_string(), name));
    }
    Ok(items)
}
