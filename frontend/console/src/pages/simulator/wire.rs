//! What the simulator's control says and is told: `/_sim/...` beside the API, on one machine only, no operation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// The simulated world in numbers: `GET /_sim/summary`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Summary {
    /// Simulated time.
    pub now: DateTime<Utc>,
    /// When something next happens by itself.
    pub next: Option<DateTime<Utc>>,
    /// Simulated seconds per second; none: it is moved by hand.
    pub speed: Option<f64>,
    /// By account and region.
    pub places: Vec<Place>,
    /// Faults of calls.
    pub faults: Vec<Fault>,
    /// Regions that are away, with the replications that this stalls.
    pub outages: BTreeMap<String, usize>,
    /// Stalls of single servers.
    pub stalls: Vec<Stall>,
    /// Servers whose next launch fails.
    pub failing_launches: Vec<Server>,
}

/// An account and region in numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Place {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Source servers by state.
    pub servers: BTreeMap<String, usize>,
    /// Instances by state.
    pub instances: BTreeMap<String, usize>,
    /// Recovery instances.
    pub recovery_instances: usize,
    /// Jobs that run.
    pub jobs: usize,
}

/// A fault of calls.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Fault {
    /// Its number.
    pub id: u64,
    /// Service.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Which call from now on is the first to fail.
    pub nth: u32,
    /// How many calls fail from there.
    pub times: u32,
    /// How they fail.
    pub kind: FaultKind,
    /// Region, if it is one alone.
    #[serde(default)]
    pub region: Option<String>,
}

/// How calls fail.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct FaultKind {
    /// The word for it.
    pub is: String,
}

/// A source server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Region that it replicates into.
    pub region: String,
}

/// A server that stalls.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Stall {
    /// The server.
    pub server: Server,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

/// Something that the simulator is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Method.
    pub method: &'static str,
    /// Path.
    pub path: String,
    /// Body.
    pub body: Option<String>,
}

impl Told {
    /// A speed; 0 stops the clock.
    pub fn speed(speed: u32) -> Self {
        Self::of("PUT", "/_sim/clock", &json!({ "speed": speed }))
    }

    /// A jump forward.
    pub fn jump(minutes: u32) -> Self {
        Self::of("POST", "/_sim/clock", &json!({ "seconds": minutes * 60 }))
    }

    /// A command to the world.
    pub fn command(body: &Value) -> Self {
        Self::of("POST", "/_sim/commands", body)
    }

    /// A command about a source server.
    pub fn server(command: &str, id: &str) -> Self {
        Self::command(&json!({ "command": command, "server": id }))
    }

    /// The end of an outage.
    pub fn end_outage(region: &str) -> Self {
        Self::command(&json!({ "command": "end_outage", "region": region }))
    }

    /// A fault of calls.
    pub fn fault(body: &Value) -> Self {
        Self::of("POST", "/_sim/faults", body)
    }

    /// The end of a fault of calls.
    pub fn end_fault(id: u64) -> Self {
        Self {
            method: "DELETE",
            path: format!("/_sim/faults/{id}"),
            body: None,
        }
    }

    fn of(method: &'static str, path: &str, body: &Value) -> Self {
        Self {
            method,
            path: path.to_owned(),
            body: Some(body.to_string()),
        }
    }
}
