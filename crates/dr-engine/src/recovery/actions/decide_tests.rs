//! Every state of an action with everything that may be seen of it.

use dr_aws::{Invocation, ManagedInstance};
use dr_error::{AwsCall, AwsClass, AwsError, Error, Result};
use dr_model::action::{
    ActionRun, ActionSide, ActionState as S, ActionTally, ActionTarget, OnActionFailure, SsmAction,
};
use dr_model::execution::{Batch, Execution, ExecutionStatus, LaunchInto, ServerStatus, WaveRun};
use dr_model::server::Platform;

use super::{advanced, begun, given_up, launched, noted, take_over};
use crate::agents::SsmView;
use crate::commands::Sent;
use crate::recovery::actions::samples::{action, instance, named, run};
use crate::samples::{at, batch, execution, wave};

fn machine(n: usize, is_online: bool) -> ManagedInstance {
    ManagedInstance {
        id: instance(n).to_string(),
        ping_status: if is_online {
            "Online"
        } else {
            "ConnectionLost"
        }
        .into(),
        is_online,
        platform: Some(Platform::Linux),
        platform_name: None,
        agent_version: None,
        computer_name: None,
        ip_address: None,
        is_on_premises: false,
        last_ping_at: None,
    }
}

fn invocation(n: usize, status: &str) -> Invocation {
    let is_over = !matches!(status, "Pending" | "InProgress" | "Delayed" | "Cancelling");
    Invocation {
        instance_id: instance(n).to_string(),
        status: status.into(),
        status_details: status.into(),
        is_over,
        succeeded: status == "Success",
        output: "some output".into(),
        error: String::new(),
        response_code: (status == "Failed").then_some(3),
        started_at: None,
        ended_at: None,
    }
}

fn online(instances: &[usize]) -> SsmView {
    SsmView::read(instances.iter().map(|n| machine(*n, true)), [])
}

fn ran(seen: Vec<Invocation>) -> SsmView {
    SsmView::read([], [("cmd-1".to_owned(), seen)])
}

/// Begun at second 0 on these instances.
fn on(instances: &[usize]) -> ActionRun {
    begun(&run(action("a", named(instances))), false, &[], at(0))
}

/// Sent at second 0 to these instances.
fn sent_to(instances: &[usize]) -> ActionRun {
    let outcomes: Vec<(String, Result<Sent>)> = instances
        .iter()
        .map(|n| (instance(*n).to_string(), Ok(Sent::Command("cmd-1".into()))))
        .collect();
    let intended = advanced(&on(instances), &online(instances), at(0));
    noted(&intended, &outcomes, at(0))
}

fn states(run: &ActionRun) -> Vec<S> {
    run.instances.iter().map(|one| one.state).collect()
}

/// Servers of a wave with these fates; the `n`th runs in the `n`th instance.
fn batches(fates: &[ServerStatus]) -> Vec<Batch> {
    let servers = fates.iter().enumerate().map(|(n, status)| {
        let mut server = crate::samples::run(LaunchInto::NewInstance);
        server.progress.status = *status;
        server.progress.recovery_instance_id = instance(n).as_str().parse().ok();
        server
    });
    vec![batch(servers.collect())]
}

fn aws(class: AwsClass, code: &str) -> Error {
    AwsError {
        call: AwsCall {
            service: "ssm",
            operation: "SendCommand",
            place: String::new(),
        },
        class,
        code: code.into(),
        message: "words".into(),
        retry_after: None,
        detail: String::new(),
        aws_request_id: None,
    }
    .into()
}

#[test]
fn an_action_on_the_wave_runs_on_what_the_wave_launched_and_nowhere_else() {
    use ServerStatus as V;
    let seen = batches(&[V::Launched, V::Failed, V::Launched, V::Skipped]);
    assert_eq!(launched(&seen), (vec![instance(0), instance(2)], 0));
    let on_wave = run(action("a", ActionTarget::Wave));
    let running = begun(&on_wave, false, &seen, at(5));
    assert_eq!(running.state, S::Running);
    assert_eq!(running.started_at, Some(at(5)));
    assert_eq!(states(&running), [S::Pending, S::Pending]);
    let none = begun(&on_wave, false, &batches(&[V::Failed]), at(5));
    assert_eq!(none.state, S::Skipped);
    assert_eq!(none.ended_at, Some(at(5)));
    let many = begun(&on_wave, false, &batches(&[V::Launched; 1_501]), at(5));
    assert_eq!(many.state, S::Failed);
}

#[test]
fn a_launched_server_without_a_known_instance_is_a_failure_at_the_end() {
    let mut seen = batches(&[ServerStatus::Launched; 2]);
    seen[0].servers[1].progress.recovery_instance_id = None;
    let running = begun(&run(action("a", ActionTarget::Wave)), false, &seen, at(0));
    assert_eq!(running.instances.len(), 1);
    let mut running = advanced(&running, &online(&[0]), at(0));
    running = noted(
        &running,
        &[(instance(0).to_string(), Ok(Sent::Command("cmd-1".into())))],
        at(0),
    );
    let over = advanced(&running, &ran(vec![invocation(0, "Success")]), at(9));
    assert_eq!(over.state, S::Failed);
    assert!(over.reason.unwrap().contains("1 servers"));
}

#[test]
fn an_action_is_left_out_of_drills_where_it_says_so_and_of_nothing_else() {
    for (skip_in_drills, is_drill, state) in [
        (true, true, S::Skipped),
        (true, false, S::Running),
        (false, true, S::Running),
        (false, false, S::Running),
    ] {
        let wanted = SsmAction {
            skip_in_drills,
            ..action("a", named(&[1]))
        };
        assert_eq!(begun(&run(wanted), is_drill, &[], at(0)).state, state);
    }
}

#[test]
fn what_has_begun_does_not_begin_again() {
    let running = sent_to(&[1]);
    assert_eq!(begun(&running, true, &[], at(50)), running);
}

/// An instance that waits for its command, by what SSM says of it and how long it has waited.
#[test]
fn a_command_waits_for_its_machine_for_fifteen_minutes_or_as_long_as_the_action_may_take() {
    let lost = || SsmView::read([machine(1, false)], []);
    let unknown = || SsmView::read([], []);
    for (seconds, seen, wanted, is_due) in [
        (0, online(&[1]), S::Pending, true),
        (0, lost(), S::Pending, false),
        (0, unknown(), S::Pending, false),
        (899, lost(), S::Pending, false),
        (900, lost(), S::Failed, false),
        (900, unknown(), S::Failed, false),
        // Reached at the last moment.
        (900, online(&[1]), S::Pending, true),
        (3_600, online(&[1]), S::Failed, false),
    ] {
        let next = advanced(&on(&[1]), &seen, at(seconds));
        assert_eq!(states(&next), [wanted], "{seconds} s");
        assert_eq!(next.intended_at.is_some(), is_due, "{seconds} s");
        assert_eq!(
            next.state,
            if wanted == S::Failed {
                S::Failed
            } else {
                S::Running
            }
        );
    }
    let short = SsmAction {
        timeout_seconds: 60,
        ..action("a", named(&[1]))
    };
    let short = begun(&run(short), false, &[], at(0));
    assert_eq!(advanced(&short, &lost(), at(60)).state, S::Failed);
}

/// An instance that has its command, by how that goes and how long it has gone.
#[test]
fn every_word_of_ssm_for_a_command_has_its_meaning() {
    for (status, early, late) in [
        ("Pending", S::Running, S::TimedOut),
        ("InProgress", S::Running, S::TimedOut),
        ("Delayed", S::Running, S::TimedOut),
        ("Cancelling", S::Running, S::TimedOut),
        ("Success", S::Succeeded, S::Succeeded),
        ("Failed", S::Failed, S::Failed),
        ("Cancelled", S::Failed, S::Failed),
        ("TimedOut", S::TimedOut, S::TimedOut),
    ] {
        for (seconds, wanted) in [(3_599, early), (3_600, late)] {
            let next = advanced(
                &sent_to(&[1]),
                &ran(vec![invocation(1, status)]),
                at(seconds),
            );
            assert_eq!(next.state, wanted, "{status} after {seconds} s");
            assert_eq!(states(&next), [wanted], "{status} after {seconds} s");
            assert_eq!(next.ended_at.is_some(), wanted != S::Running);
            assert_eq!(next.instances[0].output.as_deref(), Some("some output"));
        }
    }
    // Not shown yet, and never.
    let unseen = || ran(Vec::new());
    assert_eq!(
        advanced(&sent_to(&[1]), &unseen(), at(10)).state,
        S::Running
    );
    assert_eq!(
        advanced(&sent_to(&[1]), &unseen(), at(3_600)).state,
        S::TimedOut
    );
    let failed = advanced(&sent_to(&[1]), &ran(vec![invocation(1, "Failed")]), at(10));
    let why = failed.instances[0].reason.clone().unwrap();
    assert!(why.contains("exit code 3"), "{why}");
}

#[test]
fn an_action_is_over_when_it_is_over_everywhere_and_as_good_as_its_worst() {
    let seen = |second: &str| ran(vec![invocation(1, "Success"), invocation(2, second)]);
    for (second, wanted) in [
        ("InProgress", S::Running),
        ("Success", S::Succeeded),
        ("Failed", S::Failed),
        ("TimedOut", S::TimedOut),
    ] {
        let next = advanced(&sent_to(&[1, 2]), &seen(second), at(10));
        assert_eq!(next.state, wanted, "{second}");
    }
}

#[test]
fn what_is_over_stays_as_it_is() {
    let over = advanced(&sent_to(&[1]), &ran(vec![invocation(1, "Success")]), at(10));
    assert_eq!(advanced(&over, &online(&[1]), at(9_999)), over);
    assert_eq!(given_up(&over, at(9_999)), over);
}

#[test]
fn an_intent_is_left_alone_for_a_minute_and_then_looked_for_again() {
    let first = advanced(&on(&[1]), &online(&[1]), at(0));
    assert_eq!(first.intended_at, Some(at(0)));
    for (seconds, intended) in [(10, 0), (59, 0), (60, 60)] {
        let next = advanced(&first, &online(&[1]), at(seconds));
        assert_eq!(next.intended_at, Some(at(intended)), "{seconds} s");
    }
    // Its time is over, and nobody knows whether it arrived.
    let late = advanced(&first, &online(&[1]), at(3_600));
    assert_eq!(late.state, S::TimedOut);
}

#[test]
fn every_answer_to_a_command_has_its_meaning() {
    let intended = || advanced(&on(&[1]), &online(&[1]), at(0));
    let answered = |outcome| noted(&intended(), &[(instance(1).to_string(), outcome)], at(1));
    let sent = answered(Ok(Sent::Command("cmd-1".into())));
    assert_eq!((sent.state, states(&sent)), (S::Running, vec![S::Running]));
    assert_eq!(
        (sent.command_ids.as_slice(), sent.intended_at),
        (["cmd-1".to_owned()].as_slice(), None)
    );
    let refused = answered(Ok(Sent::Refused("not in a valid state".into())));
    assert_eq!(
        (states(&refused), refused.intended_at),
        (vec![S::Pending], None)
    );
    // It may have arrived: the intent stands.
    let lost = answered(Err(aws(AwsClass::Unavailable, "Timeout")));
    assert_eq!(
        (states(&lost), lost.intended_at),
        (vec![S::Pending], Some(at(0)))
    );
    let throttled = answered(Err(aws(AwsClass::Throttled, "ThrottlingException")));
    assert_eq!(
        (states(&throttled), throttled.intended_at),
        (vec![S::Pending], None)
    );
    for (class, code) in [
        (AwsClass::AccessDenied, "AccessDeniedException"),
        (AwsClass::Invalid, "InvalidDocument"),
        (AwsClass::Invalid, "UnsupportedPlatformType"),
    ] {
        let failed = answered(Err(aws(class, code)));
        assert_eq!(
            (failed.state, states(&failed)),
            (S::Failed, vec![S::Failed]),
            "{code}"
        );
    }
}

#[test]
fn a_document_for_one_platform_leaves_the_other_out_of_a_wave_that_has_both() {
    let seen = batches(&[ServerStatus::Launched; 2]);
    let running = begun(&run(action("a", ActionTarget::Wave)), false, &seen, at(0));
    let unfit = || Err(aws(AwsClass::Invalid, "UnsupportedPlatformType"));
    let sent = |second| {
        vec![
            (instance(0).to_string(), unfit()),
            (instance(1).to_string(), second),
        ]
    };
    let mixed = noted(&running, &sent(Ok(Sent::Command("cmd-1".into()))), at(1));
    assert_eq!(states(&mixed), [S::Skipped, S::Running]);
    let over = advanced(&mixed, &ran(vec![invocation(1, "Success")]), at(2));
    assert_eq!(over.state, S::Succeeded);
    assert_eq!(
        noted(&running, &sent(unfit()), at(1)).state,
        S::Failed,
        "it runs nowhere"
    );
}

#[test]
fn a_cancelled_execution_leaves_out_what_has_not_begun_and_awaits_nothing() {
    let skipped = given_up(&run(action("a", named(&[1]))), at(7));
    assert_eq!((skipped.state, skipped.ended_at), (S::Skipped, Some(at(7))));
    let mut half = sent_to(&[1, 2]);
    half.instances[1].state = S::Pending;
    let left = given_up(&half, at(7));
    assert_eq!(
        (left.state, states(&left)),
        (S::Abandoned, vec![S::Abandoned, S::Skipped])
    );
    assert_eq!(given_up(&left, at(8)), left);
}

#[test]
fn what_is_kept_of_an_action_on_the_largest_wave_fits_into_one_item() {
    let mut largest = begun(
        &run(action("a", ActionTarget::Wave)),
        false,
        &batches(&[ServerStatus::Launched; 1_500]),
        at(0),
    );
    for one in &mut largest.instances {
        one.state = S::Running;
        one.command = Some(29);
    }
    largest.command_ids = vec!["0".repeat(36); 30];
    let seen = (0..1_500).map(|n| Invocation {
        output: "ü".repeat(2_000),
        error: "é".repeat(2_000),
        status_details: "x".repeat(300),
        ..invocation(n, "Failed")
    });
    let view = SsmView::read([], [("0".repeat(36), seen.collect())]);
    let over = advanced(&largest, &view, at(10));
    assert_eq!(over.state, S::Failed);
    let bytes = serde_json::to_vec(&over).unwrap().len();
    // DynamoDB takes 400 KB; an action's parameters are at most 16 of them, and are in it once more as they were sent.
    assert!(bytes < 360 * 1024, "{bytes}");
    assert!(
        over.instances
            .iter()
            .all(|one| one.output.as_ref().is_some_and(|text| text.ends_with('é')))
    );
}

/// An execution in its first of two waves, with this many actions on each side of each.
fn header(status: ExecutionStatus, actions: usize) -> Execution {
    let one = || WaveRun {
        actions_before: ActionTally::waiting(actions),
        actions_after: ActionTally::waiting(actions),
        ..wave()
    };
    execution(status, vec![one(), one()])
}

fn ended(state: S, side: ActionSide, number: usize, on_failure: OnActionFailure) -> ActionRun {
    let wanted = SsmAction {
        on_failure,
        ..action("stop the queue", named(&[1]))
    };
    ActionRun {
        state,
        side,
        number,
        ..run(wanted)
    }
}

/// Every state of an action, every answer to its failure, both sides, in the middle and at the end of its side.
#[test]
fn the_end_of_an_action_means_what_the_plan_says() {
    use OnActionFailure as F;
    for state in [
        S::Pending,
        S::Running,
        S::Succeeded,
        S::Failed,
        S::TimedOut,
        S::Skipped,
        S::Abandoned,
    ] {
        for on_failure in [F::Continue, F::Pause, F::Stop] {
            for side in [ActionSide::Before, ActionSide::After] {
                for number in [0, 1] {
                    let what = format!("{state:?} {on_failure:?} {side:?} {number}");
                    let mut seen = header(ExecutionStatus::Launching, 2);
                    seen.waves[0].actions_mut(side).over = number;
                    let run = ended(state, side, number, on_failure);
                    let is_over = !matches!(state, S::Pending | S::Running);
                    assert_eq!(
                        take_over(&mut seen, &run, at(9)).unwrap(),
                        is_over,
                        "{what}"
                    );
                    let tally = seen.waves[0].actions(side);
                    assert_eq!(tally.over, number + usize::from(is_over), "{what}");
                    let failed = matches!(state, S::Failed | S::TimedOut);
                    assert_eq!(tally.failed, usize::from(failed), "{what}");
                    let status = if failed && on_failure == F::Stop {
                        ExecutionStatus::Cancelling
                    } else {
                        ExecutionStatus::Launching
                    };
                    assert_eq!(seen.status, status, "{what}");
                    let held = seen.waves.iter().position(|wave| wave.held_by.is_some());
                    let is_last = side == ActionSide::After && number == 1;
                    let expected =
                        (failed && on_failure == F::Pause).then_some(usize::from(is_last));
                    assert_eq!(held, expected, "{what}");
                    let launches = is_over && side == ActionSide::Before && number == 1;
                    assert_eq!(seen.waves[0].launch_since.is_some(), launches, "{what}");
                    // A second time it changes nothing.
                    let before = seen.clone();
                    assert!(!take_over(&mut seen, &run, at(10)).unwrap(), "{what}");
                    assert_eq!(seen, before, "{what}");
                }
            }
        }
    }
}

#[test]
fn an_action_ends_only_while_its_wave_is_under_way() {
    for status in ExecutionStatus::ALL {
        let mut seen = header(status, 1);
        let run = ended(S::Failed, ActionSide::Before, 0, OnActionFailure::Stop);
        let is_under_way = matches!(
            status,
            ExecutionStatus::Launching | ExecutionStatus::Cancelling
        );
        assert_eq!(
            take_over(&mut seen, &run, at(9)).unwrap(),
            is_under_way,
            "{status:?}"
        );
    }
    let mut later = header(ExecutionStatus::Launching, 1);
    later.wave = 1;
    let run = ended(S::Succeeded, ActionSide::Before, 0, OnActionFailure::Stop);
    assert!(!take_over(&mut later, &run, at(9)).unwrap());
}

#[test]
fn after_the_last_action_of_the_last_wave_there_is_nothing_to_hold() {
    let mut seen = header(ExecutionStatus::Launching, 1);
    seen.waves.pop();
    let run = ended(S::Failed, ActionSide::After, 0, OnActionFailure::Pause);
    assert!(take_over(&mut seen, &run, at(9)).unwrap());
    assert!(seen.waves.iter().all(|wave| wave.held_by.is_none()));
}
