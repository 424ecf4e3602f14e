//! Replication in words and tables.

use std::io;

use dr_api::replication::{
    AlertView, EstateServer, LagHistoryView, PlaceAge, ReplicationDashboard, ReplicationList,
    ReplicationView, ServerCount,
};
use dr_model::check::Severity;
use dr_model::inventory::LagPoint;
use dr_model::replication::InitiationStep;
use dr_model::server::ReplicationState;

use crate::commands::server::replication as state;
use crate::commands::validate::failed;
use crate::screen::{Cell, Screen, Tone};
use crate::{row, text};

/// How fresh it is: an inventory of old looks like one of now.
fn age(screen: &mut Screen, seconds: Option<u64>) -> io::Result<()> {
    match seconds {
        Some(seconds) => screen.note(&format!("As it was {} ago.", text::seconds(seconds))),
        None => screen.note("Nothing was read yet: dr replication refresh"),
    }
}

/// The estate.
pub fn estate(screen: &mut Screen, list: &ReplicationList) -> io::Result<()> {
    let rows = list.servers.iter().map(estate_row).collect();
    let headings = [
        "name", "server", "into", "way", "state", "done", "lag", "alert",
    ];
    screen.table(&headings, rows, "No server.")?;
    for error in list.places.iter().filter_map(not_read) {
        screen.note(&error)?;
    }
    age(screen, list.age_seconds)
}

fn not_read(place: &PlaceAge) -> Option<String> {
    let error = place.error.as_ref()?;
    Some(format!("{} could not be read: {error}", place.place))
}

fn estate_row(one: &EstateServer) -> Vec<Cell> {
    row![
        &one.server.name,
        &one.server.source_server_id,
        &one.place,
        text::word(&one.server.direction).to_lowercase(),
        state(&ReplicationState::from(one.server.state.clone())),
        format!("{:.1}%", one.progress_percent),
        text::lag(one.server.lag_seconds),
        one.alert.as_ref().map_or_else(|| Cell::from("-"), alert),
    ]
}

fn severity(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Doubtful,
        Severity::Critical => Tone::Bad,
    }
}

fn alert(alert: &AlertView) -> Cell {
    let words = format!(
        "{}: {} {}",
        text::word(&alert.severity),
        alert.message,
        alert.remediation
    );
    Cell::toned(words, severity(alert.severity))
}

/// Places, each with its age.
pub fn places(screen: &mut Screen, places: &[PlaceAge]) -> io::Result<()> {
    let rows = places
        .iter()
        .map(|one| {
            let error = one
                .error
                .as_ref()
                .map_or_else(|| Cell::from("-"), |error| Cell::toned(error, Tone::Bad));
            let age = one.age_seconds.map(text::seconds);
            row![
                &one.place,
                one.servers,
                text::or_dash(one.refreshed_at.map(text::time)),
                text::or_dash(age),
                error,
            ]
        })
        .collect();
    let headings = ["place", "servers", "read", "ago", "error"];
    screen.table(&headings, rows, "No account is registered.")
}

/// One server, live.
pub fn server(screen: &mut Screen, view: &ReplicationView, now: i64) -> io::Result<()> {
    let copy = format!(
        "{:.1}%  {} of {}",
        view.progress_percent,
        text::gibibytes(view.done_bytes),
        text::gibibytes(view.total_bytes)
    );
    let mut facts = vec![
        ("Server", Cell::from(&view.source_server_id)),
        (
            "Name",
            Cell::from(text::or_dash(view.name.as_ref().or(view.hostname.as_ref()))),
        ),
        ("Replicates into", Cell::from(&view.place)),
        (
            "Way",
            Cell::from(text::word(&view.direction).to_lowercase()),
        ),
        ("State", state(&ReplicationState::from(view.state.clone()))),
        ("Behind", Cell::from(text::lag(view.lag_seconds))),
        ("Copied", Cell::from(copy)),
    ];
    let left = view.eta.map(|eta| {
        let seconds = u64::try_from(eta.timestamp() - now).unwrap_or_default();
        format!("about {}, at {}", text::seconds(seconds), text::time(eta))
    });
    let waiting = (view.backlogged_bytes > 0).then(|| text::gibibytes(view.backlogged_bytes));
    let optional = [
        (
            "Original",
            view.origin_instance_id.as_ref().map(ToString::to_string),
        ),
        (
            "Original's region",
            view.origin_region.as_ref().map(ToString::to_string),
        ),
        ("Waits to be copied", waiting),
        ("To go", left),
        ("Consistent at", view.last_consistent_at.map(text::time)),
        ("Agent seen", view.lifecycle.last_seen_at.map(text::time)),
        ("Added", view.lifecycle.added_at.map(text::time)),
        ("First byte", view.lifecycle.first_byte_at.map(text::time)),
        ("Next try", view.next_attempt_at.map(text::time)),
        (
            "Staged in",
            view.staging_account_id.as_ref().map(ToString::to_string),
        ),
        (
            "Recovery instance",
            view.recovery_instance_id.as_ref().map(ToString::to_string),
        ),
        ("Error", view.replication_error.clone()),
        ("DRS says", view.raw_error.clone()),
    ];
    for (name, value) in optional {
        facts.extend(value.map(|value| (name, Cell::from(value))));
    }
    screen.facts(facts)?;
    steps(screen, &view.steps)?;
    screen.line("")?;
    let disks = view.disks.iter().map(|one| {
        row![
            &one.disk.device_name,
            text::gibibytes(one.disk.total_bytes),
            format!("{:.1}%", one.progress_percent),
            text::gibibytes(one.disk.backlogged_bytes),
        ]
    });
    let headings = ["disk", "size", "done", "waits"];
    screen.table(&headings, disks.collect(), "No disk is known yet.")?;
    failed(screen, &view.advice)
}

/// How the replication began.
fn steps(screen: &mut Screen, steps: &[InitiationStep]) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    screen.line("")?;
    let rows = steps.iter().map(|step| {
        let tone = match step.status.as_str() {
            "SUCCEEDED" => Tone::Good,
            "FAILED" => Tone::Bad,
            _ => Tone::Plain,
        };
        row![&step.name, Cell::toned(&step.status, tone)]
    });
    screen.table(&["how it began", "status"], rows.collect(), "")
}

/// The estate, summed up.
pub fn dashboard(screen: &mut Screen, view: &ReplicationDashboard) -> io::Result<()> {
    let rpo = &view.rpo;
    let attained = match rpo.attained_percent {
        Some(percent) => format!(
            "{percent:.1}%: {} within {}, {} not, {} unknown",
            rpo.attained,
            text::seconds(rpo.rpo_seconds),
            rpo.missed,
            rpo.unknown
        ),
        None => format!("unknown, of {}", text::seconds(rpo.rpo_seconds)),
    };
    let tone = if rpo.missed > 0 {
        Tone::Bad
    } else {
        Tone::Good
    };
    let attention = if view.needs_attention > 0 {
        Tone::Doubtful
    } else {
        Tone::Good
    };
    screen.facts(vec![
        ("Servers", Cell::from(view.total_servers)),
        ("Ready to recover", Cell::from(view.continuous)),
        ("Copying", Cell::from(view.syncing)),
        (
            "Need attention",
            Cell::toned(view.needs_attention, attention),
        ),
        ("Objective met", Cell::toned(attained, tone)),
        ("States", Cell::from(counts(&view.states))),
        ("Regions", Cell::from(counts(&view.regions))),
        ("Accounts", Cell::from(counts(&view.accounts))),
        ("Ways", Cell::from(counts(&view.directions).to_lowercase())),
    ])?;
    screen.line("")?;
    let alerts = view.alerts.iter().map(|one| {
        row![
            &one.name,
            &one.source_server_id,
            &one.place,
            alert(&one.alert),
            text::time(one.alert.since)
        ]
    });
    let headings = ["name", "server", "into", "alert", "since"];
    screen.table(&headings, alerts.collect(), "No alert.")?;
    screen.line("")?;
    let activity = view.activity.iter().map(|one| {
        let what = &one.activity;
        let word = |state: &str, none: &str| {
            if state.is_empty() {
                none.to_owned()
            } else {
                state.to_owned()
            }
        };
        let change = format!("{} -> {}", word(&what.from, "new"), word(&what.to, "gone"));
        row![
            text::time(what.at),
            &what.name,
            &what.source_server_id,
            &one.place,
            change
        ]
    });
    let headings = ["when", "name", "server", "into", "change"];
    screen.table(&headings, activity.collect(), "No activity.")?;
    for error in view.places.iter().filter_map(not_read) {
        screen.note(&error)?;
    }
    age(screen, view.age_seconds)
}

fn counts(counts: &[ServerCount]) -> String {
    let words: Vec<String> = counts
        .iter()
        .map(|one| format!("{} {}", one.servers, one.name))
        .collect();
    text::or_dash((!words.is_empty()).then(|| words.join(", ")))
}

/// Lag over time, hour by hour: the worst of each hour counts.
pub fn history(screen: &mut Screen, view: &LagHistoryView) -> io::Result<()> {
    let hours = hours(&view.points);
    let most = hours
        .iter()
        .filter_map(|hour| hour.worst)
        .max()
        .unwrap_or_default();
    let rows = hours
        .iter()
        .map(|hour| {
            row![
                hour.from.clone(),
                text::lag(hour.worst),
                hour.points,
                hour.unknown,
                bar(hour.worst.unwrap_or_default(), most),
            ]
        })
        .collect();
    let headings = ["hour from", "worst lag", "points", "unknown", ""];
    screen.table(
        &headings,
        rows,
        "No point was kept yet: one is, every five minutes.",
    )
}

/// An hour of points.
struct Hour {
    from: String,
    worst: Option<u64>,
    points: usize,
    unknown: usize,
}

fn hours(points: &[LagPoint]) -> Vec<Hour> {
    const HOUR: i64 = 3600;
    let same = |one: &LagPoint, other: &LagPoint| {
        one.at.timestamp().div_euclid(HOUR) == other.at.timestamp().div_euclid(HOUR)
    };
    points
        .chunk_by(same)
        .filter_map(|hour| {
            Some(Hour {
                from: text::time(hour.first()?.at),
                worst: hour.iter().filter_map(|point| point.lag_seconds).max(),
                points: hour.len(),
                unknown: hour
                    .iter()
                    .filter(|point| point.lag_seconds.is_none())
                    .count(),
            })
        })
        .collect()
}

/// A bar of at most 30 signs: as long as `value` is of `most`.
fn bar(value: u64, most: u64) -> String {
    let signs = (u128::from(value) * 30)
        .checked_div(u128::from(most))
        .unwrap_or_default();
    let signs = usize::try_from(signs).unwrap_or_default();
    "#".repeat(signs)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use dr_model::inventory::LagPoint;

    use super::{bar, hours};

    fn point(minute: i64, lag_seconds: Option<u64>) -> LagPoint {
        let at: DateTime<Utc> = DateTime::from_timestamp(minute * 60, 0).unwrap();
        LagPoint { at, lag_seconds }
    }

    #[test]
    fn an_hour_counts_by_its_worst_point_and_names_those_that_are_unknown() {
        let points = [
            point(0, Some(3)),
            point(55, Some(90)),
            point(58, None),
            point(60, None),
        ];
        let hours = hours(&points);
        assert_eq!(hours.len(), 2);
        assert_eq!(
            (hours[0].worst, hours[0].points, hours[0].unknown),
            (Some(90), 3, 1)
        );
        assert_eq!((hours[1].worst, hours[1].unknown), (None, 1));
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_most() {
        assert_eq!(bar(30, 60).len(), 15);
        assert_eq!(bar(60, 60).len(), 30);
        assert_eq!(bar(0, 0), "");
    }
}
