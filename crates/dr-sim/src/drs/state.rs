//! What DRS keeps in one account and region.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::agenda::Agenda;

use super::job::Job;
use super::replication::Replication;

/// Tag names and values.
pub type Tags = BTreeMap<String, String>;

/// Everything DRS keeps in one account and region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Whether `InitializeService` was called.
    pub initialized: bool,
    /// Source servers by id.
    pub servers: BTreeMap<String, SourceServer>,
    /// Jobs by id.
    pub jobs: BTreeMap<String, Job>,
    /// Jobs in order of creation.
    pub jobs_by_time: BTreeSet<(DateTime<Utc>, String)>,
    /// Servers in a job that is not completed, with the job.
    pub busy: BTreeMap<String, String>,
    /// Jobs that are not completed.
    pub active_jobs: BTreeSet<String>,
    /// Recovery instances by id (their EC2 instance id).
    pub instances: BTreeMap<String, RecoveryInstance>,
    /// Recovery instances of each source server.
    pub instances_by_server: BTreeMap<String, BTreeSet<String>>,
    /// What happens when.
    pub due: Agenda<super::lifecycle::Step>,
    /// The account's launch configuration template, if it has one.
    pub launch_template: Option<LaunchTemplate>,
    /// The account's replication configuration template, if it has one.
    pub replication_template: Option<ReplicationTemplate>,
    /// Injected: how many seconds the agent of a new recovery instance needs until it can
    /// replicate.
    #[serde(default)]
    pub agent_seconds: Option<u32>,
    /// Injected: speed of the copies that begin here.
    #[serde(default)]
    pub copy_bytes_per_second: Option<u64>,
}

/// A source server: the machine that replicates into this account and region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceServer {
    /// `s-` + 17.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Tags,
    /// Which way it replicates.
    pub direction: Direction,
    /// The machine itself.
    pub machine: Machine,
    /// Where the machine runs.
    pub origin: Origin,
    /// How its data gets here.
    pub replication: Replication,
    /// How it is launched.
    pub launch: LaunchConfiguration,
    /// Its last launch.
    pub last_launch: Option<LastLaunch>,
    /// When it was added.
    pub added: DateTime<Utc>,
    /// The staging account that it is extended from.
    pub staging: Option<Staging>,
    /// The source server that replicates the other way.
    pub reversed_arn: Option<String>,
    /// Injected: the raw error that its next launch fails with.
    pub fail_launch: Option<String>,
}

/// Which way a source server replicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// From the original region into the recovery region.
    Failover,
    /// Back.
    Failback,
}

/// A machine as its agent reports it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Host name.
    pub hostname: String,
    /// Fully qualified name.
    pub fqdn: String,
    /// Its EC2 instance id in the origin region.
    pub aws_instance_id: String,
    /// CPU cores.
    pub cores: u32,
    /// CPU model.
    pub cpu_model: String,
    /// Memory in bytes.
    pub ram_bytes: u64,
    /// Operating system.
    pub os: String,
    /// Whether that is Windows.
    pub windows: bool,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Whether it boots by UEFI.
    pub uefi: bool,
    /// Disks, the boot disk first.
    pub disks: Vec<Disk>,
    /// Addresses of the primary interface, the primary address first.
    pub ips: Vec<String>,
    /// MAC address of the primary interface.
    pub mac: String,
    /// EC2 instance type that fits.
    pub instance_type: String,
}

/// A disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Disk {
    /// Device name on the machine.
    pub device: String,
    /// Size.
    pub bytes: u64,
}

/// Where a machine runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Origin {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Availability zone.
    pub availability_zone: String,
}

/// The staging account of an extended source server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Staging {
    /// Account id.
    pub account: String,
    /// ARN of the source server there.
    pub arn: String,
}

/// A source server's launch configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchConfiguration {
    /// Name.
    pub name: String,
    /// EC2 launch template.
    pub launch_template_id: String,
    /// `STARTED` or `STOPPED`.
    pub disposition: String,
    /// `NONE`, `BASIC` or `IN_AWS`.
    pub right_sizing: String,
    /// Whether the new instance gets the source's private IP.
    pub copy_private_ip: bool,
    /// Whether the new instance gets the source's tags.
    pub copy_tags: bool,
    /// Bring your own licence.
    pub os_byol: bool,
    /// Post-launch actions.
    pub post_launch_enabled: bool,
    /// The instance to launch into, if any.
    pub launch_into: Option<String>,
    /// `FAST` (no conversion) or `OPTIMAL`.
    pub recovery_mode: String,
}

/// A source server's last launch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LastLaunch {
    /// When the call came.
    pub at: DateTime<Utc>,
    /// The job.
    pub job_id: String,
    /// Whether it was a drill.
    pub drill: bool,
    /// Launch status of the server in that job.
    pub status: String,
}

/// A recovery instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecoveryInstance {
    /// Its EC2 instance id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The source server it was launched from.
    pub source_server_id: String,
    /// The job that launched it.
    pub job_id: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether it was launched by a drill.
    pub drill: bool,
    /// The point in time of its data.
    pub point_in_time: DateTime<Utc>,
    /// When it was launched.
    pub launched: DateTime<Utc>,
    /// Until when its agent initialises: ReverseReplication answers ConflictException.
    pub agent_ready: DateTime<Utc>,
    /// The machine it is a copy of, with its own instance id and addresses.
    pub machine: Machine,
    /// Its volumes: device, volume id, bytes.
    pub volumes: Vec<(String, String, u64)>,
    /// Availability zone that it came from.
    pub origin_availability_zone: String,
    /// Whether it was disconnected from DRS.
    pub disconnected: bool,
    /// The reversed replication, once started.
    pub reversed: Option<Reversed>,
    /// Whether its failback was launched, drills aside.
    #[serde(default)]
    pub failback_completed: bool,
}

/// A reversed replication of a recovery instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reversed {
    /// ARN of the source server on the other side.
    pub arn: String,
    /// When it started.
    pub started: DateTime<Utc>,
}

/// The account's launch configuration template.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// `lct-` + 17.
    pub id: String,
    /// Defaults for new source servers.
    pub defaults: LaunchConfiguration,
    /// Whether a failback launches into the instance that the server came from.
    pub launch_into_source_instance: bool,
    /// Its tags.
    pub tags: Tags,
}

/// The account's replication configuration template.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReplicationTemplate {
    /// `rct-` + 17.
    pub id: String,
    /// Staging subnet.
    pub subnet_id: String,
    /// `DEFAULT`, `CUSTOM` or `NONE`.
    pub ebs_encryption: String,
    /// Key, with `CUSTOM`.
    pub ebs_encryption_key_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

impl LaunchConfiguration {
    /// What DRS gives a new source server where no template says otherwise.
    #[must_use]
    pub fn new(name: &str, launch_template_id: String) -> Self {
        Self {
            name: name.to_owned(),
            launch_template_id,
            disposition: "STARTED".to_owned(),
            right_sizing: "BASIC".to_owned(),
            copy_private_ip: false,
            copy_tags: true,
            os_byol: false,
            post_launch_enabled: false,
            launch_into: None,
            recovery_mode: "OPTIMAL".to_owned(),
        }
    }
}

impl State {
    /// Takes a recovery instance out of the books.
    pub fn forget_instance(&mut self, id: &str) -> Option<RecoveryInstance> {
        let instance = self.instances.remove(id)?;
        if let Some(ids) = self.instances_by_server.get_mut(&instance.source_server_id) {
            ids.remove(id);
            if ids.is_empty() {
                self.instances_by_server.remove(&instance.source_server_id);
            }
        }
        Some(instance)
    }

    /// Puts a recovery instance on the books.
    pub fn keep_instance(&mut self, instance: RecoveryInstance) {
        self.forget_instance(&instance.id);
        self.instances_by_server
            .entry(instance.source_server_id.clone())
            .or_default()
            .insert(instance.id.clone());
        self.instances.insert(instance.id.clone(), instance);
    }

    /// How many servers replicate here (the 300 of quota L-C1D14A2B): extended ones replicate in
    /// their staging account.
    #[must_use]
    pub fn replicating(&self) -> usize {
        self.servers
            .values()
            .filter(|server| server.staging.is_none() && server.replication.is_running())
            .count()
    }

    /// Recovery instance ids of a server, oldest id first.
    #[must_use]
    pub fn instances_of(&self, server: &str) -> Vec<String> {
        self.instances_by_server
            .get(server)
            .map(|ids| ids.iter().cloned().collect())
            .unwrap_or_default()
    }
}
