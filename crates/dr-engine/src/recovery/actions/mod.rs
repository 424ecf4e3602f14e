//! SSM actions before and after a wave: one after another, each moved on by the tick that moves its wave.

pub mod check;
pub mod decide;
#[cfg(test)]
mod samples;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_aws::Command;
use dr_error::{Error, Result};
use dr_model::action::{ActionRun, ActionSide, ActionState};
use dr_model::execution::{Batch, Execution, ExecutionStatus};
use dr_model::ids::ExecutionId;
use dr_model::server::Platform;
use serde_json::json;

use crate::agents::SsmView;
use crate::agents::command::{POWERSHELL_DOCUMENT, SHELL_DOCUMENT};
use crate::app::App;
use crate::cloud::Cloud;
use crate::commands::{self, Addressee};
use crate::recovery::header;
use crate::start::plan::WantedWave;

/// What both documents for scripts call the time that a script may run.
const RUN_SECONDS: &str = "executionTimeout";

/// Moves the action whose turn it is on one side of the current wave: one look, at most one command for each machine,
/// one record. Answers the header, and whether what comes after this side may go on now.
///
/// # Errors
/// What AWS or the store answers: the next look goes on.
pub async fn turn(
    app: &App,
    cloud: &Cloud,
    execution: Execution,
    side: ActionSide,
    batches: &[Batch],
) -> Result<(Execution, bool)> {
    let wave = execution.wave;
    let Some(tally) = execution.waves.get(wave).map(|run| run.actions(side)) else {
        return Ok((execution, true));
    };
    if tally.is_over() {
        return Ok((execution, true));
    }
    let now = app.clock().now();
    if execution.status == ExecutionStatus::Cancelling {
        return match give_up(app, &execution, now).await {
            Ok(()) => Ok((execution, true)),
            Err(Error::VersionConflict { .. }) => Ok((execution, false)),
            Err(error) => Err(error),
        };
    }
    let mut action = app
        .store()
        .action(&execution, wave, side, tally.over)
        .await?;
    if !action.state.is_over() {
        match step(app, cloud, &execution, &mut action, batches).await {
            Ok(()) => {}
            // Somebody else moves it on.
            Err(Error::VersionConflict { .. }) => return Ok((execution, false)),
            Err(error) => return Err(error),
        }
    }
    if !action.state.is_over() {
        return Ok((execution, false));
    }
    let now = app.clock().now();
    let execution = header::change(app, &execution.id, |execution| {
        decide::take_over(execution, &action, now)
    })
    .await?;
    let may_go_on = execution.wave == wave
        && execution
            .waves
            .get(wave)
            .is_some_and(|run| run.actions(side).is_over() && run.held_by.is_none());
    Ok((execution, may_go_on))
}

/// Look, decide, store the intent, send, record.
async fn step(
    app: &App,
    cloud: &Cloud,
    execution: &Execution,
    action: &mut ActionRun,
    batches: &[Batch],
) -> Result<()> {
    let now = app.clock().now();
    let is_drill = execution.execution_type.is_drill();
    let begun = decide::begun(action, is_drill, batches, now);
    let ssm = look(cloud, &begun).await;
    store(app, execution, action, decide::advanced(&begun, &ssm, now)).await?;
    // Only who wrote the intent may act on it.
    if action.intended_at != Some(now) || action.state.is_over() {
        return Ok(());
    }
    let sent = commands::send(
        &cloud.ssm,
        &label(action),
        addressed(action, &ssm),
        |_, machines, comment| command(action, machines, comment),
        now,
    )
    .await;
    let noted = decide::noted(action, &sent, app.clock().now());
    store(app, execution, action, noted).await
}

async fn store(
    app: &App,
    execution: &Execution,
    action: &mut ActionRun,
    next: ActionRun,
) -> Result<()> {
    if next != *action {
        *action = next;
        app.store().update_action(execution, action).await?;
    }
    Ok(())
}

/// What SSM says of the machines on which it is not over, and of their commands.
async fn look(cloud: &Cloud, action: &ActionRun) -> SsmView {
    let open = || {
        action
            .instances
            .iter()
            .filter(|one| action.state == ActionState::Running && !one.state.is_over())
    };
    let machines: Vec<String> = open().map(|one| one.instance_id.to_string()).collect();
    let commands = open()
        .filter_map(|one| action.command_ids.get(one.command?).cloned())
        .collect();
    SsmView::of(&cloud.ssm, &machines, commands).await
}

/// How the comments of its commands begin: no other action has this.
fn label(action: &ActionRun) -> String {
    format!(
        "{} wave-{}.{}.{}",
        action.execution_id,
        action.wave + 1,
        action.side.as_str(),
        action.number + 1
    )
}

/// Who is to get the command now. Machines of one platform are asked together, so that SSM, which refuses a document
/// for all where it does not run on one, refuses it for those alone.
fn addressed(action: &ActionRun, ssm: &SsmView) -> Vec<(bool, Addressee)> {
    let is_pending = |state| state == ActionState::Pending;
    action
        .instances
        .iter()
        .filter(|one| is_pending(one.state))
        .filter_map(|one| {
            let machine = ssm.machine(one.instance_id.as_str())?;
            let addressee = Addressee {
                machine: one.instance_id.to_string(),
                since: action.started_at?,
                last_command: None,
            };
            let is_windows = machine.platform == Some(Platform::Windows);
            machine.is_online.then_some((is_windows, addressee))
        })
        .collect()
}

/// What SSM is asked for. AWS's documents for scripts end a script after an hour, unless they are told otherwise.
fn command(action: &ActionRun, instance_ids: Vec<String>, comment: String) -> Command {
    let wanted = &action.action;
    let mut parameters: BTreeMap<String, Vec<String>> = wanted.parameters.clone();
    let is_script = [SHELL_DOCUMENT, POWERSHELL_DOCUMENT].contains(&wanted.document_name.as_str());
    if is_script {
        parameters
            .entry(RUN_SECONDS.to_owned())
            .or_insert_with(|| vec![wanted.timeout_seconds.to_string()]);
    }
    Command {
        document: wanted.document_name.clone(),
        instance_ids,
        parameters,
        comment,
        timeout_seconds: wanted.timeout_seconds,
    }
}

/// A failed action keeps the wave waiting for a person: the task of the state machine that waits for the wave's end is
/// answered, so that it comes to the pause. Answers whether that is so. Telling twice does no harm.
///
/// # Errors
/// What Step Functions answers.
pub async fn is_held(app: &App, execution: &Execution) -> Result<bool> {
    let wave = execution.waves.get(execution.wave);
    let is_held = execution.status == ExecutionStatus::Launching
        && wave.is_some_and(|wave| wave.held_by.is_some());
    if is_held
        && let Some(token) = &execution.task_token
        && token.wave == execution.wave
        && !token.is_pause
    {
        app.state_machines()
            .succeed(&token.token, &json!({}))
            .await?;
    }
    Ok(is_held)
}

/// What is left of the actions of an execution that is about to end is given up.
///
/// # Errors
/// What the store answers.
pub async fn give_up(app: &App, execution: &Execution, now: DateTime<Utc>) -> Result<()> {
    if !execution.has_actions() {
        return Ok(());
    }
    for mut action in app.store().actions(execution).await? {
        let next = decide::given_up(&action, now);
        store(app, execution, &mut action, next).await?;
    }
    Ok(())
}

/// The actions of a new execution, as its waves want them.
#[must_use]
pub fn planned(id: &ExecutionId, waves: &[WantedWave]) -> Vec<ActionRun> {
    let mut all = Vec::new();
    for (number, wave) in waves.iter().enumerate() {
        for (side, actions) in [
            (ActionSide::Before, &wave.actions_before),
            (ActionSide::After, &wave.actions_after),
        ] {
            all.extend(actions.iter().enumerate().map(|(turn, action)| {
                ActionRun::pending(id.clone(), number, side, turn, action.clone())
            }));
        }
    }
    all
}

#[cfg(test)]
#[path = "actions_tests.rs"]
mod tests;
