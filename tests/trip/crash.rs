//! The process dies at an AWS call of the round trip, just before the call takes effect or just after, and starts again;
//! whoever asked asks again, and the poller carries on. The end is that of the undisturbed trip.
//!
//! The calls of each step are numbered. A run starts from what the undisturbed trip left on the disk before the step, dies
//! at call k, goes on to the end of the step, and is compared with the undisturbed trip at that point: what follows starts
//! from the same state. `DR_CRASH_EVERY=n` takes every nth call on both sides instead of the sample (1: all of them, which
//! is what `cargo xtask bench --crash` does), and `DR_CRASH_TO_THE_END` goes on to the end of the trip in each run.

use std::collections::{BTreeMap, BTreeSet};

use dr_sim::drs::Direction;
use dr_testkit::{Cut, TestApp, TestAppBuilder, When};
use dr_tests::home::{Step, Trip, assert_same, prepare};
use dr_tests::{PRIMARY, RECOVERY, product};
use serde_json::Value;
use tempfile::TempDir;

/// Servers of the fleet.
const SERVERS: usize = 24;
/// Runs of the sample, when nothing else is asked for.
const SAMPLE: usize = 200;

/// The undisturbed trip around one step.
struct Leg {
    step: Step,
    /// Before it.
    trip: Trip,
    before: TempDir,
    /// The product's AWS calls in it.
    calls: Vec<String>,
    /// After it.
    after: Outcome,
}

/// What two runs must have in common.
#[derive(Debug, Clone, PartialEq)]
struct Outcome {
    /// Everything in the simulated AWS but times.
    estate: Value,
    /// Launch jobs by place, each as the servers in it.
    launches: BTreeSet<(String, Vec<String>)>,
    /// The session's servers: name to stage and instances.
    servers: BTreeMap<String, String>,
    /// How many sessions there are.
    sessions: usize,
}

/// `is_over`: nothing follows, so that replication has come to rest too; on the way its state is a matter of the minute.
async fn outcome(app: &TestApp, trip: &Trip, is_over: bool) -> Outcome {
    let sessions = dr_tests::admin(app, "GET", "/failover-sessions", Value::Null).await;
    let sessions = sessions["sessions"].as_array().expect("a list").len();
    let servers = if sessions == 0 {
        Vec::new()
    } else {
        trip.servers(app).await
    };
    let servers = servers
        .iter()
        .map(|server| {
            let word = |name: &str| server[name].to_string();
            let seen = format!("{} {}", word("stage"), word("error"));
            (word("source_server_id"), seen)
        })
        .collect();
    let names = names(app);
    let estate = named(&app.control().inventory().to_string(), &names);
    let launches = launches(app)
        .into_iter()
        .map(|(region, servers)| {
            let mut servers: Vec<String> = servers.iter().map(|id| named(id, &names)).collect();
            servers.sort();
            (region, servers)
        })
        .collect();
    let mut estate = sorted(serde_json::from_str(&estate).expect("names need no escape"));
    if !is_over {
        without_replication(&mut estate);
    }
    Outcome {
        estate,
        launches,
        servers,
        sessions,
    }
}

/// Ids that AWS gives out on the way, and what each stands for: their order depends on which call came first.
fn names(app: &TestApp) -> Vec<(String, String)> {
    app.control().inspect(|world| {
        let mut names = Vec::new();
        for (account, region) in [RECOVERY, PRIMARY] {
            let Some(place) = world.at(account, region) else {
                continue;
            };
            let back = place
                .drs
                .servers
                .values()
                .filter(|s| s.direction == Direction::Failback);
            names.extend(back.map(|server| {
                let of = &server.machine.aws_instance_id;
                (server.id.clone(), format!("A2-of-{of}"))
            }));
            // DRS makes a launch template for each server, under a name with a random end.
            for template in place.ec2.templates.values() {
                let stem = template.name.rsplit_once('-').map_or("", |(stem, _)| stem);
                names.push((template.id.clone(), format!("lt-of-{stem}")));
                names.push((template.name.clone(), stem.to_owned()));
            }
            // Instances that a launch made, not the estate: their server's name is theirs.
            let launched = place.ec2.instances.values().filter(|i| {
                i.tags
                    .contains_key("AWSElasticDisasterRecoverySourceServerID")
                    && !i.tags.contains_key("AWSDRS")
            });
            names.extend(launched.map(|instance| {
                let name = instance.tags.get("Name").cloned().unwrap_or_default();
                (instance.id.clone(), format!("new-{name}"))
            }));
        }
        names
    })
}

/// A text with ids replaced by what they stand for; one stands for the other, so twice.
fn named(text: &str, names: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for _ in 0..2 {
        for (id, name) in names {
            text = text.replace(id, name);
        }
    }
    text
}

/// Takes the states of replications out.
fn without_replication(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(without_replication),
        Value::Object(all) => {
            all.remove("replication");
            all.values_mut().for_each(without_replication);
        }
        _ => {}
    }
}

/// Lists in an order that does not depend on ids.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(all) => {
            let mut all: Vec<Value> = all.into_iter().map(sorted).collect();
            all.sort_by_key(Value::to_string);
            Value::Array(all)
        }
        Value::Object(all) => all
            .into_iter()
            .map(|(key, value)| (key, sorted(value)))
            .collect(),
        other => other,
    }
}

/// Every launch job of either place with its servers: one that is there twice is a double launch.
fn launches(app: &TestApp) -> BTreeSet<(String, Vec<String>)> {
    app.control().inspect(|world| {
        let mut all = BTreeSet::new();
        for (account, region) in [PRIMARY, RECOVERY] {
            let Some(place) = world.at(account, region) else {
                continue;
            };
            for job in place.drs.jobs.values().filter(|job| job.kind == "LAUNCH") {
                let mut servers: Vec<String> = job
                    .participants
                    .iter()
                    .map(|one| one.server.clone())
                    .collect();
                servers.sort();
                let is_new = all.insert((region.to_owned(), servers.clone()));
                assert!(is_new, "{servers:?} were launched twice in {region}");
            }
        }
        all
    })
}

/// The undisturbed trip, step by step.
async fn undisturbed() -> Vec<Leg> {
    let app = product(SERVERS).await;
    let mut trip = prepare(&app).await;
    let mut legs = Vec::new();
    for step in Step::ALL {
        let before = app.snapshot();
        let trip_before = trip.clone();
        let _ = app.heard();
        trip.take(&app, step).await;
        let calls = app.heard();
        legs.push(Leg {
            step,
            trip: trip_before,
            before,
            calls,
            after: outcome(&app, &trip, step == Step::CleanUp).await,
        });
    }
    legs
}

/// One run. Answers whether the call was made: a run whose events fell otherwise may make fewer.
async fn dies(legs: &[Leg], leg: usize, call: usize, when: When) -> bool {
    let start = &legs[leg];
    let seed = 1_000_003 * (leg as u64 + 1) + 7 * call as u64 + u64::from(when == When::After);
    let mut app = TestAppBuilder::new()
        .servers(SERVERS)
        .seed(seed)
        .resume(start.before.path())
        .await;
    let nth = u32::try_from(call + 1).expect("a number of a call");
    let mut trip = start.trip.clone();
    let step = start.step;
    let mut first = trip.clone();
    let died = app
        .crash_during(Cut::any(nth, when), async |app| first.take(app, step).await)
        .await;
    // Whoever asked was never answered: the same is asked again.
    trip.take(&app, step).await;
    check(
        &app,
        &trip,
        start,
        &format!("{step:?}, {when:?} call {call}"),
    )
    .await;
    if std::env::var_os("DR_CRASH_TO_THE_END").is_some() {
        for later in &legs[leg + 1..] {
            trip.take(&app, later.step).await;
        }
        let last = legs.last().expect("a leg");
        check(
            &app,
            &trip,
            last,
            &format!("{step:?}, {when:?} call {call}, at the end"),
        )
        .await;
    }
    app.leave_hanging();
    died
}

async fn check(app: &TestApp, trip: &Trip, leg: &Leg, what: &str) {
    let wanted = &leg.after;
    let seen = outcome(app, trip, leg.step == Step::CleanUp).await;
    println!("{what}");
    assert_same(&wanted.estate, &seen.estate);
    assert_eq!(wanted.launches, seen.launches, "{what}");
    assert_eq!(wanted.servers, seen.servers, "{what}");
    assert_eq!(wanted.sessions, seen.sessions, "{what}");
}

/// Which calls: every nth on both sides, or a seeded sample.
fn chosen(legs: &[Leg]) -> Vec<(usize, usize, When)> {
    let all = || {
        legs.iter().enumerate().flat_map(|(leg, of)| {
            (0..of.calls.len())
                .flat_map(move |call| [(leg, call, When::Before), (leg, call, When::After)])
        })
    };
    let every = std::env::var("DR_CRASH_EVERY")
        .ok()
        .and_then(|text| text.parse::<usize>().ok());
    if let Some(every) = every {
        return all().step_by(every.max(1)).collect();
    }
    let all: Vec<_> = all().collect();
    // An even spread over the whole trip, shifted by a seed.
    let stride = (all.len() / SAMPLE).max(1);
    all.into_iter()
        .skip(stride / 2)
        .step_by(stride)
        .take(SAMPLE)
        .collect()
}

/// Requirement: a crash at every AWS call. 0 double launches, 0 lost sessions, 0 instances terminated that should live.
#[tokio::test]
#[ignore = "minutes, or hours: `cargo xtask bench --crash`"]
async fn killed_at_any_call_the_trip_ends_the_same() {
    let legs = undisturbed().await;
    let chosen = chosen(&legs);
    let mut died = 0;
    let mut distinct = BTreeSet::new();
    for (leg, call, when) in &chosen {
        died += usize::from(dies(&legs, *leg, *call, *when).await);
        distinct.insert((legs[*leg].step, legs[*leg].calls[*call].clone()));
    }
    let total: usize = legs.iter().map(|leg| leg.calls.len()).sum();
    println!(
        "{} runs, of which {died} died; {total} calls in the undisturbed trip; {} distinct calls (step and operation) hit",
        chosen.len(),
        distinct.len()
    );
    for leg in &legs {
        println!("{:?}: {} calls", leg.step, leg.calls.len());
    }
    assert!(
        died * 10 >= chosen.len() * 9,
        "{died} of {} runs died",
        chosen.len()
    );
}
