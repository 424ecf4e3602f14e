//! Starts a drill or a recovery of a plain set of pairs.

use dr_api::start::{ExecuteFailoverRequest, Started};
use dr_engine::App;
use dr_engine::start::plan::Wanted;
use dr_engine::start::run::{run, wave_of_pairs};
use dr_error::{Error, FieldProblem, Result};
use dr_invoke::Caller;
use dr_model::execution::{ExecutionType, Subject};
use dr_model::place::{Direction, Place};
use dr_model::plan::DEFAULT_PAUSE_TIMEOUT_SECONDS;

use super::{execution_id, require, view};

/// Groups and pairs that one request may name.
const MAX_GROUPS: usize = 50;
const MAX_PAIRS: usize = 10_000;

pub async fn serve(app: &App, caller: &Caller, request: ExecuteFailoverRequest) -> Result<Started> {
    let execution_type = if request.is_drill {
        ExecutionType::Drill
    } else {
        ExecutionType::Recovery
    };
    require(caller, execution_type)?;
    check(&request)?;
    let direction = Direction {
        primary: Place {
            account_id: request.primary_account_id,
            region: request.primary_region,
        },
        recovery: Place {
            account_id: request.dr_account_id,
            region: request.dr_region,
        },
    };
    let given: Vec<_> = request
        .pairs
        .unwrap_or_default()
        .into_iter()
        .map(|pair| (pair.source_server_id, pair.target_instance_id))
        .collect();
    let groups = request.group_ids.unwrap_or_default();
    let wave = wave_of_pairs(app, &direction, request.wave, &groups, &given).await?;
    let wanted = Wanted {
        subject: Subject::Pairs,
        execution_type,
        direction,
        waves: vec![wave],
        rto_target_seconds: u64::from(request.rto_target_seconds.get()),
        session_id: None,
        pause_timeout_seconds: DEFAULT_PAUSE_TIMEOUT_SECONDS,
        started_by: caller.name().to_owned(),
        skip_invalid: request.skip_invalid_servers,
    };
    let id = execution_id(app, caller, request.client_token.as_ref())?;
    run(app, &id, wanted, request.dry_run).await.map(view)
}

fn check(request: &ExecuteFailoverRequest) -> Result<()> {
    let mut problems = Vec::new();
    let pairs = request.pairs.as_ref().map_or(0, Vec::len);
    let groups = request.group_ids.as_ref().map_or(0, Vec::len);
    if pairs == 0 && groups == 0 {
        problems.push(FieldProblem::new("pairs", "pairs, or group_ids, or both"));
    }
    if pairs > MAX_PAIRS {
        problems.push(FieldProblem::new(
            "pairs",
            format!("at most {MAX_PAIRS} pairs"),
        ));
    }
    if groups > MAX_GROUPS {
        problems.push(FieldProblem::new(
            "group_ids",
            format!("at most {MAX_GROUPS} groups"),
        ));
    }
    let wave = request.wave.trim();
    if wave.is_empty() || wave.chars().count() > 128 || wave.chars().any(char::is_control) {
        problems.push(FieldProblem::new(
            "wave",
            "a name of 1 to 128 characters without control characters",
        ));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(problems))
    }
}
