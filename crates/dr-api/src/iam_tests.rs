//! Invariants of the table of rights.

use super::{forwarded, own_actions, passes_roles, rights, target_actions};
use crate::operation::{HandlerName, Method, Operation};
use dr_model::role::Permission;

/// Services whose actions change nothing when they begin so.
fn only_reads(action: &str) -> bool {
    let verb = action.split(':').nth(1).unwrap();
    ["BatchGet", "Describe", "Get", "List", "Query", "Simulate"]
        .iter()
        .any(|reading| verb.starts_with(reading))
}

#[test]
fn an_operation_that_only_reads_writes_nothing_but_metrics() {
    for operation in Operation::ALL {
        if operation.permission() != Permission::Read {
            continue;
        }
        let rights = rights(*operation);
        // It stores what it has read, and nothing else: the inventory is a copy of what DRS says.
        let keeps_a_copy = *operation == Operation::RefreshInventory;
        for action in rights.own().iter().chain(&rights.target()) {
            let allowed = only_reads(action)
                || ["sts:AssumeRole", "cloudwatch:PutMetricData"].contains(action)
                || (keeps_a_copy && action.starts_with("dynamodb:"));
            assert!(allowed, "{operation:?} {action}");
        }
    }
}

#[test]
fn who_works_in_another_account_may_assume_a_role_and_nobody_else_may() {
    for operation in Operation::ALL {
        let rights = rights(*operation);
        assert_eq!(
            rights.own().contains("sts:AssumeRole"),
            !rights.target().is_empty(),
            "{operation:?}"
        );
    }
}

#[test]
fn the_query_function_changes_nothing_anywhere() {
    let handler = HandlerName::Query;
    assert!(target_actions(handler).iter().all(|a| only_reads(a)));
    assert!(!own_actions(handler).contains("dynamodb:PutItem"));
    let forwarded = forwarded(&target_actions(handler));
    assert!(forwarded.iter().all(|a| only_reads(a)), "{forwarded:?}");
}

#[test]
fn only_the_execution_function_launches_and_terminates() {
    for handler in HandlerName::ALL {
        let actions = target_actions(handler);
        let execution = handler == HandlerName::Execution;
        assert_eq!(passes_roles(&actions), execution);
        assert_eq!(
            actions.contains("drs:TerminateRecoveryInstances"),
            execution
        );
    }
}

#[test]
fn only_the_execution_function_runs_commands_and_ends_replications() {
    for handler in HandlerName::ALL {
        let actions = target_actions(handler);
        for action in [
            "ssm:SendCommand",
            "drs:ReverseReplication",
            "drs:DeleteSourceServer",
        ] {
            let execution = handler == HandlerName::Execution;
            assert_eq!(actions.contains(action), execution, "{handler:?} {action}");
        }
    }
}

#[test]
fn whatever_deletes_a_record_may_delete_an_item() {
    for operation in Operation::ALL {
        let deletes = operation
            .routes()
            .iter()
            .any(|r| r.method == Method::Delete);
        if deletes {
            assert!(rights(*operation).own().contains("dynamodb:DeleteItem"));
        }
    }
}
