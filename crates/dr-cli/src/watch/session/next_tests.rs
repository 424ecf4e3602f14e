//! What leads home from every state.

use dr_api::sessions::{ActionView, SessionView};
use dr_model::session::{Action, SessionStatus, Stage, StageTally};
use serde_json::json;

use super::{advice, line};

const ID: &str = "fs-00000000-0000-4000-8000-000000000001";

/// A session as the server would show it: allowed is what the model allows.
fn session(stages: &[Stage], is_mirrored: bool, is_uncommitted: bool) -> SessionView {
    let tally = StageTally::count(stages.iter().copied());
    let actions: Vec<ActionView> = Action::ALL
        .into_iter()
        .map(|action| {
            let allowed = action.allowed(tally, is_mirrored, is_uncommitted);
            ActionView {
                action,
                allowed: allowed.is_ok(),
                servers: *allowed.as_ref().unwrap_or(&0),
                reason: allowed.err().map(|not| not.reason),
            }
        })
        .collect();
    let window = is_uncommitted.then(|| {
        json!({
            "until": "2026-01-02T00:00:00Z", "command_ids": [], "probed_at": null, "problems": [],
            "is_healthy": null,
        })
    });
    serde_json::from_value(json!({
        "session_id": ID, "execution_id": "exec-00000000-0000-4000-8000-000000000001",
        "split_from": null,
        "direction": {
            "primary": { "account_id": "111122223333", "region": "us-east-1" },
            "recovery": { "account_id": "444455556666", "region": "us-west-2" },
        },
        "plan_id": null, "plan_name": "shop", "group_ids": [], "mirrored_plan_id": null,
        "mirrored_groups": [], "is_mirrored": is_mirrored,
        "status": SessionStatus::of(tally, is_mirrored, is_uncommitted),
        "total_servers": tally.counted(), "stages": tally, "failed_servers": 0, "actions": actions,
        "progress_percent": null, "reverse": null, "failback_execution_id": null, "commit_policy": null,
        "commit_window": window, "lag_threshold_seconds": 60, "last_error": null, "is_active": true,
        "looked_at": null, "ready_told_at": null, "created_by": "system",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "elapsed_seconds": 60, "version": 1,
    }))
    .unwrap()
}

#[test]
fn each_state_of_the_way_home_names_the_command_that_leads_on() {
    for (stages, is_mirrored, is_uncommitted, expected) in [
        (&[Stage::Recovered][..], false, false, "dr session reverse"),
        (&[Stage::Reversing], false, false, "dr session mirror"),
        (
            &[Stage::Ready],
            true,
            false,
            "--drill (1 server), or dr session failback",
        ),
        (&[Stage::FailedBack], true, true, "dr session commit"),
        (&[Stage::FailedBack], true, false, "dr session re-protect"),
        (&[Stage::ReProtected], true, false, "dr session cleanup"),
        (&[Stage::Home], true, false, "Nothing is left to do"),
    ] {
        let text = advice(&session(stages, is_mirrored, is_uncommitted));
        assert!(text.contains(expected), "{stages:?}: {text}");
        assert!(text.contains(ID) || text.contains("Nothing"), "{text}");
    }
}

#[test]
fn while_something_goes_on_the_advice_is_to_wait() {
    for (stage, is_mirrored) in [
        (Stage::Pending, false),
        (Stage::Repairing, false),
        (Stage::Reversing, true),
        (Stage::FailingBack, true),
        (Stage::GoingBack, true),
        (Stage::ReProtecting, true),
        (Stage::CleaningUp, true),
    ] {
        let text = advice(&session(&[stage], is_mirrored, false));
        assert!(text.contains("wait; dr session watch"), "{stage:?}: {text}");
    }
}

#[test]
fn steps_that_are_refused_for_the_same_reason_are_named_together_on_one_line() {
    let text = line(&session(&[Stage::FailingBack, Stage::Ready], true, false));
    assert_eq!(text.lines().count(), 1);
    let reason = "A failback is under way";
    assert_eq!(text.matches(reason).count(), 1, "{text}");
    assert!(text.contains("repair-agents, reverse, mirror"), "{text}");
    let text = line(&session(&[Stage::Ready, Stage::Ready], true, false));
    assert!(
        text.contains("Also allowed: repair-agents, mirror, split."),
        "{text}"
    );
    assert!(
        text.contains("commit, go-back (No failback is on trial)"),
        "{text}"
    );
}

#[test]
fn servers_whose_step_failed_and_a_window_that_ends_are_named() {
    let mut view = session(&[Stage::FailedBack], true, true);
    view.failed_servers = 2;
    let text = advice(&view);
    assert!(
        text.contains("on trial until 2026-01-02 00:00:00Z"),
        "{text}"
    );
    assert!(
        text.contains("failed for 2 servers: dr session servers"),
        "{text}"
    );
}
