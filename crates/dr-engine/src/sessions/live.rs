//! One look at the live state of a session's servers: a handful of calls, however many servers there are.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dr_error::Result;
use dr_model::execution::{Execution, ServerRun};
use dr_model::ids::{ExecutionId, InstanceId, RecoveryInstanceId, SourceServerId};
use dr_model::replication::ReplicationDirection;
use dr_model::server::{RecoveryInstance, SourceServer};
use dr_model::session::{FailoverSession, MappedBy, RepairStage, SessionServer, Stage};

use crate::agents::SsmView;
use crate::app::App;
use crate::sessions::repair;

/// What AWS shows.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// When it was looked at.
    pub now: DateTime<Utc>,
    /// B1, by id.
    pub forward: BTreeMap<SourceServerId, SourceServer>,
    /// Recovery instances of each B1, the ended ones among them.
    pub recovered: BTreeMap<SourceServerId, Vec<RecoveryInstance>>,
    /// Source servers in the origin region.
    pub origin: WaysBack,
    /// Recovery instances of each A2.
    pub returned: BTreeMap<SourceServerId, Vec<RecoveryInstance>>,
    /// The failback that runs or ran last, with its servers by A2; seen by steps alone.
    pub failback: Option<(Execution, BTreeMap<SourceServerId, ServerRun>)>,
    /// What SSM says of the instances whose agents are being repaired.
    pub ssm: SsmView,
}

/// Source servers in the origin region, by what they can be found by.
#[derive(Debug, Clone, Default)]
pub struct WaysBack {
    servers: BTreeMap<SourceServerId, SourceServer>,
    by_instance: BTreeMap<InstanceId, SourceServerId>,
    by_name: BTreeMap<String, Vec<SourceServerId>>,
    /// Not replicating back in DRS's word: an installer that knew nothing of a recovery made them.
    by_installed: BTreeMap<InstanceId, SourceServerId>,
}

impl WaysBack {
    /// Those that replicate back, of what was read.
    #[must_use]
    pub fn of(servers: Vec<SourceServer>) -> Self {
        let mut found = Self::default();
        for server in servers {
            if server.is_archived {
                continue;
            }
            if server.direction != ReplicationDirection::Failback {
                if let Some(instance) = server.origin_instance_id.clone() {
                    found.by_installed.insert(instance, server.id.clone());
                    found.servers.insert(server.id.clone(), server);
                }
                continue;
            }
            if let Some(instance) = &server.origin_instance_id {
                found
                    .by_instance
                    .insert(instance.clone(), server.id.clone());
            }
            if let Some(name) = server.own_name() {
                found
                    .by_name
                    .entry(name.to_owned())
                    .or_default()
                    .push(server.id.clone());
            }
            found.servers.insert(server.id.clone(), server);
        }
        found
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &SourceServerId) -> Option<&SourceServer> {
        self.servers.get(id)
    }

    /// A2 of a server, and by what it was found: the ARN that DRS keeps, where it names a server that stands for B2;
    /// otherwise whoever stands for B2; at last one that alone has its name. The ARN goes stale across cycles, so it
    /// is never believed alone.
    #[must_use]
    pub fn find(
        &self,
        server: &SessionServer,
        forward: Option<&SourceServer>,
    ) -> Option<(&SourceServer, MappedBy)> {
        let instance = &server.recovered.as_ref()?.instance_id;
        // What the repair of the agent made is newer than whatever else stands for B2.
        let is_installed = server
            .repair
            .as_ref()
            .is_some_and(|repair| repair.stage >= RepairStage::Installing);
        if let Some(found) = self.by_installed.get(instance).filter(|_| is_installed) {
            return self.get(found).map(|found| (found, MappedBy::InstanceId));
        }
        let stands_for = |candidate: &&SourceServer| {
            candidate.origin_instance_id.as_ref() == Some(instance)
                && candidate.direction == ReplicationDirection::Failback
        };
        let by_arn = forward
            .and_then(|b1| b1.reversed_arn.as_deref())
            .and_then(|arn| arn.rsplit('/').next())
            .and_then(|id| id.parse().ok())
            .and_then(|id: SourceServerId| self.get(&id))
            .filter(stands_for);
        if let Some(found) = by_arn {
            return Some((found, MappedBy::Arn));
        }
        if let Some(found) = self.by_instance.get(instance).and_then(|id| self.get(id)) {
            return Some((found, MappedBy::InstanceId));
        }
        match self.by_name.get(&server.name).map(Vec::as_slice) {
            // One that says which instance it stands for stands for another.
            Some([only]) => self
                .get(only)
                .filter(|found| found.origin_instance_id.is_none())
                .map(|found| (found, MappedBy::Name)),
            _ => None,
        }
    }
}

impl Live {
    /// The live recovery instance of B1 that this server runs in.
    #[must_use]
    pub fn b2(&self, server: &SessionServer) -> Option<&RecoveryInstance> {
        let wanted: &RecoveryInstanceId = &server.recovered.as_ref()?.recovery_instance_id;
        self.recovered
            .get(&server.source_server_id)?
            .iter()
            .find(|instance| instance.id == *wanted)
    }

    /// B1.
    #[must_use]
    pub fn b1(&self, server: &SessionServer) -> Option<&SourceServer> {
        self.forward.get(&server.source_server_id)
    }

    /// A2, if the server has one that still stands.
    #[must_use]
    pub fn a2(&self, server: &SessionServer) -> Option<(&SourceServer, MappedBy)> {
        self.origin.find(server, self.b1(server))
    }

    /// A3, as the last failback left it.
    #[must_use]
    pub fn a3(&self, server: &SessionServer) -> Option<&RecoveryInstance> {
        let way_back = &server.way_back.as_ref()?.source_server_id;
        let wanted = server.returned.as_ref()?.recovery_instance_id.as_ref()?;
        self.returned
            .get(way_back)?
            .iter()
            .find(|instance| instance.id == *wanted)
    }
}

fn by_server(instances: Vec<RecoveryInstance>) -> BTreeMap<SourceServerId, Vec<RecoveryInstance>> {
    let mut sorted: BTreeMap<SourceServerId, Vec<RecoveryInstance>> = BTreeMap::new();
    for instance in instances {
        sorted
            .entry(instance.source_server_id.clone())
            .or_default()
            .push(instance);
    }
    sorted
}

/// Stages in which the recovery region alone says nothing.
fn needs_origin(stage: Stage) -> bool {
    !matches!(stage, Stage::LeftOut | Stage::Pending | Stage::Home)
}

/// Looks. Two calls per 200 servers in either region, and one sweep of the origin's source servers while some A2 is
/// not known.
///
/// # Errors
/// What AWS or the store answers: whoever looks tries again.
pub async fn look(
    app: &App,
    session: &FailoverSession,
    servers: &[&SessionServer],
) -> Result<Live> {
    let now = app.clock().now();
    let relevant: Vec<&&SessionServer> = servers
        .iter()
        .filter(|server| !matches!(server.stage, Stage::LeftOut | Stage::Home))
        .collect();
    if relevant.is_empty() {
        return Ok(Live {
            now,
            ..Live::default()
        });
    }
    let ids: Vec<SourceServerId> = relevant
        .iter()
        .map(|s| s.source_server_id.clone())
        .collect();
    let there = app.cloud(&session.direction.recovery).await?;
    let recovered = there.drs.recovery_instances_of(&ids).await?;
    let forward = there.drs.source_servers_by_id(&ids).await?;
    let mut live = Live {
        now,
        forward: forward
            .into_iter()
            .map(|server| (server.id.clone(), server))
            .collect(),
        recovered: by_server(recovered),
        ..Live::default()
    };
    if relevant.iter().any(|server| needs_origin(server.stage)) {
        look_at_origin(app, session, &relevant, &mut live).await?;
    }
    live.ssm = repair::look(&there.ssm, servers).await;
    Ok(live)
}

async fn look_at_origin(
    app: &App,
    session: &FailoverSession,
    servers: &[&&SessionServer],
    live: &mut Live,
) -> Result<()> {
    let here = app.cloud(&session.direction.primary).await?;
    let needing: Vec<_> = servers.iter().filter(|s| needs_origin(s.stage)).collect();
    // A repair makes a new one.
    let known: BTreeSet<SourceServerId> = needing
        .iter()
        .filter(|server| server.stage != Stage::Repairing)
        .filter_map(|server| Some(server.way_back.as_ref()?.source_server_id.clone()))
        .collect();
    let mut read = Vec::new();
    if known.len() == needing.len() {
        let ids: Vec<_> = known.iter().cloned().collect();
        read = here.drs.source_servers_by_id(&ids).await?;
    }
    if read.len() < needing.len() {
        read = here.drs.source_servers().await?;
    }
    live.origin = WaysBack::of(read);
    // What came home, or may have.
    let came_home: Vec<SourceServerId> = needing
        .iter()
        .filter(|server| server.stage >= Stage::FailingBack)
        .filter_map(|server| Some(server.way_back.as_ref()?.source_server_id.clone()))
        .collect();
    if !came_home.is_empty() {
        live.returned = by_server(here.drs.recovery_instances_of(&came_home).await?);
    }
    Ok(())
}

/// What a step of these servers needs to see. One that an execution has is known by that execution alone, and one that
/// waits for a person by nothing: neither costs a call of AWS, however often a step is taken.
///
/// # Errors
/// What AWS or the store answers.
pub async fn for_step(
    app: &App,
    session: &FailoverSession,
    servers: &[&SessionServer],
) -> Result<Live> {
    let waits = |stage| {
        matches!(
            stage,
            Stage::FailingBack | Stage::FailedBack | Stage::ReProtected
        )
    };
    let moving: Vec<&SessionServer> = servers
        .iter()
        .copied()
        .filter(|server| !waits(server.stage))
        .collect();
    let mut live = look(app, session, &moving).await?;
    if servers
        .iter()
        .any(|server| server.stage == Stage::FailingBack)
        && let Some(id) = &session.failback_execution_id
    {
        live.failback = failback(app, id).await?;
    }
    Ok(live)
}

/// The failback execution, with its servers once it is over; none while it is intended and not yet stored.
async fn failback(
    app: &App,
    id: &ExecutionId,
) -> Result<Option<(Execution, BTreeMap<SourceServerId, ServerRun>)>> {
    let execution = match app.store().execution(id).await {
        Ok(execution) => execution,
        Err(dr_error::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut runs = BTreeMap::new();
    if execution.status.is_terminal() {
        for batch in app.store().batches(&execution).await? {
            for server in batch.servers {
                runs.insert(server.blueprint.source_server_id.clone(), server);
            }
        }
    }
    Ok(Some((execution, runs)))
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
