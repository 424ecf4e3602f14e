//! Recovery instances of a place, one by one: what they are, what comes next, and ending one of them under guard.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{Error, FieldProblem, Result};
use dr_model::check::{Check, Severity};
use dr_model::guard::Loss;
use dr_model::ids::{InstanceId, JobId, RecoveryInstanceId, SessionId, SourceServerId};
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;
use dr_model::server::{RecoveryInstance, SourceServer};
use dr_model::session::{
    DEFAULT_LAG_THRESHOLD_SECONDS, FailoverSession, ReverseState, SessionServer, Stage,
};

use crate::app::App;
use crate::guard::verdict::{Destruction, Hit, Verdict, verdict};
use crate::guard::{Target, carry_out, loss};
use crate::sessions::re_protect::is_reversed;

/// A recovery instance and what is known around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// As DRS shows it.
    pub instance: RecoveryInstance,
    /// It came home: DRS's record of the live primary.
    pub is_home: bool,
    /// How far the replication back is.
    pub reverse: ReverseState,
    /// Where it replicates back to.
    pub replicating_to: Option<(Place, SourceServerId)>,
    /// The session that holds it.
    pub session_id: Option<SessionId>,
    /// What a person could do next.
    pub pending_action: Option<String>,
}

/// The recovery instances of a place, by id.
///
/// # Errors
/// What AWS or the store answers.
pub async fn list(app: &App, place: &Place) -> Result<Vec<Listed>> {
    let cloud = app.cloud(place).await?;
    let mut instances = cloud.drs.recovery_instances().await?;
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    let ids: BTreeSet<SourceServerId> = instances
        .iter()
        .map(|instance| instance.source_server_id.clone())
        .collect();
    let ids: Vec<SourceServerId> = ids.into_iter().collect();
    let sources: BTreeMap<SourceServerId, SourceServer> = cloud
        .drs
        .source_servers_by_id(&ids)
        .await?
        .into_iter()
        .map(|source| (source.id.clone(), source))
        .collect();
    let wanted: BTreeSet<InstanceId> = instances
        .iter()
        .filter(|instance| instance.is_live() && !instance.is_drill)
        .filter_map(ec2_id)
        .collect();
    let sessions = app.store().sessions_of_instances(&wanted).await?;
    Ok(instances
        .into_iter()
        .map(|instance| {
            let source = sources.get(&instance.source_server_id);
            let session = ec2_id(&instance).and_then(|id| sessions.get(&id));
            listed(instance, source, session)
        })
        .collect())
}

/// The EC2 instance, which DRS names its record after also before it shows it.
fn ec2_id(instance: &RecoveryInstance) -> Option<InstanceId> {
    let by_record = || instance.id.as_str().parse().ok();
    instance.instance_id.clone().or_else(by_record)
}

/// Puts together what is known. Pure.
fn listed(
    instance: RecoveryInstance,
    source: Option<&SourceServer>,
    session: Option<&FailoverSession>,
) -> Listed {
    let is_back = source.is_some_and(|one| one.direction == ReplicationDirection::Failback);
    let is_home = is_back && !instance.is_drill;
    let threshold = session.map_or(DEFAULT_LAG_THRESHOLD_SECONDS, |one| {
        one.lag_threshold_seconds
    });
    let reverse = ReverseState::of(
        &instance.replication,
        instance.failback_state.as_deref(),
        threshold,
    );
    let replicating_to = source
        .filter(|_| is_reversed(&instance))
        .and_then(|source| by_arn(source.reversed_arn.as_deref()?));
    Listed {
        pending_action: pending(&instance, is_home, reverse, session.is_some()),
        session_id: session.map(|session| session.id.clone()),
        instance,
        is_home,
        reverse,
        replicating_to,
    }
}

/// `arn:aws:drs:region:account:source-server/s-...`
fn by_arn(arn: &str) -> Option<(Place, SourceServerId)> {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next()?.parse().ok()?;
    let account_id = parts.next()?.parse().ok()?;
    let id = parts.next()?.rsplit('/').next()?.parse().ok()?;
    Some((Place { account_id, region }, id))
}

fn pending(
    instance: &RecoveryInstance,
    is_home: bool,
    reverse: ReverseState,
    has_session: bool,
) -> Option<String> {
    if !instance.is_live() {
        return None;
    }
    let words = match (instance.is_drill, is_home, reverse) {
        (true, ..) => "End the drill when you are done with it",
        (_, true, ReverseState::NotStarted) => "Re-protect it: it is the live primary",
        (_, true, ReverseState::Ready | ReverseState::ReadyWithLag) => {
            "Clean up what is left in the recovery region"
        }
        (_, _, ReverseState::Error) => "Look at the replication: it stands still",
        (_, true, _) => "Wait until it is protected again",
        (_, _, ReverseState::NotStarted) if has_session => "Start reverse replication",
        (_, _, ReverseState::NotStarted) => {
            "Create a failover session from its execution, then start reverse replication"
        }
        (_, _, ReverseState::Ready | ReverseState::ReadyWithLag) => "Fail it back",
        _ => "Wait until reverse replication is ready",
    };
    Some(words.to_owned())
}

/// What was, or would be, terminated.
#[derive(Debug, Clone, PartialEq)]
pub struct Terminated {
    /// What is lost.
    pub losses: Vec<Loss>,
    /// The words to give as confirmation, where any are needed.
    pub confirmation: Option<String>,
    /// What forbids it.
    pub refused: Vec<Check>,
    /// DRS's job; none for a dry run.
    pub job_id: Option<JobId>,
}

/// Terminates one recovery instance, or answers what that would do. A live recovery needs its EC2 id typed, and no
/// session that still brings it home; the live primary is never terminated.
///
/// # Errors
/// `NotFound`; `WouldLose` where the guard refuses; `Invalid` without the right words; what AWS or the store answers.
pub async fn terminate(
    app: &App,
    place: &Place,
    id: &RecoveryInstanceId,
    confirm: Option<&str>,
    dry_run: bool,
) -> Result<Terminated> {
    let cloud = app.cloud(place).await?;
    let found = cloud
        .drs
        .recovery_instances_by_id(std::slice::from_ref(id))
        .await?;
    let not_found = || Error::NotFound {
        kind: "recovery instance",
        id: id.to_string(),
    };
    let instance = found.into_iter().next().ok_or_else(not_found)?;
    let instance_id = ec2_id(&instance).ok_or_else(not_found)?;
    let server = std::slice::from_ref(&instance.source_server_id);
    let source = cloud
        .drs
        .source_servers_by_id(server)
        .await?
        .into_iter()
        .next();
    let is_target = match &source {
        Some(source) => {
            let launch = cloud.drs.launch_configuration(&source.id).await?;
            launch.target_instance_id.as_ref() == Some(&instance_id)
        }
        None => false,
    };
    let session = app.store().find_session_of_instance(&instance_id).await?;
    let held = match &session {
        Some(session) => held(app, session, &instance_id).await?,
        None => None,
    };
    let is_back = source.is_some_and(|one| one.direction == ReplicationDirection::Failback);
    let hit = hit(&instance, is_back, is_target, held.as_ref());
    let needed = match verdict(Destruction::Terminate, hit) {
        Verdict::NeedsConfirmation(words) => Some(words),
        Verdict::Allowed | Verdict::Refused(_) => None,
    };
    let (mut answer, words) = judged(&instance, &instance_id, hit, session.as_ref());
    if dry_run {
        return Ok(answer);
    }
    if !answer.refused.is_empty() {
        return Err(Error::WouldLose {
            action: "terminating this instance".to_owned(),
            losses: answer.losses,
        });
    }
    if let Some(words) = words
        && confirm.map(str::trim) != Some(words.as_str())
    {
        let problem = FieldProblem::new("confirm", format!("{words:?}"));
        return Err(Error::Invalid(vec![
            problem.got(confirm.unwrap_or_default()),
        ]));
    }
    // What had to be typed, was.
    let target = Target::new(id.clone(), hit).typed(needed);
    let job = carry_out::terminate(&cloud, &[target]).await?;
    tracing::warn!(%place, instance = %id, job = %job.id, "recovery instance is terminated");
    answer.job_id = Some(job.id);
    Ok(answer)
}

/// The server of a session that an instance is.
async fn held(
    app: &App,
    session: &FailoverSession,
    id: &InstanceId,
) -> Result<Option<SessionServer>> {
    let parts = app.store().session_parts(session).await?;
    let is_it = |server: &SessionServer| {
        server
            .recovered
            .as_ref()
            .is_some_and(|b2| b2.instance_id == *id)
    };
    Ok(parts.into_iter().flat_map(|part| part.servers).find(is_it))
}

/// What terminating it would hit. Pure.
fn hit(
    instance: &RecoveryInstance,
    is_back: bool,
    is_target: bool,
    held: Option<&SessionServer>,
) -> Hit {
    if !instance.is_live() {
        return Hit::Nothing;
    }
    match (instance.is_drill, is_target, is_back) {
        (true, true, _) => return Hit::DrillInTarget,
        (true, false, _) => return Hit::Drill,
        (false, _, true) if is_reversed(instance) => return Hit::Home,
        (false, _, true) => return Hit::HomeUnprotected,
        (false, _, false) => {}
    }
    match held.map(|server| server.stage) {
        None | Some(Stage::LeftOut) => Hit::Production,
        Some(Stage::FailedBack | Stage::ReProtecting) => Hit::ReplacedUnprotected,
        Some(Stage::ReProtected | Stage::CleaningUp | Stage::Home) => Hit::Replaced,
        Some(_) => Hit::OnItsWayHome,
    }
}

/// The guard's word on it. Pure.
fn judged(
    instance: &RecoveryInstance,
    instance_id: &InstanceId,
    hit: Hit,
    session: Option<&FailoverSession>,
) -> (Terminated, Option<String>) {
    let what = Destruction::Terminate;
    let of = session.map_or_else(String::new, |one| format!(" (failover session {})", one.id));
    let (words, why) = match verdict(what, hit) {
        Verdict::Allowed => (None, None),
        Verdict::NeedsConfirmation(words) => (Some(words.text(instance_id)), None),
        Verdict::Refused(why) => (None, Some(format!("{why}{of}"))),
    };
    let instead = match (&words, &why) {
        (_, Some(why)) => why.clone(),
        (Some(words), None) => format!("type {words:?} to do it all the same"),
        (None, None) => "nothing else is lost".to_owned(),
    };
    let losses: Vec<Loss> = loss(what, hit, instance, &instead).into_iter().collect();
    let refused = why
        .map(|why| {
            Check::fail(
                "guard",
                Severity::Critical,
                instance_id,
                format!("{instance_id} is {}", hit.what()),
                why,
            )
        })
        .into_iter()
        .collect();
    let answer = Terminated {
        losses: if hit == Hit::Nothing {
            Vec::new()
        } else {
            losses
        },
        confirmation: words.clone(),
        refused,
        job_id: None,
    };
    (answer, words)
}

#[cfg(test)]
#[path = "instances_tests.rs"]
mod tests;
