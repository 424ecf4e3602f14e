//! What is sent, and what is found again.

use dr_aws::SentCommand;
use dr_model::server::Platform;

use super::{INSTALL_DOCUMENT, Job, Order, Work, addressed, command, document, label};
use crate::commands::{Addressee, adopted, batches};
use crate::samples::at;

fn order(work: Work, other: Option<&str>) -> Order {
    Order {
        by: "fs-00000000-0000-4000-8000-000000000001".into(),
        work,
        region: "us-east-1".parse().unwrap(),
        other_account: other.map(|account| account.parse().unwrap()),
        tags: vec!["Tier=web".into(), "Owner=a b".into()],
    }
}

fn job(n: usize, platform: Platform) -> Job {
    Job {
        machine: format!("i-{n:017x}"),
        platform,
        since: at(100),
        last_command: None,
    }
}

fn sent(id: &str, comment: &str, machine: &str, second: i64) -> SentCommand {
    SentCommand {
        id: id.into(),
        document: INSTALL_DOCUMENT.into(),
        comment: comment.into(),
        requested_at: Some(at(second)),
        instance_ids: vec![machine.into()],
    }
}

#[test]
fn the_document_gets_the_origins_region_and_the_tags_and_nothing_else() {
    // Requirement 001, 2.4 and 2.5.
    let sent = command(
        &order(Work::Install, None),
        INSTALL_DOCUMENT,
        vec!["i-1".into()],
        "c".into(),
    );
    assert_eq!(sent.parameters["Region"], ["us-east-1"]);
    assert_eq!(sent.parameters["Tags"], ["Tier=web,Owner=a b"]);
    assert_eq!(sent.parameters.len(), 2);
    let untagged = Order {
        tags: Vec::new(),
        ..order(Work::Install, None)
    };
    let sent = command(&untagged, INSTALL_DOCUMENT, vec!["i-1".into()], "c".into());
    assert!(!sent.parameters.contains_key("Tags"));
}

#[test]
fn an_agent_is_removed_by_its_platforms_script_and_the_restart_comes_later() {
    // Requirement 001, 2.2 and 2.3.
    for (platform, name, uninstalls, restarts) in [
        (
            Platform::Linux,
            "AWS-RunShellScript",
            "uninstall_agent_linux.sh ||",
            "shutdown -r +1",
        ),
        (
            Platform::Windows,
            "AWS-RunPowerShellScript",
            "install_agent_windows.exe\" --remove",
            "shutdown /r /t 60",
        ),
    ] {
        let order = order(Work::Uninstall, None);
        let document = document(&order, platform);
        assert_eq!(document, name);
        let lines =
            &command(&order, document, vec!["i-1".into()], "c".into()).parameters["commands"];
        let at = |wanted: &str| lines.iter().position(|line| line.contains(wanted));
        assert!(
            at("stopAgent").unwrap() <= at(uninstalls).unwrap(),
            "{lines:?}"
        );
        assert_eq!(at(restarts), Some(lines.len() - 1), "{lines:?}");
        // The folder of the agent stays until after the restart.
        assert!(
            !lines
                .iter()
                .any(|line| line.contains("rm -rf") || line.contains("-Path $agent"))
        );
    }
}

#[test]
fn across_accounts_the_installer_itself_names_the_account() {
    for (platform, line) in [
        (
            Platform::Linux,
            "./aws-replication-installer-init --no-prompt --region us-east-1 --account-id 111122223333 --tags 'Tier=web' 'Owner=a b'",
        ),
        (
            Platform::Windows,
            r"& .\AwsReplicationWindowsInstaller.exe --no-prompt --region us-east-1 --account-id 111122223333 --tags 'Tier=web' 'Owner=a b'",
        ),
    ] {
        let order = order(Work::Install, Some("111122223333"));
        let document = document(&order, platform);
        assert_ne!(document, INSTALL_DOCUMENT);
        let lines =
            &command(&order, document, vec!["i-1".into()], "c".into()).parameters["commands"];
        assert!(lines.iter().any(|given| given == line), "{lines:?}");
        assert!(lines.iter().any(|given| given.contains("sha512")));
    }
}

#[test]
fn a_command_takes_fifty_machines_of_one_document() {
    let machines = || {
        (0..120)
            .map(|n| {
                job(
                    n,
                    if n < 60 {
                        Platform::Linux
                    } else {
                        Platform::Windows
                    },
                )
            })
            .collect::<Vec<_>>()
    };
    let sizes = |order: &Order| {
        let mut sizes: Vec<usize> = batches(addressed(order, machines()))
            .iter()
            .map(|(_, b)| b.len())
            .collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(&order(Work::Uninstall, None)), [10, 10, 50, 50]);
    assert_eq!(sizes(&order(Work::Install, None)), [20, 50, 50]);
}

#[test]
fn a_command_whose_answer_was_lost_is_found_by_its_comment_and_not_sent_again() {
    let order = order(Work::Install, None);
    let comment = format!("{} 20260101T000000000Z-1", label(&order));
    assert!(comment.len() <= 100, "{comment}");
    let (_, job) = addressed(&order, vec![job(11, Platform::Linux)]).remove(0);
    let mine = job.machine.as_str();
    let removal = super::label(&Order {
        work: Work::Uninstall,
        ..order.clone()
    }) + " x-1";
    for (found, command, why) in [
        (true, sent("c", &comment, mine, 100), "sent since"),
        (
            true,
            sent("c", &comment, mine, 60),
            "their clock is behind ours",
        ),
        (false, sent("c", &comment, mine, 20), "an earlier try"),
        (
            false,
            sent("c", &comment, "i-0000000000000000c", 100),
            "for another machine",
        ),
        (false, sent("c", &removal, mine, 100), "other work"),
        (
            false,
            sent("c", "somebody else's", mine, 100),
            "by somebody else",
        ),
    ] {
        assert_eq!(
            adopted(&label(&order), &job, &[command]).is_some(),
            found,
            "{why}"
        );
    }
    let known = Addressee {
        last_command: Some("c".into()),
        ..job.clone()
    };
    assert_eq!(
        adopted(&label(&order), &known, &[sent("c", &comment, mine, 100)]),
        None
    );
    let both = [
        sent("old", &comment, mine, 90),
        sent("new", &comment, mine, 120),
    ];
    assert_eq!(adopted(&label(&order), &job, &both).as_deref(), Some("new"));
}
