//! What was looked up, before anything is judged.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_aws::{ManagedInstance, ProfilePolicies, Quota, RouteTable, SecurityGroup, Subnet};
use dr_drs::ReplicationSettings;
use dr_model::ids::{InstanceId, RecoveryInstanceId, SourceServerId};
use dr_model::place::Place;
use dr_model::server::{RecoveryInstance, SourceServer};
use dr_model::session::{MappedBy, SessionServer};
use dr_model::target::TargetInstance;

/// Whom it is about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// B1.
    pub id: SourceServerId,
    /// Its name.
    pub name: String,
    /// B2, DRS's record.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// A1, where the session knows it.
    pub origin_instance_id: Option<InstanceId>,
    /// The server in its session; none where there is no session.
    pub server: Option<SessionServer>,
}

impl Subject {
    /// A server of a session.
    pub fn of(server: SessionServer) -> Self {
        Self {
            id: server.source_server_id.clone(),
            name: server.name.clone(),
            recovery_instance_id: server
                .recovered
                .as_ref()
                .map(|recovered| recovered.recovery_instance_id.clone()),
            origin_instance_id: server.origin_instance_id.clone(),
            server: Some(server),
        }
    }
}

/// What replicates, or is to: B2 on the way home, A4 once home.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    /// The EC2 instance.
    pub id: Option<InstanceId>,
    /// DRS's record of it.
    pub record: Option<RecoveryInstance>,
    /// That instance, if EC2 knows it.
    pub instance: Option<TargetInstance>,
    /// How Systems Manager sees it.
    pub managed: Option<ManagedInstance>,
}

/// What was looked up about one server.
#[derive(Debug, Clone)]
pub(super) struct ServerFacts {
    /// Whom it is about.
    pub subject: Subject,
    /// B1.
    pub b1: Option<SourceServer>,
    /// B2 or A4.
    pub machine: Machine,
    /// A1.
    pub a1_id: Option<InstanceId>,
    /// A1 as EC2 sees it.
    pub a1: Option<TargetInstance>,
    /// A2, and how it was found.
    pub a2: Option<(SourceServer, MappedBy)>,
}

impl ServerFacts {
    /// Sizes of the disks that a full copy would carry.
    pub fn disks(&self) -> Vec<u64> {
        let of_machine = self
            .machine
            .record
            .iter()
            .flat_map(|record| &record.replication.disks);
        let sizes: Vec<u64> = of_machine.map(|disk| disk.total_bytes).collect();
        if sizes.iter().any(|bytes| *bytes > 0) {
            return sizes;
        }
        // B2 was made from the disks of B1.
        let of_b1 = self.b1.iter().flat_map(|b1| &b1.disks);
        of_b1.map(|disk| disk.bytes).collect()
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.disks().iter().sum()
    }
}

/// Where the machines run.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    /// The place.
    pub place: Place,
    /// When it was looked at.
    pub now: DateTime<Utc>,
    /// Security groups of the machines.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Route tables of their VPCs.
    pub route_tables: Vec<RouteTable>,
    /// Instance profiles by name; an inner `None` is a profile that does not exist.
    pub profiles: BTreeMap<String, Option<ProfilePolicies>>,
    /// Systems Manager could be asked.
    pub is_ssm_known: bool,
    /// Actions that our role may not perform; `None` when that could not be asked.
    pub denied_actions: Option<Vec<String>>,
    /// What could not be looked up, in words.
    pub unknown: Vec<String>,
}

/// Where they replicate to.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// The place.
    pub place: Place,
    /// Why it could not be looked at; everything else is then empty.
    pub error: Option<String>,
    /// DRS was initialised there.
    pub drs_initialized: bool,
    /// Default replication settings.
    pub settings: Option<ReplicationSettings>,
    /// Subnet of the replication servers.
    pub staging_subnet: Option<Subnet>,
    /// Security groups of the replication servers, as far as the settings name them.
    pub staging_groups: Vec<SecurityGroup>,
    /// The original instances there could be looked up.
    pub are_originals_known: bool,
    /// Servers that replicate into it now.
    pub replicating: usize,
    /// How many may.
    pub quota: Option<Quota>,
}

/// Everything.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The servers.
    pub servers: Vec<ServerFacts>,
    /// Where the machines run.
    pub around: Surroundings,
    /// Where they replicate to.
    pub destination: Destination,
    /// A replication with at most this lag is level: what is written to is always some seconds behind.
    pub lag_threshold_seconds: u64,
}
