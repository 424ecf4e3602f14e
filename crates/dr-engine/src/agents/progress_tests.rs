//! How a repair goes on, by tables.

use chrono::{DateTime, Utc};
use dr_aws::{Invocation, ManagedInstance};
use dr_model::session::{AgentRepair, RepairStage as S};

use super::{Seen, advance, begun, failed, note_refused, note_sent, percent, retried};
use crate::agents::command::Work;
use crate::samples::at;

const ID: &str = "i-0000000000000000b";

fn machine(ping: &str, last_ping: DateTime<Utc>) -> ManagedInstance {
    ManagedInstance {
        id: ID.into(),
        ping_status: ping.into(),
        is_online: ping == "Online",
        platform: None,
        platform_name: None,
        agent_version: None,
        computer_name: None,
        ip_address: None,
        is_on_premises: false,
        last_ping_at: Some(last_ping),
    }
}

fn invocation(status: &str) -> Invocation {
    Invocation {
        instance_id: ID.into(),
        status: status.into(),
        status_details: status.into(),
        is_over: ["Success", "Failed", "TimedOut"].contains(&status),
        succeeded: status == "Success",
        output: "Stopping\n".into(),
        error: if status == "Failed" {
            "no space left".into()
        } else {
            String::new()
        },
        response_code: None,
        started_at: None,
        ended_at: (status == "Success").then(|| at(100)),
    }
}

fn seen(second: i64) -> Seen<'static> {
    Seen {
        now: at(second),
        machine: None,
        invocation: None,
        problem: None,
        has_appeared: false,
    }
}

fn at_stage(stage: S) -> AgentRepair {
    begun(stage, at(0))
}

#[test]
fn nothing_is_sent_before_ssm_reaches_the_instance_and_half_an_hour_is_enough() {
    // Requirement 001, 2.1.
    let lost = machine("ConnectionLost", at(0));
    let look = |second| Seen {
        machine: Some(&lost),
        ..seen(second)
    };
    let (waiting, work) = advance(at_stage(S::WaitingForSsm), &look(60));
    assert_eq!((waiting.stage, work), (S::WaitingForSsm, None));
    assert!(waiting.reason.clone().unwrap().contains("ConnectionLost"));
    let (gone, work) = advance(waiting, &look(31 * 60));
    assert_eq!(
        (gone.stage, gone.failed_at, work),
        (S::Failed, Some(S::WaitingForSsm), None)
    );
    let reason = gone.reason.unwrap();
    assert!(reason.contains("AmazonSSMManagedInstanceCore"), "{reason}");
    // One that SSM never heard of says so.
    let (unknown, _) = advance(at_stage(S::WaitingForSsm), &seen(60));
    assert!(unknown.reason.unwrap().contains("does not manage"));
}

#[test]
fn the_old_agent_is_removed_first_and_the_new_one_installed_after_the_restart() {
    // Requirement 001, 2.2 to 2.4, and 2.9.
    let online = machine("Online", at(0));
    let ran = invocation("Success");
    let (mut repair, work) = advance(
        at_stage(S::WaitingForSsm),
        &Seen {
            machine: Some(&online),
            ..seen(10)
        },
    );
    assert_eq!((repair.stage, work), (S::Queued, Some(Work::Uninstall)));
    note_sent(&mut repair, Work::Uninstall, "c-1", at(11));
    assert_eq!(repair.stage, S::Uninstalling);
    let (repair, work) = advance(
        repair,
        &Seen {
            machine: Some(&online),
            invocation: Some(&ran),
            ..seen(105)
        },
    );
    // SSM still shows it as online, by a ping of before: that is no restart.
    assert_eq!(
        (repair.stage, repair.since, work),
        (S::Rebooting, at(100), None)
    );
    let lost = machine("ConnectionLost", at(90));
    let (repair, work) = advance(
        repair,
        &Seen {
            machine: Some(&lost),
            ..seen(170)
        },
    );
    assert_eq!((repair.stage, work), (S::Rebooting, None));
    let back = machine("Online", at(150));
    let (mut repair, work) = advance(
        repair,
        &Seen {
            machine: Some(&back),
            ..seen(200)
        },
    );
    assert_eq!(
        (repair.stage, work),
        (S::ReadyToInstall, Some(Work::Install))
    );
    note_sent(&mut repair, Work::Install, "c-2", at(201));
    let done = Seen {
        machine: Some(&back),
        invocation: Some(&ran),
        ..seen(400)
    };
    let (repair, work) = advance(repair, &done);
    assert_eq!((repair.stage, work), (S::Verifying, None));
    let (repair, _) = advance(
        repair,
        &Seen {
            has_appeared: true,
            ..seen(500)
        },
    );
    assert_eq!((repair.stage, repair.reason), (S::Done, None));
}

#[test]
fn a_restart_counts_when_ssm_heard_of_the_machine_after_it_must_have_begun() {
    // Requirement 001, 2.3. The restart comes a minute after the command's end, at second 0 here.
    for (last_ping, is_back) in [
        (-30, false),
        (30, false),
        (60, false),
        (61, true),
        (140, true),
    ] {
        let online = machine("Online", at(last_ping));
        let look = Seen {
            machine: Some(&online),
            ..seen(300)
        };
        let (repair, _) = advance(at_stage(S::Rebooting), &look);
        assert_eq!(repair.stage == S::ReadyToInstall, is_back, "{last_ping}");
    }
    let stale = machine("Online", at(30));
    let (repair, _) = advance(
        at_stage(S::Rebooting),
        &Seen {
            machine: Some(&stale),
            ..seen(15 * 60 + 1)
        },
    );
    assert_eq!(
        (repair.stage, repair.failed_at),
        (S::Failed, Some(S::Rebooting))
    );
}

#[test]
fn a_command_that_fails_says_why_with_ssms_word_and_its_output() {
    // Requirement 001, 2.7, 2.8 and 12.2.
    for stage in [S::Uninstalling, S::Installing] {
        let bad = invocation("Failed");
        let (repair, work) = advance(
            at_stage(stage),
            &Seen {
                invocation: Some(&bad),
                ..seen(60)
            },
        );
        assert_eq!(
            (repair.stage, repair.failed_at, work),
            (S::Failed, Some(stage), None)
        );
        assert_eq!(repair.command_status.as_deref(), Some("Failed"));
        assert_eq!(repair.output.as_deref(), Some("Stopping\nno space left"));
        assert!(repair.reason.unwrap().contains("no space left"));
    }
    let running = invocation("InProgress");
    let (repair, _) = advance(
        at_stage(S::Installing),
        &Seen {
            invocation: Some(&running),
            ..seen(60)
        },
    );
    assert_eq!(repair.stage, S::Installing);
    assert_eq!(repair.command_status.as_deref(), Some("InProgress"));
}

#[test]
fn every_stage_comes_to_an_end_though_nothing_is_ever_heard() {
    for stage in [
        S::WaitingForSsm,
        S::Queued,
        S::Uninstalling,
        S::Rebooting,
        S::ReadyToInstall,
        S::Installing,
        S::Verifying,
    ] {
        let (early, _) = advance(at_stage(stage), &seen(60));
        assert!(!early.stage.is_over(), "{stage:?}");
        let (late, work) = advance(at_stage(stage), &seen(76 * 60));
        assert_eq!((late.stage, work), (S::Failed, None), "{stage:?}");
        assert!(late.reason.is_some_and(|why| !why.is_empty()));
        let blind = Seen {
            problem: Some("AccessDenied"),
            ..seen(76 * 60)
        };
        assert_eq!(
            advance(at_stage(stage), &blind).0.stage,
            S::Failed,
            "{stage:?}"
        );
    }
}

#[test]
fn while_ssm_cannot_be_asked_nothing_is_concluded_from_its_silence() {
    for stage in [
        S::WaitingForSsm,
        S::Uninstalling,
        S::Rebooting,
        S::ReadyToInstall,
    ] {
        let blind = Seen {
            problem: Some("ThrottlingException: slow down"),
            ..seen(20 * 60)
        };
        let (repair, work) = advance(at_stage(stage), &blind);
        assert_eq!((repair.stage, work), (stage, None));
        assert_eq!(repair.away_at, None);
        assert!(repair.reason.unwrap().contains("slow down"));
    }
}

#[test]
fn another_try_begins_where_it_makes_sense() {
    // Requirement 001, 2.8: the old agent is removed again only if it is still there.
    for (failed_at, begins) in [
        (S::WaitingForSsm, S::WaitingForSsm),
        (S::Queued, S::WaitingForSsm),
        (S::Uninstalling, S::WaitingForSsm),
        (S::Rebooting, S::ReadyToInstall),
        (S::ReadyToInstall, S::ReadyToInstall),
        (S::Installing, S::ReadyToInstall),
        (S::Verifying, S::ReadyToInstall),
    ] {
        let mut before = failed(at_stage(failed_at), at(50), "no room");
        before.command_id = Some("c-7".into());
        let again = retried(before, at(60));
        assert_eq!((again.stage, again.tries), (begins, 2), "{failed_at:?}");
        assert_eq!((again.since, again.reason), (at(60), None));
        // It must not be taken for what is sent next.
        assert_eq!(again.command_id.as_deref(), Some("c-7"));
    }
    let said = "Cannot install agent, as this server was previously installed to replicate into another region";
    let again = retried(failed(at_stage(S::Installing), at(50), said), at(60));
    assert_eq!(again.stage, S::WaitingForSsm);
}

#[test]
fn what_comes_late_changes_nothing() {
    let mut repair = at_stage(S::Verifying);
    note_sent(&mut repair, Work::Install, "c-9", at(5));
    note_refused(&mut repair, Work::Install, "not in a valid state", at(5));
    assert_eq!(repair, at_stage(S::Verifying));
    for over in [S::Done, S::Failed] {
        assert_eq!(
            advance(at_stage(over), &seen(99_999)),
            (at_stage(over), None)
        );
    }
}

#[test]
fn a_machine_that_ssm_shows_and_refuses_is_waited_for_but_not_for_ever() {
    let mut repair = at_stage(S::Queued);
    note_refused(&mut repair, Work::Uninstall, "not in a valid state", at(60));
    assert_eq!(repair.stage, S::Queued);
    assert_eq!(repair.reason.as_deref(), Some("not in a valid state"));
    note_refused(
        &mut repair,
        Work::Uninstall,
        "not in a valid state",
        at(31 * 60),
    );
    assert_eq!(
        (repair.stage, repair.failed_at),
        (S::Failed, Some(S::Queued))
    );
}

#[test]
fn progress_only_grows_and_a_failure_shows_how_far_it_came() {
    let way = [
        S::WaitingForSsm,
        S::Queued,
        S::Uninstalling,
        S::Rebooting,
        S::ReadyToInstall,
        S::Installing,
        S::Verifying,
        S::Done,
    ];
    let shares: Vec<u8> = way
        .into_iter()
        .map(|stage| percent(&at_stage(stage)))
        .collect();
    assert!(
        shares.is_sorted() && shares.last() == Some(&100),
        "{shares:?}"
    );
    let broken = failed(at_stage(S::Verifying), at(9), "no");
    assert_eq!(percent(&broken), percent(&at_stage(S::Verifying)));
}
