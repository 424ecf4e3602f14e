//! Source servers.

use std::net::Ipv4Addr;

use aws_sdk_drs::types as sdk;
use chrono::{DateTime, Utc};
use dr_model::ids::AccountId;
use dr_model::place::Place;
use dr_model::server::{Disk, Platform, ReplicationState, SourceServer};

use super::replication::{direction, of_server};
use super::{UNSAID, filled, optional, required};
use crate::time::lag_seconds;

/// One source server, as seen in `place` at `now`.
pub(crate) fn source_server(
    server: &sdk::SourceServer,
    place: &Place,
    now: DateTime<Utc>,
) -> Option<SourceServer> {
    let id = required("source server", server.source_server_id())?;
    let properties = server.source_properties();
    let hints = properties.and_then(|p| p.identification_hints());
    let cloud = server.source_cloud_properties();
    let replication = server.data_replication_info();
    let state = replication
        .and_then(|r| r.data_replication_state())
        .map_or(UNSAID, |state| state.as_str());
    let replication_state = ReplicationState::from(state.to_owned());
    let lag_seconds = replication
        .and_then(|r| r.lag_duration())
        .and_then(|text| lag_seconds(text, now));
    let os = properties
        .and_then(|p| p.os())
        .and_then(|os| filled(os.full_string()));
    Some(SourceServer {
        id,
        hostname: hints.and_then(|h| filled(h.hostname()).or_else(|| filled(h.fqdn()))),
        origin_instance_id: optional(hints.and_then(|h| h.aws_instance_id())),
        origin_account_id: optional(cloud.and_then(|c| c.origin_account_id())),
        origin_region: optional(cloud.and_then(|c| c.origin_region())),
        // DRS has no word "archived": a source server that is disconnected stays listed, keeps its points
        // in time and never replicates again unless its agent is installed anew.
        is_archived: replication_state == ReplicationState::Disconnected,
        replication_state,
        lag_seconds,
        last_consistent_at: lag_seconds
            .and_then(|lag| i64::try_from(lag).ok())
            .and_then(chrono::Duration::try_seconds)
            .and_then(|lag| now.checked_sub_signed(lag)),
        replication_error: replication
            .and_then(|r| r.data_replication_error())
            .and_then(|e| {
                e.error()
                    .map(|word| word.as_str().to_owned())
                    .or_else(|| filled(e.raw_error()))
            }),
        staging_account_id: server.staging_area().and_then(|area| staging(area, place)),
        recovery_instance_id: optional(server.recovery_instance_id()),
        platform: platform(os.as_deref()),
        os,
        private_ip: properties.and_then(|p| private_ip(p.network_interfaces())),
        disks: disks(server),
        tags: server
            .tags()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        arn: filled(server.arn()),
        direction: direction(server.replication_direction()),
        reversed_arn: filled(server.reversed_direction_source_server_arn()),
        replication: of_server(server, now),
    })
}

/// The staging account of an extended source server; `None` for one that replicates right here.
fn staging(area: &sdk::StagingArea, place: &Place) -> Option<AccountId> {
    if area.status() == Some(&sdk::ExtensionStatus::NotExtended) {
        return None;
    }
    optional(area.staging_account_id()).filter(|account| *account != place.account_id)
}

fn platform(os: Option<&str>) -> Platform {
    if os.is_some_and(|os| os.to_ascii_lowercase().contains("windows")) {
        Platform::Windows
    } else {
        Platform::Linux
    }
}

/// The first IPv4 address of the primary interface, or of the first one where none is marked.
fn private_ip(interfaces: &[sdk::NetworkInterface]) -> Option<String> {
    let interface = interfaces
        .iter()
        .find(|i| i.is_primary() == Some(true))
        .or_else(|| interfaces.first())?;
    interface
        .ips()
        .iter()
        .find(|ip| ip.parse::<Ipv4Addr>().is_ok())
        .or_else(|| interface.ips().first())
        .cloned()
}

/// The replicated disks; before replication knows them, the disks that the agent saw.
fn disks(server: &sdk::SourceServer) -> Vec<Disk> {
    let replicated: Vec<Disk> = server
        .data_replication_info()
        .map(|r| r.replicated_disks())
        .unwrap_or_default()
        .iter()
        .map(|disk| Disk {
            device_name: disk.device_name().unwrap_or_default().to_owned(),
            bytes: u64::try_from(disk.total_storage_bytes()).unwrap_or(0),
            volume_problem: disk
                .volume_status()
                .filter(|status| **status != sdk::VolumeStatus::Regular)
                .map(|status| status.as_str().to_owned()),
        })
        .collect();
    if !replicated.is_empty() {
        return replicated;
    }
    server
        .source_properties()
        .map(|p| p.disks())
        .unwrap_or_default()
        .iter()
        .map(|disk| Disk {
            device_name: disk.device_name().unwrap_or_default().to_owned(),
            bytes: u64::try_from(disk.bytes()).unwrap_or(0),
            volume_problem: None,
        })
        .collect()
}
