//! Mirroring: groups, pairs, launch configurations and a plan for the way home, made from those of the failover
//! (requirements 001, 3 and 4). Repeating it changes only what must change.
//!
//! A2, the source server of the way back, exists only once reverse replication was asked for: so that comes first.

pub mod apply;
pub mod keep;
pub mod original;
pub mod plan;
pub mod status;

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{Error, Result};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{GroupId, InstanceId, SessionId, SourceServerId};
use dr_model::launch::SettingChange;
use dr_model::plan::RecoveryPlan;
use dr_model::session::{
    Action, FailoverSession, MirroredGroup, MirroredServer, SessionPart, SessionServer, Stage,
    StepError,
};
use dr_model::target::TargetInstance;

use crate::app::App;
use crate::sessions::mirror::keep::Wish;
use crate::sessions::mirror::plan::{Assigned, Original, Subject, Unmapped};
use crate::sessions::{change, live};

pub use crate::sessions::mirror::status::status;

/// The step, in errors and logs.
const STEP: &str = "mirror_config";

/// How to mirror.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The last wave goes home first.
    pub reverse_waves: bool,
    /// Only answer what would be done.
    pub dry_run: bool,
}

/// A mirrored group.
#[derive(Debug, Clone)]
pub struct GroupOutcome {
    /// The group that failed over.
    pub original_id: GroupId,
    /// The group that brings it home.
    pub group: ProtectionGroup,
}

/// One server of the mirrored configuration.
#[derive(Debug, Clone)]
pub struct ServerOutcome {
    /// B1.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// A2.
    pub way_back: SourceServerId,
    /// Its part of the configuration; its problem, if it has one, says what to do.
    pub mirrored: MirroredServer,
    /// What this call changed in DRS and EC2, or would change.
    pub changes: Vec<SettingChange>,
}

/// What mirroring came to, or would come to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The session as it is now.
    pub session: FailoverSession,
    /// Nothing was stored or changed.
    pub is_dry_run: bool,
    /// Groups.
    pub groups: Vec<GroupOutcome>,
    /// The plan.
    pub plan: Option<RecoveryPlan>,
    /// Waves of the original plan that have nothing to bring home.
    pub dropped_waves: Vec<String>,
    /// Servers of the mirrored groups.
    pub servers: Vec<ServerOutcome>,
    /// Servers that could not be mapped.
    pub unmapped: Vec<Unmapped>,
    /// Servers whose launch configuration is still to be applied: the session's steps go on with them.
    pub remaining: usize,
}

/// What is to be made of a session.
struct Draft {
    original: Original,
    assigned: Assigned,
    /// A1 by its id, as EC2 shows it.
    targets: BTreeMap<InstanceId, TargetInstance>,
}

impl Draft {
    fn subjects(&self) -> impl Iterator<Item = (&GroupId, &Subject)> {
        self.assigned
            .by_group
            .iter()
            .flat_map(|(group, subjects)| subjects.iter().map(move |subject| (group, subject)))
    }

    fn target(&self, subject: &Subject) -> Option<&TargetInstance> {
        self.targets.get(subject.origin_instance_id.as_ref()?)
    }

    /// Every server's part of the configuration, by B1.
    fn wanted(&self, session: &SessionId) -> Result<BTreeMap<SourceServerId, MirroredServer>> {
        self.subjects()
            .filter(|(_, subject)| !subject.is_home)
            .map(|(group, subject)| {
                let group = keep::group_id(session, group)?;
                let mirrored = plan::mirrored(subject, &group, self.target(subject));
                Ok((subject.source_server_id.clone(), mirrored))
            })
            .collect()
    }
}

/// Mirrors the configuration, or answers what that would do.
///
/// # Errors
/// `NOT_ALLOWED`; `NOTHING_TO_MIRROR` where no server can be mapped; what AWS or the store answers, which is kept with
/// the session too (requirement 001, 12.5).
pub async fn run(app: &App, id: &SessionId, options: Options) -> Result<Outcome> {
    let session = change::fold(app, id).await?;
    change::allowed(&session, Action::MirrorConfig)?;
    let result = Box::pin(mirror(app, &session, options)).await;
    if options.dry_run {
        return result;
    }
    let error = result
        .as_ref()
        .err()
        .map(|error| failed(app, &session, error));
    if let Some(error) = &error {
        // Requirement 001, 12.1 and 12.6.
        tracing::warn!(session = %id, step = STEP, tries = error.tries, correlation_id = error.correlation_id, why = error.message, "mirroring failed");
    }
    change::header(app, id, |session| {
        let is_ours = session
            .error
            .as_ref()
            .is_none_or(|known| known.step == STEP);
        let is_new = is_ours && session.error != error;
        if is_new {
            session.error.clone_from(&error);
        }
        Ok(is_new)
    })
    .await?;
    result
}

fn failed(app: &App, session: &FailoverSession, error: &Error) -> StepError {
    let now = app.clock().now();
    let before = session.error.as_ref().filter(|known| known.step == STEP);
    StepError {
        step: STEP.to_owned(),
        message: error.words(),
        remediation: Some(
            "Put right what is named, then mirror the configuration again".to_owned(),
        ),
        first_at: before.map_or(now, |known| known.first_at),
        at: now,
        correlation_id: format!("{}/{STEP}", session.id),
        tries: before.map_or(1, |known| known.tries + 1),
        is_final: true,
    }
}

async fn mirror(app: &App, session: &FailoverSession, options: Options) -> Result<Outcome> {
    let parts = app.store().session_parts(session).await?;
    let draft = draft(app, session, &parts).await?;
    if draft.assigned.by_group.is_empty() {
        return Err(nothing(&draft.assigned.unmapped));
    }
    if options.dry_run {
        return status::preview(app, session, &parts, &draft, options).await;
    }
    let (groups, problems) = store_groups(app, session, &draft).await?;
    let links: Vec<MirroredGroup> = groups
        .iter()
        .map(|outcome| MirroredGroup {
            original_id: outcome.original_id.clone(),
            mirrored_id: outcome.group.id.clone(),
        })
        .collect();
    let by_original = links
        .iter()
        .map(|link| (link.original_id.clone(), link.mirrored_id.clone()))
        .collect();
    let fresh = keep::fresh_plan(
        app,
        &session.id,
        &draft.original,
        &by_original,
        options.reverse_waves,
    )?;
    let plan = keep::plan(app, fresh.plan, &draft.original.plan.name).await?;
    if !draft.original.is_made_up {
        keep::link_groups(app, &session.id, &links).await?;
        keep::link_plan(app, &session.id, &draft.original.plan.id, &plan.id).await?;
    }
    store_servers(app, session, &parts, &draft, &problems).await?;
    let stale: Vec<MirroredGroup> = session
        .mirrored_groups
        .iter()
        .filter(|known| {
            links
                .iter()
                .all(|link| link.mirrored_id != known.mirrored_id)
        })
        .cloned()
        .collect();
    keep::remove(app, &stale).await?;
    change::header(app, &session.id, |session| {
        let is_new =
            session.mirrored_groups != links || session.mirrored_plan_id.as_ref() != Some(&plan.id);
        session.mirrored_groups.clone_from(&links);
        session.mirrored_plan_id = Some(plan.id.clone());
        Ok(is_new)
    })
    .await?;
    let (remaining, changes) = apply_first(app, session).await?;
    let session = change::fold(app, &session.id).await?;
    let parts = app.store().session_parts(&session).await?;
    Ok(Outcome {
        is_dry_run: false,
        groups,
        plan: Some(plan),
        dropped_waves: fresh.dropped_waves,
        servers: servers_of(&parts, |id| changes.get(id).cloned().unwrap_or_default()),
        unmapped: draft.assigned.unmapped,
        remaining,
        session,
    })
}

fn nothing(unmapped: &[Unmapped]) -> Error {
    let why = unmapped.first().map_or_else(
        || "no server is on its way home".to_owned(),
        |one| format!("{}: {}. {}", one.name, one.reason, one.remediation),
    );
    Error::Conflict {
        code: "NOTHING_TO_MIRROR",
        message: format!("No server could be mapped to a source server of the way back: {why}"),
    }
}

/// Looks, and decides what is to be made.
async fn draft(app: &App, session: &FailoverSession, parts: &[SessionPart]) -> Result<Draft> {
    let servers: Vec<&SessionServer> = parts.iter().flat_map(|part| &part.servers).collect();
    let original = original::read(app, session).await?;
    let live = live::look(app, session, &servers).await?;
    let mut assigned = plan::assign(&original, &servers, &live, &BTreeMap::new());
    let is_anyone_out = assigned.unmapped.iter().any(|one| {
        servers
            .iter()
            .any(|s| s.source_server_id == one.source_server_id && live.a2(s).is_some())
    });
    if is_anyone_out {
        // The wave in which a server failed over says where it belongs, if its groups changed since.
        let execution = app.store().execution(&session.execution_id).await?;
        let batches = app.store().batches(&execution).await?;
        let waves = original::waves_of_servers(&execution, &batches);
        assigned = plan::assign(&original, &servers, &live, &waves);
    }
    let ids: BTreeSet<InstanceId> = assigned
        .by_group
        .values()
        .flatten()
        .filter_map(|subject| subject.origin_instance_id.clone())
        .collect();
    let ids: Vec<InstanceId> = ids.into_iter().collect();
    let here = app.cloud(&session.direction.primary).await?;
    let targets = here.ec2.instances(&ids).await?;
    Ok(Draft {
        original,
        assigned,
        targets: targets
            .into_iter()
            .map(|target| (target.id.clone(), target))
            .collect(),
    })
}

fn fresh_groups(app: &App, session: &FailoverSession, draft: &Draft) -> Result<Vec<GroupOutcome>> {
    let mut groups = Vec::new();
    for original in &draft.original.groups {
        let Some(subjects) = draft.assigned.by_group.get(&original.id) else {
            continue;
        };
        let servers = subjects.iter().map(|s| s.way_back.clone()).collect();
        let is_made_up = draft.original.is_made_up;
        groups.push(GroupOutcome {
            original_id: original.id.clone(),
            group: keep::fresh_group(app, &session.id, original, is_made_up, servers)?,
        });
    }
    Ok(groups)
}

/// Stores groups and pairs; answers, by A2, what keeps a server from going into its original instance.
async fn store_groups(
    app: &App,
    session: &FailoverSession,
    draft: &Draft,
) -> Result<(Vec<GroupOutcome>, BTreeMap<SourceServerId, String>)> {
    let mut groups = Vec::new();
    let mut problems = BTreeMap::new();
    for fresh in fresh_groups(app, session, draft)? {
        let name = draft
            .original
            .groups
            .iter()
            .find(|group| group.id == fresh.original_id)
            .map_or("", |group| &group.name);
        let group = keep::group(app, fresh.group, name).await?;
        let subjects = draft.assigned.by_group.get(&fresh.original_id);
        let wishes = subjects
            .into_iter()
            .flatten()
            .filter_map(|subject| wish(subject, draft.target(subject)?))
            .collect();
        problems.extend(keep::pairs(app, &group.id, wishes).await?);
        groups.push(GroupOutcome {
            original_id: fresh.original_id,
            group,
        });
    }
    Ok((groups, problems))
}

fn wish(subject: &Subject, target: &TargetInstance) -> Option<Wish> {
    plan::is_there(target).then(|| Wish {
        way_back: subject.way_back.clone(),
        name: subject.name.clone(),
        target: target.id.clone(),
        target_name: target.name().map(ToOwned::to_owned),
        private_ip: target.private_ip.clone(),
    })
}

/// Writes every server's part into the session.
async fn store_servers(
    app: &App,
    session: &FailoverSession,
    parts: &[SessionPart],
    draft: &Draft,
    problems: &BTreeMap<SourceServerId, String>,
) -> Result<()> {
    let mut wanted = draft.wanted(&session.id)?;
    for (_, subject) in draft.subjects() {
        if let Some(why) = problems.get(&subject.way_back)
            && let Some(mirrored) = wanted.get_mut(&subject.source_server_id)
        {
            mirrored.target_instance_id = None;
            mirrored.problem = Some(why.clone());
        }
    }
    let goes_on = parts
        .iter()
        .flat_map(|part| &part.servers)
        .any(plan::is_pending);
    for number in 0..session.parts {
        change::part(app, &session.id, number, |part| {
            let mut changed = false;
            for server in &mut part.servers {
                let next = match wanted.get(&server.source_server_id) {
                    Some(wanted) => {
                        let known = server.mirrored.as_ref();
                        Some(plan::kept(known, wanted.clone(), goes_on))
                    }
                    // It is home, or nobody knows its way back.
                    None if server.stage >= Stage::FailingBack => continue,
                    None => None,
                };
                changed |= next != server.mirrored;
                server.mirrored = next;
            }
            changed
        })
        .await?;
    }
    Ok(())
}

type Changes = BTreeMap<SourceServerId, Vec<SettingChange>>;

/// Applies the first servers at once; answers how many are left, and what was changed.
async fn apply_first(app: &App, session: &FailoverSession) -> Result<(usize, Changes)> {
    let parts = app.store().session_parts(session).await?;
    let (orders, left) = apply::next_orders(&parts);
    if orders.is_empty() {
        return Ok((0, Changes::new()));
    }
    let applied = apply::all(app, session, &orders, true).await?;
    let later = apply::record(app, &session.id, session.parts, &orders, &applied).await?;
    let changes = applied
        .into_iter()
        .map(|one| (one.source_server_id, one.changes))
        .collect();
    Ok((left + later, changes))
}

fn servers_of(
    parts: &[SessionPart],
    changes: impl Fn(&SourceServerId) -> Vec<SettingChange>,
) -> Vec<ServerOutcome> {
    parts
        .iter()
        .flat_map(|part| &part.servers)
        .filter_map(|server| {
            Some(ServerOutcome {
                source_server_id: server.source_server_id.clone(),
                name: server.name.clone(),
                way_back: server.way_back.as_ref()?.source_server_id.clone(),
                mirrored: server.mirrored.clone()?,
                changes: changes(&server.source_server_id),
            })
        })
        .collect()
}
