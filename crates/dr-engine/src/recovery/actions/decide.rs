//! How an SSM action goes on, from what is stored and what SSM shows, and what its end means for the execution. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dr_aws::Invocation;
use dr_error::{AwsClass, Error, Result};
use dr_model::action::{
    ActionOnInstance, ActionRun, ActionSide, ActionState, ActionTarget, MAX_WAVE_INSTANCES,
    OnActionFailure,
};
use dr_model::execution::{Batch, Execution, ExecutionStatus, ServerStatus};
use dr_model::ids::InstanceId;
use dr_model::transition::{Event, transition};

use crate::agents::SsmView;
use crate::commands::{self, NOT_ITS_PLATFORM, Sent};

/// How long a command is left alone after it was about to be sent: longer than the call's own timeout of 25 s.
const GRACE_SECONDS: i64 = 60;
/// How long SSM may not reach a machine before the action has failed there: one that was just launched takes minutes.
const REACH_SECONDS: i64 = 900;
/// How much is kept of what a command wrote and of why it failed, per instance and in all: an action is one item.
const OUTPUT_BYTES: (usize, usize) = (1_000, 120_000);
const REASON_BYTES: (usize, usize) = (300, 60_000);

/// The instances that a wave has launched, and how many of its launched servers have none that is known.
#[must_use]
pub fn launched(batches: &[Batch]) -> (Vec<InstanceId>, usize) {
    let servers: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.servers)
        .filter(|server| server.progress.status == ServerStatus::Launched)
        .collect();
    // For what runs in EC2, the id of a recovery instance is that of its EC2 instance.
    let ids: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| server.progress.recovery_instance_id.as_ref())
        .filter_map(|id| id.as_str().to_ascii_lowercase().parse().ok())
        .collect();
    let unknown = servers.len() - ids.len();
    (ids, unknown)
}

/// Begins: on whom it runs is decided once. One that has begun is left as it is.
#[must_use]
pub fn begun(run: &ActionRun, is_drill: bool, batches: &[Batch], now: DateTime<Utc>) -> ActionRun {
    let mut next = run.clone();
    if run.state != ActionState::Pending {
        return next;
    }
    next.started_at = Some(now);
    if is_drill && run.action.skip_in_drills {
        return over(next, ActionState::Skipped, "It is left out of drills", now);
    }
    let instances = match &run.action.on {
        ActionTarget::Instances(ids) => ids.iter().cloned().collect(),
        ActionTarget::Wave => {
            let (ids, unknown) = launched(batches);
            if unknown > 0 {
                next.reason = Some(format!(
                    "DRS names no instance for {unknown} servers that it has launched: it does not run there"
                ));
            }
            ids
        }
    };
    if instances.is_empty() {
        let why = "No server of the wave was launched";
        return over(next, ActionState::Skipped, why, now);
    }
    if instances.len() > MAX_WAVE_INSTANCES {
        let why = format!(
            "The wave has launched {} instances, and an action takes at most {MAX_WAVE_INSTANCES}: split the wave",
            instances.len()
        );
        return over(next, ActionState::Failed, &why, now);
    }
    next.state = ActionState::Running;
    next.instances = instances
        .into_iter()
        .map(|instance_id| ActionOnInstance {
            instance_id,
            state: ActionState::Pending,
            command: None,
            reason: None,
            output: None,
        })
        .collect();
    next
}

fn over(mut run: ActionRun, state: ActionState, why: &str, now: DateTime<Utc>) -> ActionRun {
    run.state = state;
    run.reason = Some(why.to_owned());
    run.ended_at = Some(now);
    run
}

/// Where it stands after a look at SSM. The intent to send is stored with it, where something is to be sent that nobody
/// is sending: then `intended_at` is now.
#[must_use]
pub fn advanced(run: &ActionRun, ssm: &SsmView, now: DateTime<Utc>) -> ActionRun {
    let mut next = run.clone();
    if run.state != ActionState::Running {
        return next;
    }
    let count = run.instances.len();
    let waited = run.started_at.map_or(Duration::zero(), |since| now - since);
    let limit = i64::from(run.action.timeout_seconds);
    let is_late = waited >= Duration::seconds(limit);
    let is_unreachable = waited >= Duration::seconds(limit.min(REACH_SECONDS));
    let mut is_due = false;
    for one in &mut next.instances {
        let id = one.instance_id.as_str();
        match one.state {
            ActionState::Pending => {
                let is_online = ssm.machine(id).is_some_and(|machine| machine.is_online);
                if is_late || (is_unreachable && !is_online) {
                    // What was about to be sent may have arrived.
                    one.state = match run.intended_at {
                        Some(_) => ActionState::TimedOut,
                        None => ActionState::Failed,
                    };
                    one.reason = Some(within(&unreached(ssm, id), REASON_BYTES, count));
                } else if is_online {
                    is_due = true;
                } else {
                    one.reason = Some(within(&unreached(ssm, id), REASON_BYTES, count));
                }
            }
            ActionState::Running => {
                let command = one.command.and_then(|n| run.command_ids.get(n));
                let seen = ssm.invocation(command.map(String::as_str), id);
                observe(one, seen, count);
                if is_late && !one.state.is_over() {
                    one.state = ActionState::TimedOut;
                    let why = format!("It did not end within {limit} s; it may run on");
                    one.reason = Some(within(&why, REASON_BYTES, count));
                }
            }
            _ => {}
        }
    }
    let is_being_sent = run
        .intended_at
        .is_some_and(|at| now - at < Duration::seconds(GRACE_SECONDS));
    if is_due && !is_being_sent {
        next.intended_at = Some(now);
    }
    concluded(next, now)
}

fn unreached(ssm: &SsmView, id: &str) -> String {
    if let Some(problem) = ssm.problem() {
        return format!("SSM could not be asked: {problem}");
    }
    match ssm.machine(id) {
        None => "SSM does not manage this instance".to_owned(),
        Some(machine) if !machine.is_online => {
            format!("SSM does not reach this instance: {}", machine.ping_status)
        }
        Some(_) => "SSM did not take its command in time".to_owned(),
    }
}

/// Takes over what became of a command on an instance.
fn observe(one: &mut ActionOnInstance, seen: Option<&Invocation>, count: usize) {
    let Some(seen) = seen else { return };
    one.output = written(seen).map(|text| tail_within(&text, OUTPUT_BYTES, count));
    if !seen.is_over {
        return;
    }
    if seen.succeeded {
        one.state = ActionState::Succeeded;
        one.reason = None;
        return;
    }
    one.state = if seen.status == "TimedOut" {
        ActionState::TimedOut
    } else {
        ActionState::Failed
    };
    let code = seen
        .response_code
        .map_or_else(String::new, |code| format!(", exit code {code}"));
    let why = format!("Its command ended with {}{code}", seen.status_details);
    one.reason = Some(within(&why, REASON_BYTES, count));
}

/// Errors count more than output, and the end more than the beginning.
fn written(seen: &Invocation) -> Option<String> {
    let text = [seen.output.trim(), seen.error.trim()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    Some(text).filter(|text| !text.is_empty())
}

fn bytes_each((each, all): (usize, usize), count: usize) -> usize {
    each.min(all / count.max(1))
}

/// The beginning of a text, as much as there is room for.
fn within(text: &str, room: (usize, usize), count: usize) -> String {
    let end = text.floor_char_boundary(bytes_each(room, count));
    text.get(..end).unwrap_or_default().to_owned()
}

/// The end of a text, as much as there is room for.
fn tail_within(text: &str, room: (usize, usize), count: usize) -> String {
    let skip = text.len().saturating_sub(bytes_each(room, count));
    let start = text.ceil_char_boundary(skip);
    text.get(start..).unwrap_or_default().to_owned()
}

/// Over when it is over everywhere, or where nothing is left of it.
fn concluded(mut run: ActionRun, now: DateTime<Utc>) -> ActionRun {
    use ActionState as S;
    let states: Vec<S> = run.instances.iter().map(|one| one.state).collect();
    if run.state != S::Running || !states.iter().all(|state| state.is_over()) {
        return run;
    }
    let count = |wanted: S| states.iter().filter(|state| **state == wanted).count();
    let (failed, late, skipped) = (count(S::Failed), count(S::TimedOut), count(S::Skipped));
    let all = states.len();
    let (state, reason) = if failed > 0 {
        (
            S::Failed,
            Some(format!("It failed on {} of {all} instances", failed + late)),
        )
    } else if late > 0 {
        (
            S::TimedOut,
            Some(format!(
                "It did not end in time on {late} of {all} instances"
            )),
        )
    } else if skipped == all {
        let why = "Its document runs on no instance of the wave: they are of another platform";
        (S::Failed, Some(why.to_owned()))
    } else if run.reason.is_some() {
        // Servers without a known instance: it did not run everywhere.
        (S::Failed, run.reason.take())
    } else {
        (S::Succeeded, None)
    };
    run.state = state;
    run.reason = reason;
    run.ended_at = Some(now);
    run
}

/// Takes over what came of sending. What may have arrived is looked for again when the intent is old; what did not is
/// tried again at the next look; what never will is a failure.
#[must_use]
pub fn noted(run: &ActionRun, sent: &[(String, Result<Sent>)], now: DateTime<Utc>) -> ActionRun {
    let mut next = run.clone();
    let count = run.instances.len();
    let outcomes: BTreeMap<&str, &Result<Sent>> = sent
        .iter()
        .map(|(id, outcome)| (id.as_str(), outcome))
        .collect();
    let mut may_have_arrived = false;
    for one in &mut next.instances {
        let Some(outcome) = outcomes.get(one.instance_id.as_str()) else {
            continue;
        };
        if one.state != ActionState::Pending {
            continue;
        }
        match outcome {
            Ok(Sent::Command(id)) => {
                let known = next.command_ids.iter().position(|known| known == id);
                one.command = Some(known.unwrap_or(next.command_ids.len()));
                if known.is_none() {
                    next.command_ids.push(id.clone());
                }
                one.state = ActionState::Running;
                one.reason = None;
            }
            Ok(Sent::Refused(why)) => one.reason = Some(within(why, REASON_BYTES, count)),
            Err(error) => {
                one.reason = Some(within(&error.words(), REASON_BYTES, count));
                may_have_arrived |= error.aws_class() == Some(AwsClass::Unavailable);
                one.state = refused(run, error);
            }
        }
    }
    if !may_have_arrived {
        next.intended_at = None;
    }
    concluded(next, now)
}

/// How far it is on an instance for which SSM refused the command.
fn refused(run: &ActionRun, error: &Error) -> ActionState {
    let is_of_wave = run.action.on == ActionTarget::Wave;
    if error.retryable() || error.aws_class() == Some(AwsClass::Unavailable) {
        ActionState::Pending
    } else if is_of_wave && commands::code(error) == Some(NOT_ITS_PLATFORM) {
        // A wave may have machines of both platforms, and an action for each.
        ActionState::Skipped
    } else {
        ActionState::Failed
    }
}

/// What is left of an action when its execution is cancelled or ends: one that has not begun is left out, one that runs
/// is awaited no longer.
#[must_use]
pub fn given_up(run: &ActionRun, now: DateTime<Utc>) -> ActionRun {
    let mut next = run.clone();
    match run.state {
        ActionState::Pending => {
            let why = "The execution ended before it began";
            over(next, ActionState::Skipped, why, now)
        }
        ActionState::Running => {
            for one in &mut next.instances {
                one.state = match one.state {
                    ActionState::Pending => ActionState::Skipped,
                    ActionState::Running => ActionState::Abandoned,
                    state => state,
                };
            }
            let why = "The execution ended while it ran: it is awaited no longer and may run on";
            over(next, ActionState::Abandoned, why, now)
        }
        _ => next,
    }
}

/// Takes the end of an action over into the header, once: counts it, and does what the plan says to a failure. Answers
/// whether there is anything to write.
///
/// # Errors
/// When the execution is in a status in which no action ends.
pub fn take_over(execution: &mut Execution, run: &ActionRun, now: DateTime<Utc>) -> Result<bool> {
    let is_launching = execution.status == ExecutionStatus::Launching;
    let is_cancelling = execution.status == ExecutionStatus::Cancelling;
    if execution.wave != run.wave || !run.state.is_over() || !(is_launching || is_cancelling) {
        return Ok(false);
    }
    let Some(wave) = execution.waves.get_mut(run.wave) else {
        return Ok(false);
    };
    let tally = wave.actions_mut(run.side);
    if tally.over != run.number || tally.is_over() {
        // Somebody else took it over.
        return Ok(false);
    }
    tally.over += 1;
    let is_last = tally.is_over();
    let is_failure = run.state.is_failure();
    tally.failed += usize::from(is_failure);
    if is_last && run.side == ActionSide::Before {
        wave.launch_since = Some(now);
    }
    if !is_failure || is_cancelling {
        return Ok(true);
    }
    match run.action.on_failure {
        OnActionFailure::Continue => {}
        OnActionFailure::Pause => hold(execution, run, is_last),
        OnActionFailure::Stop => {
            let wave = execution.waves.get(run.wave).map_or("", |wave| &wave.name);
            execution.reason = Some(format!(
                "The action {} {} wave {wave} failed, and the plan stops there: {}",
                run.action.name,
                run.side.as_str(),
                run.reason.as_deref().unwrap_or("no reason is known")
            ));
            execution.status = transition(execution.status, Event::Cancel)?;
        }
    }
    Ok(true)
}

/// What comes next waits for a person: the rest of this wave, or, after its last action, the next one. After the last
/// action of the last wave nothing comes.
fn hold(execution: &mut Execution, run: &ActionRun, is_last: bool) {
    let is_wave_through = is_last && run.side == ActionSide::After;
    let held = run.wave + usize::from(is_wave_through);
    if let Some(wave) = execution.waves.get_mut(held) {
        wave.held_by = Some(run.action.name.clone());
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
