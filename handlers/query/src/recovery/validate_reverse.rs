//! Checks the prerequisites of reverse replication of one recovery instance.

use dr_api::failback::{ReverseReplicationValidation, ValidateReverseReplicationRequest};
use dr_engine::App;
use dr_engine::sessions::readiness;
use dr_error::{Error, FieldProblem, Result};
use dr_model::check::Check;
use dr_model::ids::{AccountId, Region};
use dr_model::place::{Direction, Place};
use dr_store::PageRequest;

/// Target accounts that are read per page.
const ACCOUNTS: usize = 100;

pub async fn serve(
    app: &App,
    request: ValidateReverseReplicationRequest,
) -> Result<ReverseReplicationValidation> {
    let primary = place(
        app,
        "primary_account_id",
        request.primary_account_id,
        request.primary_region,
    );
    let recovery = place(
        app,
        "dr_account_id",
        request.dr_account_id,
        request.dr_region,
    );
    let direction = Direction {
        primary: primary.await?,
        recovery: recovery.await?,
    };
    let checks = readiness::of_instance(app, &request.recovery_instance_id, &direction).await?;
    let failed = checks.iter().filter(|check| !check.passed).cloned();
    let (critical_failures, warnings): (Vec<Check>, Vec<Check>) =
        failed.partition(Check::is_blocking);
    let valid = critical_failures.is_empty();
    Ok(ReverseReplicationValidation {
        valid,
        checks,
        critical_failures,
        warnings,
        ready_for_reverse_replication: valid,
    })
}

/// The place: requirement 004 names only the region, and where one registered account uses it that is enough.
async fn place(
    app: &App,
    field: &str,
    account_id: Option<AccountId>,
    region: Region,
) -> Result<Place> {
    if let Some(account_id) = account_id {
        return Ok(Place { account_id, region });
    }
    let mut found = Vec::new();
    let mut page = PageRequest::first(ACCOUNTS);
    loop {
        let accounts = app.store().accounts(&page).await?;
        let using = accounts
            .items
            .into_iter()
            .filter(|one| one.regions.contains(&region));
        found.extend(using.map(|account| account.account_id));
        match accounts.next_token {
            Some(token) => page.next_token = Some(token),
            None => break,
        }
    }
    match <[AccountId; 1]>::try_from(found) {
        Ok([account_id]) => Ok(Place { account_id, region }),
        Err(found) => {
            let expected = format!(
                "an account, for {} registered ones use {region}",
                found.len()
            );
            Err(Error::Invalid(vec![
                FieldProblem::new(field, expected).got("nothing"),
            ]))
        }
    }
}
