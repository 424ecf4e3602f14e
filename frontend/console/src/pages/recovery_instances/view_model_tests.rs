//! Tests of what the page decides.

use dr_api::recovery_instances::{RecoveryInstanceView, TerminatedRecoveryInstance};
use dr_model::session::Action;
use serde_json::{Value, json};
use ui::{Finding, Problem, Status};

use super::{Judged, chosen, kind, preview, result, session_for, taken, why_not_end};

const SESSION: &str = "fs-01234567-89ab-4cde-8f01-23456789abcd";

fn instance(number: u8, changes: Value) -> RecoveryInstanceView {
    let mut view = json!({
        "recovery_instance_id": format!("i-{number:017}"), "source_server_id": format!("s-{number:017}"), "name": format!("web-{number}"),
        "is_drill": false, "instance_state": "RUNNING", "is_home": false, "reverse_state": "NOT_STARTED",
        "reversed_launch_state": "NOT_STARTED", "progress_percent": 0.0, "session_id": SESSION,
    });
    for (field, value) in changes.as_object().cloned().unwrap_or_default() {
        view[field] = value;
    }
    serde_json::from_value(view).unwrap()
}

fn would(number: u8, confirmation: Option<&str>, refused: bool) -> TerminatedRecoveryInstance {
    let checks = if refused {
        json!([{ "check_name": "guard", "passed": false, "severity": "critical", "message": "it is the live primary", "subject": "i-1",
                 "remediation": "re-protect it" }])
    } else {
        json!([])
    };
    serde_json::from_value(json!({
        "recovery_instance_id": format!("i-{number:017}"), "dry_run": true, "confirmation": confirmation, "refused": checks, "job_id": null,
        "losses": [{ "source_server_id": format!("s-{number:017}"), "instance_id": format!("i-{number:017}"), "is_drill": number == 9,
                     "launched_at": null, "why": "nothing else is lost" }],
    }))
    .unwrap()
}

fn judged(number: u8, would: Result<TerminatedRecoveryInstance, Problem>) -> Judged {
    Judged {
        id: format!("i-{number:017}").parse().unwrap(),
        name: format!("web-{number}"),
        would,
    }
}

#[test]
fn a_step_of_the_way_home_takes_instances_of_one_session_and_says_why_it_takes_no_others() {
    let reverse = |all: &[RecoveryInstanceView]| session_for(all, Action::StartReverseReplication);
    let good = instance(1, json!({}));
    assert_eq!(
        reverse(std::slice::from_ref(&good)).unwrap().as_str(),
        SESSION
    );
    assert!(reverse(&[]).unwrap_err().contains("Tick"));
    let other = json!({ "session_id": "fs-11111111-89ab-4cde-8f01-23456789abcd" });
    for (changes, reason) in [
        (json!({ "is_drill": true }), "belongs to a drill"),
        (json!({ "is_home": true }), "is home already"),
        (
            json!({ "session_id": null }),
            "create one from its execution",
        ),
        (
            json!({ "reverse_state": "CONTINUOUS" }),
            "replicates back already",
        ),
        (other, "several failover sessions"),
    ] {
        let refusal = reverse(&[good.clone(), instance(2, changes)]).unwrap_err();
        assert!(refusal.contains(reason), "{refusal}");
    }
    assert!(reverse(&[instance(3, json!({ "reverse_state": "ERROR" }))]).is_ok());
}

#[test]
fn only_what_is_ready_fails_back() {
    for action in [Action::FailbackDrill, Action::FailbackRecovery] {
        assert!(
            session_for(&[instance(1, json!({}))], action)
                .unwrap_err()
                .contains("not level")
        );
        for state in ["READY", "READY_WITH_LAG"] {
            assert!(session_for(&[instance(1, json!({ "reverse_state": state }))], action).is_ok());
        }
    }
}

#[test]
fn one_that_runs_production_asks_for_its_own_id_and_is_not_taken_among_several() {
    let production = judged(1, Ok(would(1, Some("i-00000000000000001"), false)));
    let alone = preview(std::slice::from_ref(&production));
    assert_eq!(alone.word.as_deref(), Some("i-00000000000000001"));
    assert_eq!(
        alone.refusal("i-0", "").as_deref(),
        Some("Type “i-00000000000000001” first")
    );
    assert_eq!(alone.refusal("i-00000000000000001", ""), None);
    let both = [production, judged(2, Ok(would(2, None, false)))];
    let shown = preview(&both);
    assert_eq!(taken(&both).len(), 1);
    assert_eq!(
        (shown.word.as_deref(), shown.items.len()),
        (Some("terminate"), 1)
    );
    assert_eq!(shown.findings[0].status, Status::Warning);
}

#[test]
fn who_would_destroy_what_a_drill_only_borrowed_learns_how_to_have_it_back() {
    let borrowed = judged(9, Ok(would(9, Some("i-00000000000000009"), false)));
    let alone = preview(std::slice::from_ref(&borrowed));
    assert_eq!((alone.items.len(), alone.findings.len()), (1, 1));
    assert!(alone.findings[0].detail.contains("hands it back stopped"));
    let shown = preview(&[borrowed, judged(2, Ok(would(2, None, false)))]);
    assert!(
        shown.findings[0].title.contains("tick it alone"),
        "{:?}",
        shown.findings
    );
    assert_eq!(shown.findings[0].detail, "nothing else is lost");
}

#[test]
fn what_the_guard_refuses_is_said_with_what_to_do_and_nothing_can_be_typed() {
    let gone = Problem::new("NOT_FOUND", "there is no such recovery instance");
    let shown = preview(&[judged(1, Ok(would(1, None, true))), judged(2, Err(gone))]);
    assert_eq!((shown.word.as_deref(), shown.items.len()), (None, 0));
    assert_eq!(shown.findings[0].title, "web-1: it is the live primary");
    assert_eq!(shown.findings[0].detail, "re-protect it");
    assert_eq!(
        shown.findings[1].title,
        "web-2: there is no such recovery instance"
    );
    assert!(shown.refusal("terminate", "").is_some());
}

#[test]
fn each_result_has_its_instance_and_a_refusal_says_what_it_would_hit() {
    let mut problem = Problem::new("WOULD_LOSE", "terminating this instance would lose it");
    problem.findings.push(Finding {
        subject: "i-1".to_owned(),
        message: "production runs here".to_owned(),
        remediation: None,
    });
    let refused = result("web-1", &Err(problem));
    assert_eq!(
        (refused.status, refused.detail.as_str()),
        (Status::Error, "production runs here")
    );
    let done = result("web-2", &Ok(would(2, None, false)));
    assert_eq!(
        (done.status, done.title.as_str()),
        (Status::Success, "web-2: is being terminated")
    );
}

#[test]
fn so_many_are_ended_at_a_time_and_no_more() {
    assert!(why_not_end(0).is_some());
    assert_eq!(why_not_end(50), None);
    assert!(why_not_end(51).is_some());
}

#[test]
fn what_is_ticked_is_found_and_a_place_is_read() {
    let all = [
        instance(1, json!({})),
        instance(2, json!({ "is_home": true })),
        instance(3, json!({ "is_drill": true })),
    ];
    let ids = ["i-00000000000000002".to_owned(), "i-gone".to_owned()].into();
    assert_eq!(chosen(&all, &ids).len(), 1);
    assert_eq!(all.each_ref().map(kind), ["Recovery", "Home", "Drill"]);
}
