//! The replication of one server: live, its lag over time, its points in time.

use dr_api::replication::{
    DiskView, LagHistoryView, Lifecycle, ListRecoveryPointsRequest, RecoveryPointList,
    RecoveryPointView, ReplicationView, ServerRequest,
};
use dr_engine::App;
use dr_engine::replication::{self, Status};
use dr_error::{Error, Result};
use dr_invoke::page::slice;
use dr_model::inventory::HISTORY_STEP_SECONDS;
use dr_model::place::Place;
use dr_model::replication::DiskProgress;

pub async fn status(app: &App, request: ServerRequest) -> Result<ReplicationView> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let status = replication::status(app, &place, &request.source_server_id).await?;
    Ok(view(status, place))
}

fn view(status: Status, place: Place) -> ReplicationView {
    let server = status.server;
    let name = server.own_name().map(ToOwned::to_owned);
    let replication = server.replication;
    ReplicationView {
        name,
        place,
        progress_percent: replication.percent(),
        total_bytes: replication.total_bytes(),
        done_bytes: replication.done_bytes(),
        backlogged_bytes: replication.backlogged_bytes(),
        source_server_id: server.id,
        hostname: server.hostname,
        origin_instance_id: server.origin_instance_id,
        origin_region: server.origin_region,
        direction: server.direction,
        state: server.replication_state.as_str().to_owned(),
        lag_seconds: server.lag_seconds,
        last_consistent_at: server.last_consistent_at,
        eta: replication.eta,
        lifecycle: Lifecycle {
            added_at: replication.added_at,
            first_byte_at: replication.first_byte_at,
            elapsed_seconds: replication.elapsed_seconds,
            last_seen_at: replication.last_seen_at,
        },
        initiated_at: replication.initiated_at,
        next_attempt_at: replication.next_attempt_at,
        steps: replication.steps,
        disks: replication.disks.into_iter().map(disk).collect(),
        staging_account_id: server.staging_account_id,
        recovery_instance_id: server.recovery_instance_id,
        replication_error: replication.error.or(server.replication_error),
        raw_error: replication.raw_error,
        advice: status.advice,
    }
}

fn disk(disk: DiskProgress) -> DiskView {
    DiskView {
        progress_percent: disk.percent(),
        disk,
    }
}

pub async fn lag_history(app: &App, request: ServerRequest) -> Result<LagHistoryView> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let id = &request.source_server_id;
    let history = replication::lag_history(app, &place, id).await?;
    if history.points.is_empty() {
        // None was kept yet, or nobody knows the server.
        let known = app.store().inventory(&place).await?;
        let mut servers = known.iter().flat_map(|inventory| &inventory.servers);
        if !servers.any(|server| server.source_server_id == *id) {
            return Err(Error::NotFound {
                kind: "source server",
                id: id.to_string(),
            });
        }
    }
    Ok(LagHistoryView {
        source_server_id: history.source_server_id,
        step_seconds: HISTORY_STEP_SECONDS,
        points: history.points,
    })
}

pub async fn points(app: &App, request: ListRecoveryPointsRequest) -> Result<RecoveryPointList> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let id = &request.source_server_id;
    let all = match replication::points(app, &place, id).await {
        Ok(all) => all,
        Err(error) => {
            // DRS says of a server that it does not know that the request is wrong.
            replication::status(app, &place, id).await?;
            return Err(error);
        }
    };
    let total = all.len();
    let (page, next_token) = slice(all, request.limit.get(), request.next_token.as_deref())?;
    let recovery_points = page.into_iter().map(|point| RecoveryPointView {
        id: point.id,
        at: point.at,
        expected_at: point.expected_at,
        ebs_snapshots: point.ebs_snapshots,
    });
    Ok(RecoveryPointList {
        recovery_points: recovery_points.collect(),
        total,
        next_token,
    })
}
