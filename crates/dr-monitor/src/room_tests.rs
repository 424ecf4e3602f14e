//! Room in DRS is never overdrawn.

use dr_model::execution::MAX_SERVERS_PER_JOB;
use dr_model::job::{Job, JobStatus, LaunchStatus};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Limits, MAX_JOBS, MAX_SERVERS_IN_JOBS, Room};
use crate::samples::job;

fn with(status: JobStatus, servers: usize) -> Job {
    job(status, vec![LaunchStatus::InProgress; servers])
}

fn any_job(rng: &mut StdRng) -> Job {
    let status = match rng.random_range(0..4) {
        0 => JobStatus::Pending,
        1 => JobStatus::Started,
        2 => JobStatus::Completed,
        _ => JobStatus::Other("TWISTED".to_owned()),
    };
    with(status, rng.random_range(0..=MAX_SERVERS_PER_JOB))
}

#[test]
fn no_quota_is_ever_passed_and_nothing_is_refused_without_need() {
    // A property over 2,000 random situations; the seed is in the message.
    for seed in 0..2_000 {
        let rng = &mut StdRng::seed_from_u64(seed);
        // At most 5 full jobs fit, so that what runs is within the quota more often than not.
        let jobs: Vec<Job> = (0..rng.random_range(0..15)).map(|_| any_job(rng)).collect();
        let active: Vec<&Job> = jobs.iter().filter(|job| job.is_active()).collect();
        let mut running = active.len();
        let mut servers: usize = active.iter().map(|job| job.servers.len()).sum();
        let mut room = Room::beside(&jobs, Limits::default());
        for _ in 0..60 {
            let asked = rng.random_range(1..150);
            let fits = asked <= MAX_SERVERS_PER_JOB
                && running < MAX_JOBS
                && servers + asked <= MAX_SERVERS_IN_JOBS;
            assert_eq!(room.take(asked), fits, "seed {seed}: {asked} servers");
            if fits {
                running += 1;
                servers += asked;
                assert!(
                    running <= MAX_JOBS && servers <= MAX_SERVERS_IN_JOBS,
                    "seed {seed}"
                );
            }
        }
        room.close();
        assert!(!room.take(1), "seed {seed}");
    }
}

#[test]
fn an_idle_place_takes_what_the_quotas_allow() {
    let room = Room::beside(&[], Limits::default());
    assert_eq!((room.jobs, room.servers), (20, 500));
}

#[test]
fn jobs_that_are_over_take_no_room_and_unknown_ones_do() {
    // Requirement 004: test_parallel_recovery_jobs. Other people's jobs count too.
    let room = Room::beside(
        &[
            with(JobStatus::Completed, 100),
            with(JobStatus::Pending, 10),
            with(JobStatus::Started, 20),
            with(JobStatus::Other("TWISTED".into()), 30),
        ],
        Limits::default(),
    );
    assert_eq!((room.jobs, room.servers), (17, 440));
}

#[test]
fn a_refused_batch_takes_nothing_and_a_smaller_one_still_fits() {
    let mut room = Room::beside(&vec![with(JobStatus::Started, 90); 5], Limits::default());
    assert!(!room.take(51));
    assert!(room.take(50));
    assert_eq!((room.jobs, room.servers), (14, 0));
}

#[test]
fn a_batch_beyond_one_job_never_fits() {
    assert!(!Room::beside(&[], Limits::default()).take(101));
}

#[test]
fn more_than_the_quota_running_leaves_none_and_not_less() {
    // The quota may have been raised, or the count be a moment old.
    let room = Room::beside(&vec![with(JobStatus::Started, 100); 25], Limits::default());
    assert_eq!((room.jobs, room.servers), (0, 0));
}
