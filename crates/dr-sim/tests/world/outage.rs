//! A region that is away, and what people are shown of it.

use dr_sim::control::Command;
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY};

fn outage(bench: &Bench, region: &str) {
    let region = region.to_owned();
    bench.sim.control().run(Command::Outage { region }).unwrap();
}

fn end(bench: &Bench, region: &str) {
    let region = region.to_owned();
    bench
        .sim
        .control()
        .run(Command::EndOutage { region })
        .unwrap();
}

fn stalled(bench: &Bench) -> usize {
    let summary = bench.sim.control().summary();
    let places = summary.places.iter();
    places
        .filter_map(|place| place.servers.get("STALLED"))
        .sum()
}

#[tokio::test]
async fn while_the_primary_region_is_away_nothing_answers_there_and_its_servers_stall() {
    let bench = Bench::with(3);
    let body = || json!({ "maxResults": 10 });
    assert_eq!(bench.drs_at(PRIMARY, "DescribeJobs", body()).await.0, 200);
    outage(&bench, PRIMARY.1);
    outage(&bench, PRIMARY.1);
    assert_eq!(
        bench.drs_at(PRIMARY, "DescribeJobs", body()).await.1,
        Value::Null
    );
    assert_eq!(bench.drs_at(RECOVERY, "DescribeJobs", body()).await.0, 200);
    assert_eq!(stalled(&bench), 3);
    assert_eq!(bench.sim.control().summary().outages[PRIMARY.1], 3);
    end(&bench, PRIMARY.1);
    end(&bench, PRIMARY.1);
    assert_eq!(stalled(&bench), 0);
    assert_eq!(bench.drs_at(PRIMARY, "DescribeJobs", body()).await.0, 200);
}

#[tokio::test]
async fn an_outage_ends_neither_a_stall_of_before_nor_that_of_another_region() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    control.stall_server(&server).unwrap();
    outage(&bench, PRIMARY.1);
    outage(&bench, RECOVERY.1);
    let summary = control.summary();
    assert_eq!(summary.stalls.len(), 1);
    assert_eq!(summary.stalls[0].server.name, "web-portal-01");
    end(&bench, PRIMARY.1);
    assert_eq!(stalled(&bench), 3, "what replicates into the other region");
    end(&bench, RECOVERY.1);
    assert_eq!(stalled(&bench), 1, "what was stalled before");
}

#[tokio::test]
async fn a_stall_of_one_server_neither_begins_nor_ends_while_its_region_is_away() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    outage(&bench, PRIMARY.1);
    assert_eq!(control.stall_for(&server, 60).unwrap_err().status, 409);
    assert_eq!(control.resume_server(&server).unwrap_err().status, 409);
    bench.pass(120);
    assert_eq!(stalled(&bench), 3);
    end(&bench, PRIMARY.1);
    control.stall_for(&server, 60).unwrap();
}

#[tokio::test]
async fn what_was_injected_is_shown_until_it_is_taken_back() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    control.fail_launch(&server, "told so").unwrap();
    control.stall_for(&server, 60).unwrap();
    let summary = control.summary();
    assert_eq!(summary.failing_launches[0].id, server);
    assert!(summary.stalls[0].until.is_some());
    bench.pass(61);
    control.run(Command::AllowLaunch { server }).unwrap();
    let summary = control.summary();
    assert!(summary.failing_launches.is_empty() && summary.stalls.is_empty());
    let away = Command::Outage {
        region: "mars-north-1".to_owned(),
    };
    assert_eq!(control.run(away).unwrap_err().status, 404);
    assert_eq!(control.end_fault(7).unwrap_err().status, 404);
}

#[tokio::test]
async fn the_estate_is_counted_by_account_and_region() {
    let bench = Bench::with(3);
    let summary = bench.sim.control().summary();
    let recovery = summary
        .places
        .iter()
        .find(|place| (place.account.as_str(), place.region.as_str()) == RECOVERY)
        .unwrap();
    assert_eq!(recovery.servers.values().sum::<usize>(), 3);
    assert_eq!(recovery.recovery_instances, 0);
    assert_eq!(summary.speed, None);
    bench.sim.control().set_speed(0.0).unwrap();
    assert_eq!(bench.sim.control().summary().speed, Some(0.0));
    for bad in [-1.0, f64::NAN, 1e9] {
        assert!(bench.sim.control().set_speed(bad).is_err(), "{bad}");
    }
    let names: Vec<String> = bench
        .sim
        .control()
        .servers()
        .into_iter()
        .map(|server| server.name)
        .collect();
    assert!(names.is_sorted() && names.len() == 3, "{names:?}");
}
