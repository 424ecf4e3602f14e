//! Tests.

use dr_model::check::Severity;
use dr_model::inventory::{Inventory, InventoryServer};
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;

use super::Dashboard;
use crate::replication::inventory::{Reading, inventory};
use crate::samples::{at, direction, server, source};

fn listed(n: usize, state: &str, lag: Option<u64>) -> InventoryServer {
    let reading = Reading {
        servers: vec![source()],
        recovery_instances: Vec::new(),
    };
    let known = inventory(&direction().recovery, None, Ok(reading), at(0));
    let sample = known.servers.into_iter().next().unwrap();
    InventoryServer {
        source_server_id: server(n),
        name: format!("web-{n}"),
        state: state.into(),
        lag_seconds: lag,
        ..sample
    }
}

fn of(place: &Place, servers: Vec<InventoryServer>) -> Inventory {
    Inventory {
        place: place.clone(),
        refreshed_at: at(0),
        error: None,
        servers,
        activity: Vec::new(),
        points_at: None,
    }
}

fn dashboard(servers: Vec<InventoryServer>) -> Dashboard {
    let place = direction().recovery;
    Dashboard::of(
        std::slice::from_ref(&place),
        &[of(&place, servers)],
        900,
        at(30),
    )
}

/// Requirement 002, 4.2: `totalServers`, `byState`, `byRegion`.
#[test]
fn servers_are_counted_by_state_region_account_and_direction() {
    let (here, there) = (direction().primary, direction().recovery);
    let mut back = listed(3, "INITIAL_SYNC", None);
    back.direction = ReplicationDirection::Failback;
    let forward = vec![listed(1, "CONTINUOUS", Some(0)), listed(2, "STALLED", None)];
    let inventories = [of(&here, vec![back]), of(&there, forward)];
    let dashboard = Dashboard::of(&[here.clone(), there.clone()], &inventories, 900, at(30));
    assert_eq!(dashboard.total, 3);
    assert_eq!(dashboard.by_state["CONTINUOUS"], 1);
    assert_eq!(dashboard.by_region[there.region.as_str()], 2);
    assert_eq!(dashboard.by_account[here.account_id.as_str()], 1);
    assert_eq!(dashboard.by_direction["FAILBACK"], 1);
    assert_eq!(dashboard.oldest_age_seconds, Some(30));
}

#[test]
fn the_recovery_point_objective_counts_lag_and_what_has_no_point_to_recover_from() {
    let mut back = listed(9, "INITIAL_SYNC", None);
    back.direction = ReplicationDirection::Failback;
    let rpo = dashboard(vec![
        listed(1, "CONTINUOUS", Some(900)),
        listed(2, "CONTINUOUS", None),
        listed(3, "BACKLOG", Some(901)),
        listed(4, "INITIAL_SYNC", None),
        listed(5, "A_NEW_WORD", None),
        back,
    ])
    .rpo;
    assert_eq!((rpo.attained, rpo.missed, rpo.unknown), (2, 2, 1));
    assert_eq!(rpo.percent, Some(50.0));
    assert_eq!(dashboard(Vec::new()).rpo.percent, None);
}

#[test]
fn alerts_stand_the_worst_first_then_the_oldest() {
    let mut old = listed(3, "DISCONNECTED", None);
    old.state_since = at(-100);
    let alerts = dashboard(vec![
        listed(1, "CONTINUOUS", Some(2000)),
        listed(2, "STALLED", None),
        old,
        listed(4, "CONTINUOUS", Some(1)),
    ])
    .alerts;
    let order: Vec<_> = alerts
        .iter()
        .map(|alert| (alert.name.as_str(), alert.severity))
        .collect();
    assert_eq!(
        order,
        [
            ("web-3", Severity::Critical),
            ("web-2", Severity::Critical),
            ("web-1", Severity::Warning)
        ]
    );
    assert!(alerts.iter().all(|alert| !alert.remediation.is_empty()));
}

#[test]
fn a_server_that_failed_over_is_expected_to_replicate_no_more() {
    let mut failed_over = listed(1, "STALLED", None);
    failed_over.has_recovery_instance = true;
    let alerts = dashboard(vec![failed_over]).alerts;
    assert_eq!(alerts[0].severity, Severity::Warning);
    assert!(alerts[0].remediation.contains("home"));
}

#[test]
fn a_place_that_was_never_read_or_could_not_be_says_so() {
    let (here, there) = (direction().primary, direction().recovery);
    let mut failed = of(&there, Vec::new());
    failed.error = Some("refused".into());
    let places = Dashboard::of(&[here, there], &[failed], 900, at(30)).places;
    assert_eq!(
        (places[0].refreshed_at, places[0].age_seconds),
        (None, None)
    );
    assert_eq!(places[1].error.as_deref(), Some("refused"));
    assert_eq!(dashboard(Vec::new()).by_region.len(), 0);
}

#[test]
fn more_alerts_than_are_shown_are_counted() {
    let many = (0..600).map(|n| listed(n, "STALLED", None)).collect();
    let dashboard = dashboard(many);
    assert_eq!((dashboard.alerts.len(), dashboard.alerts_total), (500, 600));
}
