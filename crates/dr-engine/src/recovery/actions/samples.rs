//! Samples for the tests of actions.

use std::collections::BTreeMap;

use dr_model::action::{ActionRun, ActionSide, ActionTarget, OnActionFailure, SsmAction};
use dr_model::ids::InstanceId;

pub(super) fn instance(n: usize) -> InstanceId {
    format!("i-{n:017x}").parse().unwrap()
}

pub(super) fn named(instances: &[usize]) -> ActionTarget {
    ActionTarget::Instances(instances.iter().map(|n| instance(*n)).collect())
}

/// An action as it should be.
pub(super) fn action(name: &str, on: ActionTarget) -> SsmAction {
    SsmAction {
        name: name.into(),
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["true".into()])]),
        on,
        timeout_seconds: 3_600,
        on_failure: OnActionFailure::Continue,
        skip_in_drills: false,
    }
}

/// The first action before the first wave, not begun.
pub(super) fn run(action: SsmAction) -> ActionRun {
    let id = "exec-00000000-0000-0000-0000-000000000001".parse().unwrap();
    ActionRun::pending(id, 0, ActionSide::Before, 0, action)
}
