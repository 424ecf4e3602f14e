//! Which agents need a repair, and what that would cost.

use dr_error::Result;
use dr_model::ids::{InstanceId, SessionId, SourceServerId};
use dr_model::replication::Replication;
use dr_model::server::ReplicationState;
use dr_model::session::{Action, RepairStage, SessionServer, Stage};

use crate::agents::SsmView;
use crate::app::App;
use crate::sessions::Chosen;
use crate::sessions::live::{self, Live};

/// DRS's word for an agent that it does not hear.
const NOT_SEEN: &str = "AGENT_NOT_SEEN";
/// What an installer says where another agent was there before.
const INSTALLED_BEFORE: &str = "previously installed";
const NOTE: &str = "A repair removes the agent, restarts the machine and installs an agent anew. DRS then copies every disk \
                    again as a whole, and until that is done the server cannot fail back. Its points in time so far, \
                    and what was mirrored for its old source server, are no longer of use";

/// Whether one server's agent needs a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPreview {
    /// B1.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// B2, the EC2 instance.
    pub instance_id: Option<InstanceId>,
    /// Its agent needs a repair.
    pub is_needed: bool,
    /// Why, or why not.
    pub why: String,
    /// SSM reaches the instance now; none where SSM could not be asked.
    pub ssm_online: Option<bool>,
    /// What would be copied again.
    pub bytes: u64,
}

/// What a repair would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairPreview {
    /// Server by server: those that a repair can take.
    pub servers: Vec<ServerPreview>,
    /// What would be copied again for those that need it; for all of them, where they were named.
    pub total_bytes: u64,
    /// The price, in words.
    pub note: String,
}

/// Says per server whether a repair is needed at all, and what it costs. Requirement 001, 2.1: and whether SSM
/// reaches it.
///
/// # Errors
/// What AWS or the store answers.
pub async fn preview(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<RepairPreview> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let servers: Vec<&SessionServer> = parts
        .iter()
        .flat_map(|part| &part.servers)
        .filter(|server| Action::InstallAgents.takes().contains(&server.stage))
        .filter(|server| chosen.is_none_or(|ids| ids.contains(&server.source_server_id)))
        .collect();
    let live = live::look(app, &session, &servers).await?;
    let machines: Vec<String> = servers
        .iter()
        .filter_map(|server| Some(server.recovered.as_ref()?.instance_id.to_string()))
        .collect();
    let there = app.cloud(&session.direction.recovery).await?;
    let ssm = SsmView::of(&there.ssm, &machines, [].into()).await;
    let servers: Vec<_> = servers
        .into_iter()
        .map(|server| of_server(server, &live, &ssm))
        .collect();
    let total_bytes = servers
        .iter()
        .filter(|server| server.is_needed || chosen.is_some())
        .map(|server| server.bytes)
        .sum();
    Ok(RepairPreview {
        servers,
        total_bytes,
        note: NOTE.to_owned(),
    })
}

fn of_server(server: &SessionServer, live: &Live, ssm: &SsmView) -> ServerPreview {
    let (is_needed, why) = need(server, live);
    let instance_id = server
        .recovered
        .as_ref()
        .map(|recovered| recovered.instance_id.clone());
    let is_online = |id: &InstanceId| {
        ssm.machine(id.as_str())
            .is_some_and(|machine| machine.is_online)
    };
    ServerPreview {
        source_server_id: server.source_server_id.clone(),
        name: server.name.clone(),
        is_needed,
        why,
        ssm_online: match ssm.problem() {
            Some(_) => None,
            None => instance_id.as_ref().map(is_online),
        },
        instance_id,
        bytes: bytes(server, live),
    }
}

/// Of B2's disks where DRS shows them, otherwise of those that it was launched from.
fn bytes(server: &SessionServer, live: &Live) -> u64 {
    let of_b2 = live.b2(server).map_or(0, |b2| b2.replication.total_bytes());
    let of_b1 = || {
        live.b1(server)
            .map_or(0, |b1| b1.disks.iter().map(|disk| disk.bytes).sum())
    };
    if of_b2 > 0 { of_b2 } else { of_b1() }
}

/// Whether the agent needs a repair, and why.
pub(super) fn need(server: &SessionServer, live: &Live) -> (bool, String) {
    let repair = server.repair.as_ref();
    if let Some(repair) = repair.filter(|_| server.stage == Stage::Repairing) {
        return if repair.stage == RepairStage::Failed {
            let reason = repair.reason.as_deref().unwrap_or("no reason is known");
            (true, format!("Its last repair failed: {reason}"))
        } else {
            (false, "Its repair is under way".to_owned())
        };
    }
    let is_installed_elsewhere = server
        .error
        .as_ref()
        .is_some_and(|error| error.message.contains(INSTALLED_BEFORE));
    if is_installed_elsewhere {
        let why = "Its agent was installed to replicate into another region or account";
        return (true, why.to_owned());
    }
    if let Some((a2, _)) = live.a2(server) {
        return of_replication(&a2.replication);
    }
    match live.b2(server) {
        Some(b2) => of_replication(&b2.replication),
        None => (
            true,
            "DRS no longer shows its recovery instance, so nothing can replicate from it"
                .to_owned(),
        ),
    }
}

fn of_replication(replication: &Replication) -> (bool, String) {
    let state = replication.state.as_ref();
    let error = replication.error.as_deref();
    if state == Some(&ReplicationState::Disconnected) {
        return (true, "Its agent is DISCONNECTED from DRS".to_owned());
    }
    if error == Some(NOT_SEEN) {
        return (true, format!("DRS does not hear its agent: {NOT_SEEN}"));
    }
    let why =
        "DRS hears its agent: reverse replication re-uses it, without a full copy of what is there";
    (false, why.to_owned())
}
