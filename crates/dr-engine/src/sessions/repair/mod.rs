//! Agent repair: remove the old agent, restart, install one towards the origin, wait for A2. A full copy follows, so
//! that this is for agents that DRS no longer hears, and never a step on the usual way home.

mod preview;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dr_aws::Ssm;
use dr_error::{Error, Result};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::server::{Platform, RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{
    Action, FailoverSession, MappedBy, RepairStage, ReverseProgress, SessionServer, Stage,
    StageEvent, WayBack,
};

use crate::agents::SsmView;
use crate::agents::command::{self, Job, Order, Sent, Work};
use crate::agents::progress::{self, Seen};
use crate::app::App;
use crate::guard::Target;
use crate::guard::verdict::{Destruction, Hit, Words};
use crate::sessions::live::Live;
use crate::sessions::{Accepted, Chosen, Decision, Done, Outcomes, change, lost, moved};

pub use preview::{RepairPreview, ServerPreview, preview};

/// What a person types to confirm: a repair forces a full copy.
pub const CONFIRMATION: &str = "full copy";
/// The tag that says for which session a source server was made.
const SESSION_TAG: &str = "dr-orchestrator:session";

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Remove the old agent and restart.
    Uninstall,
    /// Install an agent towards the origin.
    Install,
}

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.work().name()
    }

    fn work(self) -> Work {
        match self {
            Self::Uninstall => Work::Uninstall,
            Self::Install => Work::Install,
        }
    }
}

/// Repairs agents, or tries again where a repair failed. Without a choice: those that need it. Requirement 001, 2.1
/// and 2.8.
///
/// # Errors
/// `NOT_NEEDED`, when none is chosen and none needs it; `NOT_ALLOWED`; what the store or AWS answers.
pub async fn start(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<Accepted> {
    let needing = match chosen {
        Some(_) => None,
        None => Some(needing(app, id).await?),
    };
    let now = app.clock().now();
    let chosen = chosen.or(needing.as_ref());
    change::mark(app, id, Action::InstallAgents, chosen, |server| {
        begin(server, now)
    })
    .await
}

async fn needing(app: &App, id: &SessionId) -> Result<BTreeSet<SourceServerId>> {
    let session = app.store().session(id).await?;
    change::allowed(&session, Action::InstallAgents)?;
    let seen = preview(app, id, None).await?;
    let needing: BTreeSet<_> = seen
        .servers
        .into_iter()
        .filter(|server| server.is_needed)
        .map(|server| server.source_server_id)
        .collect();
    if needing.is_empty() {
        return Err(Error::Conflict {
            code: "NOT_NEEDED",
            message: "DRS hears every agent, and reverse replication re-uses them: a repair would copy everything \
                      again. Name the servers that are to be repaired all the same"
                .to_owned(),
        });
    }
    Ok(needing)
}

/// One server's repair begins, or begins again. One that is under way goes on, and what stopped it is tried again.
fn begin(server: &mut SessionServer, now: DateTime<Utc>) -> std::result::Result<(), String> {
    if server.recovered.is_none() {
        return Err("It has no recovery instance".to_owned());
    }
    server.error = None;
    let known = server.repair.clone();
    let is_under_way = known.as_ref().is_some_and(|repair| !repair.stage.is_over());
    if server.stage == Stage::Repairing && is_under_way {
        return Ok(());
    }
    server.stage = server
        .stage
        .after(StageEvent::Repair)
        .map_err(|illegal| illegal.to_string())?;
    server.repair = Some(match known {
        Some(repair) if repair.stage == RepairStage::Failed => progress::retried(repair, now),
        _ => progress::begun(RepairStage::WaitingForSsm, now),
    });
    server.reverse = ReverseProgress {
        asked_at: Some(now),
        ..ReverseProgress::default()
    };
    server.intent = None;
    Ok(())
}

/// What SSM says of the instances of those that are being repaired.
pub async fn look(ssm: &Ssm, servers: &[&SessionServer]) -> SsmView {
    let repairing = || {
        servers
            .iter()
            .filter(|server| server.stage == Stage::Repairing)
            .filter_map(|server| Some((server.repair.as_ref()?, server.recovered.as_ref()?)))
            .filter(|(repair, _)| !repair.stage.is_over())
    };
    let machines: Vec<String> = repairing()
        .map(|(_, recovered)| recovered.instance_id.to_string())
        .collect();
    let commands = repairing()
        .filter(|(repair, _)| is_running(repair.stage))
        .filter_map(|(repair, _)| repair.command_id.clone())
        .collect();
    SsmView::of(ssm, &machines, commands).await
}

fn is_running(stage: RepairStage) -> bool {
    matches!(stage, RepairStage::Uninstalling | RepairStage::Installing)
}

/// What a look shows of a server whose agent is being repaired. DRS may show B2 as disconnected or not at all: that
/// is what the repair does.
#[must_use]
pub fn decide(mut server: SessionServer, live: &Live, _session: &FailoverSession) -> Decision {
    if live
        .b2(&server)
        .is_some_and(|b2| !RecoveryInstance::is_live(b2))
    {
        return Decision::wait(lost(
            server,
            "Its recovery instance was ended while its agent was being repaired",
        ));
    }
    let (Some(repair), Some(recovered)) = (server.repair.clone(), server.recovered.clone()) else {
        return Decision::wait(server);
    };
    let machine = recovered.instance_id.as_str();
    let a2 = live
        .a2(&server)
        .filter(|(_, by)| *by != MappedBy::Name)
        .map(|(a2, by)| (a2.clone(), by))
        .filter(|(a2, _)| is_connected(a2));
    // Somebody may have done by hand what failed here.
    let is_by_hand = repair.stage == RepairStage::Failed
        && a2.as_ref().is_some_and(|(a2, _)| is_heard(a2))
        && repair.failed_at > Some(RepairStage::Queued);
    let seen = Seen {
        now: live.now,
        machine: live.ssm.machine(machine),
        invocation: live.ssm.invocation(repair.command_id.as_deref(), machine),
        problem: live.ssm.problem(),
        has_appeared: a2.is_some(),
    };
    let (mut repair, work) = progress::advance(repair, &seen);
    if is_by_hand {
        repair.stage = RepairStage::Done;
        repair.since = live.now;
    }
    let is_done = repair.stage == RepairStage::Done;
    server.repair = Some(repair);
    if let Some((a2, mapped_by)) = a2.filter(|_| is_done) {
        let known = server.way_back.as_ref();
        if known.is_none_or(|known| known.source_server_id != a2.id) {
            // What was mirrored is of an A2 that is gone: to be mirrored again before it can fail back.
            server.mirrored = None;
        }
        server.way_back = Some(WayBack {
            source_server_id: a2.id,
            mapped_by,
        });
        server.error = None;
        return Decision::wait(moved(server, StageEvent::Repaired));
    }
    let act = work.map(|work| match work {
        Work::Uninstall => Act::Uninstall,
        Work::Install => Act::Install,
    });
    match act {
        Some(act) => Decision::act(server, super::Act::Repair(act)),
        None => Decision::wait(server),
    }
}

/// What stands there of before is DISCONNECTED once its agent is removed.
fn is_connected(a2: &SourceServer) -> bool {
    a2.replication.state != Some(ReplicationState::Disconnected)
}

fn is_heard(a2: &SourceServer) -> bool {
    !matches!(
        a2.replication.state,
        None | Some(
            ReplicationState::Disconnected | ReplicationState::Stalled | ReplicationState::Stopped
        )
    )
}

/// Sends the commands: one per 50 instances and operating system.
pub async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    if acts.is_empty() {
        return Vec::new();
    }
    let there = match app.cloud(&session.direction.recovery).await {
        Ok(there) => there,
        Err(error) => {
            // Nothing was sent: the next look tries again.
            tracing::warn!(%error, session = %session.id, "agents cannot be repaired now");
            return Vec::new();
        }
    };
    let mut outcomes = Vec::with_capacity(acts.len());
    for act in [Act::Uninstall, Act::Install] {
        let mut ids = BTreeMap::new();
        let mut jobs = Vec::new();
        for (server, _) in acts.iter().filter(|(_, wanted)| *wanted == act) {
            if let Err(error) = allow(server, live, session) {
                outcomes.push((server.source_server_id.clone(), Err(error)));
            } else if let Some(job) = job(server, live) {
                ids.insert(job.machine.clone(), server.source_server_id.clone());
                jobs.push(job);
            }
        }
        let order = order(session, act);
        for (machine, sent) in command::send(&there.ssm, &order, jobs, app.clock().now()).await {
            if let Some(id) = ids.remove(&machine) {
                let now = app.clock().now();
                outcomes.push((id, sent.map(|sent| noted(act.work(), sent, now))));
            }
        }
    }
    outcomes
}

/// The guard's word on the agent of B2: whatever else runs in its instance keeps its own. The repair was asked for with
/// the words. Pure.
fn allow(server: &SessionServer, live: &Live, session: &FailoverSession) -> Result<()> {
    let Some(b2) = &server.recovered else {
        return Ok(());
    };
    let hit = match live.b2(server) {
        Some(record) if record.is_drill => Hit::DrillInTarget,
        Some(record) if record.launched_at.is_some_and(|at| at > session.created_at) => {
            Hit::Production
        }
        _ => Hit::OnItsWayHome,
    };
    Target::new(&b2.instance_id, hit)
        .typed([Words::FullCopy])
        .allow(Destruction::UninstallAgent)
}

fn job(server: &SessionServer, live: &Live) -> Option<Job> {
    let machine = server.recovered.as_ref()?.instance_id.to_string();
    let repair = server.repair.as_ref()?;
    let said = live
        .ssm
        .machine(&machine)
        .and_then(|machine| machine.platform);
    let platform = said
        .or_else(|| live.b1(server).map(|b1| b1.platform))
        .unwrap_or(Platform::Linux);
    Some(Job {
        machine,
        platform,
        since: repair.since,
        last_command: repair.command_id.clone(),
    })
}

/// Requirement 001, 2.5: the region to replicate into is the origin's.
fn order(session: &FailoverSession, act: Act) -> Order {
    let origin = &session.direction.primary;
    let here = &session.direction.recovery;
    Order {
        by: session.id.to_string(),
        work: act.work(),
        region: origin.region.clone(),
        other_account: (origin.account_id != here.account_id).then(|| origin.account_id.clone()),
        tags: vec![format!("{SESSION_TAG}={}", session.id)],
    }
}

fn noted(work: Work, sent: Sent, now: DateTime<Utc>) -> Done {
    Box::new(move |server| {
        let Some(repair) = &mut server.repair else {
            return;
        };
        match &sent {
            Sent::Command(id) => progress::note_sent(repair, work, id, now),
            Sent::Refused(why) => {
                progress::note_refused(repair, work, why, now);
                // Nothing was sent: the next look may try again.
                server.intent = None;
            }
        }
    })
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
