//! What the page of agent installations says.

use std::collections::BTreeSet;

use dr_api::accounts::TargetAccountView;
use dr_api::agents::{
    AgentCandidateView, InstallationStatus, InstallationView, InstallingMachineView,
};
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
        return (Status::Success, "Can be installed".to_owned());
    }
    let status = if candidate.protections.is_empty() {
        Status::Warning
    } else {
        // Nothing is wrong with it: there is nothing left to do.
        Status::Stopped
    };
    (status, candidate.reasons_not.join("; "))
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

/// What a machine is called.
#[must_use]
pub fn machine_name(one: &InstallingMachineView) -> String {
    let machine = &one.machine;
    machine
        .name
        .clone()
        .unwrap_or_else(|| machine.machine_id.to_string())
}

/// What commands printed on machines where something is wrong, by name: there stands the cause.
#[must_use]
pub fn outputs(installation: &InstallationView) -> Vec<(String, String)> {
    let wrong = installation
        .machines
        .iter()
        .filter(|one| one.machine.progress.reason.is_some());
    wrong
        .filter_map(|one| Some((machine_name(one), one.machine.progress.output.clone()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dr_api::accounts::TargetAccountView;
    use dr_api::agents::AgentCandidateView;
    use serde_json::json;

    use super::{outputs, targets, verdict, why_not_install};

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

    #[test]
    fn what_a_machine_printed_is_shown_where_something_is_wrong_with_it() {
        let at = "2026-01-01T00:00:00Z";
        let machine = |name: &str, reason: Option<&str>, output: Option<&str>| {
            let progress = json!({
                "stage": "FAILED", "asked_at": at, "since": at, "command_id": null, "command_status": null, "output": output,
                "reason": reason, "tries": 1,
            });
            json!({ "machine_id": "i-00000000000000001", "name": name, "progress": progress, "source_server_id": null, "percent": 0 })
        };
        let installation = serde_json::from_value(json!({
            "installation_id": "ai-01234567-89ab-4cde-8f01-23456789abcd", "place": { "account_id": "111122223333", "region": "us-east-1" },
            "target_region": "us-west-2", "tags": [], "status": "FAILED", "done": 0, "failed": 1, "is_active": false, "created_by": "ann",
            "created_at": at, "updated_at": at, "version": 1,
            "machines": [
                machine("fine", None, Some("done")), machine("full", Some("exit code 1"), Some("no space")), machine("mute", Some("gone"), None),
            ],
        }))
        .unwrap();
        assert_eq!(
            outputs(&installation),
            [("full".to_owned(), "no space".to_owned())]
        );
    }
}
