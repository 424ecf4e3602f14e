//! A session comes into being: by itself when a real recovery ends, or on demand for one that ended before.

use dr_error::{Error, Result};
use dr_model::execution::{Batch, Execution, ServerRun, ServerStatus, Subject};
use dr_model::ids::{ExecutionId, SessionId};
use dr_model::session::{
    DEFAULT_LAG_THRESHOLD_SECONDS, FailoverSession, Recovered, ReverseProgress, SessionPart,
    SessionServer, SessionStatus, Stage, StageTally,
};

use crate::app::App;

/// The session of an execution: the same UUID, so that whoever makes it a second time makes the same.
///
/// # Errors
/// Never: an execution id is a prefix and a UUID.
pub fn id_of(execution: &ExecutionId) -> Result<SessionId> {
    let uuid = execution.as_str().trim_start_matches("exec-");
    format!("fs-{uuid}").parse().map_err(Error::internal)
}

/// Whether an execution leaves a session behind: a real failover of which something launched. A failback does not:
/// it belongs to the session that it brings home.
#[must_use]
pub fn leaves_a_session(execution: &Execution) -> bool {
    !execution.execution_type.is_drill()
        && execution.session_id.is_none()
        && execution.tally().launched > 0
}

/// Makes the session of a recovery that is about to end. Before the end is stored, because whoever finds the
/// execution over must find its session too. Requirement 001, 1.1 to 1.3.
///
/// # Errors
/// What the store answers: the state machine tries again.
pub async fn at_end(app: &App, execution: &Execution) -> Result<()> {
    if !leaves_a_session(execution) {
        return Ok(());
    }
    make(app, execution, "system").await.map(drop)
}

/// Makes the session of a recovery that ended before, or answers the one that it has.
///
/// # Errors
/// `NO_SESSION_POSSIBLE` for a drill, a failback, or an execution that is not over or launched nothing.
pub async fn on_demand(app: &App, id: &ExecutionId, by: &str) -> Result<FailoverSession> {
    let execution = app.store().execution(id).await?;
    let refused = |message: &str| {
        Err(Error::Conflict {
            code: "NO_SESSION_POSSIBLE",
            message: message.to_owned(),
        })
    };
    if execution.execution_type.is_drill() {
        return refused("A drill leaves production where it is: there is nothing to bring home");
    }
    if let Some(session) = &execution.session_id {
        return refused(&format!("This execution is the failback of {session}"));
    }
    if !execution.status.is_terminal() {
        return refused("The recovery is still under way: its session is made when it ends");
    }
    if execution.tally().launched == 0 {
        return refused("No server launched: there is nothing to bring home");
    }
    make(app, &execution, by).await
}

async fn make(app: &App, execution: &Execution, by: &str) -> Result<FailoverSession> {
    let id = id_of(&execution.id)?;
    match app.store().session(&id).await {
        Ok(session) => return Ok(session),
        Err(Error::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    let batches = app.store().batches(execution).await?;
    let (plan, group_ids) = match &execution.subject {
        Subject::Plan { plan_id, name } => {
            let group_ids = match app.store().plan(plan_id).await {
                Ok(plan) => plan
                    .waves
                    .into_iter()
                    .flat_map(|wave| wave.group_ids)
                    .collect(),
                // Deleted meanwhile: the session names it and mirrors what it can.
                Err(Error::NotFound { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            (Some((plan_id.clone(), name.clone())), group_ids)
        }
        Subject::Pairs => (None, Vec::new()),
    };
    let servers: Vec<SessionServer> = batches.iter().flat_map(servers_of).collect();
    let mut parts = SessionPart::all_of(&id, &servers);
    let now = app.clock().now();
    let (plan_id, plan_name) = plan.unzip();
    let mut session = FailoverSession {
        id: id.clone(),
        execution_id: execution.id.clone(),
        split_from: None,
        direction: execution.direction.clone(),
        plan_id,
        plan_name,
        group_ids,
        mirrored_plan_id: None,
        mirrored_groups: Vec::new(),
        status: SessionStatus::Pending,
        stages: StageTally::count(servers.iter().map(|server| server.stage)),
        parts: parts.len(),
        failback_execution_id: None,
        commit_policy: None,
        commit_window: None,
        lag_threshold_seconds: DEFAULT_LAG_THRESHOLD_SECONDS,
        error: None,
        failed_servers: 0,
        is_active: true,
        looked_at: None,
        ready_told_at: None,
        created_by: by.to_owned(),
        created_at: now,
        updated_at: now,
        version: 0,
    };
    app.store().create_session(&mut session, &mut parts).await?;
    tracing::info!(session = %id, execution = %execution.id, servers = servers.len(), "failover session created");
    app.store().session(&id).await
}

fn servers_of(batch: &Batch) -> impl Iterator<Item = SessionServer> {
    batch.servers.iter().map(server_of)
}

fn server_of(run: &ServerRun) -> SessionServer {
    let progress = &run.progress;
    let launched = progress.status == ServerStatus::Launched;
    let recovered = progress
        .recovery_instance_id
        .clone()
        .and_then(|recovery_instance_id| {
            let instance_id = match &progress.identity {
                Some(identity) => identity.instance_id.clone(),
                // In EC2 the recovery instance has the id of its instance.
                None => recovery_instance_id.as_str().parse().ok()?,
            };
            Some(Recovered {
                recovery_instance_id,
                instance_id,
                private_ip: progress
                    .identity
                    .as_ref()
                    .and_then(|i| i.private_ip.clone()),
            })
        });
    SessionServer {
        source_server_id: run.blueprint.source_server_id.clone(),
        name: run.blueprint.name.clone(),
        origin_instance_id: None,
        launched_into: run.blueprint.launch_into.clone(),
        replaced_volume_ids: run.blueprint.replaced_volume_ids.clone(),
        stage: if launched {
            Stage::Pending
        } else {
            Stage::LeftOut
        },
        recovered: if launched { recovered } else { None },
        left_out: (!launched).then(|| {
            progress
                .reason
                .clone()
                .unwrap_or_else(|| "It was not launched".to_owned())
        }),
        repair: None,
        reverse: ReverseProgress::default(),
        way_back: None,
        mirrored: None,
        returned: None,
        forward: ReverseProgress::default(),
        cleanup: None,
        intent: None,
        error: None,
    }
}
