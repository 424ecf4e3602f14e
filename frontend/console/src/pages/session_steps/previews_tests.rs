//! What a person reads before a step, and what is asked of that person.

use std::collections::BTreeSet;

use dr_api::cleanup::CleanupInventoryView;
use dr_api::failback::{AgentRepairStarted, StepStarted};
use dr_api::start::Started;
use dr_model::role::Permission;
use dr_model::session::Action;
use serde_json::{Value, json};

use super::{of_cleanup, of_decision, of_failback, of_repair, of_step};
use crate::pages::session_steps::samples::{SESSION, session};
use crate::pages::session_steps::view_model::{Asked, Names, Wish, Wishes, done, needs};

const ONE: &str = "s-00000000000000001";

fn asked(action: Action) -> Asked {
    Asked::of(&session(), action, BTreeSet::new()).unwrap()
}

fn critical() -> Value {
    json!({ "check_name": "ssm", "passed": false, "severity": "critical", "message": "SSM does not reach it", "subject": "i-1",
        "remediation": "start the agent" })
}

fn estimate() -> Value {
    json!({ "servers": 2, "bytes": 2_147_483_648_u64, "seconds_at_rate": 3600, "rate_bytes_per_second": 1_048_576, "parallel": 2,
        "price_per_gb_usd": 0.02, "transfer_cost_usd": 0.04, "note": "list price" })
}

#[test]
fn a_step_is_for_all_that_it_takes_unless_servers_are_ticked() {
    assert_eq!(asked(Action::FailbackDrill).count, 1);
    let ticked = || BTreeSet::from([ONE.parse().unwrap()]);
    let some = Asked::of(&session(), Action::FailbackDrill, ticked()).unwrap();
    assert_eq!(some.servers.map(|servers| servers.get().len()), Some(1));
    // The whole session is committed or not.
    assert_eq!(
        Asked::of(&session(), Action::Commit, ticked())
            .unwrap()
            .servers,
        None
    );
}

#[test]
fn reverse_replication_shows_its_cost_and_a_critical_check_forbids_it_until_it_is_skipped() {
    let would: StepStarted = serde_json::from_value(json!({
        "action": "start_reverse_replication", "dry_run": true, "source_server_ids": [ONE], "refused": [],
        "critical_failures": [critical()], "warnings": [], "copy_estimate": estimate(), "session": session(),
    }))
    .unwrap();
    let names = Names::from([(ONE.parse().unwrap(), "web-1".to_owned())]);
    let preview = of_step(&would, &Wishes::new(), &names);
    assert_eq!(preview.findings[0].detail, "start the agent");
    assert_eq!(preview.items[0].title, "web-1");
    assert!(preview.facts.contains(&(
        "Transfer costs about",
        "0.04 USD at 0.020 USD per GB".to_owned()
    )));
    assert!(preview.refusal("", "").is_some());
    let skipped = of_step(&would, &Wishes::from([Wish::SkipChecks]), &names);
    assert_eq!(skipped.refusal("", ""), None);
}

#[test]
fn a_repair_wants_the_words_of_its_preview_and_is_no_repair_where_no_agent_needs_it() {
    let would = |is_needed: bool| -> AgentRepairStarted {
        serde_json::from_value(json!({
            "preview": true, "confirmation": "full copy", "note": "It restarts.", "total_bytes": 10, "source_server_ids": [], "refused": [],
            "candidates": [{ "source_server_id": ONE, "name": "web-1", "is_needed": is_needed, "reason": "silent", "total_bytes": 10 }],
            "copy_estimate": estimate(), "session": session(),
        }))
        .unwrap()
    };
    let needed = of_repair(&asked(Action::InstallAgents), &would(true), &Names::new());
    assert!(
        needed
            .refusal("something", "")
            .unwrap()
            .contains("full copy")
    );
    assert_eq!(needed.refusal(" full copy ", ""), None);
    let none = of_repair(&asked(Action::InstallAgents), &would(false), &Names::new());
    assert_eq!(
        none.refusal("full copy", "").as_deref(),
        Some("No agent needs repair")
    );
}

fn started(failed: &[Value]) -> Started {
    serde_json::from_value(json!({
        "execution_type": "DRILL", "total_servers": 1,
        "waves": [{ "name": "db", "pause_before": true, "servers": 1, "jobs": 1, "skipped": 0, "new_instances": 0 }],
        "warnings": [], "failed_checks": failed,
    }))
    .unwrap()
}

#[test]
fn a_real_failback_takes_the_plans_name_and_a_drill_none() {
    let real = of_failback(
        &asked(Action::FailbackRecovery),
        &started(&[]),
        &Wishes::new(),
    );
    assert!(real.refusal("", "").is_some());
    assert_eq!(real.refusal("fleet", ""), None);
    assert!(real.items[0].detail.contains("waits for a person"));
    let drill = of_failback(&asked(Action::FailbackDrill), &started(&[]), &Wishes::new());
    assert_eq!(drill.refusal("", ""), None);
}

#[test]
fn failed_checks_forbid_a_failback_unless_those_servers_are_left_out() {
    let drill = |wishes| {
        of_failback(
            &asked(Action::FailbackDrill),
            &started(&[critical()]),
            &wishes,
        )
        .refusal("", "")
    };
    assert!(drill(Wishes::new()).is_some());
    assert_eq!(drill(Wishes::from([Wish::SkipInvalid])), None);
}

#[test]
fn a_clean_up_says_what_goes_and_what_stays_and_what_is_unprotected_wants_words_of_its_own() {
    let inventory = |refused: Vec<Value>| -> CleanupInventoryView {
        serde_json::from_value(json!({
            "session_id": SESSION, "monthly_cost_usd": 12.5, "confirmation": "clean up 1 server",
            "unprotected_confirmation": "stay unprotected", "refused": refused,
            "items": [
                { "kind": "recovery_instance", "id": "i-1", "name": "web-1", "action": "hand_back", "reason": "pre-provisioned" },
                { "kind": "source_server", "id": "s-1", "name": "web-1", "action": "keep", "reason": "it protects web-1" },
            ],
        }))
        .unwrap()
    };
    let allowed = of_cleanup(&inventory(Vec::new()));
    assert!(
        allowed.items[0].title.ends_with("handed back stopped")
            && allowed.items[1].title.ends_with("stays")
    );
    assert!(
        allowed
            .facts
            .contains(&("No longer paid", "12.50 USD a month".to_owned()))
    );
    assert_eq!(allowed.refusal("clean up 1 server", ""), None);
    let refused = of_cleanup(&inventory(vec![critical()]));
    assert!(refused.refusal("clean up 1 server", "").is_some());
    assert_eq!(
        refused.refusal("clean up 1 server", "stay unprotected"),
        None
    );
    // Accepting does not stand for confirming.
    assert!(refused.refusal("", "stay unprotected").is_some());
}

#[test]
fn going_back_wants_words_committing_a_click_and_splitting_servers() {
    let decide = |action| of_decision(&asked(action), &Names::new());
    assert!(decide(Action::GoBack).refusal("", "").is_some());
    assert_eq!(decide(Action::GoBack).refusal("go back", ""), None);
    assert_eq!(decide(Action::Commit).refusal("", ""), None);
    assert!(decide(Action::Split).refusal("", "").is_some());
}

#[test]
fn a_real_failback_needs_the_permission_of_real_recoveries() {
    assert_eq!(needs(Action::FailbackRecovery), Permission::StartRecovery);
    assert_eq!(needs(Action::FailbackDrill), Permission::StartDrill);
    assert_eq!(needs(Action::Cleanup), Permission::CleanUp);
    assert_eq!(needs(Action::MirrorConfig), Permission::ManageSessions);
}

#[test]
fn what_was_done_counts_those_that_were_not_taken() {
    assert_eq!(
        done(Action::StartReverseReplication, 2, 1),
        "Reverse replication of 2 servers is asked for; not taken: 1 server"
    );
}
