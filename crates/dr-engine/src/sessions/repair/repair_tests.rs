//! The repair of a session's agents, decided by what is seen.

use dr_aws::{Invocation, ManagedInstance};
use dr_model::replication::{Replication, ReplicationDirection};
use dr_model::server::{ReplicationState, SourceServer};
use dr_model::session::{
    AgentRepair, MappedBy, MirroredServer, RepairStage as S, SessionServer, Stage, StepError,
};

use super::preview::need;
use super::{Act, allow, begin, decide, order};
use crate::agents::SsmView;
use crate::agents::progress::{begun, failed};
use crate::samples::at;
use crate::sessions::live::WaysBack;
use crate::sessions::samples::{B1, B2, a2, live, replication, server, session, way_back};
use crate::sessions::{Act as Any, reverse};

fn repairing(repair: AgentRepair) -> SessionServer {
    SessionServer {
        repair: Some(repair),
        ..server(Stage::Repairing)
    }
}

fn online() -> SsmView {
    let machine = ManagedInstance {
        id: B2.into(),
        ping_status: "Online".into(),
        is_online: true,
        platform: None,
        platform_name: None,
        agent_version: None,
        computer_name: None,
        ip_address: None,
        is_on_premises: false,
        last_ping_at: Some(at(90)),
    };
    let ran = Invocation {
        instance_id: B2.into(),
        status: "Success".into(),
        status_details: "Success".into(),
        is_over: true,
        succeeded: true,
        output: "Finished.".into(),
        error: String::new(),
        response_code: Some(0),
        started_at: None,
        ended_at: Some(at(20)),
    };
    SsmView::read([machine], [("c-1".to_owned(), vec![ran])])
}

fn copying() -> Replication {
    replication(ReplicationState::InitialSync, 10, 0)
}

fn gone() -> Replication {
    replication(ReplicationState::Disconnected, 0, 0)
}

/// A2 as the installer alone makes it: it knows nothing of a recovery.
fn installed() -> SourceServer {
    SourceServer {
        id: "s-44444444444444444".parse().unwrap(),
        direction: ReplicationDirection::Failover,
        ..a2(copying())
    }
}

#[test]
fn the_agent_is_removed_only_from_what_this_session_brings_home() {
    let server = repairing(begun(S::Queued, at(0)));
    let session = session(Stage::Repairing);
    let mut seen = live(None);
    assert!(allow(&server, &seen, &session).is_ok());
    for (is_drill, launched_at) in [(true, None), (false, Some(at(1)))] {
        for b2 in seen.recovered.values_mut().flatten() {
            (b2.is_drill, b2.launched_at) = (is_drill, launched_at);
        }
        let words = allow(&server, &seen, &session).unwrap_err().words();
        assert!(words.contains("only what is on its way home"), "{words}");
    }
    // The repair itself takes it out of DRS.
    seen.recovered.clear();
    assert!(allow(&server, &seen, &session).is_ok());
}

#[test]
fn each_stage_asks_for_the_one_thing_that_comes_next() {
    // Requirement 001, 2.2 to 2.4.
    for (stage, act) in [
        (S::WaitingForSsm, Some(Act::Uninstall)),
        (S::Queued, Some(Act::Uninstall)),
        (S::ReadyToInstall, Some(Act::Install)),
        // Heard of at 90, a minute and more after the command's end.
        (S::Uninstalling, Some(Act::Install)),
        (S::Installing, None),
        (S::Verifying, None),
        (S::Failed, None),
    ] {
        let mut seen = live(None);
        seen.ssm = online();
        let mut repair = begun(stage, at(0));
        repair.command_id = Some("c-1".into());
        let decision = decide(repairing(repair), &seen, &session(Stage::Repairing));
        assert_eq!(decision.act, act.map(Any::Repair), "{stage:?}");
        assert_eq!(decision.server.stage, Stage::Repairing);
    }
}

#[test]
fn a_repair_is_over_when_a2_stands_for_b2_in_the_origin_region() {
    // Requirement 001, 2.9 and 3.1. What stood there of before is disconnected and does not count.
    for (there, is_over) in [
        (None, false),
        (Some(a2(gone())), false),
        (Some(a2(copying())), true),
        (Some(installed()), true),
    ] {
        let verifying = repairing(begun(S::Verifying, at(0)));
        let seen = live(there.clone());
        let decision = decide(verifying, &seen, &session(Stage::Repairing));
        assert!(decision.act.is_none());
        assert_eq!(
            decision.server.stage == Stage::Reversing,
            is_over,
            "{there:?}"
        );
        if let Some(a2) = there.filter(|_| is_over) {
            let way_back = decision.server.way_back.unwrap();
            assert_eq!(way_back.source_server_id, a2.id);
            assert_eq!(way_back.mapped_by, MappedBy::InstanceId);
            assert_eq!(decision.server.repair.unwrap().stage, S::Done);
        }
    }
}

#[test]
fn a_server_of_that_name_is_no_proof_that_the_agent_was_installed() {
    let mut by_name = a2(copying());
    by_name.origin_instance_id = None;
    by_name.hostname = Some("web-1".into());
    let decision = decide(
        repairing(begun(S::Verifying, at(0))),
        &live(Some(by_name)),
        &session(Stage::Repairing),
    );
    assert_eq!(decision.server.stage, Stage::Repairing);
}

#[test]
fn losing_b2s_record_while_its_agent_is_removed_is_not_losing_b2() {
    let mut seen = live(None);
    seen.recovered.clear();
    for stage in [S::Uninstalling, S::Rebooting, S::Installing, S::Verifying] {
        let decision = decide(
            repairing(begun(stage, at(90))),
            &seen,
            &session(Stage::Repairing),
        );
        assert_eq!(decision.server.stage, Stage::Repairing, "{stage:?}");
    }
    // Ended by somebody, it is lost all the same.
    let mut seen = live(None);
    for instance in seen.recovered.get_mut(&B1.parse().unwrap()).unwrap() {
        instance.instance_state = "TERMINATED".into();
    }
    let decision = decide(
        repairing(begun(S::Rebooting, at(90))),
        &seen,
        &session(Stage::Repairing),
    );
    assert_eq!(decision.server.stage, Stage::LeftOut);
}

#[test]
fn after_a_repair_reverse_replication_is_followed_though_drs_forgot_b2() {
    let mut seen = live(None);
    seen.origin = WaysBack::of(vec![installed()]);
    seen.recovered.clear();
    let mut repaired = server(Stage::Reversing);
    repaired.repair = Some(begun(S::Done, at(50)));
    let decision = reverse::decide(repaired.clone(), &seen, &session(Stage::Reversing));
    assert_eq!(decision.server.stage, Stage::Reversing);
    assert!(decision.server.reverse.total_bytes > 0 && decision.act.is_none());
    // Without a repair, and without A2, a B2 that is gone is gone.
    repaired.repair = None;
    let decision = reverse::decide(repaired.clone(), &seen, &session(Stage::Reversing));
    assert_eq!(decision.server.stage, Stage::LeftOut);
    repaired.repair = Some(begun(S::Done, at(50)));
    seen.origin = WaysBack::default();
    let decision = reverse::decide(repaired, &seen, &session(Stage::Reversing));
    assert_eq!(decision.server.stage, Stage::LeftOut);
}

#[test]
fn what_somebody_does_by_hand_after_a_failure_is_seen() {
    let broken = failed(begun(S::Installing, at(0)), at(50), "no room");
    let seen = live(Some(a2(copying())));
    let decision = decide(repairing(broken), &seen, &session(Stage::Repairing));
    assert_eq!(decision.server.stage, Stage::Reversing);
    // Where nothing was removed yet, what replicates is what replicated before.
    let unbegun = failed(
        begun(S::WaitingForSsm, at(0)),
        at(50),
        "SSM does not reach it",
    );
    let decision = decide(repairing(unbegun), &seen, &session(Stage::Repairing));
    assert_eq!(decision.server.repair.unwrap().stage, S::Failed);
}

#[test]
fn only_an_agent_that_drs_does_not_hear_needs_a_repair() {
    let unseen = Replication {
        error: Some("AGENT_NOT_SEEN".into()),
        ..replication(ReplicationState::Stalled, 50, 0)
    };
    for (a2_shows, is_needed) in [
        (Some(copying()), false),
        (Some(gone()), true),
        (Some(unseen), true),
        // Not yet turned: B2's own agent waits for it.
        (None, false),
    ] {
        let seen = live(a2_shows.map(a2));
        let (needed, why) = need(&server(Stage::Reversing), &seen);
        assert_eq!(needed, is_needed, "{why}");
    }
    let mut seen = live(None);
    seen.recovered.get_mut(&B1.parse().unwrap()).unwrap()[0].replication = gone();
    assert!(need(&server(Stage::Recovered), &seen).0);
    seen.recovered.clear();
    assert!(need(&server(Stage::Recovered), &seen).0);
}

#[test]
fn an_agent_that_was_installed_for_another_region_needs_a_repair() {
    let mut refused = server(Stage::Reversing);
    refused.error = Some(StepError {
        step: "reverse_replication".into(),
        message: "this server was previously installed to replicate into another region or account"
            .into(),
        remediation: None,
        first_at: at(0),
        at: at(0),
        correlation_id: "c".into(),
        tries: 1,
        is_final: true,
    });
    assert!(need(&refused, &live(None)).0);
}

#[test]
fn a_repair_begins_once_goes_on_when_asked_twice_and_is_tried_again_after_a_failure() {
    // Requirement 001, 2.8.
    let mut fresh = server(Stage::Ready);
    begin(&mut fresh, at(5)).unwrap();
    assert_eq!(
        (fresh.stage, fresh.repair.as_ref().unwrap().stage),
        (Stage::Repairing, S::WaitingForSsm)
    );
    let under_way = repairing(begun(S::Rebooting, at(0)));
    let mut again = under_way.clone();
    begin(&mut again, at(9)).unwrap();
    assert_eq!(again, under_way);
    let mut broken = repairing(failed(begun(S::Installing, at(0)), at(5), "no room"));
    begin(&mut broken, at(9)).unwrap();
    let repair = broken.repair.unwrap();
    assert_eq!((repair.stage, repair.tries), (S::ReadyToInstall, 2));
    let mut unlaunched = server(Stage::Recovered);
    unlaunched.recovered = None;
    assert!(begin(&mut unlaunched, at(9)).is_err());
}

#[test]
fn the_agent_is_installed_towards_the_origin_and_names_the_account_where_it_is_another() {
    // Requirement 001, 2.5.
    let mut session = session(Stage::Repairing);
    let wanted = order(&session, Act::Install);
    assert_eq!(wanted.region, session.direction.primary.region);
    assert_eq!(
        wanted.other_account.as_ref(),
        Some(&session.direction.primary.account_id)
    );
    assert!(wanted.tags[0].ends_with(session.id.as_str()));
    session.direction.primary.account_id = session.direction.recovery.account_id.clone();
    assert_eq!(order(&session, Act::Install).other_account, None);
}

#[test]
fn what_was_mirrored_for_another_a2_is_to_be_mirrored_again() {
    let mirrored = MirroredServer {
        group_id: "pg-00000000-0000-4000-8000-000000000001".parse().unwrap(),
        target_instance_id: None,
        subnet_id: None,
        security_group_ids: Vec::new(),
        instance_profile: None,
        instance_type: None,
        private_ip: None,
        applied_at: Some(at(1)),
        problem: None,
    };
    for (there, is_kept) in [(a2(copying()), true), (installed(), false)] {
        let mut verifying = repairing(begun(S::Verifying, at(0)));
        verifying.way_back = Some(way_back());
        verifying.mirrored = Some(mirrored.clone());
        let decision = decide(verifying, &live(Some(there)), &session(Stage::Repairing));
        assert_eq!(decision.server.mirrored.is_some(), is_kept);
    }
}
