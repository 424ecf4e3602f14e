//! Target accounts: registering, changing and validating them.

use dr_error::{Error, Result};
use dr_model::account::TargetAccount;
use dr_model::check::{Check, Severity};
use dr_model::ids::AccountId;
use dr_model::place::Place;

use crate::app::App;

/// Checks a role's ARN against the account it must belong to, and that only our own account goes without one.
///
/// # Errors
/// [`Error::Invalid`] on `role_arn`.
pub fn check_role(app: &App, account: &AccountId, role_arn: Option<&str>) -> Result<()> {
    let is_home = *account == app.settings().home.account_id;
    let Some(arn) = role_arn else {
        return if is_home {
            Ok(())
        } else {
            Err(Error::invalid(
                "role_arn",
                "the role to assume: only the orchestrator's own account goes without",
            ))
        };
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let fits = matches!(parts.as_slice(), ["arn", partition, "iam", "", owner, resource]
        if partition.starts_with("aws") && *owner == account.as_str()
            && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty() && name.len() <= 576 && name.chars().all(is_role_character)));
    if fits {
        Ok(())
    } else {
        Err(Error::invalid(
            "role_arn",
            format!(
                "the ARN of a role of the account, such as arn:aws:iam::{account}:role/DRSOrchestrationRole"
            ),
        ))
    }
}

/// IAM: role names and paths.
fn is_role_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c)
}

/// Assumes the account's role and looks at DRS in each of its regions.
///
/// # Errors
/// When the account is not registered. What fails in AWS is a check.
pub async fn validate(app: &App, id: &AccountId) -> Result<(TargetAccount, Vec<Check>)> {
    let account = app.store().account(id).await?;
    let mut checks = Vec::new();
    for region in &account.regions {
        let place = Place {
            account_id: account.account_id.clone(),
            region: region.clone(),
        };
        checks.extend(validate_place(app, &account, &place).await);
    }
    Ok((account, checks))
}

async fn validate_place(app: &App, account: &TargetAccount, place: &Place) -> Vec<Check> {
    let role = account.role_arn.as_deref().unwrap_or("our own credentials");
    let looked = async {
        let who = app.identity(place).await?;
        Ok::<_, Error>((who, app.cloud(place).await?))
    };
    let (who, cloud) = match looked.await {
        Ok(found) => found,
        Err(error) => {
            let remediation = format!(
                "Let the trust policy of {role} allow the orchestrator's functions, with the condition sts:ExternalId = {}",
                account.external_id
            );
            return vec![Check::fail(
                "role_assumption",
                Severity::Critical,
                place,
                error.words(),
                remediation,
            )];
        }
    };
    let mut checks = vec![Check::pass(
        "role_assumption",
        Severity::Critical,
        place,
        format!("Works as {}", who.arn),
    )];
    checks.push(match cloud.drs.is_initialized().await {
        Ok(true) => Check::pass(
            "drs_initialized",
            Severity::Warning,
            place,
            "DRS is initialised",
        ),
        Ok(false) => Check::fail(
            "drs_initialized",
            Severity::Warning,
            place,
            "DRS was never initialised here",
            "Set DRS up in this account and region if servers are to be recovered into it",
        ),
        Err(error) => Check::fail(
            "drs_initialized",
            Severity::Critical,
            place,
            error.words(),
            "Allow the role the DRS actions of the policy that we ship",
        ),
    });
    checks
}
