//! Lists recovery instances of an account and region.

use dr_api::recovery_instances::{
    ListRecoveryInstancesRequest, RecoveryInstanceList, RecoveryInstanceView, ReplicatingTo,
    ReversedLaunchState,
};
use dr_engine::App;
use dr_engine::instances::{Listed, list};
use dr_error::Result;
use dr_invoke::page::slice;
use dr_model::place::Place;
use dr_model::session::ReverseState;

pub async fn serve(
    app: &App,
    request: ListRecoveryInstancesRequest,
) -> Result<RecoveryInstanceList> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let all = list(app, &place).await?;
    let total = all.len();
    let (page, next_token) = slice(all, request.limit.get(), request.next_token.as_deref())?;
    Ok(RecoveryInstanceList {
        recovery_instances: page.into_iter().map(view).collect(),
        total,
        next_token,
    })
}

fn view(listed: Listed) -> RecoveryInstanceView {
    let instance = listed.instance;
    let replication = instance.replication;
    let to = |(place, source_server_id): (Place, _)| ReplicatingTo {
        account_id: place.account_id,
        region: place.region,
        source_server_id,
    };
    RecoveryInstanceView {
        reversed_launch_state: launch_state(instance.failback_state.as_deref(), listed.reverse),
        recovery_instance_id: instance.id,
        instance_id: instance.instance_id,
        source_server_id: instance.source_server_id,
        name: instance.name,
        is_drill: instance.is_drill,
        instance_state: instance.instance_state,
        launched_at: instance.launched_at,
        job_id: instance.job_id,
        is_home: listed.is_home,
        reverse_state: listed.reverse,
        failback_state: instance.failback_state,
        progress_percent: replication.percent(),
        replication_state: replication.state.map(String::from),
        lag_seconds: replication.lag_seconds,
        agent_seen_at: instance.agent_seen_at,
        pending_action: listed.pending_action,
        replicating_to: listed.replicating_to.map(to),
        session_id: listed.session_id,
        problem: replication.raw_error.or(replication.error),
    }
}

fn launch_state(failback_state: Option<&str>, reverse: ReverseState) -> ReversedLaunchState {
    if failback_state == Some("FAILBACK_COMPLETED") {
        return ReversedLaunchState::Completed;
    }
    match reverse {
        ReverseState::NotStarted => ReversedLaunchState::NotStarted,
        ReverseState::Initiating | ReverseState::InitialSync | ReverseState::Continuous => {
            ReversedLaunchState::Synchronizing
        }
        ReverseState::Ready | ReverseState::ReadyWithLag => ReversedLaunchState::Ready,
        ReverseState::Error => ReversedLaunchState::Error,
    }
}
