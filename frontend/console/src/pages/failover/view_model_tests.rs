//! What the wizard decides.

use dr_api::start::Started;
use dr_model::execution::ExecutionType;
use serde_json::json;
use ui::{Finding, Problem, Status};

use super::{
    DRILL, RECOVERY, Verdict, WOULD_LOSE, Wish, blast_radius, changes, check_rows, check_summary,
    why_not_confirmed, why_not_start,
};

const PLAN: &str = "rp-00000000-0000-4000-8000-000000000001";

fn started(failed: usize, warned: usize) -> Started {
    let check = |severity: &str, n: usize| {
        json!({ "check_name": "target_instance_stopped", "passed": false, "severity": severity, "message": "it runs",
            "subject": format!("i-{n:08}"), "remediation": "stop it" })
    };
    serde_json::from_value(json!({
        "execution_id": null, "status": null, "execution_type": "RECOVERY", "total_servers": 24,
        "waves": [
            { "name": "db", "pause_before": false, "servers": 4, "jobs": 1, "skipped": 1, "new_instances": 2 },
            { "name": "web", "pause_before": true, "servers": 20, "jobs": 1, "skipped": 0, "new_instances": 0 },
        ],
        "warnings": (0..warned).map(|n| check("warning", n)).collect::<Vec<_>>(),
        "failed_checks": (0..failed).map(|n| check("critical", n)).collect::<Vec<_>>(),
    }))
    .unwrap()
}

#[test]
fn the_same_wish_has_the_same_token_and_another_wish_another() {
    let wish = |kind, skip| Wish::of(PLAN, kind, skip).unwrap();
    let secret = "A".repeat(22);
    let token = |wish: Wish| wish.request(Some(&secret), false).client_token.unwrap();
    assert_eq!(token(wish(DRILL, false)), token(wish(DRILL, false)));
    let all = [
        wish(DRILL, false),
        wish(DRILL, true),
        wish(RECOVERY, false),
        wish(RECOVERY, true),
    ]
    .map(token);
    let distinct: std::collections::BTreeSet<&str> = all.iter().map(|one| one.as_str()).collect();
    assert_eq!(distinct.len(), 4);
    assert_eq!(Wish::of("", DRILL, false), None);
}

#[test]
fn a_start_waits_for_the_checks_of_this_very_wish() {
    let wish = Wish::of(PLAN, RECOVERY, false).unwrap();
    let other = Wish::of(PLAN, DRILL, false).unwrap();
    let verdict = |answer| Verdict {
        wish: wish.clone(),
        answer,
    };
    assert!(why_not_start(Some(&wish), None).unwrap().contains("Wait"));
    assert_eq!(
        why_not_start(Some(&wish), Some(&verdict(Ok(started(0, 2))))),
        None
    );
    assert!(
        why_not_start(Some(&other), Some(&verdict(Ok(started(0, 0)))))
            .unwrap()
            .contains("Wait")
    );
    assert!(
        why_not_start(Some(&wish), Some(&verdict(Ok(started(2, 0)))))
            .unwrap()
            .starts_with("2 critical")
    );
    let refused = Problem::new("X", "it lives");
    assert_eq!(
        why_not_start(Some(&wish), Some(&verdict(Err(refused)))).as_deref(),
        Some("It would be refused: it lives")
    );
}

#[test]
fn checks_stand_worst_first_and_are_summed_up() {
    let rows = check_rows(&started(1, 2));
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].check.severity, dr_model::check::Severity::Critical);
    assert_eq!(check_summary(&started(1, 2)).0, Status::Error);
    assert_eq!(check_summary(&started(0, 2)).0, Status::Warning);
    assert_eq!(
        check_summary(&started(0, 0)).1,
        "It can start: every check passes"
    );
}

#[test]
fn what_changes_is_counted_without_what_is_left_out() {
    let said = changes(&started(0, 0), None);
    assert_eq!(
        said[0],
        "23 servers are launched, in 2 waves and 2 DRS jobs."
    );
    assert!(
        said[1].starts_with("21 launch into the instance they are paired with")
            && said[1].contains("2 launch into a new")
    );
    assert!(said[2].ends_with("critical check fails: 1."));
    assert!(said.iter().any(|text| text.contains("not stopped")));
}

#[test]
fn a_recovery_is_confirmed_by_its_name_and_a_drill_by_a_tick() {
    assert!(why_not_confirmed(ExecutionType::Recovery, "fleet", "flee", true).is_some());
    assert_eq!(
        why_not_confirmed(ExecutionType::Recovery, "fleet", " fleet ", false),
        None
    );
    assert!(why_not_confirmed(ExecutionType::Drill, "fleet", "fleet", false).is_some());
    assert_eq!(
        why_not_confirmed(ExecutionType::Drill, "fleet", "", true),
        None
    );
}

#[test]
fn the_refusal_of_the_guard_says_how_much_it_would_have_destroyed() {
    let finding = Finding {
        subject: "i-00000001".to_owned(),
        message: "it is live".to_owned(),
        remediation: None,
    };
    let problem = Problem {
        findings: vec![finding],
        ..Problem::new(WOULD_LOSE, "no")
    };
    assert!(blast_radius(&problem).unwrap().contains("1 instance "));
    assert_eq!(blast_radius(&Problem::new("THROTTLED", "no")), None);
}
