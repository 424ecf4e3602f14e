//! Checks everything that a launch into the paired instances needs.

use std::collections::BTreeMap;

use dr_api::matching::{PairValidation, ValidatePairsRequest, ValidationReport};
use dr_engine::validation::gather::{Depth, Wanted, gather};
use dr_engine::{App, plans, validation};
use dr_error::Result;
use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionType;
use dr_model::place::{Direction, Place};

pub async fn serve(app: &App, request: ValidatePairsRequest) -> Result<ValidationReport> {
    let place = |account_id: &_, region: &_| Place {
        account_id: Clone::clone(account_id),
        region: Clone::clone(region),
    };
    let direction = Direction {
        primary: place(&request.primary_account_id, &request.primary_region),
        recovery: place(&request.dr_account_id, &request.dr_region),
    };
    let wanted = wanted(app, &request, &direction).await?;
    let depth = Depth {
        purpose: ExecutionType::Drill,
        launch_configuration: request.include_launch_configuration,
        origin: true,
    };
    let (facts, pairs) = gather(app, &direction, &wanted, depth).await?;
    let of_place = validation::place::checks(&facts, wanted.len());
    let mut checks = of_place.clone();
    let pairs: Vec<(Option<_>, _, Vec<Check>)> = pairs
        .iter()
        .map(|pair| {
            (
                pair.target_id.clone(),
                pair.source_server_id.clone(),
                validation::pair::checks(pair, &facts),
            )
        })
        .collect();
    checks.extend(summary(pairs.iter().flat_map(|(_, _, checks)| checks)));
    let failed = |severity: fn(Severity) -> bool| {
        let of_pairs = pairs.iter().flat_map(|(_, _, checks)| checks);
        let messages: Vec<String> = of_place
            .iter()
            .chain(of_pairs)
            .filter(|check| !check.passed && severity(check.severity))
            .map(|check| check.message.clone())
            .collect();
        messages
    };
    let errors = failed(|severity| severity == Severity::Critical);
    let warnings = failed(|severity| severity == Severity::Warning);
    Ok(ValidationReport {
        validation_passed: errors.is_empty(),
        checks,
        errors,
        warnings,
        pairs: pairs
            .into_iter()
            .map(|(target_instance_id, source_server_id, checks)| {
                let (passed, mut failed_checks): (Vec<_>, Vec<_>) =
                    checks.into_iter().partition(|check| check.passed);
                failed_checks.sort_by_key(|check| std::cmp::Reverse(check.severity));
                PairValidation {
                    source_server_id,
                    target_instance_id,
                    valid: !failed_checks.iter().any(Check::is_blocking),
                    failed_checks,
                    passed_checks: passed.len(),
                }
            })
            .collect(),
    })
}

/// The pairs that are meant: given ones, those of a group, or those of every group of the direction.
async fn wanted(
    app: &App,
    request: &ValidatePairsRequest,
    direction: &Direction,
) -> Result<Vec<Wanted>> {
    if let Some(pairs) = &request.pairs {
        return Ok(pairs
            .iter()
            .map(|pair| Wanted {
                source_server_id: pair.source_server_id.clone(),
                target_id: Some(pair.target_instance_id.clone()),
            })
            .collect());
    }
    let groups = match &request.group_id {
        Some(id) => vec![app.store().group(id).await?],
        None => plans::all_groups(app)
            .await?
            .into_iter()
            .filter(|group| group.direction == *direction)
            .collect(),
    };
    let mut wanted = BTreeMap::new();
    for group in groups {
        for pair in app.store().pairs_of_group(&group.id).await? {
            wanted.insert(pair.source_server_id, pair.target_instance_id);
        }
    }
    Ok(wanted
        .into_iter()
        .map(|(source_server_id, target)| Wanted {
            source_server_id,
            target_id: Some(target),
        })
        .collect())
}

/// What only informs has not failed anybody.
fn told_as(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "To know",
        Severity::Warning | Severity::Critical => "Failed",
    }
}

/// One line per kind of check over all pairs, as requirement 004 shows it: passed when it passed everywhere.
fn summary<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<Check> {
    let mut kinds: BTreeMap<&str, (usize, Vec<&Check>)> = BTreeMap::new();
    for check in checks {
        let (passed, failed) = kinds.entry(&check.name).or_default();
        if check.passed {
            *passed += 1
        } else {
            failed.push(check)
        }
    }
    kinds
        .into_iter()
        .map(
            |(name, (passed, failed))| match failed.iter().max_by_key(|check| check.severity) {
                None => Check::pass(
                    name,
                    Severity::Info,
                    "all pairs",
                    format!("Passed for all {passed}"),
                ),
                Some(worst) => Check::fail(
                    name,
                    worst.severity,
                    "all pairs",
                    format!(
                        "{} for {} of {}: {}",
                        told_as(worst.severity),
                        failed.len(),
                        passed + failed.len(),
                        worst.message
                    ),
                    worst.remediation.clone().unwrap_or_default(),
                ),
            },
        )
        .collect()
}
