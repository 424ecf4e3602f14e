//! DRS quotas and what of them is in use.

use chrono::Duration;
use dr_api::infrastructure::{GetQuotasRequest, QuotaReport, QuotaView};
use dr_engine::App;
use dr_error::Result;
use dr_model::place::Place;
use dr_model::server::ReplicationState;

/// Jobs older than this are over.
const JOBS_HOURS: i64 = 24;

pub async fn serve(app: &App, request: GetQuotasRequest) -> Result<QuotaReport> {
    let place = Place {
        account_id: request.account_id.clone(),
        region: request.region.clone(),
    };
    let cloud = app.cloud(&place).await?;
    let since = app.clock().now() - Duration::hours(JOBS_HOURS);
    let (servers, jobs) =
        tokio::try_join!(cloud.drs.source_servers(), cloud.drs.jobs_since(since))?;
    let quotas = cloud.quotas.drs_quotas().await;
    let active = || jobs.iter().filter(|job| job.is_active());
    // Extended servers replicate in their staging account and do not count here.
    let replicating = servers
        .iter()
        .filter(|server| {
            server
                .staging_account_id
                .as_ref()
                .is_none_or(|staging| *staging == place.account_id)
        })
        .filter(|server| {
            !matches!(
                server.replication_state,
                ReplicationState::Stopped | ReplicationState::Disconnected
            )
        })
        .count();
    let view = |name: &str, quota: dr_engine::Quota, used: Option<usize>| QuotaView {
        name: name.to_owned(),
        code: quota.code.to_owned(),
        limit: u64::from(quota.value),
        used: used.and_then(|used| u64::try_from(used).ok()),
        is_live: quota.live,
    };
    Ok(QuotaReport {
        account_id: request.account_id,
        region: request.region,
        quotas: vec![
            view("servers_per_job", quotas.servers_per_job, None),
            view(
                "concurrent_jobs",
                quotas.concurrent_jobs,
                Some(active().count()),
            ),
            view(
                "servers_in_all_jobs",
                quotas.servers_in_jobs,
                Some(active().map(|job| job.servers.len()).sum()),
            ),
            view(
                "replicating_servers",
                quotas.replicating_servers,
                Some(replicating),
            ),
            view("source_servers", quotas.source_servers, Some(servers.len())),
        ],
    })
}
