//! Gets a failover session and its servers, looks at it again, and its parts in the words of each step.

use dr_api::failback::{
    AgentStatus, AgentStatusView, RepairCount, ReverseReplicationStatus, ReverseServer,
    SessionPageRequest,
};
use dr_api::sessions::{ListSessionServersRequest, SessionRequest, SessionServerList, SessionView};
use dr_engine::App;
use dr_engine::sessions::step;
use dr_error::Result;
use dr_invoke::page::slice;
use dr_model::ids::SessionId;
use dr_model::session::{FailoverSession, RepairStage, SessionServer, Stage};

use super::view;

/// Every stage of a repair, in order.
const REPAIRS: [RepairStage; 9] = [
    RepairStage::WaitingForSsm,
    RepairStage::Queued,
    RepairStage::Uninstalling,
    RepairStage::Rebooting,
    RepairStage::ReadyToInstall,
    RepairStage::Installing,
    RepairStage::Verifying,
    RepairStage::Done,
    RepairStage::Failed,
];

/// A session and all its servers, as the failover had them.
pub async fn read(app: &App, id: &SessionId) -> Result<(FailoverSession, Vec<SessionServer>)> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let servers = parts.into_iter().flat_map(|part| part.servers).collect();
    Ok((session, servers))
}

/// A session as it is shown, with its servers taken together.
pub async fn whole(app: &App, session: FailoverSession) -> Result<SessionView> {
    let parts = app.store().session_parts(&session).await?;
    let servers = parts.iter().flat_map(|part| &part.servers);
    Ok(view::whole(session, servers, app.clock().now()))
}

pub async fn serve(app: &App, request: SessionRequest) -> Result<SessionView> {
    let session = app.store().session(&request.session_id).await?;
    whole(app, session).await
}

pub async fn refresh(app: &App, request: SessionRequest) -> Result<SessionView> {
    let session = step::refresh(app, &request.session_id).await?;
    whole(app, session).await
}

pub async fn servers(app: &App, request: ListSessionServersRequest) -> Result<SessionServerList> {
    let (_, mut servers) = read(app, &request.session_id).await?;
    servers.retain(|server| {
        request.stage.is_none_or(|stage| server.stage == stage)
            && request
                .has_error
                .is_none_or(|wanted| server.error.is_some() == wanted)
    });
    let total = servers.len();
    let (page, next_token) = slice(servers, request.limit.get(), request.next_token.as_deref())?;
    Ok(SessionServerList {
        servers: page.into_iter().map(view::server).collect(),
        total,
        next_token,
    })
}

pub async fn agent_status(app: &App, request: SessionPageRequest) -> Result<AgentStatusView> {
    let (session, mut servers) = read(app, &request.session_id).await?;
    servers.retain(|server| server.stage != Stage::LeftOut);
    let at = |stage: RepairStage| {
        let repairs = servers.iter().filter_map(|server| server.repair.as_ref());
        repairs.filter(|repair| repair.stage == stage).count()
    };
    let repairs = REPAIRS.map(|stage| RepairCount {
        stage,
        servers: at(stage),
    });
    let total = servers.len();
    let (page, next_token) = slice(servers, request.limit.get(), request.next_token.as_deref())?;
    let agent = |server: SessionServer| AgentStatus {
        source_server_id: server.source_server_id,
        name: server.name,
        instance_id: server.recovered.map(|recovered| recovered.instance_id),
        stage: server.stage,
        repair: server.repair,
        way_back: server.way_back,
        error: server.error,
    };
    Ok(AgentStatusView {
        session_id: session.id,
        status: session.status,
        repairs: repairs.into_iter().filter(|one| one.servers > 0).collect(),
        servers: page.into_iter().map(agent).collect(),
        total,
        next_token,
    })
}

pub async fn reverse_status(
    app: &App,
    request: SessionPageRequest,
) -> Result<ReverseReplicationStatus> {
    let (session, mut servers) = read(app, &request.session_id).await?;
    servers.retain(|server| server.stage != Stage::LeftOut);
    let totals = view::totals(servers.iter());
    let total = servers.len();
    let (page, next_token) = slice(servers, request.limit.get(), request.next_token.as_deref())?;
    let reverse = |server: SessionServer| ReverseServer {
        progress_percent: server.reverse.percent(),
        source_server_id: server.source_server_id,
        name: server.name,
        recovery_instance_id: server.recovered.map(|one| one.recovery_instance_id),
        way_back: server.way_back,
        stage: server.stage,
        progress: server.reverse,
        error: server.error,
    };
    Ok(ReverseReplicationStatus {
        session_id: session.id,
        status: session.status,
        lag_threshold_seconds: session.lag_threshold_seconds,
        looked_at: session.looked_at,
        totals,
        servers: page.into_iter().map(reverse).collect(),
        total,
        next_token,
    })
}
