//! The simulated world in numbers, for people: clock, estate by account and region, what was injected.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Control, Standing, outage};
use crate::clock::Speed;
use crate::drs::{self, SourceServer};
use crate::ec2::InstanceState;
use crate::world::{Place, World};

/// The world in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Simulated time.
    pub now: DateTime<Utc>,
    /// When something next happens by itself.
    pub next: Option<DateTime<Utc>>,
    /// Simulated seconds per second; 0: it stands; `None`: it is moved by hand.
    pub speed: Option<f64>,
    /// Places in which there is anything, by account, then region.
    pub places: Vec<PlaceSummary>,
    /// Faults of calls that stand.
    pub faults: Vec<Standing>,
    /// Regions that are away, with the number of replications that this stalls.
    pub outages: BTreeMap<String, usize>,
    /// Injected stalls of single source servers.
    pub stalls: Vec<Stall>,
    /// Source servers whose next launch fails.
    pub failing_launches: Vec<ServerSummary>,
}

/// An account and region in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceSummary {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Source servers by the state of their replication, as DRS names it.
    pub servers: BTreeMap<String, usize>,
    /// EC2 instances by state; terminated ones count no more.
    pub instances: BTreeMap<String, usize>,
    /// Recovery instances on DRS's books.
    pub recovery_instances: usize,
    /// Jobs of DRS that run.
    pub jobs: usize,
}

/// A source server by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerSummary {
    /// Its id.
    pub id: String,
    /// Its Name tag, or its host name.
    pub name: String,
    /// Account that it replicates into.
    pub account: String,
    /// Region that it replicates into.
    pub region: String,
}

/// An injected stall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stall {
    /// The source server.
    pub server: ServerSummary,
    /// When it ends by itself; `None`: when somebody ends it.
    pub until: Option<DateTime<Utc>>,
}

impl Control {
    /// The world in numbers.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let faults = self.faults();
        let speed = match self.sim.clock().speed() {
            Speed::Manual => None,
            Speed::Scaled(speed) => Some(speed),
        };
        let next = self.sim.next_due();
        self.inspect(|world| Summary {
            now: world.now,
            next,
            speed,
            places: places(world),
            faults,
            outages: world
                .outages
                .iter()
                .map(|(region, stalled)| (region.clone(), stalled.len()))
                .collect(),
            stalls: stalls(world),
            failing_launches: listed(world, |server| server.fail_launch.is_some())
                .map(|(_, server)| server)
                .collect(),
        })
    }

    /// Every source server by name.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerSummary> {
        self.inspect(|world| {
            let mut all: Vec<ServerSummary> =
                listed(world, |_| true).map(|(_, server)| server).collect();
            all.sort_by(|one, two| (&one.name, &one.id).cmp(&(&two.name, &two.id)));
            all
        })
    }
}

fn places(world: &World) -> Vec<PlaceSummary> {
    let of = |(account, region, place): (&String, &String, &Place)| PlaceSummary {
        account: account.clone(),
        region: region.clone(),
        servers: counted(
            place
                .drs
                .servers
                .values()
                .map(|server| drs::observe(world, server, world.now).state),
        ),
        instances: counted(
            place
                .ec2
                .instances
                .values()
                .filter(|instance| instance.state != InstanceState::Terminated)
                .map(|instance| instance.state.word()),
        ),
        recovery_instances: place.drs.instances.len(),
        jobs: place.drs.active_jobs.len(),
    };
    let all = world.places.iter().flat_map(|(account, regions)| {
        regions
            .iter()
            .map(move |(region, place)| (account, region, place))
    });
    // A place that somebody only looked at is no place.
    let is_empty = |place: &PlaceSummary| {
        place.servers.is_empty() && place.instances.is_empty() && place.recovery_instances == 0
    };
    all.map(of).filter(|place| !is_empty(place)).collect()
}

fn counted(words: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

/// Stalls of single servers; those of an outage end with it and are counted there.
fn stalls(world: &World) -> Vec<Stall> {
    let is_single = |server: &SourceServer| {
        server.replication.stalled(world.now).is_some() && !outage::holds(world, &server.id)
    };
    listed(world, is_single)
        .map(|(found, server)| Stall {
            server,
            until: found.replication.stalled_until,
        })
        .collect()
}

fn listed<'a>(
    world: &'a World,
    wanted: impl Fn(&SourceServer) -> bool + 'a,
) -> impl Iterator<Item = (&'a SourceServer, ServerSummary)> + 'a {
    let all = world.places.iter().flat_map(|(account, regions)| {
        regions.iter().flat_map(move |(region, place)| {
            let servers = place.drs.servers.values();
            servers.map(move |server| (account, region, server))
        })
    });
    all.filter(move |(_, _, server)| wanted(server))
        .map(|(account, region, server)| {
            let name = server.tags.get("Name").unwrap_or(&server.machine.hostname);
            let summary = ServerSummary {
                id: server.id.clone(),
                name: name.clone(),
                account: account.clone(),
                region: region.clone(),
            };
            (server, summary)
        })
}
