//! What was looked up about a recovery place and about each pair, before anything is judged.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dr_aws::{KeyState, ProfilePolicies, SecurityGroup, Subnet};
use dr_model::execution::ExecutionType;
use dr_model::ids::{ExecutionId, InstanceId, SourceServerId};
use dr_model::job::Job;
use dr_model::launch::{LaunchConfiguration, LaunchTemplate};
use dr_model::place::Place;
use dr_model::server::{OriginInstance, SourceServer};
use dr_model::target::TargetInstance;
use dr_monitor::room::Limits;

/// What was looked up about one server and the instance it is to be launched into.
#[derive(Debug, Clone)]
pub struct PairFacts {
    /// The server's id.
    pub source_server_id: SourceServerId,
    /// The server, if DRS knows it.
    pub source: Option<SourceServer>,
    /// The original instance, where it could be looked up.
    pub origin: Option<OriginInstance>,
    /// The instance to launch into; none launches a new one.
    pub target_id: Option<InstanceId>,
    /// That instance, if EC2 knows it.
    pub target: Option<TargetInstance>,
    /// The launch configuration, if it was asked for.
    pub launch: Option<LaunchConfiguration>,
    /// How many pairs, here and saved, have the same target.
    pub pairs_with_same_target: usize,
    /// Another active execution that holds this server or this target.
    pub other_execution: Option<ExecutionId>,
}

/// What was looked up about a recovery place.
#[derive(Debug, Clone)]
pub struct PlaceFacts {
    /// The place.
    pub place: Place,
    /// Time of the look.
    pub now: DateTime<Utc>,
    /// What it is for: a drill is stricter than the worst day.
    pub purpose: ExecutionType,
    /// DRS was initialised there.
    pub drs_initialized: bool,
    /// Subnets of targets and templates.
    pub subnets: BTreeMap<String, Subnet>,
    /// Security groups of targets and templates.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Instance profiles by name; `None` is a profile that does not exist.
    pub profiles: BTreeMap<String, Option<ProfilePolicies>>,
    /// Instance types of targets and templates that the region offers.
    pub instance_types: BTreeSet<String>,
    /// Launch templates by id, where a server launches into a new instance.
    pub templates: BTreeMap<String, LaunchTemplate>,
    /// Key of EBS encryption by default, with its state; none when it is off or AWS's own.
    pub encryption_key: Option<(String, KeyState)>,
    /// Actions that our role may not perform; `None` when that could not be asked.
    pub denied_actions: Option<Vec<String>>,
    /// What DRS takes at most there.
    pub limits: Limits,
    /// Jobs of the last day.
    pub jobs: Vec<Job>,
    /// What could not be looked up and was taken as unknown, in words.
    pub unknown: Vec<String>,
}
