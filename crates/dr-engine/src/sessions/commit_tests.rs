//! When a window opens and closes, and what is found meanwhile.

use std::collections::BTreeMap;

use chrono::Duration;
use dr_aws::{InstanceHealth, Invocation};
use dr_model::execution::ExecutionType;
use dr_model::session::{
    AtWindowEnd, CommitPolicy, CommitWindow, FailoverSession, Return, SessionPart, SessionServer,
    Stage,
};

use super::{end, is_on_trial, judged, probe_problems, settle, status_problems};
use crate::samples::at;
use crate::sessions::samples::{A1, server, session};

const FAILBACK: &str = "exec-00000000-0000-4000-8000-000000000002";
const EARLIER: &str = "exec-00000000-0000-4000-8000-000000000003";

fn came_home(execution: &str, execution_type: ExecutionType) -> SessionServer {
    SessionServer {
        returned: Some(Return {
            execution_id: execution.parse().unwrap(),
            execution_type,
            recovery_instance_id: A1.parse().ok(),
            instance_id: A1.parse().ok(),
            instance_id_kept: true,
            private_ip_kept: true,
            reason: None,
            replaced_volume_ids: Vec::new(),
        }),
        ..server(Stage::FailedBack)
    }
}

fn home() -> SessionServer {
    came_home(FAILBACK, ExecutionType::Recovery)
}

fn policy() -> CommitPolicy {
    CommitPolicy {
        window_minutes: 30,
        when_healthy: AtWindowEnd::Commit,
        when_unhealthy: AtWindowEnd::GoBack,
        probes: Vec::new(),
    }
}

/// A session whose header still counts servers that fail back.
fn failing_back() -> FailoverSession {
    FailoverSession {
        failback_execution_id: FAILBACK.parse().ok(),
        commit_policy: Some(policy()),
        ..session(Stage::FailingBack)
    }
}

fn part(session: &FailoverSession, servers: Vec<SessionServer>) -> Vec<SessionPart> {
    vec![SessionPart {
        session_id: session.id.clone(),
        number: 0,
        servers,
        version: 1,
    }]
}

/// The window after a count of these servers.
fn settled(mut session: FailoverSession, servers: Vec<SessionServer>) -> Option<CommitWindow> {
    let parts = part(&session, servers);
    settle(&mut session, &parts, at(0));
    session.commit_window
}

fn window() -> CommitWindow {
    CommitWindow {
        until: at(0) + Duration::minutes(30),
        command_ids: Vec::new(),
        probed_at: None,
        problems: Vec::new(),
        is_healthy: None,
    }
}

#[test]
fn a_failback_that_has_just_ended_is_on_trial_for_as_long_as_the_policy_says() {
    assert_eq!(settled(failing_back(), vec![home()]), Some(window()));
}

#[test]
fn without_a_policy_a_failback_is_committed_at_once() {
    let plain = FailoverSession {
        commit_policy: None,
        ..failing_back()
    };
    assert_eq!(settled(plain, vec![home()]), None);
}

#[test]
fn a_window_opens_at_the_end_only_and_not_again_after_it_was_closed() {
    let busy = server(Stage::FailingBack);
    assert_eq!(settled(failing_back(), vec![home(), busy]), None);
    // The header has counted the end before: somebody has committed since.
    let counted = FailoverSession {
        stages: session(Stage::FailedBack).stages,
        ..failing_back()
    };
    assert_eq!(settled(counted, vec![home()]), None);
}

#[test]
fn a_drill_a_failure_and_an_earlier_failback_put_nothing_on_trial() {
    for server in [
        came_home(EARLIER, ExecutionType::Recovery),
        SessionServer {
            stage: Stage::Reversing,
            ..came_home(FAILBACK, ExecutionType::Drill)
        },
        server(Stage::Reversing),
    ] {
        assert!(!is_on_trial(&failing_back(), &server));
        assert_eq!(settled(failing_back(), vec![server]), None);
    }
}

#[test]
fn a_window_stays_while_servers_go_back_and_closes_when_all_have() {
    let open = || FailoverSession {
        commit_window: Some(window()),
        stages: session(Stage::GoingBack).stages,
        ..failing_back()
    };
    let going = SessionServer {
        stage: Stage::GoingBack,
        ..home()
    };
    let gone = SessionServer {
        stage: Stage::Reversing,
        ..home()
    };
    assert!(settled(open(), vec![going, gone.clone()]).is_some());
    assert!(settled(open(), vec![home(), gone.clone()]).is_some());
    assert_eq!(settled(open(), vec![gone]), None);
}

#[test]
fn nothing_happens_before_the_end_of_the_window_nor_while_health_is_unknown() {
    let over = at(0) + Duration::minutes(30);
    let found = |problems: Vec<String>| judged(&window(), at(1), problems);
    let ill = || vec!["web-1: probe failed".to_owned()];
    for (window, now, expected) in [
        (found(vec![]), over - Duration::seconds(1), None),
        (found(vec![]), over, Some(AtWindowEnd::Commit)),
        (found(ill()), over, Some(AtWindowEnd::GoBack)),
        (window(), over, None),
        (
            CommitWindow {
                command_ids: vec!["command".into()],
                ..found(vec![])
            },
            over,
            None,
        ),
    ] {
        assert_eq!(end(&window, &policy(), now), expected, "{window:?}");
    }
}

fn health(state: &str, system_ok: bool, instance_ok: bool) -> InstanceHealth {
    InstanceHealth {
        id: A1.parse().unwrap(),
        state: state.into(),
        system_ok,
        instance_ok,
    }
}

#[test]
fn ec2s_own_checks_must_pass_and_what_does_not_is_named() {
    let said = |health: &[InstanceHealth]| status_problems(&[&home()], health);
    assert!(said(&[health("running", true, true)]).is_empty());
    for (health, words) in [
        (vec![], "is gone"),
        (vec![health("stopped", true, true)], "is stopped"),
        (vec![health("running", false, true)], "check of the system"),
        (
            vec![health("running", true, false)],
            "check of the instance",
        ),
    ] {
        let problems = said(&health);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("web-1: ") && problems[0].contains(words),
            "{problems:?}"
        );
    }
}

fn invocation(is_over: bool, succeeded: bool, error: &str) -> BTreeMap<String, Invocation> {
    let one = Invocation {
        instance_id: A1.into(),
        status: "InProgress".into(),
        status_details: "ExecutionTimedOut".into(),
        is_over,
        succeeded,
        output: String::new(),
        error: error.into(),
        response_code: None,
        started_at: None,
        ended_at: None,
    };
    BTreeMap::from([(A1.to_owned(), one)])
}

#[test]
fn a_probe_that_fails_does_not_answer_or_cannot_be_sent_is_a_problem() {
    let said = |found: BTreeMap<String, Invocation>| probe_problems(&[&home()], &found);
    assert!(said(invocation(true, true, "")).is_empty());
    for (found, words) in [
        (
            invocation(true, false, "failed: GET x\n"),
            "probe failed: failed: GET x",
        ),
        (
            invocation(true, false, " "),
            "probe failed: ExecutionTimedOut",
        ),
        (
            invocation(false, false, ""),
            "have not answered: the command is InProgress",
        ),
        (BTreeMap::new(), "Systems Manager does not reach it"),
    ] {
        let problems = said(found);
        assert!(problems[0].contains(words), "{problems:?}");
    }
}
