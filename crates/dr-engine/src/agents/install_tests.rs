//! First installations: what is refused, what is sent, what is recorded.

use std::collections::BTreeMap;

use dr_aws::{Invocation, ManagedInstance};
use dr_error::{AwsCall, AwsClass, AwsError, Error};
use dr_model::ids::MachineId;
use dr_model::installation::{Installation, InstallingMachine};
use dr_model::place::Place;
use dr_model::session::RepairStage as S;

use super::{Wanted, jobs, observe, problems, record, unfit};
use crate::agents::candidates::{Candidate, Protection, Standing};
use crate::agents::command::Sent;
use crate::agents::look::SsmView;
use crate::agents::progress::begun;
use crate::samples::at;

const ONE: &str = "i-00000000000000001";
const TWO: &str = "i-00000000000000002";

fn place(region: &str) -> Place {
    Place {
        account_id: "111122223333".parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

fn id(text: &str) -> MachineId {
    text.parse().unwrap()
}

fn wanted(machines: &[&str]) -> Wanted {
    Wanted {
        place: place("us-east-1"),
        machine_ids: machines.iter().map(|machine| id(machine)).collect(),
        target_region: "us-west-2".parse().unwrap(),
        tags: BTreeMap::from([("Tier".to_owned(), "web 1".to_owned())]),
        by: "ann".into(),
    }
}

fn installation() -> Installation {
    let machine = |machine: &str| InstallingMachine {
        machine_id: id(machine),
        name: None,
        progress: begun(S::ReadyToInstall, at(0)),
        source_server_id: None,
    };
    Installation {
        id: "ai-00000000-0000-4000-8000-000000000001".parse().unwrap(),
        place: place("us-east-1"),
        target_region: "us-west-2".parse().unwrap(),
        tags: Vec::new(),
        machines: vec![machine(ONE), machine(TWO)],
        intended_at: None,
        is_active: true,
        created_by: "ann".into(),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

fn machine(machine: &str, is_online: bool) -> ManagedInstance {
    ManagedInstance {
        id: machine.into(),
        ping_status: if is_online {
            "Online"
        } else {
            "ConnectionLost"
        }
        .into(),
        is_online,
        platform: None,
        platform_name: None,
        agent_version: None,
        computer_name: None,
        ip_address: None,
        is_on_premises: false,
        last_ping_at: None,
    }
}

fn invocation(machine: &str, succeeded: bool) -> Invocation {
    let status = if succeeded { "Success" } else { "Failed" };
    Invocation {
        instance_id: machine.into(),
        status: status.into(),
        status_details: status.into(),
        is_over: true,
        succeeded,
        output: String::new(),
        error: if succeeded {
            ""
        } else {
            "AccessDeniedException"
        }
        .into(),
        response_code: Some(i32::from(!succeeded)),
        started_at: None,
        ended_at: Some(at(50)),
    }
}

fn standing(machine: &str, is_connected: bool, region: &str) -> Standing {
    Standing {
        instance_id: machine.parse().ok(),
        name: None,
        protection: Protection {
            place: place(region),
            source_server_id: "s-11111111111111111".parse().unwrap(),
            is_connected,
        },
    }
}

fn candidate(machine: &str, protections: Vec<Protection>) -> Candidate {
    Candidate {
        machine_id: id(machine),
        name: Some("web".into()),
        platform: None,
        os: None,
        state: Some("running".into()),
        ssm_status: Some("Online".into()),
        protections,
        can_install: true,
        reasons_not: Vec::new(),
    }
}

fn error(class: AwsClass) -> Error {
    AwsError {
        call: AwsCall {
            service: "ssm",
            operation: "SendCommand",
            place: String::new(),
        },
        class,
        code: "Code".into(),
        message: "words".into(),
        retry_after: None,
        detail: String::new(),
        aws_request_id: None,
    }
    .into()
}

fn stages(installation: &Installation) -> Vec<S> {
    installation
        .machines
        .iter()
        .map(|machine| machine.progress.stage)
        .collect()
}

#[test]
fn more_than_fifty_machines_none_and_tags_that_the_document_refuses_are_refused() {
    // Requirement 002, phase 1: at most 50 instances.
    assert!(problems(&wanted(&[ONE])).is_empty());
    let many: Vec<String> = (0..51).map(|n| format!("i-{n:017x}")).collect();
    for machines in [Vec::new(), many.iter().map(String::as_str).collect()] {
        assert_eq!(problems(&wanted(&machines))[0].field, "machine_ids");
    }
    for (key, value) in [
        ("", "web"),
        ("a key", "web"),
        ("Tier", ""),
        ("Tier", "a,b"),
        ("Tier", "a=b"),
        ("Tier", "$(reboot)"),
        ("Tier", "a'b"),
        ("Tier", "ä"),
        ("Tier", &"x".repeat(51)),
    ] {
        let mut wanted = wanted(&[ONE]);
        wanted.tags = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        assert_eq!(problems(&wanted).len(), 1, "{key}={value}");
    }
}

#[test]
fn a_machine_that_is_protected_anywhere_is_refused_with_its_source_server() {
    let target = place("us-west-2");
    let check = |found: Vec<Candidate>, there: &[Standing]| {
        let checks = unfit(&wanted(&[ONE]), &found, there, &target);
        checks.first().map(|check| check.message.clone())
    };
    let fit = || vec![candidate(ONE, Vec::new())];
    assert_eq!(check(fit(), &[]), None);
    assert!(check(Vec::new(), &[]).unwrap().contains("Neither"));
    // The inventory may be old: the target region is looked at again.
    let message = check(fit(), &[standing(ONE, true, "us-west-2")]).unwrap();
    assert!(message.contains("s-11111111111111111"), "{message}");
    // What stands there disconnected begins again; elsewhere the installer refuses.
    assert_eq!(check(fit(), &[standing(ONE, false, "us-west-2")]), None);
    let elsewhere = vec![candidate(
        ONE,
        vec![standing(ONE, false, "eu-west-1").protection],
    )];
    assert!(check(elsewhere, &[]).unwrap().contains("eu-west-1"));
    let mut stopped = candidate(ONE, Vec::new());
    (stopped.can_install, stopped.reasons_not) = (false, vec!["It is stopped".into()]);
    assert_eq!(check(vec![stopped], &[]).unwrap(), "It is stopped");
}

#[test]
fn the_intent_is_written_once_and_again_when_nothing_came_of_it() {
    let both = SsmView::read([machine(ONE, true), machine(TWO, false)], []);
    let mut run = installation();
    observe(&mut run, &both, &BTreeMap::new(), at(10));
    assert_eq!(run.intended_at, Some(at(10)));
    // Only the machine that SSM reaches is sent anything.
    let sent: Vec<String> = jobs(&run, &both)
        .into_iter()
        .map(|job| job.machine)
        .collect();
    assert_eq!(sent, [ONE]);
    observe(&mut run, &both, &BTreeMap::new(), at(50));
    assert_eq!(run.intended_at, Some(at(10)), "somebody is sending it");
    observe(&mut run, &both, &BTreeMap::new(), at(71));
    assert_eq!(run.intended_at, Some(at(71)), "whoever began it is gone");
}

#[test]
fn an_installation_ends_when_every_source_server_has_appeared_or_its_machine_failed() {
    let mut run = installation();
    run.intended_at = Some(at(10));
    let sent = [ONE, TWO].map(|machine| (machine.to_owned(), Ok(Sent::Command("c".into()))));
    record(&mut run, &sent, at(11));
    assert_eq!(
        (stages(&run), run.intended_at),
        (vec![S::Installing; 2], None)
    );
    let ssm = SsmView::read(
        [machine(ONE, true), machine(TWO, true)],
        [(
            "c".to_owned(),
            vec![invocation(ONE, true), invocation(TWO, false)],
        )],
    );
    observe(&mut run, &ssm, &BTreeMap::new(), at(60));
    assert_eq!(
        (stages(&run), run.is_active),
        (vec![S::Verifying, S::Failed], true)
    );
    let reason = run.machines[1].progress.reason.clone().unwrap();
    assert!(reason.contains("AccessDeniedException"), "{reason}");
    let appeared = BTreeMap::from([(id(ONE), standing(ONE, true, "us-west-2"))]);
    observe(&mut run, &ssm, &appeared, at(90));
    assert_eq!(
        (stages(&run), run.is_active),
        (vec![S::Done, S::Failed], false)
    );
    assert!(run.machines[0].source_server_id.is_some());
}

#[test]
fn what_may_have_arrived_is_looked_for_later_and_what_never_will_is_a_failure() {
    for (class, stage, is_intended) in [
        (AwsClass::Unavailable, S::ReadyToInstall, true),
        (AwsClass::Throttled, S::ReadyToInstall, false),
        (AwsClass::AccessDenied, S::Failed, false),
        (AwsClass::Invalid, S::Failed, false),
    ] {
        let mut run = installation();
        run.intended_at = Some(at(10));
        record(&mut run, &[(ONE.to_owned(), Err(error(class)))], at(11));
        assert_eq!(run.machines[0].progress.stage, stage, "{class:?}");
        assert_eq!(run.intended_at.is_some(), is_intended, "{class:?}");
        assert_eq!(run.machines[1].progress.stage, S::ReadyToInstall);
    }
}
