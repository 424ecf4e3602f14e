//! What the replication dashboard shows, from what the API answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_api::replication::{
    ActivityView, EstateServer, LagHistoryView, PlaceAge, ReplicationAlert, ReplicationDashboard,
    ServerCount,
};
use ui::charts::{Series, Slice};

use crate::format::{duration, time};
use crate::words;

/// How many cards there are.
pub const CARDS: usize = 4;
/// Lines of the lag chart: the servers that are furthest behind.
pub const LINES: usize = 3;

/// A number with its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// What is counted.
    pub title: &'static str,
    /// The number.
    pub value: String,
    /// What it means.
    pub detail: String,
}

/// The numbers at the top.
#[must_use]
pub fn cards(estate: &ReplicationDashboard) -> Vec<Card> {
    let rpo = &estate.rpo;
    let share = |count: usize| {
        if estate.total_servers == 0 {
            "no servers".to_owned()
        } else {
            format!(
                "{:.0}% of {}",
                100.0 * count as f64 / estate.total_servers as f64,
                estate.total_servers
            )
        }
    };
    let attained = rpo
        .attained_percent
        .map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0}%"));
    vec![
        Card {
            title: "Continuous",
            value: estate.continuous.to_string(),
            detail: format!("{}: ready to recover", share(estate.continuous)),
        },
        Card {
            title: "Syncing",
            value: estate.syncing.to_string(),
            detail: share(estate.syncing),
        },
        Card {
            title: "Needs attention",
            value: estate.needs_attention.to_string(),
            detail: share(estate.needs_attention),
        },
        Card {
            title: "Recovery point objective",
            value: attained,
            detail: format!(
                "{} within {}, {} not, {} not known",
                rpo.attained,
                duration(rpo.rpo_seconds),
                rpo.missed,
                rpo.unknown
            ),
        },
    ]
}

/// Servers by state, in words.
#[must_use]
pub fn states(counts: &[ServerCount]) -> Vec<Slice> {
    counts
        .iter()
        .map(|count| Slice {
            name: words::replication(&count.name).1,
            count: count.servers,
        })
        .collect()
}

/// Servers by something else.
#[must_use]
pub fn slices(counts: &[ServerCount]) -> Vec<Slice> {
    counts
        .iter()
        .map(|count| Slice {
            name: count.name.clone(),
            count: count.servers,
        })
        .collect()
}

/// Servers by direction, in words.
#[must_use]
pub fn directions(counts: &[ServerCount]) -> Vec<Slice> {
    let name = |word: &str| match word {
        "FAILOVER" => "To the recovery region".to_owned(),
        "FAILBACK" => "Back to the origin".to_owned(),
        other => other.to_owned(),
    };
    counts
        .iter()
        .map(|count| Slice {
            name: name(&count.name),
            count: count.servers,
        })
        .collect()
}

/// How fresh all of it is.
#[must_use]
pub fn freshness(estate: &ReplicationDashboard) -> String {
    let age = estate.age_seconds.map_or_else(
        || "Never read".to_owned(),
        |age| format!("Read {} ago", duration(age)),
    );
    let failed = estate
        .places
        .iter()
        .filter(|place| place.error.is_some())
        .count();
    match failed {
        0 => age,
        failed => format!(
            "{age}; {failed} of {} places could not be read",
            estate.places.len()
        ),
    }
}

/// The servers that are furthest behind, the furthest first; one whose lag is not known counts for less than any other.
#[must_use]
pub fn furthest(servers: &[EstateServer]) -> Vec<EstateServer> {
    let mut all: Vec<&EstateServer> = servers.iter().collect();
    all.sort_by_key(|one| {
        (
            std::cmp::Reverse(one.server.lag_seconds),
            one.server.name.clone(),
        )
    });
    all.into_iter().take(LINES).cloned().collect()
}

/// Lag over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lag {
    /// Times, oldest first.
    pub places: Vec<String>,
    /// A line for each server.
    pub series: Vec<Series>,
}

/// Histories on one axis: a place for each time that any of them has.
#[must_use]
pub fn lag(histories: &[(String, LagHistoryView)]) -> Lag {
    let mut times: BTreeMap<DateTime<Utc>, Vec<Option<f64>>> = BTreeMap::new();
    for (number, (_, history)) in histories.iter().enumerate() {
        for point in &history.points {
            let values = times
                .entry(point.at)
                .or_insert_with(|| vec![None; histories.len()]);
            if let Some(value) = values.get_mut(number) {
                *value = point.lag_seconds.map(|lag| lag as f64);
            }
        }
    }
    let line = |number: usize, name: &String| Series {
        name: name.clone(),
        values: times
            .values()
            .map(|values| values.get(number).copied().flatten())
            .collect(),
    };
    Lag {
        places: times.keys().map(|at| time(*at)).collect(),
        series: histories
            .iter()
            .enumerate()
            .map(|(number, (name, _))| line(number, name))
            .collect(),
    }
}

/// The address of a server's page.
#[must_use]
pub fn server_path(place: &dr_model::place::Place, id: &dr_model::ids::SourceServerId) -> String {
    format!("/source-servers/{}/{}/{id}", place.account_id, place.region)
}

/// What happened, in words: `Initial sync → Continuous`.
#[must_use]
pub fn happened(activity: &ActivityView) -> String {
    let word = |state: &str, none: &str| match state {
        "" => none.to_owned(),
        state => words::replication(state).1,
    };
    format!(
        "{} → {}",
        word(&activity.activity.from, "new"),
        word(&activity.activity.to, "gone")
    )
}

/// What a row of alerts is known by.
#[must_use]
pub fn alert_key(alert: &ReplicationAlert) -> String {
    format!(
        "{}/{}/{}",
        alert.place, alert.source_server_id, alert.alert.message
    )
}

/// How fresh one place is.
#[must_use]
pub fn place_age(place: &PlaceAge) -> String {
    place.age_seconds.map_or_else(
        || "Never read".to_owned(),
        |age| format!("{} ago", duration(age)),
    )
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
