//! Random trouble on the round trip: throttles, server errors, calls without answer, lost answers, lost, doubled and late
//! events, stalled replication, failed launches, reversals held back, and a second operator who does things in DRS by
//! hand. Every trip ends complete, or stopped in a state that says what failed and what to do; never with a server that was
//! launched twice, a session that is lost, or an instance terminated by us that should live.
//!
//! `DR_CHAOS_SEEDS=a..b` takes these seeds instead of the sample; `cargo xtask bench --faults` takes 500.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use dr_sim::control::{Fault, FaultKind};
use dr_sim::events::Rules;
use dr_testkit::{TestApp, TestAppBuilder};
use dr_tests::home::{Step, Trip, originals, prepare};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::workers::on_every_core;

/// Servers of the fleet: enough for three waves and a new instance.
const SERVERS: usize = 6;
/// Seeds, when nothing else is asked for.
const SAMPLE: std::ops::Range<u64> = 0..16;
/// The longest a disturbed step is waited for.
const LIMIT: TimeDelta = TimeDelta::hours(12);

/// What the product calls on the way, and may fail.
const OPERATIONS: [(&str, &str); 24] = [
    ("drs", "DescribeSourceServers"),
    ("drs", "DescribeRecoveryInstances"),
    ("drs", "DescribeJobs"),
    ("drs", "DescribeJobLogItems"),
    ("drs", "StartRecovery"),
    ("drs", "ReverseReplication"),
    ("drs", "StopReplication"),
    ("drs", "DisconnectSourceServer"),
    ("drs", "DeleteSourceServer"),
    ("drs", "DisconnectRecoveryInstance"),
    ("drs", "DeleteRecoveryInstance"),
    ("drs", "TerminateRecoveryInstances"),
    ("drs", "GetLaunchConfiguration"),
    ("drs", "UpdateLaunchConfiguration"),
    ("ec2", "DescribeInstances"),
    ("ec2", "StopInstances"),
    ("ec2", "DescribeVolumes"),
    ("ec2", "DeleteVolume"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "GetItem"),
    ("dynamodb", "Query"),
    ("dynamodb", "TransactWriteItems"),
    ("dynamodb", "BatchGetItem"),
    ("states", "SendTaskSuccess"),
];

/// Something goes wrong, in one of many ways. Answers it in words.
fn disturb(app: &TestApp, dice: &mut Dice) -> String {
    let control = app.control();
    match dice.roll(10) {
        0..=4 => {
            let (service, operation) = *dice.pick(&OPERATIONS);
            let kind = match dice.roll(4) {
                0 => FaultKind::Throttle,
                1 => FaultKind::NoAnswer,
                2 => FaultKind::DropAfter,
                _ => FaultKind::Error {
                    status: 500,
                    code: if service == "ec2" {
                        "InternalError"
                    } else {
                        "InternalServerException"
                    }
                    .into(),
                    message: "injected".into(),
                },
            };
            let fault = Fault {
                service: service.into(),
                operation: operation.into(),
                nth: 1 + u32::try_from(dice.roll(6)).expect("small"),
                times: 1 + u32::try_from(dice.roll(3)).expect("small"),
                kind,
            };
            let what = format!("{fault:?}");
            control.inject(fault);
            what
        }
        5 => {
            let some = u32::try_from(dice.roll(5)).expect("small");
            let rules = Rules {
                lose: some,
                double: 4 - some.min(4),
                delay_seconds: 60 * some,
            };
            control.events(rules.clone()).expect("rules");
            format!("{rules:?}")
        }
        6 => {
            let Some(server) = pick_server(app, dice) else {
                return "nothing".into();
            };
            let seconds = 600 + 60 * u32::try_from(dice.roll(30)).expect("small");
            let done = control.stall_for(&server, seconds);
            format!("{server} stalls for {seconds} s: {done:?}")
        }
        7 => {
            let Some(server) = pick_server(app, dice) else {
                return "nothing".into();
            };
            let done = control.fail_launch(&server, "Injected: the conversion server did not boot");
            format!("the next launch of {server} fails: {done:?}")
        }
        _ => by_hand(app, dice),
    }
}

/// Source servers of both places.
fn servers(app: &TestApp) -> Vec<(String, (&'static str, &'static str))> {
    app.control().inspect(|world| {
        let of = |place: (&'static str, &'static str)| {
            let found = world.at(place.0, place.1);
            found
                .into_iter()
                .flat_map(|place| place.drs.servers.keys().cloned())
                .map(move |id| (id, place))
                .collect::<Vec<_>>()
        };
        [of(RECOVERY), of(PRIMARY)].concat()
    })
}

fn pick_server(app: &TestApp, dice: &mut Dice) -> Option<String> {
    let all = servers(app);
    (!all.is_empty()).then(|| dice.pick(&all).0.clone())
}

/// A second operator does something in DRS, whether DRS lets him or not. Nothing that destroys production: who
/// terminates it by hand has terminated it.
fn by_hand(app: &TestApp, dice: &mut Dice) -> String {
    let instances: Vec<(String, (&str, &str))> = app.control().inspect(|world| {
        [RECOVERY, PRIMARY]
            .into_iter()
            .filter_map(|place| Some((place, world.at(place.0, place.1)?)))
            .flat_map(|(at, place)| place.drs.instances.keys().map(move |id| (id.clone(), at)))
            .collect()
    });
    let (operation, body, place) = match dice.roll(3) {
        0 if !instances.is_empty() => {
            let (id, place) = dice.pick(&instances).clone();
            (
                "ReverseReplication",
                json!({ "recoveryInstanceID": id }),
                place,
            )
        }
        1 => {
            let way_back: Vec<_> = servers(app)
                .into_iter()
                .filter(|(_, at)| *at == PRIMARY)
                .collect();
            if way_back.is_empty() {
                return "nothing".into();
            }
            let (id, place) = dice.pick(&way_back).clone();
            ("StopReplication", json!({ "sourceServerID": id }), place)
        }
        _ => {
            let all = servers(app);
            let (id, place) = dice.pick(&all).clone();
            let body = json!({ "sourceServerID": id, "tags": {}, "launchDisposition": "STARTED" });
            ("UpdateLaunchConfiguration", body, place)
        }
    };
    let done = app.control().by_hand(place.0, place.1, operation, &body);
    format!("by hand {operation} {body}: {}", done.is_ok())
}

/// Launch jobs that the product started: how often each server was launched by each execution's end.
fn no_double_launch(app: &TestApp, what: &str) {
    let jobs: Vec<(String, Vec<String>, Vec<String>)> = app.control().inspect(|world| {
        [RECOVERY, PRIMARY]
            .into_iter()
            .filter_map(|(account, region)| world.at(account, region))
            .flat_map(|place| place.drs.jobs.values())
            .filter(|job| job.kind == "LAUNCH" && job.started_by.contains(":assumed-role/"))
            .map(|job| {
                let servers = job.participants.iter().map(|one| one.server.clone());
                let launched = job
                    .participants
                    .iter()
                    .filter(|one| one.status == "LAUNCHED");
                (
                    job.id.clone(),
                    servers.collect(),
                    launched.map(|one| one.server.clone()).collect(),
                )
            })
            .collect()
    });
    let mut launched: BTreeMap<&String, &String> = BTreeMap::new();
    for (job, _, servers) in &jobs {
        for server in servers {
            if let Some(before) = launched.insert(server, job) {
                panic!("{what}: {server} was launched by {before} and again by {job}");
            }
        }
    }
}

/// Nothing that should live was ended: of every server one instance runs, at home or in the recovery region; but for
/// those whose launch failed, which went down with the disaster and were never brought up.
async fn everybody_runs_somewhere(app: &TestApp, trip: &Trip, what: &str) {
    let never_up = match trip.session(app).await {
        Some(_) => {
            let servers = trip.servers(app).await;
            let is_never_up = |one: &&Value| one["recovery_instance"].is_null();
            servers.iter().filter(is_never_up).count()
        }
        None => 0,
    };
    let originals: BTreeSet<String> = originals(app).into_iter().collect();
    let (running, recovered): (usize, usize) = app.control().inspect(|world| {
        let running = |(account, region): (&str, &str)| {
            let place = world.at(account, region);
            place
                .into_iter()
                .flat_map(|place| place.ec2.instances.values())
                .filter(|one| one.state.word() == "running")
        };
        (
            running(PRIMARY)
                .filter(|one| originals.contains(&one.id))
                .count(),
            running(RECOVERY).count(),
        )
    });
    assert!(
        running + recovered + never_up >= SERVERS,
        "{what}: {running} at home, {recovered} recovered, {never_up} never"
    );
}

/// A trip that stopped says what failed and how to go on.
async fn says_what_failed(app: &TestApp, trip: &Trip, why: &str, what: &str) {
    let Some(session) = trip.session(app).await else {
        // It never came to a recovery: the start was refused with its checks, or its execution tells.
        assert!(
            why.contains("failed_checks") || why.contains("reason") || why.contains("message"),
            "{what}: {why}"
        );
        return;
    };
    let servers = trip.servers(app).await;
    let told = |server: &Value| {
        !server["error"].is_null()
            || !server["left_out"].is_null()
            || !server["reverse"]["problem"].is_null()
            || !server["forward"]["problem"].is_null()
            || server["returned"]["reason"].is_string()
    };
    let is_told =
        servers.iter().any(told) || why.contains("remediation") || why.contains("message");
    assert!(is_told, "{what}: {why}\n{session:#}");
}

async fn live_through(seed: u64) -> bool {
    let mut dice = Dice::new(seed);
    let mut app = TestAppBuilder::new()
        .servers(SERVERS)
        .seed(seed + 100)
        .may_hang()
        .start()
        .await;
    let mut trip = prepare(&app).await;
    let mut what = format!("seed {seed}");
    let mut complete = true;
    'way: for step in Step::ALL {
        for _ in 0..dice.roll(3) {
            what = format!("{what}\n{step:?}: {}", disturb(&app, &mut dice));
        }
        if dice.roll(12) == 0 {
            app.crash().await;
            what = format!("{what}\n{step:?}: kill -9");
        }
        let mut refused = String::new();
        for attempt in 0..3 {
            match trip.attempt(&app, step, LIMIT).await {
                Ok(()) => continue 'way,
                Err(why) => {
                    what = format!("{what}\n{step:?} attempt {attempt} did not succeed");
                    refused = why;
                    app.advance(TimeDelta::minutes(20)).await;
                }
            }
        }
        says_what_failed(&app, &trip, &refused, &what).await;
        if std::env::var_os("DR_CHAOS_TELL").is_some() {
            println!("{what}\nstopped: {refused}");
        }
        complete = false;
        break;
    }
    no_double_launch(&app, &what);
    everybody_runs_somewhere(&app, &trip, &what).await;
    if trip.session(&app).await.is_none() {
        assert!(!complete, "{what}: a complete trip without a session");
    }
    complete
}

#[test]
fn whatever_goes_wrong_the_trip_ends_or_says_why_not() {
    let seeds = std::env::var("DR_CHAOS_SEEDS").ok().and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    let seeds: Vec<u64> = seeds.unwrap_or(SAMPLE).collect();
    let complete = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    on_every_core(
        &seeds,
        async |seed| live_through(*seed).await,
        |seed, ended| match ended {
            Some(is_complete) => {
                println!("seed {seed}: complete: {is_complete}");
                complete.fetch_add(usize::from(is_complete), Ordering::Relaxed);
            }
            None => failed
                .lock()
                .expect("no panic while it is held")
                .push(*seed),
        },
    );
    let (count, complete) = (seeds.len(), complete.into_inner());
    let failed = failed.into_inner().expect("no panic while it is held");
    println!(
        "{count} seeds: {complete} complete, {} stopped and said why, failed: {failed:?}",
        count - complete - failed.len()
    );
    assert!(failed.is_empty(), "{failed:?}");
    assert!(
        complete * 2 > count,
        "most trips come through: {complete} of {count}"
    );
}
