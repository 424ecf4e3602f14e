//! The commit window of a failback: a time on trial, with health checks of what came home; at its end the failback is
//! committed or undone, as the session's policy says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use dr_aws::{Command, InstanceHealth, Invocation};
use dr_error::Result;
use dr_model::execution::ExecutionType;
use dr_model::ids::{InstanceId, SessionId};
use dr_model::server::Platform;
use dr_model::session::{
    Action, AtWindowEnd, CommitPolicy, CommitWindow, FailoverSession, SessionPart, SessionServer,
    Stage,
};

use crate::app::App;
use crate::cloud::Cloud;
use crate::sessions::{change, go_back, probe, tell};

/// Time between two rounds of probes.
const ROUND_SECONDS: i64 = 60;
/// A probe that has said nothing for this long has failed.
const ANSWER_SECONDS: i64 = 5 * 60;
/// How long a command may wait for its delivery: shorter than a probe may take.
const DELIVERY_SECONDS: u32 = 120;
/// Instances that SSM takes in one command.
const PER_COMMAND: usize = 50;

/// Servers that came home by the last failback, which is not committed yet.
pub(crate) fn on_trial<'a>(
    session: &FailoverSession,
    parts: &'a [SessionPart],
) -> Vec<&'a SessionServer> {
    let servers = parts.iter().flat_map(|part| &part.servers);
    servers
        .filter(|server| is_on_trial(session, server))
        .collect()
}

/// Whether a server came home by the session's last failback.
pub(crate) fn is_on_trial(session: &FailoverSession, server: &SessionServer) -> bool {
    server.stage == Stage::FailedBack
        && server.returned.as_ref().is_some_and(|returned| {
            returned.execution_type == ExecutionType::Recovery
                && Some(&returned.execution_id) == session.failback_execution_id.as_ref()
        })
}

/// Opens the window of a failback that has just ended, and closes one that has nothing on trial any more. Called with
/// every count of the session's servers, before the header's own count changes: that is what shows the end. Pure.
pub(crate) fn settle(session: &mut FailoverSession, parts: &[SessionPart], now: DateTime<Utc>) {
    let any = |stage: Stage| {
        let mut servers = parts.iter().flat_map(|part| &part.servers);
        servers.any(|server| server.stage == stage)
    };
    let has_trial = !on_trial(session, parts).is_empty();
    let has_just_ended = session.stages.failing_back > 0 && !any(Stage::FailingBack);
    match (&session.commit_window, &session.commit_policy) {
        (None, Some(policy)) if has_just_ended && has_trial => {
            session.commit_window = Some(CommitWindow {
                until: now + Duration::minutes(i64::from(policy.window_minutes)),
                command_ids: Vec::new(),
                probed_at: None,
                problems: Vec::new(),
                is_healthy: None,
            });
        }
        (Some(_), _) if !has_trial && !any(Stage::GoingBack) => session.commit_window = None,
        _ => {}
    }
}

/// Makes a failback stand.
///
/// # Errors
/// `NOT_ALLOWED` where none is on trial; what the store answers.
pub async fn commit(app: &App, id: &SessionId) -> Result<FailoverSession> {
    change::fold(app, id).await?;
    change::header(app, id, |session| {
        change::allowed(session, Action::Commit)?;
        session.commit_window = None;
        Ok(true)
    })
    .await?;
    tracing::info!(session = %id, "failback committed");
    change::fold(app, id).await
}

/// Looks at a failback on trial, and commits it or goes back when its time is over.
///
/// # Errors
/// What AWS or the store answers.
pub async fn look(app: &App, session: &FailoverSession) -> Result<()> {
    let Some(window) = &session.commit_window else {
        return Ok(());
    };
    let Some(policy) = &session.commit_policy else {
        // The policy was taken away meanwhile: a failback without one is committed at once.
        return commit(app, &session.id).await.map(drop);
    };
    if session.stages.going_back > 0 || session.stages.failing_back > 0 {
        return Ok(());
    }
    let parts = app.store().session_parts(session).await?;
    let trial = on_trial(session, &parts);
    if trial.is_empty() {
        return Ok(());
    }
    let cloud = app.cloud(&session.direction.primary).await?;
    let now = app.clock().now();
    let window = match Box::pin(probe(app, &cloud, session, policy, window, &trial)).await? {
        Some(window) => window,
        // Somebody else probes.
        None => return Ok(()),
    };
    match end(&window, policy, now) {
        None => Ok(()),
        Some(AtWindowEnd::Wait) => Ok(()),
        Some(AtWindowEnd::Commit) => {
            let session = Box::pin(commit(app, &session.id)).await?;
            tell::publish(
                app,
                &session,
                "failback committed",
                &said(&session, &window),
            )
            .await;
            Ok(())
        }
        Some(AtWindowEnd::GoBack) => {
            let accepted = Box::pin(go_back::begin(app, &session.id, None)).await?;
            let session = accepted.session;
            tell::publish(app, &session, "failback undone", &said(&session, &window)).await;
            Ok(())
        }
    }
}

fn said(session: &FailoverSession, window: &CommitWindow) -> String {
    let found = if window.problems.is_empty() {
        "All health checks passed.".to_owned()
    } else {
        window.problems.join("\n")
    };
    format!(
        "Failover session {}\nThe commit window of its failback is over.\n{found}",
        session.id
    )
}

/// What is to happen now: nothing before the end of the window, nor while nothing is known or a round is under way.
fn end(window: &CommitWindow, policy: &CommitPolicy, now: DateTime<Utc>) -> Option<AtWindowEnd> {
    if now < window.until || !window.command_ids.is_empty() {
        return None;
    }
    Some(if window.is_healthy? {
        policy.when_healthy
    } else {
        policy.when_unhealthy
    })
}

/// One look at what came home: EC2's status checks, and the round of probes that runs or is due. Answers the window as
/// it is stored then; none where somebody else was quicker.
async fn probe(
    app: &App,
    cloud: &Cloud,
    session: &FailoverSession,
    policy: &CommitPolicy,
    window: &CommitWindow,
    trial: &[&SessionServer],
) -> Result<Option<CommitWindow>> {
    let now = app.clock().now();
    let ids: Vec<InstanceId> = trial
        .iter()
        .filter_map(|server| server.returned.as_ref()?.instance_id.clone())
        .collect();
    let health = cloud.ec2.instance_status(&ids).await?;
    let of_ec2 = status_problems(trial, &health);
    let age = window.probed_at.map(|at| now - at);
    if policy.probes.is_empty() {
        return store(app, session, window, judged(window, now, of_ec2)).await;
    }
    if !window.command_ids.is_empty() {
        let invocations = invocations(cloud, &window.command_ids).await?;
        let is_late = age.is_none_or(|age| age >= Duration::seconds(ANSWER_SECONDS));
        let is_over = !invocations.is_empty() && invocations.values().all(|one| one.is_over);
        if !is_late && !is_over {
            return Ok(Some(window.clone()));
        }
        let mut problems = of_ec2;
        problems.extend(probe_problems(trial, &invocations));
        let at = window.probed_at.unwrap_or(now);
        return store(app, session, window, judged(window, at, problems)).await;
    }
    if age.is_some_and(|age| age < Duration::seconds(ROUND_SECONDS)) {
        return Ok(Some(window.clone()));
    }
    // The intent first: of two who look at the same time one sends. A round that is lost is followed by the next.
    let intended = CommitWindow {
        probed_at: Some(now),
        ..window.clone()
    };
    let Some(intended) = store(app, session, window, intended).await? else {
        return Ok(None);
    };
    let command_ids = send(cloud, session, policy, &ids, now).await?;
    let next = if command_ids.is_empty() {
        let mut problems = of_ec2;
        problems.extend(probe_problems(trial, &BTreeMap::new()));
        judged(&intended, now, problems)
    } else {
        CommitWindow {
            command_ids,
            ..intended.clone()
        }
    };
    store(app, session, &intended, next).await
}

/// The window after a round that found these problems.
fn judged(window: &CommitWindow, probed_at: DateTime<Utc>, problems: Vec<String>) -> CommitWindow {
    CommitWindow {
        until: window.until,
        command_ids: Vec::new(),
        probed_at: Some(probed_at),
        is_healthy: Some(problems.is_empty()),
        problems,
    }
}

/// Stores a window in the place of the one that was read; none where it changed meanwhile.
async fn store(
    app: &App,
    session: &FailoverSession,
    before: &CommitWindow,
    next: CommitWindow,
) -> Result<Option<CommitWindow>> {
    let stored = change::header(app, &session.id, |session| {
        if session.commit_window.as_ref() != Some(before) || *before == next {
            return Ok(false);
        }
        session.commit_window = Some(next.clone());
        Ok(true)
    })
    .await?;
    Ok(stored.commit_window.filter(|window| *window == next))
}

/// What EC2's own checks say against the instances.
fn status_problems(trial: &[&SessionServer], health: &[InstanceHealth]) -> Vec<String> {
    let by_id: BTreeMap<&InstanceId, &InstanceHealth> =
        health.iter().map(|one| (&one.id, one)).collect();
    let problem = |server: &&SessionServer| {
        let returned = server.returned.as_ref()?;
        let Some(id) = &returned.instance_id else {
            return Some("DRS does not say in which instance it came home".to_owned());
        };
        match by_id.get(id) {
            None => Some(format!("{id} is gone")),
            Some(one) if one.state != "running" => Some(format!("{id} is {}", one.state)),
            Some(one) if !one.system_ok => {
                Some(format!("{id} has not passed EC2's check of the system"))
            }
            Some(one) if !one.instance_ok => {
                Some(format!("{id} has not passed EC2's check of the instance"))
            }
            Some(_) => None,
        }
    };
    trial
        .iter()
        .filter_map(|server| Some(format!("{}: {}", server.name, problem(server)?)))
        .collect()
}

/// What the probes say. An instance that no command reached could not be probed, which is no health either.
fn probe_problems(
    trial: &[&SessionServer],
    invocations: &BTreeMap<String, Invocation>,
) -> Vec<String> {
    let problem = |server: &&SessionServer| {
        let id = server.returned.as_ref()?.instance_id.as_ref()?;
        match invocations.get(id.as_str()) {
            None => Some("could not be probed: Systems Manager does not reach it".to_owned()),
            Some(one) if !one.is_over => Some(format!(
                "the probes have not answered: the command is {}",
                one.status
            )),
            Some(one) if !one.succeeded => {
                let words = [&one.error, &one.output]
                    .into_iter()
                    .find(|text| !text.trim().is_empty());
                let words = words.map_or(one.status_details.as_str(), |text| text.trim());
                Some(format!("probe failed: {words}"))
            }
            Some(_) => None,
        }
    };
    trial
        .iter()
        .filter_map(|server| Some(format!("{}: {}", server.name, problem(server)?)))
        .collect()
}

async fn invocations(
    cloud: &Cloud,
    command_ids: &[String],
) -> Result<BTreeMap<String, Invocation>> {
    let mut found = BTreeMap::new();
    for id in command_ids {
        for invocation in cloud.ssm.invocations(id).await? {
            found.insert(invocation.instance_id.clone(), invocation);
        }
    }
    Ok(found)
}

/// Sends a round of probes to every instance that Systems Manager reaches.
async fn send(
    cloud: &Cloud,
    session: &FailoverSession,
    policy: &CommitPolicy,
    ids: &[InstanceId],
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut by_platform: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for machine in cloud.ssm.managed_instances(&texts).await? {
        if machine.is_online
            && let Some(platform) = machine.platform
        {
            let is_windows = platform == Platform::Windows;
            by_platform
                .entry(is_windows)
                .or_default()
                .insert(machine.id);
        }
    }
    let mut sent = Vec::new();
    for (is_windows, machines) in by_platform {
        let machines: Vec<String> = machines.into_iter().collect();
        for chunk in machines.chunks(PER_COMMAND) {
            let command = Command {
                document: probe::document(is_windows).to_owned(),
                instance_ids: chunk.to_vec(),
                parameters: probe::parameters(&policy.probes, is_windows),
                comment: format!("probe {} {} {}", session.id, now.timestamp(), sent.len()),
                timeout_seconds: DELIVERY_SECONDS,
            };
            sent.push(cloud.ssm.send_command(&command).await?);
        }
    }
    Ok(sent)
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
