//! Previews or applies launch configuration.

use dr_api::configuration::{ConfigurationResult, ConfigureAllowLaunchingRequest};
use dr_engine::App;
use dr_engine::configuration::run::{Order, run};
use dr_error::{Error, FieldProblem, Result};
use dr_invoke::Caller;
use dr_model::group::ProtectionGroup;
use dr_model::place::{Direction, Place};

use super::view;

pub async fn serve(
    app: &App,
    caller: &Caller,
    request: ConfigureAllowLaunchingRequest,
) -> Result<ConfigurationResult> {
    let (group, direction) = scope(app, &request).await?;
    let order = Order {
        direction,
        group,
        tolerance: request.fuzzy_matching_tolerance.get(),
        validate: request.validate_prerequisites,
        apply: request.auto_configure,
        asked_by: caller.name().to_owned(),
    };
    let outcome = run(app, &order).await?;
    Ok(view(outcome, !request.auto_configure, app.clock().now()))
}

/// Either a group, or the four places.
async fn scope(
    app: &App,
    request: &ConfigureAllowLaunchingRequest,
) -> Result<(Option<ProtectionGroup>, Direction)> {
    let places = [
        ("primary_account_id", request.primary_account_id.is_some()),
        ("dr_account_id", request.dr_account_id.is_some()),
        ("primary_region", request.primary_region.is_some()),
        ("dr_region", request.dr_region.is_some()),
    ];
    if let Some(id) = &request.group_id {
        let given = places.iter().filter(|(_, given)| *given);
        let problems: Vec<_> = given
            .map(|(name, _)| FieldProblem::new(*name, "not together with group_id"))
            .collect();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let group = app.store().group(id).await?;
        let direction = group.direction.clone();
        return Ok((Some(group), direction));
    }
    let place = |account_id: &Option<_>, region: &Option<_>| {
        Some(Place {
            account_id: Clone::clone(account_id.as_ref()?),
            region: Clone::clone(region.as_ref()?),
        })
    };
    let primary = place(&request.primary_account_id, &request.primary_region);
    let recovery = place(&request.dr_account_id, &request.dr_region);
    match (primary, recovery) {
        (Some(primary), Some(recovery)) => Ok((None, Direction { primary, recovery })),
        _ => {
            let missing = places.iter().filter(|(_, given)| !given);
            let problems = missing
                .map(|(name, _)| FieldProblem::new(*name, "a value, unless group_id is given"));
            Err(Error::Invalid(problems.collect()))
        }
    }
}
