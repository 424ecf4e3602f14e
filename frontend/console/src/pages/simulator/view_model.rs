//! What the page says of the simulated world, and what it tells it.

use std::collections::BTreeMap;

use serde_json::json;
use ui::{Choice, Problem};

use super::wire::{Fault, Place, Server, Stall, Summary, Told};
use crate::format::time;

/// Speeds that are offered, with what is written on their buttons.
pub const SPEEDS: [(u32, &str); 4] = [(0, "Stop"), (1, "1x"), (60, "60x"), (300, "300x")];
/// The longest jump that the server takes.
const LONGEST_JUMP_MINUTES: u32 = 24 * 60;
/// Most servers in the list to pick from: who has more types a part of the name.
const MOST_CHOICES: usize = 100;
/// What the job's log says of a launch that was made to fail.
const RAW_ERROR: &str = "InsufficientInstanceCapacity: injected by the simulator";

/// How the clock runs, in words.
pub fn pace(speed: Option<f64>) -> String {
    match speed {
        None => "Moved by hand".to_owned(),
        Some(0.0) => "Stopped".to_owned(),
        Some(1.0) => "As fast as real time".to_owned(),
        Some(speed) => format!("{speed} times as fast as real time"),
    }
}

/// What is said when the clock was told a speed.
pub fn paced(speed: u32) -> String {
    match speed {
        0 => "The simulated clock stands".to_owned(),
        _ => format!("The simulated clock runs at {speed}x"),
    }
}

/// The jump of so many minutes.
pub fn jump(minutes: &str) -> Result<Deed, Problem> {
    let minutes = number(minutes, "Minutes", LONGEST_JUMP_MINUTES)?;
    Ok(Deed {
        told: Told::jump(minutes),
        says: format!("The simulated clock was moved forward by {minutes} min"),
    })
}

fn number(text: &str, what: &str, most: u32) -> Result<u32, Problem> {
    let found = text.trim().parse().ok();
    found
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| {
            Problem::new(
                "VALIDATION_FAILED",
                format!("{what}: expected a number from 1 to {most}"),
            )
        })
}

/// Something to tell, and what is said once it was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// What is told.
    pub told: Told,
    /// What is said then.
    pub says: String,
}

/// An account and region in words.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceCard {
    /// Region and account.
    pub title: String,
    /// Names and values.
    pub pairs: [(&'static str, String); 4],
}

/// The estate, place by place.
pub fn cards(places: &[Place]) -> Vec<PlaceCard> {
    let card = |place: &Place| PlaceCard {
        title: format!("{} in {}", place.account, place.region),
        pairs: [
            ("Source servers", counted(&place.servers)),
            ("Instances", counted(&place.instances)),
            ("Recovery instances", place.recovery_instances.to_string()),
            ("Jobs running", place.jobs.to_string()),
        ],
    };
    places.iter().map(card).collect()
}

/// `24: 22 continuous, 2 stalled`.
fn counted(states: &BTreeMap<String, usize>) -> String {
    let all: usize = states.values().sum();
    let parts: Vec<String> = states
        .iter()
        .map(|(state, count)| format!("{count} {}", state.to_lowercase().replace('_', " ")))
        .collect();
    match parts.len() {
        0 => "0".to_owned(),
        _ => format!("{all}: {}", parts.join(", ")),
    }
}

/// A fault that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Active {
    /// What is wrong.
    pub text: String,
    /// More about it.
    pub detail: String,
    /// What ends it.
    pub end: Deed,
}

/// Everything that was injected and stands, what hits most first.
pub fn active(summary: &Summary) -> Vec<Active> {
    let outages = summary.outages.iter().map(|(region, stalled)| Active {
        text: format!("{region} is away"),
        detail: format!("{stalled} replications stall because of it"),
        end: Deed {
            told: Told::end_outage(region),
            says: format!("{region} answers again"),
        },
    });
    let stalls = summary.stalls.iter().map(stall);
    let launches = summary.failing_launches.iter().map(|server| Active {
        text: format!("The next launch of {} fails", server.name),
        detail: format!("{} in {}", server.id, server.region),
        end: Deed {
            told: Told::server("allow_launch", &server.id),
            says: format!("The next launch of {} does not fail any more", server.name),
        },
    });
    let faults = summary.faults.iter().map(fault);
    outages
        .chain(stalls)
        .chain(launches)
        .chain(faults)
        .collect()
}

fn stall(Stall { server, until }: &Stall) -> Active {
    let end = match until {
        Some(until) => format!("until {}", time(*until)),
        None => "until it is ended".to_owned(),
    };
    Active {
        text: format!("{} does not replicate", server.name),
        detail: format!("{} in {}, {end}", server.id, server.region),
        end: Deed {
            told: Told::server("resume_server", &server.id),
            says: format!("{} replicates again", server.name),
        },
    }
}

fn fault(fault: &Fault) -> Active {
    let what = calls(&fault.service, &fault.operation);
    let how = HOW
        .iter()
        .find(|(word, ..)| *word == fault.kind.is)
        .map_or(fault.kind.is.as_str(), |(_, _, words)| words);
    let region = match &fault.region {
        Some(region) => format!("in {region}"),
        None => "in every region".to_owned(),
    };
    let first = match fault.nth {
        0 | 1 => String::new(),
        nth => format!(", after {}", times(nth - 1)),
    };
    Active {
        text: format!("{what}: {how}"),
        detail: format!("{} left, {region}{first}", times(fault.times)),
        end: Deed {
            told: Told::end_fault(fault.id),
            says: format!("{what}: no longer disturbed"),
        },
    }
}

fn calls(service: &str, operation: &str) -> String {
    match (service, operation) {
        ("*", _) => "Every call".to_owned(),
        (service, "*") => format!("Every call of {service}"),
        (service, operation) => format!("{service} {operation}"),
    }
}

fn times(times: u32) -> String {
    match times {
        1 => "1 call".to_owned(),
        u32::MAX => "all calls".to_owned(),
        times => format!("{times} calls"),
    }
}

/// How calls fail: the control's word, the choice, and what then happens.
const HOW: [(&str, &str, &str); 4] = [
    ("throttle", "Throttled", "throttled by the service"),
    ("error", "Internal error", "refused with an internal error"),
    (
        "no_answer",
        "No answer",
        "not answered, and nothing is done",
    ),
    (
        "drop_after",
        "Answer lost",
        "carried out, but the answer is lost",
    ),
];

/// What can be injected: the value, the choice, and what it does.
const KINDS: [(&str, &str, &str); 4] = [
    (
        "stall",
        "Stall a replication",
        "The source server stalls for this time as if its agent were not seen: lag grows, and no points in time are taken.",
    ),
    (
        "launch",
        "Fail a launch",
        "The next launch of the source server fails, in a drill or a recovery. The one after it succeeds.",
    ),
    (
        "calls",
        "Disturb calls",
        "The next calls of an operation of AWS fail in this way, whoever makes them. The product repeats what may be repeated.",
    ),
    (
        "outage",
        "Region outage",
        "DRS, EC2, SSM, KMS and Service Quotas of the region do not answer, and what replicates out of it or into it stalls, \
         until the outage is ended.",
    ),
];

/// What can be injected, to choose from.
pub fn kinds() -> Vec<Choice> {
    KINDS
        .map(|(kind, text, _)| Choice::new(kind, text))
        .to_vec()
}

/// What it does, in words.
pub fn explained(kind: &str) -> &'static str {
    let found = KINDS.iter().find(|(known, ..)| *known == kind);
    found.map_or("", |(_, _, does)| does)
}

/// How calls fail, to choose from.
pub fn hows() -> Vec<Choice> {
    HOW.map(|(how, text, _)| Choice::new(how, text)).to_vec()
}

/// The regions of the estate, each once.
pub fn regions(places: &[Place]) -> Vec<Choice> {
    let all: std::collections::BTreeSet<&String> =
        places.iter().map(|place| &place.region).collect();
    all.into_iter()
        .map(|region| Choice::new(region.clone(), region.clone()))
        .collect()
}

/// Servers whose name or id has this text, in order of their names.
pub fn matching(servers: &[Server], text: &str) -> Vec<Choice> {
    let wanted = text.trim().to_lowercase();
    servers
        .iter()
        .filter(|server| {
            server.name.to_lowercase().contains(&wanted) || server.id.contains(&wanted)
        })
        .take(MOST_CHOICES)
        .map(|server| {
            Choice::new(
                server.id.clone(),
                format!("{} ({})", server.name, server.region),
            )
        })
        .collect()
}

/// Operations of AWS, to choose from: `drs StartRecovery`.
pub fn operations(known: &BTreeMap<String, Vec<String>>) -> Vec<Choice> {
    // What the product keeps its own state in is not among them: without it there is nothing to rehearse with.
    known
        .iter()
        .filter(|(service, _)| *service != "dynamodb")
        .flat_map(|(service, operations)| {
            let all = std::iter::once("*").chain(operations.iter().map(String::as_str));
            all.map(move |operation| {
                Choice::new(format!("{service} {operation}"), calls(service, operation))
            })
        })
        .collect()
}

/// What a person has filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// What is injected.
    pub kind: String,
    /// The source server, with its name.
    pub server: Option<Choice>,
    /// For how long, in minutes; empty: until it is ended.
    pub minutes: String,
    /// The operation: `drs StartRecovery`.
    pub operation: String,
    /// How calls fail.
    pub how: String,
    /// How many.
    pub times: String,
    /// The region; empty: any.
    pub region: String,
}

/// What is to be told, and said once it was done.
pub fn injection(draft: &Draft) -> Result<Deed, Problem> {
    let refuse = |why: &str| Problem::new("VALIDATION_FAILED", why);
    let server = || {
        draft
            .server
            .clone()
            .ok_or_else(|| refuse("Server: choose one"))
    };
    Ok(match draft.kind.as_str() {
        "stall" => {
            let Choice { value, text } = server()?;
            if draft.minutes.trim().is_empty() {
                Deed {
                    told: Told::server("stall_server", &value),
                    says: format!("{text} stalls until it is ended"),
                }
            } else {
                let minutes = number(&draft.minutes, "Minutes", LONGEST_JUMP_MINUTES)?;
                let body =
                    json!({ "command": "stall_for", "server": value, "seconds": minutes * 60 });
                Deed {
                    told: Told::command(&body),
                    says: format!("{text} stalls for {minutes} min of simulated time"),
                }
            }
        }
        "launch" => {
            let Choice { value, text } = server()?;
            let body = json!({ "command": "fail_launch", "server": value, "raw_error": RAW_ERROR });
            Deed {
                told: Told::command(&body),
                says: format!("The next launch of {text} will fail"),
            }
        }
        "calls" => {
            let (service, operation) = draft
                .operation
                .split_once(' ')
                .ok_or_else(|| refuse("Operation: choose one"))?;
            let times = number(&draft.times, "Calls", 1_000_000)?;
            let kind = match draft.how.as_str() {
                "error" => json!({ "is": "error", "status": 500, "code": "InternalServerException",
                    "message": "injected by the simulator" }),
                how => json!({ "is": how }),
            };
            let region = Some(&draft.region).filter(|region| !region.is_empty());
            let body = json!({ "service": service, "operation": operation, "times": times, "kind": kind,
                "region": region });
            let what = calls(service, operation);
            Deed {
                told: Told::fault(&body),
                says: format!("{what}: the next {} will fail", self::times(times)),
            }
        }
        _ if draft.region.is_empty() => return Err(refuse("Region: choose one")),
        _ => Deed {
            told: Told::command(&json!({ "command": "outage", "region": draft.region })),
            says: format!("{} is away until the outage is ended", draft.region),
        },
    })
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
