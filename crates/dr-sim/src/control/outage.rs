//! A region that is away: its services do not answer, and nothing replicates out of it or into it. IAM and
//! STS answer elsewhere; tables and state machines are the product's own and are not hit.

use super::command::{missing, on_server};
use crate::drs::{self, SourceServer};
use crate::error::ServiceError;
use crate::world::World;

/// The services that a region takes along.
const REGIONAL: [&str; 5] = ["drs", "ec2", "ssm", "kms", "servicequotas"];

/// Whether an outage keeps a service of a region from answering.
pub(crate) fn is_away(world: &World, service: &str, region: &str) -> bool {
    world.outages.contains_key(region) && REGIONAL.contains(&service)
}

/// Begins an outage; one that is there goes on.
pub(super) fn begin(world: &mut World, region: &str) -> Result<(), ServiceError> {
    let is_known = world
        .places
        .values()
        .any(|regions| regions.contains_key(region));
    if !is_known {
        return Err(missing("region", region));
    }
    if world.outages.contains_key(region) {
        return Ok(());
    }
    let now = world.now;
    let hit: Vec<(String, String)> = servers(world)
        .filter(|(server, into)| touches(server, into, region))
        .filter(|(server, _)| {
            server.replication.is_running() && server.replication.stalled(now).is_none()
        })
        .map(|(server, into)| (server.id.clone(), into.clone()))
        .collect();
    let ids = hit.iter().map(|(id, _)| id.clone()).collect();
    world.outages.insert(region.to_owned(), ids);
    for (id, into) in hit {
        on_server(world, &id, |found| found.replication.stall(now, None))?;
        // A region that is away sends no events either.
        if into != region {
            drs::tell_stall(world, &id, "STALLED");
        }
    }
    Ok(())
}

/// Ends an outage. What another one still keeps from replicating stays stalled.
pub(super) fn end(world: &mut World, region: &str) {
    let now = world.now;
    for id in world.outages.remove(region).unwrap_or_default() {
        let mut places = world.places.values().flatten();
        let found = places.find_map(|(into, place)| Some((place.drs.servers.get(&id)?, into)));
        // A server that was deleted meanwhile has nothing to resume.
        let Some((server, into)) = found else {
            continue;
        };
        let mut others = world.outages.keys();
        match others.find(|other| touches(server, into, other)).cloned() {
            Some(other) => {
                world.outages.entry(other).or_default().insert(id);
            }
            None => {
                if on_server(world, &id, |found| found.replication.resume(now)).is_ok() {
                    drs::tell_stall(world, &id, "NOT_STALLED");
                }
            }
        }
    }
}

/// Whether the replication of a source server stalls because a region is away.
pub(super) fn holds(world: &World, server: &str) -> bool {
    world.outages.values().any(|held| held.contains(server))
}

/// A stall of one server neither begins nor ends while an outage holds it: it would end the outage's as well.
pub(super) fn leaves_alone(world: &World, server: &str) -> Result<(), ServiceError> {
    if holds(world, server) {
        let message = format!("{server} stalls because its region is away: end the outage first");
        return Err(ServiceError::new(409, "RegionAway", message));
    }
    Ok(())
}

/// Every source server, with the region that it replicates into.
fn servers(world: &World) -> impl Iterator<Item = (&SourceServer, &String)> {
    let places = world.places.values().flatten();
    places.flat_map(|(into, place)| place.drs.servers.values().map(move |server| (server, into)))
}

/// Whether a source server replicates out of a region or into it.
fn touches(server: &SourceServer, into: &str, region: &str) -> bool {
    server.origin.region == region || into == region
}
