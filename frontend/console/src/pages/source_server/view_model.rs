//! What the page of a source server says.

use dr_api::replication::ReplicationView;
use dr_model::replication::InitiationStep;
use ui::Status;

use crate::format::{bytes, duration, time};

/// DRS's word for how far a step is; one that nobody knows yet is shown as it is.
#[must_use]
pub fn step_status(step: &InitiationStep) -> (Status, String) {
    let (status, text) = match step.status.as_str() {
        "SUCCEEDED" => (Status::Success, "Succeeded"),
        "IN_PROGRESS" => (Status::InProgress, "In progress"),
        "FAILED" => (Status::Error, "Failed"),
        "SKIPPED" => (Status::Stopped, "Skipped"),
        "NOT_STARTED" => (Status::NotStarted, "Not started"),
        other => return (Status::Info, other.to_owned()),
    };
    (status, text.to_owned())
}

/// How many of the steps are done: `7 of 11 steps`.
#[must_use]
pub fn steps_done(steps: &[InitiationStep]) -> String {
    let done = steps
        .iter()
        .filter(|step| matches!(step.status.as_str(), "SUCCEEDED" | "SKIPPED"))
        .count();
    format!("({done}/{})", steps.len())
}

/// How far the copy is, in a line.
#[must_use]
pub fn copied(server: &ReplicationView) -> String {
    let eta = server
        .eta
        .map(|eta| format!("; whole by {}", time(eta)))
        .unwrap_or_default();
    format!(
        "{} of {}, {} waiting{eta}",
        bytes(server.done_bytes),
        bytes(server.total_bytes),
        bytes(server.backlogged_bytes)
    )
}

/// Seconds behind, in words.
#[must_use]
pub fn lag(server: &ReplicationView) -> String {
    server
        .lag_seconds
        .map_or_else(|| "Not known".to_owned(), duration)
}

#[cfg(test)]
mod tests {
    use dr_model::replication::InitiationStep;
    use ui::Status;

    use super::{step_status, steps_done};

    fn step(status: &str) -> InitiationStep {
        InitiationStep {
            name: "CREATE_STAGING_DISKS".to_owned(),
            status: status.to_owned(),
        }
    }

    #[test]
    fn every_word_of_drs_has_its_sign_and_a_new_one_is_shown_as_it_is() {
        assert_eq!(step_status(&step("FAILED")).0, Status::Error);
        assert_eq!(step_status(&step("IN_PROGRESS")).0, Status::InProgress);
        assert_eq!(
            step_status(&step("TOMORROW")),
            (Status::Info, "TOMORROW".to_owned())
        );
    }

    #[test]
    fn a_step_that_is_skipped_is_done() {
        assert_eq!(
            steps_done(&[
                step("SUCCEEDED"),
                step("SKIPPED"),
                step("FAILED"),
                step("NOT_STARTED")
            ]),
            "(2/4)"
        );
    }
}
