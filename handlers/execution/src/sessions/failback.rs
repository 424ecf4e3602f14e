//! Goes home, makes that stand, or undoes it.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::bounded::Servers;
use dr_api::failback::{
    ExecuteFailbackRequest, FailbackOfInstancesRequest, FailbackStarted, GoBackRequest, StepStarted,
};
use dr_api::sessions::{SessionRequest, SessionView};
use dr_engine::App;
use dr_engine::sessions::failback::{Wanted, commit as engine_commit, start};
use dr_engine::sessions::go_back;
use dr_error::{Error, FieldProblem, Result};
use dr_invoke::Caller;
use dr_model::execution::ExecutionType;
use dr_model::ids::{InstanceId, RecoveryInstanceId, SessionId};
use dr_model::place::{Direction, Place};
use dr_model::session::{Action, FailoverSession, SessionServer};

use super::{get, readiness};
use crate::start::{execution_id, require, view};

pub async fn serve(
    app: &App,
    caller: &Caller,
    request: ExecuteFailbackRequest,
) -> Result<FailbackStarted> {
    require(caller, request.execution_type)?;
    let wanted = Wanted {
        execution_type: request.execution_type,
        chosen: request.source_server_ids.map(Servers::into),
        skip_invalid: request.skip_invalid_servers,
        dry_run: request.dry_run,
        started_by: caller.name().to_owned(),
        execution_id: execution_id(app, caller, request.client_token.as_ref())?,
    };
    run(app, request.session_id, wanted).await
}

async fn run(app: &App, session_id: SessionId, wanted: Wanted) -> Result<FailbackStarted> {
    // Boxed: what starting looks up would otherwise fill the stack of a thread.
    let outcome = Box::pin(start(app, &session_id, wanted)).await?;
    Ok(FailbackStarted {
        session_id,
        started: view(outcome),
    })
}

/// A drill, unless something else is said.
pub fn execution_type(is_drill: bool) -> ExecutionType {
    if is_drill {
        ExecutionType::Drill
    } else {
        ExecutionType::Recovery
    }
}

pub async fn of_instances(
    app: &App,
    caller: &Caller,
    request: FailbackOfInstancesRequest,
) -> Result<FailbackStarted> {
    let execution_type = execution_type(request.is_drill);
    require(caller, execution_type)?;
    let place = |account_id, region| Place { account_id, region };
    let direction = Direction {
        primary: place(request.primary_account_id, request.primary_region),
        recovery: place(request.dr_account_id, request.dr_region),
    };
    let ids = request.recovery_instance_ids.get();
    let (session, servers) = Box::pin(session_of(app, ids)).await?;
    if session.direction != direction {
        let homes = &session.direction;
        return Err(Error::Invalid(vec![
            FieldProblem::new(
                "primary_region",
                format!("the places of session {}", session.id),
            )
            .got(format!("{} to {}", homes.primary, homes.recovery)),
        ]));
    }
    near_enough(&servers, u64::from(request.target_lag_seconds.get()))?;
    let chosen = servers.into_iter().map(|server| server.source_server_id);
    let wanted = Wanted {
        execution_type,
        chosen: Some(chosen.collect()),
        skip_invalid: !request.validate_prerequisites,
        dry_run: request.dry_run,
        started_by: caller.name().to_owned(),
        execution_id: execution_id(app, caller, request.client_token.as_ref())?,
    };
    run(app, session.id, wanted).await
}

/// The one session that holds these recovery instances, and the servers that they are.
pub async fn session_of(
    app: &App,
    ids: &BTreeSet<RecoveryInstanceId>,
) -> Result<(FailoverSession, Vec<SessionServer>)> {
    // What runs in EC2 has its instance id as the id of the recovery instance.
    let instances: BTreeSet<InstanceId> = ids
        .iter()
        .map(|id| id.as_str().parse().map_err(|_| unknown(id)))
        .collect::<Result<_>>()?;
    let sessions = app.store().sessions_of_instances(&instances).await?;
    if let Some(id) = ids.iter().find(|id| !holds(&sessions, id)) {
        return Err(unknown(id));
    }
    let of: BTreeSet<&SessionId> = sessions.values().map(|session| &session.id).collect();
    if of.len() > 1 {
        let of: Vec<&str> = of.into_iter().map(SessionId::as_str).collect();
        return Err(Error::Invalid(vec![
            FieldProblem::new("recovery_instance_ids", "recovery instances of one session")
                .got(of.join(", ")),
        ]));
    }
    let Some(session) = sessions.into_values().next() else {
        return Err(Error::invalid("recovery_instance_ids", "at least one"));
    };
    let (session, mut servers) = get::read(app, &session.id).await?;
    servers.retain(|server| {
        server
            .recovered
            .as_ref()
            .is_some_and(|one| instances.contains(&one.instance_id))
    });
    Ok((session, servers))
}

fn holds(sessions: &BTreeMap<InstanceId, FailoverSession>, id: &RecoveryInstanceId) -> bool {
    sessions.keys().any(|held| held.as_str() == id.as_str())
}

fn unknown(id: &RecoveryInstanceId) -> Error {
    Error::NotFound {
        kind: "failover session of recovery instance",
        id: id.to_string(),
    }
}

/// Refuses servers that are too far behind.
fn near_enough(servers: &[SessionServer], target_seconds: u64) -> Result<()> {
    let behind: Vec<String> = servers
        .iter()
        .filter_map(|server| {
            let lag = server.reverse.lag_seconds?;
            (lag > target_seconds).then(|| format!("{} is {lag} s behind", server.name))
        })
        .take(20)
        .collect();
    if behind.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict {
        code: "LAG_TOO_LARGE",
        message: format!(
            "More than target_lag_seconds = {target_seconds} behind, wait or allow more: {}",
            behind.join("; ")
        ),
    })
}

pub async fn commit(app: &App, request: SessionRequest) -> Result<SessionView> {
    let session = engine_commit(app, &request.session_id).await?;
    get::whole(app, session).await
}

pub async fn undo(app: &App, request: GoBackRequest) -> Result<StepStarted> {
    let accepted = go_back::start(app, &request.session_id, request.confirm.as_str()).await?;
    readiness::started(app, Action::GoBack, accepted, None).await
}
