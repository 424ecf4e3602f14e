//! Replicates one recovery instance back, or fails it back: the steps of its session, for it alone.

use std::collections::BTreeSet;

use dr_api::bounded::Servers;
use dr_api::failback::{
    ExecuteFailbackRequest, FailbackStarted, StartReverseReplicationRequest, StepStarted,
};
use dr_api::recovery_instances::{FailbackRecoveryInstanceRequest, ReverseRecoveryInstanceRequest};
use dr_engine::App;
use dr_error::{Error, FieldProblem, Result};
use dr_invoke::Caller;
use dr_model::ids::RecoveryInstanceId;
use dr_model::session::FailoverSession;

use crate::sessions::{failback as failing_back, readiness};
use crate::start::require;

/// The session of a recovery instance, and the server that it is.
async fn of(app: &App, id: RecoveryInstanceId) -> Result<(FailoverSession, Option<Servers>)> {
    let (session, servers) = failing_back::session_of(app, &BTreeSet::from([id])).await?;
    let ids: BTreeSet<_> = servers
        .into_iter()
        .map(|server| server.source_server_id)
        .collect();
    let servers = Servers::try_from(ids).map_err(Error::internal)?;
    Ok((session, Some(servers)))
}

pub async fn reverse(app: &App, request: ReverseRecoveryInstanceRequest) -> Result<StepStarted> {
    let (session, source_server_ids) = of(app, request.recovery_instance_id).await?;
    let home = &session.direction.primary.region;
    if let Some(region) = request.target_region.filter(|region| region != home) {
        let expected = format!("{home}: a recovery instance goes back to where it came from");
        return Err(Error::Invalid(vec![
            FieldProblem::new("target_region", expected).got(region),
        ]));
    }
    let step = StartReverseReplicationRequest {
        session_id: session.id,
        source_server_ids,
        skip_checks: false,
        dry_run: false,
    };
    readiness::reverse(app, step).await
}

pub async fn failback(
    app: &App,
    caller: &Caller,
    request: FailbackRecoveryInstanceRequest,
) -> Result<FailbackStarted> {
    let execution_type = failing_back::execution_type(request.is_drill);
    // Before anything is looked up: who may not is told no more than that.
    require(caller, execution_type)?;
    let (session, source_server_ids) = of(app, request.recovery_instance_id).await?;
    let failback = ExecuteFailbackRequest {
        session_id: session.id,
        execution_type,
        source_server_ids,
        skip_invalid_servers: false,
        dry_run: request.dry_run,
        client_token: request.client_token,
    };
    failing_back::serve(app, caller, failback).await
}
