//! What failed over: the stored plan and its groups, or, where there is none, what the execution remembers.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::ids::derived;
use dr_error::{Error, Result};
use dr_model::action::{ActionRun, ActionSide, SsmAction};
use dr_model::execution::{Batch, Execution};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, PlanId, SourceServerId};
use dr_model::plan::{RecoveryPlan, Wave};
use dr_model::session::FailoverSession;

use crate::app::App;
use crate::sessions::mirror::plan::Original;

/// Reads the originals.
///
/// # Errors
/// What the store answers.
pub async fn read(app: &App, session: &FailoverSession) -> Result<Original> {
    if let Some(id) = &session.plan_id {
        match app.store().plan(id).await {
            Ok(plan) => return of_plan(app, session, plan).await,
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let execution = app.store().execution(&session.execution_id).await?;
    let batches = app.store().batches(&execution).await?;
    let actions = app.store().actions(&execution).await?;
    made_up(session, &execution, &batches, &actions)
}

async fn of_plan(app: &App, session: &FailoverSession, plan: RecoveryPlan) -> Result<Original> {
    let ids: Vec<GroupId> = plan
        .waves
        .iter()
        .flat_map(|wave| wave.group_ids.iter().cloned())
        .collect();
    let mut groups = app.store().groups_by_id(&ids).await?;
    for group in &mut groups {
        // What failed over decides where home is, whatever the group says today.
        group.direction = session.direction.clone();
    }
    Ok(Original {
        plan,
        groups,
        is_made_up: false,
    })
}

/// The name of the wave that each server of an execution was in.
#[must_use]
pub fn waves_of_servers(
    execution: &Execution,
    batches: &[Batch],
) -> BTreeMap<SourceServerId, String> {
    let mut waves = BTreeMap::new();
    for batch in batches {
        let Some(wave) = execution.waves.get(batch.wave) else {
            continue;
        };
        for server in &batch.servers {
            waves.insert(server.blueprint.source_server_id.clone(), wave.name.clone());
        }
    }
    waves
}

/// The actions on one side of a wave, in their order.
fn actions_of(actions: &[ActionRun], wave: usize, side: ActionSide) -> Vec<SsmAction> {
    actions
        .iter()
        .filter(|run| run.wave == wave && run.side == side)
        .map(|run| run.action.clone())
        .collect()
}

/// A plan with one group per wave of the execution, named after the plan that is gone, or after the execution.
fn made_up(
    session: &FailoverSession,
    execution: &Execution,
    batches: &[Batch],
    actions: &[ActionRun],
) -> Result<Original> {
    let id = |prefix: &str, wave: &str| {
        let text = format!("{}/{wave}", execution.id);
        format!("{prefix}{}", derived("made-up original", &text))
    };
    let short: String = execution
        .id
        .as_str()
        .trim_start_matches("exec-")
        .chars()
        .take(8)
        .collect();
    let name = session
        .plan_name
        .clone()
        .unwrap_or_else(|| format!("recovery-{short}"));
    let is_one = execution.waves.len() == 1;
    let mut groups = Vec::new();
    let mut waves = Vec::new();
    for (number, run) in execution.waves.iter().enumerate() {
        let servers: BTreeSet<SourceServerId> = batches
            .iter()
            .filter(|batch| batch.wave == number)
            .flat_map(|batch| &batch.servers)
            .map(|server| server.blueprint.source_server_id.clone())
            .collect();
        let group_id: GroupId = id("pg-", &number.to_string())
            .parse()
            .map_err(Error::internal)?;
        groups.push(ProtectionGroup {
            id: group_id.clone(),
            name: if is_one {
                name.clone()
            } else {
                format!("{name}-{}", run.name)
            },
            description: format!("Servers that the recovery {} failed over", execution.id),
            direction: session.direction.clone(),
            selection: Selection::ServerIds(servers),
            mirror_of: None,
            mirrored_as: None,
            session_id: None,
            created_at: execution.created_at,
            updated_at: execution.created_at,
            version: 0,
        });
        waves.push(Wave {
            name: run.name.clone(),
            group_ids: vec![group_id],
            pause_before: run.pause_before,
            on_failure: run.on_failure,
            actions_before: actions_of(actions, number, ActionSide::Before),
            actions_after: actions_of(actions, number, ActionSide::After),
        });
    }
    let plan_id: PlanId = id("rp-", "plan").parse().map_err(Error::internal)?;
    Ok(Original {
        plan: RecoveryPlan {
            id: plan_id,
            name,
            description: format!("What the recovery {} failed over", execution.id),
            waves,
            rto_target_seconds: execution.rto_target_seconds,
            pause_timeout_seconds: execution.pause_timeout_seconds,
            mirror_of: None,
            mirrored_as: None,
            session_id: None,
            created_at: execution.created_at,
            updated_at: execution.created_at,
            version: 0,
        },
        groups,
        is_made_up: true,
    })
}
