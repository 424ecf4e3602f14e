//! What mirroring would make, decided purely: which server goes into which group, and where it is to be launched.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, InstanceId, SourceServerId};
use dr_model::launch::{LaunchTemplate, SettingChange};
use dr_model::plan::RecoveryPlan;
use dr_model::server::SourceServer;
use dr_model::session::{MappedBy, MirroredServer, SessionServer, Stage};
use dr_model::target::TargetInstance;

use crate::sessions::live::Live;

/// What failed over, as far as it can still be told.
#[derive(Debug, Clone)]
pub struct Original {
    /// The plan.
    pub plan: RecoveryPlan,
    /// Its groups.
    pub groups: Vec<ProtectionGroup>,
    /// Neither is stored: pairs were failed over without a plan, or the plan was deleted since. They stand for the
    /// execution's waves, and nothing is linked to them.
    pub is_made_up: bool,
}

/// One server on its way home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// B1.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// A2.
    pub way_back: SourceServerId,
    /// How A2 was found.
    pub mapped_by: MappedBy,
    /// A1.
    pub origin_instance_id: Option<InstanceId>,
    /// It is home already: it stays in its group, and nothing of it is touched.
    pub is_home: bool,
}

/// A server that could not be mapped, and why (requirement 001, 12.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// B1.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub remediation: String,
}

/// Servers by original group.
#[derive(Debug, Default)]
pub struct Assigned {
    /// Those that go home.
    pub by_group: BTreeMap<GroupId, Vec<Subject>>,
    /// Those that cannot yet.
    pub unmapped: Vec<Unmapped>,
}

/// Sorts servers into groups. `wave_of` says in which wave of the execution a server was: a server that no group holds
/// any more goes into the first group of its wave. O(servers · groups).
#[must_use]
pub fn assign(
    original: &Original,
    servers: &[&SessionServer],
    live: &Live,
    wave_of: &BTreeMap<SourceServerId, String>,
) -> Assigned {
    let mut assigned = Assigned::default();
    for server in servers {
        let is_home = server.stage == Stage::FailedBack;
        if !is_home && !is_on_its_way(server.stage) {
            continue;
        }
        let Some((a2, mapped_by)) = live.a2(server) else {
            if !is_home {
                assigned.unmapped.push(without_way_back(server));
            }
            continue;
        };
        let b1 = live.b1(server);
        let wave = wave_of.get(&server.source_server_id);
        let Some(group) = group_of(original, server, b1, wave) else {
            assigned.unmapped.push(Unmapped {
                source_server_id: server.source_server_id.clone(),
                name: server.name.clone(),
                reason: "No protection group of the plan holds it any more, and none is left of the wave it was in"
                    .to_owned(),
                remediation: "Put it back into a group of the plan, then mirror the configuration again".to_owned(),
            });
            continue;
        };
        assigned
            .by_group
            .entry(group.id.clone())
            .or_default()
            .push(Subject {
                source_server_id: server.source_server_id.clone(),
                name: server.name.clone(),
                way_back: a2.id.clone(),
                mapped_by,
                origin_instance_id: server.origin_instance_id.clone(),
                is_home,
            });
    }
    assigned
}

/// Stages in which a server waits to go home.
fn is_on_its_way(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Recovered | Stage::Repairing | Stage::Reversing | Stage::Ready
    )
}

fn group_of<'a>(
    original: &'a Original,
    server: &SessionServer,
    b1: Option<&SourceServer>,
    wave: Option<&String>,
) -> Option<&'a ProtectionGroup> {
    let holds = |group: &&ProtectionGroup| match &group.selection {
        Selection::ServerIds(ids) => ids.contains(&server.source_server_id),
        Selection::Tags(_) => b1.is_some_and(|b1| group.selection.holds(b1)),
    };
    let in_wave = || {
        let wave = original
            .plan
            .waves
            .iter()
            .find(|known| Some(&known.name) == wave)?;
        let of_wave = |group: &&ProtectionGroup| wave.group_ids.contains(&group.id);
        original.groups.iter().find(of_wave)
    };
    original.groups.iter().find(holds).or_else(in_wave)
}

/// Why a server without A2 is not mapped.
#[must_use]
pub fn without_way_back(server: &SessionServer) -> Unmapped {
    let (reason, remediation) = match server.stage {
        Stage::Recovered => (
            "Reverse replication was not started, so DRS has no source server for its way back",
            "Start reverse replication for it, then mirror the configuration again",
        ),
        Stage::Repairing => (
            "Its replication agent is being repaired, and the new source server has not appeared",
            "Wait until the repair is over, then mirror the configuration again",
        ),
        _ => (
            "No source server in the origin region stands for its recovery instance: neither the ARN that DRS keeps, nor the instance id, nor the name leads to one",
            "See why reverse replication does not begin, then mirror the configuration again",
        ),
    };
    let problem = server.error.as_ref().map(|error| error.message.as_str());
    Unmapped {
        source_server_id: server.source_server_id.clone(),
        name: server.name.clone(),
        reason: problem.map_or_else(
            || reason.to_owned(),
            |problem| format!("{reason}. Last error: {problem}"),
        ),
        remediation: remediation.to_owned(),
    }
}

/// A server's part of the mirrored configuration. `a1` is the original instance as EC2 shows it, if it is still
/// there. Requirements 001, 3.3 to 3.6.
#[must_use]
pub fn mirrored(subject: &Subject, group: &GroupId, a1: Option<&TargetInstance>) -> MirroredServer {
    let a1 = a1.filter(|a1| is_there(a1));
    let problem = match (a1, &subject.origin_instance_id) {
        (Some(a1), _) => not_ready(a1),
        (None, Some(id)) => Some(format!(
            "The original instance {id} is gone. A new one is launched: set subnet, security groups and profile in the DRS launch template of {}, or restore the instance and mirror again",
            subject.way_back
        )),
        (None, None) => Some(format!(
            "It did not come from an EC2 instance, so there is none to go back into. A new one is launched: set subnet, security groups and profile in the DRS launch template of {}",
            subject.way_back
        )),
    };
    MirroredServer {
        group_id: group.clone(),
        target_instance_id: a1.map(|a1| a1.id.clone()),
        subnet_id: a1.and_then(|a1| a1.subnet_id.clone()),
        security_group_ids: a1
            .map(|a1| a1.security_group_ids.clone())
            .unwrap_or_default(),
        instance_profile: a1.and_then(|a1| a1.instance_profile.clone()),
        instance_type: a1.map(|a1| a1.instance_type.clone()),
        private_ip: a1.and_then(|a1| a1.private_ip.clone()),
        applied_at: None,
        problem,
    }
}

/// Whether an instance can ever be launched into.
#[must_use]
pub fn is_there(instance: &TargetInstance) -> bool {
    !matches!(instance.state.as_str(), "terminated" | "shutting-down")
}

fn not_ready(a1: &TargetInstance) -> Option<String> {
    (a1.state != "stopped").then(|| {
        format!(
            "The original instance {} is {}: DRS launches only into a stopped one. Stop it, then mirror again",
            a1.id, a1.state
        )
    })
}

/// What is to be kept of a server after mirroring. While something is still to be applied to DRS, a repeated request
/// goes on with that; otherwise it begins anew, because somebody may have changed DRS meanwhile.
#[must_use]
pub fn kept(
    known: Option<&MirroredServer>,
    wanted: MirroredServer,
    goes_on: bool,
) -> MirroredServer {
    let is_same = |known: &&MirroredServer| {
        let bare = |server: &MirroredServer| MirroredServer {
            applied_at: None,
            problem: None,
            ..server.clone()
        };
        bare(known) == bare(&wanted)
    };
    match known.filter(is_same) {
        Some(known) if goes_on => known.clone(),
        _ => wanted,
    }
}

/// Whether a server's part is still to be applied to DRS.
#[must_use]
pub fn is_pending(server: &SessionServer) -> bool {
    matches!(server.stage, Stage::Reversing | Stage::Ready)
        && server.way_back.is_some()
        && server
            .mirrored
            .as_ref()
            .is_some_and(|mirrored| mirrored.applied_at.is_none())
}

/// The launch template that launches as the original instance was built.
#[must_use]
pub fn template(id: &str, mirrored: &MirroredServer) -> LaunchTemplate {
    LaunchTemplate {
        id: id.to_owned(),
        instance_type: mirrored.instance_type.clone(),
        subnet_id: mirrored.subnet_id.clone(),
        security_group_ids: mirrored.security_group_ids.clone(),
        instance_profile: mirrored.instance_profile.clone(),
    }
}

/// The settings in which a launch template differs from what is wanted; what is not wanted stays as it is.
#[must_use]
pub fn template_changes(
    now: Option<&LaunchTemplate>,
    wanted: &LaunchTemplate,
) -> Vec<SettingChange> {
    let default = LaunchTemplate::default();
    let now = now.unwrap_or(&default);
    let last = |text: &Option<String>| {
        let text = text.as_deref()?;
        // A profile stands there by name or by ARN.
        text.rsplit('/').next().map(ToOwned::to_owned)
    };
    let groups = |ids: &[String]| {
        let sorted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let text: Vec<&str> = sorted.into_iter().collect();
        (!text.is_empty()).then(|| text.join(", "))
    };
    let settings = [
        (
            "launch_template.instance_type",
            now.instance_type.clone(),
            wanted.instance_type.clone(),
        ),
        (
            "launch_template.subnet_id",
            now.subnet_id.clone(),
            wanted.subnet_id.clone(),
        ),
        (
            "launch_template.security_group_ids",
            groups(&now.security_group_ids),
            groups(&wanted.security_group_ids),
        ),
        (
            "launch_template.instance_profile",
            last(&now.instance_profile),
            last(&wanted.instance_profile),
        ),
    ];
    settings
        .into_iter()
        .filter(|(_, from, to)| to.is_some() && from != to)
        .map(|(setting, from, to)| SettingChange {
            setting: setting.to_owned(),
            from: from.unwrap_or_else(|| "none".to_owned()),
            to: to.unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
