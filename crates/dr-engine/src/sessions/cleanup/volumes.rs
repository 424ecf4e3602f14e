//! Which detached volumes launches of ours left behind. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use dr_aws::Volume;
use dr_model::session::SessionServer;

/// DRS puts the id of the source server on every volume that it makes.
const SOURCE_SERVER_TAG: &str = "AWSElasticDisasterRecoverySourceServerID";
/// A volume that is known by its tag alone may belong to a launch under way, which attaches it soon.
const SETTLED: Duration = Duration::hours(1);

/// In which region a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where the server was recovered.
    Recovery,
    /// Where it came home.
    Origin,
}

/// Whether a volume is what a launch of this server left detached on that side: recorded when the launch was started,
/// or made by DRS for B1 there, for A2 here.
#[must_use]
pub fn is_left_by(server: &SessionServer, side: Side, volume: &Volume, now: DateTime<Utc>) -> bool {
    if volume.state != "available" || volume.attached_to.is_some() {
        return false;
    }
    let (recorded, maker): (&[String], Option<&str>) = match side {
        Side::Recovery => (
            &server.replaced_volume_ids,
            Some(server.source_server_id.as_str()),
        ),
        Side::Origin => (
            server
                .returned
                .as_ref()
                .map_or(&[], |returned| &returned.replaced_volume_ids),
            server
                .way_back
                .as_ref()
                .map(|way| way.source_server_id.as_str()),
        ),
    };
    if recorded.contains(&volume.id) {
        return true;
    }
    let is_settled = volume.created_at.is_some_and(|at| now - at > SETTLED);
    let tag = volume.tags.get(SOURCE_SERVER_TAG).map(String::as_str);
    is_settled && tag.is_some() && tag == maker
}

/// Detached volumes that are recorded for none of these servers.
#[must_use]
pub fn strangers<'a>(
    servers: &[&SessionServer],
    side: Side,
    detached: &'a [Volume],
    now: DateTime<Utc>,
) -> Vec<&'a Volume> {
    let ours: BTreeSet<&str> = detached
        .iter()
        .filter(|volume| {
            servers
                .iter()
                .any(|server| is_left_by(server, side, volume, now))
        })
        .map(|volume| volume.id.as_str())
        .collect();
    detached
        .iter()
        .filter(|volume| volume.state == "available" && !ours.contains(volume.id.as_str()))
        .collect()
}
