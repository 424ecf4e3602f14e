//! The process dies at an AWS call of the round trip, just before the call takes effect or just after, and starts again;
//! whoever asked asks again, and the poller carries on. The end is that of the undisturbed trip.
//!
//! The calls of each step are numbered. A run starts from what the undisturbed trip left on the disk before the step, dies
//! at call k, goes on to the end of the step, and is compared with the undisturbed trip at that point: what follows starts
//! from the same state. The test command takes a seeded sample: every operation of every step, and then any calls.
//! `DR_CRASH_EVERY=n` takes every nth call on both sides (1: all of them, which is what `cargo xtask bench --crash` does),
//! and `DR_CRASH_TO_THE_END` goes on to the end of the trip in each run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use dr_sim::drs::Direction;
use dr_testkit::{Cut, TestApp, TestAppBuilder, When};
use dr_tests::home::{Step, Trip, assert_same, prepare};
use dr_tests::{PRIMARY, RECOVERY, product};
use serde_json::Value;
use tempfile::TempDir;

use crate::dice::Dice;
use crate::workers::{on_every_core, runtime};

/// Servers of the fleet.
const SERVERS: usize = 24;
/// Runs of the sample, when nothing else is asked for.
const SAMPLE: usize = 208;

/// Where one run dies.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Death {
    /// Of the legs.
    leg: usize,
    /// Of the leg's calls.
    call: usize,
    when: When,
}

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

/// Events fall otherwise in every run, and it may make fewer calls than the undisturbed one: then an earlier one is taken.
async fn dies_for_certain(legs: &[Leg], mut death: Death) -> bool {
    while !dies(legs, death).await {
        if death.call == 0 {
            return false;
        }
        death.call = death.call * 3 / 4;
    }
    true
}

/// One run. Answers whether it died.
async fn dies(legs: &[Leg], death: Death) -> bool {
    let Death { leg, call, when } = death;
    let start = &legs[leg];
    let seed = 1_000_003 * (leg as u64 + 1) + 7 * call as u64 + u64::from(when == When::After);
    let mut app = TestAppBuilder::new()
        .servers(SERVERS)
        .seed(seed)
        .resume(start.before.path())
        .await;
    // What fails is told by its panic; what it leaves is not of interest.
    app.leave_hanging();
    let nth = u32::try_from(call + 1).expect("a number of a call");
    let mut trip = start.trip.clone();
    let step = start.step;
    let mut first = trip.clone();
    let died = app
        .crash_during(Cut::any(nth, when), async |app| first.take(app, step).await)
        .await;
    // Whoever asked was never answered: the same is asked again.
    trip.take(&app, step).await;
    check(&app, &trip, start).await;
    if std::env::var_os("DR_CRASH_TO_THE_END").is_some() {
        for later in &legs[leg + 1..] {
            trip.take(&app, later.step).await;
        }
        check(&app, &trip, legs.last().expect("a leg")).await;
    }
    died
}

async fn check(app: &TestApp, trip: &Trip, leg: &Leg) {
    let wanted = &leg.after;
    let seen = outcome(app, trip, leg.step == Step::CleanUp).await;
    assert_same(&wanted.estate, &seen.estate);
    assert_eq!(wanted.launches, seen.launches);
    assert_eq!(wanted.servers, seen.servers);
    assert_eq!(wanted.sessions, seen.sessions);
}

/// Which calls: every nth on both sides, or a seeded sample.
fn chosen(legs: &[Leg]) -> Vec<Death> {
    let all: Vec<(usize, usize)> = legs
        .iter()
        .enumerate()
        .flat_map(|(leg, of)| (0..of.calls.len()).map(move |call| (leg, call)))
        .collect();
    let every = std::env::var("DR_CRASH_EVERY")
        .ok()
        .and_then(|text| text.parse::<usize>().ok());
    if let Some(every) = every {
        return all
            .into_iter()
            .step_by(every.max(1))
            .flat_map(|(leg, call)| {
                [When::Before, When::After].map(|when| Death { leg, call, when })
            })
            .collect();
    }
    let mut dice = Dice::new(2_026);
    let mut occurrences: BTreeMap<(Step, &str), Vec<(usize, usize)>> = BTreeMap::new();
    for (leg, call) in all.iter().copied() {
        let name = (legs[leg].step, legs[leg].calls[call].as_str());
        occurrences.entry(name).or_default().push((leg, call));
    }
    let mut sample: Vec<Death> = Vec::new();
    let mut add = |(leg, call): (usize, usize), when| {
        let death = Death { leg, call, when };
        let is_new = !sample.contains(&death);
        if is_new {
            sample.push(death);
        }
        sample.len()
    };
    for found in occurrences.values() {
        let when = *dice.pick(&[When::Before, When::After]);
        add(*dice.pick(found), when);
    }
    while add(*dice.pick(&all), *dice.pick(&[When::Before, When::After])) < SAMPLE.min(all.len()) {}
    sample
}

/// What came of the runs.
#[derive(Debug, Default)]
struct Tally {
    died: usize,
    distinct: BTreeSet<(Step, String)>,
    failed: Vec<String>,
}

/// Requirement: a crash at every AWS call. 0 double launches, 0 lost sessions, 0 instances terminated that should live.
#[test]
fn killed_at_any_call_the_trip_ends_the_same() {
    let legs = runtime().block_on(undisturbed());
    let chosen = chosen(&legs);
    let tally = Mutex::new(Tally::default());
    on_every_core(
        &chosen,
        async |death| dies_for_certain(&legs, *death).await,
        |death, died| {
            let leg = &legs[death.leg];
            let operation = &leg.calls[death.call];
            let what = format!(
                "{:?}, {:?} call {} ({operation})",
                leg.step, death.when, death.call
            );
            println!("{what}: {died:?}");
            let mut tally = tally.lock().expect("no panic while it is held");
            match died {
                Some(died) => tally.died += usize::from(died),
                None => tally.failed.push(what),
            }
            tally.distinct.insert((leg.step, operation.clone()));
        },
    );
    let tally = tally.into_inner().expect("no panic while it is held");
    let total: usize = legs.iter().map(|leg| leg.calls.len()).sum();
    println!(
        "{} runs, of which {} died; {total} calls in the undisturbed trip; {} distinct calls (step and operation) hit",
        chosen.len(),
        tally.died,
        tally.distinct.len()
    );
    for leg in &legs {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for call in &leg.calls {
            *counts.entry(call).or_default() += 1;
        }
        println!("{:?}: {} calls, {counts:?}", leg.step, leg.calls.len());
    }
    assert!(tally.failed.is_empty(), "{:#?}", tally.failed);
    assert_eq!(tally.died, chosen.len(), "every run dies once");
}
