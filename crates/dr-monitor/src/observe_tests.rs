//! Beside those of the engine's `decide_tests`, which follow a batch through its whole life.

use dr_model::execution::{Batch, BatchLaunch, ServerStatus};
use dr_model::job::{JobStatus, LaunchStatus};

use super::{failed, observed, settled, started};
use crate::samples::{at, batch, entry, job, job_id, server};

fn running(servers: usize) -> Batch {
    started(&batch(servers), job_id(), at(0))
}

fn statuses(batch: &Batch) -> Vec<ServerStatus> {
    batch.servers.iter().map(|s| s.progress.status).collect()
}

fn reason(batch: &Batch, n: usize) -> &str {
    batch.servers[n]
        .progress
        .reason
        .as_deref()
        .unwrap_or("no reason")
}

#[test]
fn each_word_of_drs_has_its_meaning_while_the_job_runs_and_when_it_is_over() {
    // Requirement 004: test_per_instance_status_tracking, test_job_completion_detection.
    use ServerStatus as S;
    for (word, while_running, when_over) in [
        (LaunchStatus::Pending, S::Pending, S::Failed),
        (LaunchStatus::InProgress, S::InProgress, S::Failed),
        (LaunchStatus::Launched, S::Launched, S::Launched),
        (LaunchStatus::Failed, S::Failed, S::Failed),
        (LaunchStatus::Terminated, S::Failed, S::Failed),
        (LaunchStatus::Other("ODD".into()), S::InProgress, S::Failed),
    ] {
        let seen = observed(
            &running(1),
            &job(JobStatus::Started, [word.clone()]),
            None,
            at(9),
        );
        assert_eq!(statuses(&seen), [while_running], "{word:?}");
        assert!(!seen.is_settled());
        let over = job(JobStatus::Completed, [word.clone()]);
        let seen = observed(&running(1), &over, Some(&[]), at(9));
        assert_eq!(statuses(&seen), [when_over], "{word:?}");
        assert!(seen.is_settled());
        let is_failed = when_over == S::Failed;
        assert_eq!(
            seen.servers[0].progress.reason.is_some(),
            is_failed,
            "{word:?}"
        );
    }
}

#[test]
fn the_end_of_a_job_keeps_its_id_and_its_time() {
    let over = job(JobStatus::Completed, [LaunchStatus::Launched]);
    let seen = observed(&running(1), &over, Some(&[]), at(77));
    assert_eq!(
        seen.launch,
        BatchLaunch::Done {
            job_id: Some(job_id()),
            at: at(77)
        }
    );
}

#[test]
fn an_instance_that_was_shown_once_is_not_forgotten() {
    let mut shown = job(JobStatus::Started, [LaunchStatus::InProgress]);
    shown.servers[0].recovery_instance_id = "i-0000000000000000a".parse().ok();
    let seen = observed(&running(1), &shown, None, at(1));
    let silent = job(JobStatus::Completed, [LaunchStatus::Launched]);
    let seen = observed(&seen, &silent, Some(&[]), at(2));
    let id = seen.servers[0].progress.recovery_instance_id.clone();
    assert_eq!(id, "i-0000000000000000a".parse().ok());
}

#[test]
fn a_server_that_the_job_does_not_hold_waits_until_the_job_is_over() {
    let short = job(JobStatus::Started, [LaunchStatus::InProgress]);
    let seen = observed(&running(2), &short, None, at(1));
    assert_eq!(statuses(&seen)[1], ServerStatus::Pending);
    let over = job(JobStatus::Completed, [LaunchStatus::Launched]);
    let seen = observed(&seen, &over, Some(&[]), at(2));
    assert_eq!(statuses(&seen)[1], ServerStatus::Failed);
    assert!(reason(&seen, 1).contains("launch template"));
}

#[test]
fn a_failure_seen_early_gets_its_reason_when_the_job_is_over() {
    let early = job(
        JobStatus::Started,
        [LaunchStatus::Failed, LaunchStatus::InProgress],
    );
    let seen = observed(&running(2), &early, None, at(1));
    assert_eq!(statuses(&seen)[0], ServerStatus::Failed);
    let over = job(
        JobStatus::Completed,
        [LaunchStatus::Failed, LaunchStatus::Launched],
    );
    let log = [entry("LAUNCH_FAILED", Some(0), Some("no capacity"))];
    let seen = observed(&seen, &over, Some(&log), at(2));
    assert_eq!(reason(&seen, 0), "LAUNCH_FAILED: no capacity");
}

#[test]
fn the_last_error_of_the_server_itself_is_the_reason() {
    let over = job(JobStatus::Completed, [LaunchStatus::Failed]);
    let log = [
        entry("SNAPSHOT_FAIL", Some(0), Some("slow down")),
        entry("LAUNCH_FAILED", Some(0), Some("no capacity")),
        entry("LAUNCH_FAILED", Some(1), Some("another server's")),
        entry("JOB_END", None, Some("the job's")),
    ];
    let seen = observed(&running(1), &over, Some(&log), at(2));
    assert_eq!(reason(&seen, 0), "LAUNCH_FAILED: no capacity");
}

#[test]
fn a_failure_without_an_error_points_at_permissions() {
    // DRS shows a gap in the caller's permissions as a bare LAUNCH_FAILED, some 5 minutes into the launch.
    let over = job(JobStatus::Completed, [LaunchStatus::Failed]);
    for log in [vec![], vec![entry("LAUNCH_FAILED", Some(0), None)]] {
        let seen = observed(&running(1), &over, Some(&log), at(2));
        assert!(
            reason(&seen, 0).contains("CloudTrail"),
            "{}",
            reason(&seen, 0)
        );
    }
}

#[test]
fn a_job_that_ends_without_instance_and_error_points_at_the_template() {
    let over = job(JobStatus::Completed, [LaunchStatus::Pending]);
    let log = [
        entry("SNAPSHOT_START", Some(0), None),
        entry("SNAPSHOT_END", Some(0), None),
        entry("JOB_END", None, None),
    ];
    let seen = observed(&running(1), &over, Some(&log), at(2));
    assert!(
        reason(&seen, 0).contains("launch template"),
        "{}",
        reason(&seen, 0)
    );
}

#[test]
fn servers_that_were_left_out_are_none_of_the_jobs_business() {
    let mut before = running(3);
    before.servers[1].progress.status = ServerStatus::Skipped;
    before.servers[1].progress.reason = Some("left out".into());
    before.servers[2].progress.status = ServerStatus::Failed;
    before.servers[2].progress.reason = Some("refused".into());
    let over = job(JobStatus::Completed, vec![LaunchStatus::Launched; 3]);
    let seen = observed(&before, &over, Some(&[]), at(2));
    assert_eq!(
        statuses(&seen),
        [
            ServerStatus::Launched,
            ServerStatus::Skipped,
            ServerStatus::Failed
        ]
    );
    assert_eq!(
        (reason(&seen, 1), reason(&seen, 2)),
        ("left out", "refused")
    );
}

#[test]
fn the_copy_of_the_log_is_replaced_by_a_newer_one_and_kept_without_one() {
    // Requirement 004: test_job_log_retrieval, test_job_timeline_tracking.
    let under_way = job(JobStatus::Started, [LaunchStatus::InProgress]);
    let first = [entry("JOB_START", None, None)];
    let seen = observed(&running(1), &under_way, Some(&first), at(5));
    assert_eq!((seen.log.len(), seen.log_copied_at), (1, Some(at(5))));
    let seen = observed(&seen, &under_way, None, at(6));
    assert_eq!((seen.log.len(), seen.log_copied_at), (1, Some(at(5))));
    let second = [
        entry("JOB_START", None, None),
        entry("SNAPSHOT_START", Some(0), None),
    ];
    let seen = observed(&seen, &under_way, Some(&second), at(7));
    assert_eq!(seen.log, second);
    assert_eq!(seen.log_copied_at, Some(at(7)));
}

#[test]
fn what_drs_accepted_is_pending_and_keeps_the_time_of_the_intent() {
    let mut before = batch(2);
    before.servers[1].progress.status = ServerStatus::Skipped;
    let next = started(&before, job_id(), at(3));
    assert_eq!(
        statuses(&next),
        [ServerStatus::Pending, ServerStatus::Skipped]
    );
    assert_eq!(
        next.launch,
        BatchLaunch::Started {
            job_id: job_id(),
            at: at(3)
        }
    );
    assert_eq!(started(&next, job_id(), at(3)), next);
}

#[test]
fn settling_touches_only_who_still_waits() {
    let mut before = batch(3);
    before.servers[1].progress.status = ServerStatus::Failed;
    before.servers[2].progress.status = ServerStatus::Launched;
    let next = settled(&before, "cancelled", at(4));
    assert_eq!(
        statuses(&next),
        [
            ServerStatus::Skipped,
            ServerStatus::Failed,
            ServerStatus::Launched
        ]
    );
    assert_eq!(reason(&next, 0), "cancelled");
    assert_eq!((reason(&next, 1), next.job_id()), ("no reason", None));
    assert!(next.is_settled());
}

#[test]
fn one_bad_server_fails_alone_and_the_rest_is_launched_again() {
    // Requirement 004: test_partial_failure_handling.
    let mut before = batch(3);
    before.launch = BatchLaunch::Intended { at: at(1) };
    before.servers[2].progress.status = ServerStatus::Skipped;
    let next = failed(&before, &[server(1), server(2)], "the target is gone");
    assert_eq!(
        statuses(&next),
        [
            ServerStatus::Waiting,
            ServerStatus::Failed,
            ServerStatus::Skipped
        ]
    );
    assert_eq!(reason(&next, 1), "the target is gone");
    assert_eq!(next.launch, BatchLaunch::Waiting);
}
