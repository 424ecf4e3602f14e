//! Which servers fail back, and what became of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use dr_error::Error;
use dr_model::execution::{
    ExecutionStatus, ExecutionType, Identity, LaunchInto, ServerBlueprint, ServerProgress,
    ServerRun, ServerStatus,
};
use dr_model::ids::SourceServerId;
use dr_model::plan::OnFailure;
use dr_model::session::{Intent, SessionServer, Stage};

use super::{choose, decide, only, ways_back};
use crate::samples::{at, execution};
use crate::sessions::live::Live;
use crate::sessions::mirror::plan::{Subject, mirrored};
use crate::sessions::samples::{A1, A2, B1, live, server, session, way_back};
use crate::start::plan::WantedWave;

const OTHER: &str = "s-33333333333333333";

fn named(ids: &[&str]) -> BTreeSet<SourceServerId> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn other(stage: Stage) -> SessionServer {
    SessionServer {
        source_server_id: OTHER.parse().unwrap(),
        ..server(stage)
    }
}

fn fields(error: Error) -> Vec<(String, String)> {
    match error {
        Error::Invalid(problems) => problems
            .into_iter()
            .map(|problem| (problem.field, problem.expected))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_that_are_ready_fail_back_where_none_is_named() {
    let (ready, busy) = (server(Stage::Ready), other(Stage::Reversing));
    let chosen = choose(&[&ready, &busy], None).unwrap();
    assert_eq!(chosen, [&ready]);
}

#[test]
fn a_named_server_that_is_not_ready_or_not_of_the_session_is_refused_by_its_field() {
    let (ready, busy) = (server(Stage::Ready), other(Stage::Reversing));
    let both = [&ready, &busy];
    assert_eq!(choose(&both, Some(&named(&[B1]))).unwrap(), [&ready]);
    let refused = choose(&both, Some(&named(&[B1, OTHER]))).unwrap_err();
    assert_eq!(
        fields(refused),
        [(
            "source_server_ids[1]".to_owned(),
            "a server that is ready; it is Reversing".to_owned()
        )]
    );
    let refused = choose(&both, Some(&named(&["s-99999999999999999"]))).unwrap_err();
    assert!(fields(refused)[0].1.contains("of this session"));
    assert!(choose(&both, Some(&named(&[]))).is_err());
}

#[test]
fn a_server_without_mirrored_configuration_is_not_failed_back() {
    let bare = server(Stage::Ready);
    match ways_back(&[&bare]).unwrap_err() {
        Error::Conflict { code, message } => {
            assert_eq!(code, "NOT_MIRRORED");
            assert!(message.contains("web-1"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let subject = Subject {
        source_server_id: B1.parse().unwrap(),
        name: "web-1".into(),
        way_back: A2.parse().unwrap(),
        mapped_by: way_back().mapped_by,
        origin_instance_id: None,
        is_home: false,
    };
    let group = "pg-00000000-0000-0000-0000-000000000001".parse().unwrap();
    let server = SessionServer {
        mirrored: Some(mirrored(&subject, &group, None)),
        ..bare
    };
    let ways = ways_back(&[&server]).unwrap();
    assert_eq!(
        ways.into_iter().next(),
        Some((A2.parse().unwrap(), B1.parse().unwrap()))
    );
}

fn wave(name: &str, servers: &[&str], pause_before: bool) -> WantedWave {
    WantedWave {
        name: name.into(),
        pause_before,
        on_failure: OnFailure::Continue,
        actions_before: Vec::new(),
        actions_after: Vec::new(),
        servers: servers.iter().map(|id| blueprint(id)).collect(),
    }
}

fn blueprint(id: &str) -> ServerBlueprint {
    ServerBlueprint {
        source_server_id: id.parse().unwrap(),
        name: "web-1".into(),
        launch_into: LaunchInto::NewInstance,
        replaced_volume_ids: vec!["vol-new".into()],
    }
}

#[test]
fn a_wave_without_chosen_servers_is_left_out_and_its_pause_goes_to_the_next() {
    let waves = vec![
        wave("data", &[OTHER], true),
        wave("logic", &[A2, OTHER], false),
        wave("web", &[OTHER], true),
    ];
    let ways = BTreeMap::from([(A2.parse().unwrap(), B1.parse().unwrap())]);
    let kept = only(waves, &ways);
    let shape: Vec<_> = kept
        .iter()
        .map(|wave| (wave.name.as_str(), wave.servers.len(), wave.pause_before))
        .collect();
    assert_eq!(shape, [("logic", 1, true)]);
}

fn marked() -> SessionServer {
    SessionServer {
        intent: Some(Intent {
            action: "failback".into(),
            at: at(100),
        }),
        ..server(Stage::FailingBack)
    }
}

fn run(status: ServerStatus) -> ServerRun {
    let launched = status == ServerStatus::Launched;
    ServerRun {
        blueprint: blueprint(A2),
        progress: ServerProgress {
            status,
            recovery_instance_id: launched.then(|| A1.parse().unwrap()),
            reason: (!launched).then(|| "no capacity".to_owned()),
            identity: launched.then(|| Identity {
                instance_id: A1.parse().unwrap(),
                private_ip: Some("10.0.1.5".into()),
                instance_id_kept: true,
                private_ip_kept: true,
                reason: None,
            }),
            ..ServerProgress::waiting()
        },
    }
}

/// What is seen of an execution that ended so.
fn seen(execution_type: ExecutionType, status: ExecutionStatus, run: Option<ServerRun>) -> Live {
    let execution = dr_model::execution::Execution {
        execution_type,
        ..execution(status, Vec::new())
    };
    let runs = run
        .map(|run| (run.blueprint.source_server_id.clone(), run))
        .into_iter()
        .collect();
    Live {
        failback: Some((execution, runs)),
        ..live(None)
    }
}

fn after(live: &Live) -> SessionServer {
    let decision = decide(marked(), live, &session(Stage::FailingBack));
    assert!(decision.act.is_none());
    decision.server
}

#[test]
fn a_marked_server_waits_for_its_execution_and_is_let_go_when_it_never_comes() {
    let mut live = live(None);
    live.now = at(100) + Duration::seconds(299);
    assert_eq!(after(&live), marked());
    live.now = at(100) + Duration::seconds(300);
    let server = after(&live);
    assert_eq!((server.stage, server.intent), (Stage::Reversing, None));
}

#[test]
fn while_the_execution_runs_nothing_is_said() {
    let live = seen(
        ExecutionType::Recovery,
        ExecutionStatus::Launching,
        Some(run(ServerStatus::Launched)),
    );
    assert_eq!(after(&live), marked());
}

#[test]
fn a_recovery_that_launched_is_home_with_what_it_kept() {
    // Requirement 001, 6.5.
    let live = seen(
        ExecutionType::Recovery,
        ExecutionStatus::Completed,
        Some(run(ServerStatus::Launched)),
    );
    let server = after(&live);
    assert_eq!(server.stage, Stage::FailedBack);
    assert_eq!(server.error, None);
    let returned = server.returned.unwrap();
    assert_eq!(returned.instance_id, A1.parse().ok());
    assert_eq!(returned.recovery_instance_id, A1.parse().ok());
    assert!(returned.instance_id_kept && returned.private_ip_kept);
    assert_eq!(returned.replaced_volume_ids, ["vol-new"]);
}

#[test]
fn a_drill_that_launched_is_not_home() {
    let live = seen(
        ExecutionType::Drill,
        ExecutionStatus::Completed,
        Some(run(ServerStatus::Launched)),
    );
    let server = after(&live);
    assert_eq!(server.stage, Stage::Reversing);
    assert_eq!(
        server.returned.unwrap().execution_type,
        ExecutionType::Drill
    );
    assert_eq!(server.error, None);
}

#[test]
fn a_server_that_failed_was_skipped_or_is_missing_replicates_home_again_and_says_why() {
    // Requirement 001, 6.6: the failure is reported and can be tried again, for this server alone.
    for (run, words) in [
        (Some(run(ServerStatus::Failed)), "no capacity"),
        (Some(run(ServerStatus::Skipped)), "no capacity"),
        (None, "It was not part of the execution"),
    ] {
        let live = seen(
            ExecutionType::Recovery,
            ExecutionStatus::CompletedWithFailures,
            run,
        );
        let server = after(&live);
        assert_eq!(server.stage, Stage::Reversing);
        let error = server.error.unwrap();
        assert_eq!(
            (error.step.as_str(), error.message.as_str()),
            ("failback", words)
        );
        assert!(error.remediation.unwrap().contains("exec-"));
        let returned = server.returned.unwrap();
        assert_eq!(returned.instance_id, None);
        assert!(returned.replaced_volume_ids.is_empty());
    }
}

#[test]
fn volumes_that_earlier_failbacks_left_are_not_forgotten() {
    let live = seen(
        ExecutionType::Recovery,
        ExecutionStatus::Completed,
        Some(run(ServerStatus::Launched)),
    );
    let mut drilled = marked();
    let mut earlier = after(&live).returned.unwrap();
    earlier.replaced_volume_ids = vec!["vol-new".into(), "vol-old".into()];
    drilled.returned = Some(earlier);
    let server = decide(drilled, &live, &session(Stage::FailingBack)).server;
    assert_eq!(
        server.returned.unwrap().replaced_volume_ids,
        ["vol-new", "vol-old"]
    );
}
