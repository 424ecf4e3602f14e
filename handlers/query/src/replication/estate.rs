//! The whole estate, from the inventory.

use std::collections::BTreeMap;

use dr_api::bounded::Line;
use dr_api::replication::{
    ActivityView, AlertView, EstateServer, ListReplicationRequest, PlaceAge, ReplicationAlert,
    ReplicationDashboard, ReplicationDashboardRequest, ReplicationList, RpoAttainment, ServerCount,
    WantedDirection,
};
use dr_engine::App;
use dr_engine::replication::{self, Alert, Dashboard, Filter, Listed};
use dr_error::Result;
use dr_invoke::view::percent;
use dr_model::replication::ReplicationDirection;
use dr_store::PageRequest;

/// States in which data is copied, in DRS's words.
const SYNCING: [&str; 4] = ["INITIATING", "INITIAL_SYNC", "BACKLOG", "RESCAN"];
/// States in which a server is ready to recover.
const LEVEL: [&str; 2] = ["CONTINUOUS", "CREATING_SNAPSHOT"];

pub async fn list(app: &App, request: ListReplicationRequest) -> Result<ReplicationList> {
    let direction = request.direction.map(|direction| match direction {
        WantedDirection::Failover => ReplicationDirection::Failover,
        WantedDirection::Failback => ReplicationDirection::Failback,
    });
    let filter = Filter {
        account_id: request.account_id,
        region: request.region,
        state: request.state.map(Line::into),
        direction,
        alerts_only: request.alerts_only,
        name_contains: request.name_contains.map(Line::into),
        rpo_seconds: u64::from(request.rpo_seconds.get()),
        page: PageRequest {
            limit: usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE),
            next_token: request.next_token,
        },
    };
    let estate = replication::estate(app, &filter).await?;
    let places: Vec<PlaceAge> = estate.places.into_iter().map(age).collect();
    Ok(ReplicationList {
        servers: estate.servers.into_iter().map(listed).collect(),
        total: estate.total,
        age_seconds: places.iter().filter_map(|place| place.age_seconds).max(),
        places,
        next_token: estate.next_token,
    })
}

pub async fn dashboard(
    app: &App,
    request: ReplicationDashboardRequest,
) -> Result<ReplicationDashboard> {
    let rpo_seconds = u64::from(request.rpo_seconds.get());
    Ok(shown(replication::dashboard(app, rpo_seconds).await?))
}

fn shown(dashboard: Dashboard) -> ReplicationDashboard {
    let among = |states: &[&str]| {
        let counted = states
            .iter()
            .filter_map(|word| dashboard.by_state.get(*word));
        counted.sum()
    };
    ReplicationDashboard {
        total_servers: dashboard.total,
        continuous: among(&LEVEL),
        syncing: among(&SYNCING),
        needs_attention: dashboard.alerts_total,
        states: counts(dashboard.by_state),
        regions: counts(dashboard.by_region),
        accounts: counts(dashboard.by_account),
        directions: counts(dashboard.by_direction),
        rpo: RpoAttainment {
            rpo_seconds: dashboard.rpo.rpo_seconds,
            attained: dashboard.rpo.attained,
            missed: dashboard.rpo.missed,
            unknown: dashboard.rpo.unknown,
            attained_percent: dashboard.rpo.percent,
        },
        alerts: dashboard.alerts.into_iter().map(alert).collect(),
        activity: dashboard
            .recent_activity
            .into_iter()
            .map(|seen| ActivityView {
                place: seen.place,
                activity: seen.activity,
            })
            .collect(),
        age_seconds: dashboard.oldest_age_seconds,
        places: dashboard.places.into_iter().map(age).collect(),
    }
}

fn counts(by: BTreeMap<String, usize>) -> Vec<ServerCount> {
    by.into_iter()
        .map(|(name, servers)| ServerCount { name, servers })
        .collect()
}

fn listed(listed: Listed) -> EstateServer {
    EstateServer {
        progress_percent: percent(listed.server.done_bytes, listed.server.total_bytes),
        place: listed.place,
        server: listed.server,
        alert: listed.alert.map(|found| alert(found).alert),
    }
}

fn alert(alert: Alert) -> ReplicationAlert {
    ReplicationAlert {
        place: alert.place,
        source_server_id: alert.source_server_id,
        name: alert.name,
        alert: AlertView {
            severity: alert.severity,
            message: alert.message,
            remediation: alert.remediation,
            since: alert.since,
        },
    }
}

fn age(age: replication::PlaceAge) -> PlaceAge {
    PlaceAge {
        place: age.place,
        servers: age.servers,
        refreshed_at: age.refreshed_at,
        age_seconds: age.age_seconds,
        error: age.error,
    }
}
