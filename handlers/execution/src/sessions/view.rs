//! Sessions and their servers as they are shown. Pure.

use chrono::{DateTime, Utc};
use dr_api::failback::{CopyEstimate, RefusedServer};
use dr_api::sessions::{ActionView, ReverseCount, ReverseTotals, SessionServerView, SessionView};
use dr_engine::sessions::readiness;
use dr_invoke::view::percent;
use dr_model::ids::SourceServerId;
use dr_model::session::{
    Action, FailoverSession, ReverseState, SessionServer, SessionStatus, Stage,
};

/// Every state of reverse replication, in the order of the way home.
const STATES: [ReverseState; 7] = [
    ReverseState::NotStarted,
    ReverseState::Initiating,
    ReverseState::InitialSync,
    ReverseState::Continuous,
    ReverseState::Ready,
    ReverseState::ReadyWithLag,
    ReverseState::Error,
];

/// A session as a list shows it.
pub fn header(session: FailoverSession, now: DateTime<Utc>) -> SessionView {
    view(session, None, now)
}

/// A session with its servers taken together.
pub fn whole<'a>(
    session: FailoverSession,
    servers: impl Iterator<Item = &'a SessionServer>,
    now: DateTime<Utc>,
) -> SessionView {
    view(session, Some(totals(servers)), now)
}

fn view(
    session: FailoverSession,
    reverse: Option<ReverseTotals>,
    now: DateTime<Utc>,
) -> SessionView {
    let end = match session.status {
        SessionStatus::CleanupComplete => session.updated_at,
        _ => now,
    };
    SessionView {
        is_mirrored: session.is_mirrored(),
        total_servers: session.stages.counted(),
        actions: Action::ALL.map(|action| allowed(&session, action)).into(),
        progress_percent: reverse.as_ref().map(|totals| totals.progress_percent),
        reverse,
        elapsed_seconds: u64::try_from((end - session.created_at).num_seconds()).unwrap_or(0),
        session_id: session.id,
        execution_id: session.execution_id,
        split_from: session.split_from,
        direction: session.direction,
        plan_id: session.plan_id,
        plan_name: session.plan_name,
        group_ids: session.group_ids,
        mirrored_plan_id: session.mirrored_plan_id,
        mirrored_groups: session.mirrored_groups,
        status: session.status,
        stages: session.stages,
        failed_servers: session.failed_servers,
        failback_execution_id: session.failback_execution_id,
        commit_policy: session.commit_policy,
        commit_window: session.commit_window,
        lag_threshold_seconds: session.lag_threshold_seconds,
        last_error: session.error,
        is_active: session.is_active,
        looked_at: session.looked_at,
        ready_told_at: session.ready_told_at,
        created_by: session.created_by,
        created_at: session.created_at,
        updated_at: session.updated_at,
        version: session.version,
    }
}

fn allowed(session: &FailoverSession, action: Action) -> ActionView {
    let (mirrored, uncommitted) = (session.is_mirrored(), session.commit_window.is_some());
    let found = action.allowed(session.stages, mirrored, uncommitted);
    ActionView {
        action,
        allowed: found.is_ok(),
        servers: found.as_ref().copied().unwrap_or(0),
        reason: found.err().map(|no| no.reason),
    }
}

/// Reverse replication of all servers on the way home together. O(n) in the servers.
pub fn totals<'a>(servers: impl Iterator<Item = &'a SessionServer>) -> ReverseTotals {
    let all: Vec<_> = servers
        .filter(|server| server.stage != Stage::LeftOut)
        .map(|server| &server.reverse)
        .collect();
    let count = |state: ReverseState| all.iter().filter(|one| one.state == state).count();
    let counts = STATES.map(|state| ReverseCount {
        state,
        servers: count(state),
    });
    let copying: Vec<_> = all.iter().filter(|one| !one.state.is_ready()).collect();
    let total_bytes: u64 = all.iter().map(|one| one.total_bytes).sum();
    let done_bytes: u64 = all.iter().map(|one| one.done_bytes).sum();
    let etas: Option<Vec<DateTime<Utc>>> = copying.iter().map(|one| one.eta).collect();
    ReverseTotals {
        servers: all.len(),
        ready: all.len() - copying.len(),
        in_error: count(ReverseState::Error),
        total_bytes,
        done_bytes,
        backlogged_bytes: all.iter().map(|one| one.backlogged_bytes).sum(),
        bytes_per_second: copying.iter().filter_map(|one| one.bytes_per_second).sum(),
        progress_percent: percent(done_bytes, total_bytes),
        max_lag_seconds: all.iter().filter_map(|one| one.lag_seconds).max(),
        eta: etas.and_then(|etas| etas.into_iter().max()),
        states: counts.into_iter().filter(|one| one.servers > 0).collect(),
    }
}

pub fn server(server: SessionServer) -> SessionServerView {
    SessionServerView {
        reverse_percent: server.reverse.percent(),
        forward_percent: server.forward.percent(),
        name: server.name,
        origin_instance_id: server.origin_instance_id,
        source_server_id: server.source_server_id,
        launched_into: server.launched_into,
        recovery_instance: server.recovered,
        way_back: server.way_back,
        stage: server.stage,
        left_out: server.left_out,
        repair: server.repair,
        reverse: server.reverse,
        mirrored: server.mirrored,
        returned: server.returned,
        forward: server.forward,
        cleanup: server.cleanup,
        intent: server.intent,
        error: server.error,
    }
}

pub fn estimate(estimate: readiness::CopyEstimate) -> CopyEstimate {
    CopyEstimate {
        servers: estimate.servers,
        bytes: estimate.bytes,
        seconds_at_rate: estimate.seconds,
        rate_bytes_per_second: estimate.bytes_per_second,
        parallel: estimate.parallel,
        price_per_gb_usd: estimate.usd_per_gb,
        transfer_cost_usd: estimate.usd,
        note: estimate.basis,
    }
}

pub fn refused(refused: Vec<(SourceServerId, String)>) -> Vec<RefusedServer> {
    let one = |(source_server_id, reason)| RefusedServer {
        source_server_id,
        reason,
    };
    refused.into_iter().map(one).collect()
}
