//! What the page of agent installations says.

use std::collections::BTreeSet;

use dr_api::accounts::TargetAccountView;
use dr_api::agents::{AgentCandidateView, InstallationStatus, InstallationView};
use dr_model::installation::MAX_MACHINES;
use dr_model::place::Place;
use ui::{Choice, Status};

/// Regions that machines of a place may replicate into: those of the same account, the place's own aside; or that there
/// is none.
#[must_use]
pub fn targets(accounts: &[TargetAccountView], place: &str) -> Vec<Choice> {
    let Ok(place) = place.parse::<Place>() else {
        return Vec::new();
    };
    let found: Vec<Choice> = accounts
        .iter()
        .filter(|account| account.account_id == place.account_id)
        .flat_map(|account| account.regions.iter())
        .filter(|region| **region != place.region)
        .map(|region| Choice::new(region.to_string(), region.to_string()))
        .collect();
    if found.is_empty() {
        return vec![Choice::new(
            "",
            "No other region of this account is registered",
        )];
    }
    found
}

/// Whether an agent can be installed, with every reason why not.
#[must_use]
pub fn verdict(candidate: &AgentCandidateView) -> (Status, String) {
    if candidate.can_install {
        (Status::Success, "Can be installed".to_owned())
    } else {
        (Status::Warning, candidate.reasons_not.join("; "))
    }
}

/// Why nothing can be installed on what is ticked; none if it can.
#[must_use]
pub fn why_not_install(
    candidates: &[AgentCandidateView],
    chosen: &BTreeSet<String>,
    target: &str,
) -> Option<String> {
    if chosen.is_empty() {
        return Some("Tick machines first".to_owned());
    }
    if chosen.len() > MAX_MACHINES {
        return Some(format!("At most {MAX_MACHINES} machines at a time"));
    }
    if target.is_empty() {
        return Some("The account has no other region to replicate into".to_owned());
    }
    let refused = candidates
        .iter()
        .find(|one| !one.can_install && chosen.contains(&one.machine_id.to_string()))?;
    let name = refused
        .name
        .clone()
        .unwrap_or_else(|| refused.machine_id.to_string());
    Some(format!("{name}: {}", refused.reasons_not.join("; ")))
}

/// Where an installation stands.
#[must_use]
pub fn status(status: InstallationStatus) -> (Status, &'static str) {
    match status {
        InstallationStatus::Pending => (Status::Pending, "Pending"),
        InstallationStatus::InProgress => (Status::InProgress, "In progress"),
        InstallationStatus::Success => (Status::Success, "Success"),
        InstallationStatus::PartialFailure => (Status::Warning, "Partial failure"),
        InstallationStatus::Failed => (Status::Error, "Failed"),
    }
}

/// How many of the machines are done.
#[must_use]
pub fn counts(installation: &InstallationView) -> String {
    format!(
        "{} of {} done, {} failed",
        installation.done,
        installation.machines.len(),
        installation.failed
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dr_api::accounts::TargetAccountView;
    use dr_api::agents::AgentCandidateView;
    use serde_json::json;

    use super::{targets, verdict, why_not_install};

    fn candidate(id: &str, reasons: &[&str]) -> AgentCandidateView {
        serde_json::from_value(json!({
            "machine_id": id, "name": null, "protections": [], "can_install": reasons.is_empty(), "reasons_not": reasons,
        }))
        .unwrap()
    }

    fn accounts() -> Vec<TargetAccountView> {
        let at = "2026-01-01T00:00:00Z";
        serde_json::from_value(json!([{
            "account_id": "111122223333", "name": "home", "regions": ["us-east-1", "us-west-2"], "description": "", "external_id": "x",
            "created_at": at, "updated_at": at, "version": 1,
        }]))
        .unwrap()
    }

    #[test]
    fn machines_replicate_into_another_region_of_their_account() {
        let found = targets(&accounts(), "111122223333/us-east-1");
        assert_eq!(
            found
                .iter()
                .map(|one| one.value.as_str())
                .collect::<Vec<_>>(),
            ["us-west-2"]
        );
        let none = targets(&accounts(), "444455556666/us-east-1");
        assert!(none.len() == 1 && none[0].value.is_empty());
        assert!(targets(&accounts(), "nowhere").is_empty());
    }

    #[test]
    fn a_machine_that_cannot_be_installed_on_says_every_reason_and_forbids_the_installation() {
        let all = [
            candidate("i-00000000000000001", &[]),
            candidate("i-00000000000000002", &["stopped", "no SSM"]),
        ];
        assert_eq!(verdict(&all[1]).1, "stopped; no SSM");
        let chosen = |ids: &[&str]| {
            ids.iter()
                .map(|id| (*id).to_owned())
                .collect::<BTreeSet<String>>()
        };
        assert_eq!(
            why_not_install(&all, &chosen(&["i-00000000000000001"]), "us-west-2"),
            None
        );
        assert!(why_not_install(&all, &chosen(&[]), "us-west-2").is_some());
        assert!(why_not_install(&all, &chosen(&["i-00000000000000001"]), "").is_some());
        let reason = why_not_install(&all, &chosen(&["i-00000000000000002"]), "us-west-2");
        assert_eq!(
            reason.as_deref(),
            Some("i-00000000000000002: stopped; no SSM")
        );
    }
}
