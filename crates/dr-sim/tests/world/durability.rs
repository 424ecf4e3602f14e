//! A world outlives its process, however that ends.

use std::io::Write;

use dr_sim::scenario::Estate;
use dr_sim::{Sim, SimOptions};
use serde_json::Value;

use crate::harness::{Bench, PRIMARY, RECOVERY, options};

fn kept(folder: &tempfile::TempDir) -> SimOptions {
    SimOptions {
        world: Some(folder.path().join("world.json")),
        ..options()
    }
}

fn dump(sim: &Sim) -> Value {
    sim.control().dump().unwrap()
}

/// Ends a simulator as `kill -9` does: nothing is written any more.
fn kill(bench: Bench) {
    std::mem::forget(bench);
}

async fn busy(folder: &tempfile::TempDir) -> (Bench, String) {
    let bench = Bench {
        sim: Sim::open(kept(folder)).unwrap(),
    };
    let estate = Estate {
        servers: 6,
        ..Estate::default()
    };
    bench.sim.control().scenario(&estate).unwrap();
    let (server, _) = bench.aim("web-portal-01").await;
    let job = bench.start(&[&server], false).await;
    (bench, job)
}

#[tokio::test]
async fn a_job_that_was_answered_for_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, job) = busy(&folder).await;
    bench.pass(200);
    bench.job(&job).await;
    let before = dump(&bench.sim);
    kill(bench);
    let again = Bench {
        sim: Sim::open(kept(&folder)).unwrap(),
    };
    assert_eq!(dump(&again.sim), before);
    let job = again.finish(&job).await;
    assert_eq!(job["participatingServers"][0]["launchStatus"], "LAUNCHED");
}

#[tokio::test]
async fn a_killed_world_goes_on_as_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, job) = busy(&folder).await;
    kill(bench);
    let again = Bench {
        sim: Sim::open(kept(&folder)).unwrap(),
    };
    let undisturbed = tempfile::tempdir().unwrap();
    let (other, same) = busy(&undisturbed).await;
    assert_eq!(job, same);
    assert_eq!(again.finish(&job).await, other.finish(&job).await);
    assert_eq!(again.log(&job).await, other.log(&job).await);
}

#[tokio::test]
async fn a_line_cut_short_is_a_call_that_nobody_knows_of() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, _) = busy(&folder).await;
    let before = dump(&bench.sim);
    kill(bench);
    let journal = folder.path().join("world.journal");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(journal)
        .unwrap();
    file.write_all(b"{\"is\":\"call\",\"now\":\"2026-11-2")
        .unwrap();
    let again = Sim::open(kept(&folder)).unwrap();
    assert_eq!(dump(&again), before);
}

#[tokio::test]
async fn time_does_not_run_backwards_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, job) = busy(&folder).await;
    bench.pass(50);
    // A call that only reads: what it showed must still be so.
    let seen = bench.job(&job).await;
    let now = bench.sim.clock().now();
    kill(bench);
    let again = Bench {
        sim: Sim::open(kept(&folder)).unwrap(),
    };
    assert_eq!(again.sim.clock().now(), now);
    assert_eq!(again.job(&job).await, seen);
}

#[tokio::test]
async fn an_orderly_end_leaves_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, _) = busy(&folder).await;
    let before = dump(&bench.sim);
    drop(bench);
    let snapshot = std::fs::read(folder.path().join("world.json")).unwrap();
    let snapshot: Value = serde_json::from_slice(&snapshot).unwrap();
    assert_eq!(snapshot["world"], before);
}

#[tokio::test]
async fn what_a_person_did_and_what_was_injected_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, job) = busy(&folder).await;
    let done = bench.finish(&job).await;
    let b2 = done["participatingServers"][0]["recoveryInstanceID"].clone();
    let control = bench.sim.control();
    control.hold_reversal(b2.as_str().unwrap(), 0).unwrap();
    control
        .copy_speed(PRIMARY.0, PRIMARY.1, Some(1 << 30))
        .unwrap();
    let reverse = serde_json::json!({ "recoveryInstanceID": b2 });
    control
        .by_hand(RECOVERY.0, RECOVERY.1, "ReverseReplication", &reverse)
        .unwrap();
    let ids = serde_json::json!({ "InstanceId": [b2] });
    control
        .by_hand(RECOVERY.0, RECOVERY.1, "RebootInstances", &ids)
        .unwrap();
    let server = bench.server("web-portal-01").await;
    control.write_load(&server, 1 << 30).unwrap();
    control.stall_for(&server, 600).unwrap();
    control
        .network(RECOVERY.0, RECOVERY.1, false, false)
        .unwrap();
    bench.pass(60);
    let (before, listed) = (dump(&bench.sim), control.inventory());
    kill(bench);
    let again = Sim::open(kept(&folder)).unwrap();
    assert_eq!(dump(&again), before);
    assert_eq!(again.control().inventory(), listed);
}
