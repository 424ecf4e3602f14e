//! What is sent for an action, and to whom.

use dr_aws::ManagedInstance;
use dr_model::action::{ActionSide, ActionTarget, SsmAction};
use dr_model::server::Platform;

use super::decide::begun;
use super::samples::{action, instance, named, run};
use super::{addressed, command, label, planned};
use crate::agents::SsmView;
use crate::samples::at;
use crate::start::plan::WantedWave;

fn machine(n: usize, is_online: bool, platform: Platform) -> ManagedInstance {
    ManagedInstance {
        id: instance(n).to_string(),
        ping_status: "Online".into(),
        is_online,
        platform: Some(platform),
        platform_name: None,
        agent_version: None,
        computer_name: None,
        ip_address: None,
        is_on_premises: false,
        last_ping_at: None,
    }
}

#[test]
fn no_two_actions_of_an_execution_have_the_same_label_and_a_comment_fits() {
    let mut labels = std::collections::BTreeSet::new();
    for wave in [0, 19] {
        for side in [ActionSide::Before, ActionSide::After] {
            for number in 0..10 {
                let mut one = run(action("a", named(&[1])));
                (one.wave, one.side, one.number) = (wave, side, number);
                // The moment and the number of the command follow.
                assert!(label(&one).len() + " 20260101T000000000Z-999".len() <= 100);
                // One is found by how its comment begins: no label may begin another.
                labels.insert(format!("{} ", label(&one)));
            }
        }
    }
    assert_eq!(labels.len(), 40);
    for one in &labels {
        let begins = labels
            .iter()
            .filter(|other| other.starts_with(one.as_str()));
        assert_eq!(begins.count(), 1, "{one}");
    }
}

#[test]
fn a_script_may_run_as_long_as_its_action_may_and_other_documents_get_what_they_are_given() {
    let seconds = |wanted: SsmAction| {
        command(&run(wanted), vec!["i-1".into()], "c".into())
            .parameters
            .remove("executionTimeout")
    };
    let short = SsmAction {
        timeout_seconds: 90,
        ..action("a", named(&[1]))
    };
    assert_eq!(seconds(short.clone()), Some(vec!["90".to_owned()]));
    let mut told = short.clone();
    told.parameters
        .insert("executionTimeout".into(), vec!["5".into()]);
    assert_eq!(seconds(told), Some(vec!["5".to_owned()]));
    let own = SsmAction {
        document_name: "drain-queue".into(),
        ..short
    };
    assert_eq!(seconds(own), None);
}

#[test]
fn those_that_ssm_reaches_get_the_command_apart_by_platform() {
    let begun = begun(&run(action("a", named(&[1, 2, 3, 4]))), true, &[], at(0));
    let seen = [
        machine(1, true, Platform::Linux),
        machine(2, true, Platform::Windows),
        machine(3, false, Platform::Linux),
    ];
    let to: Vec<(bool, String)> = addressed(&begun, &SsmView::read(seen, []))
        .into_iter()
        .map(|(is_windows, to)| (is_windows, to.machine))
        .collect();
    let wanted = [(false, 1), (true, 2)].map(|(windows, n)| (windows, instance(n).to_string()));
    assert_eq!(to, wanted);
}

#[test]
fn actions_are_planned_wave_by_wave_those_before_first() {
    let wave = |before: &[&str], after: &[&str]| WantedWave {
        name: "w".into(),
        pause_before: false,
        on_failure: dr_model::plan::OnFailure::Continue,
        actions_before: before.iter().map(|n| action(n, named(&[1]))).collect(),
        actions_after: after
            .iter()
            .map(|n| action(n, ActionTarget::Wave))
            .collect(),
        servers: Vec::new(),
    };
    let id = run(action("a", named(&[1]))).execution_id;
    let all = planned(&id, &[wave(&["a", "b"], &["c"]), wave(&[], &["d"])]);
    let order: Vec<_> = all
        .iter()
        .map(|one| (one.wave, one.side, one.number, one.action.name.as_str()))
        .collect();
    assert_eq!(
        order,
        [
            (0, ActionSide::Before, 0, "a"),
            (0, ActionSide::Before, 1, "b"),
            (0, ActionSide::After, 0, "c"),
            (1, ActionSide::After, 0, "d"),
        ]
    );
}
