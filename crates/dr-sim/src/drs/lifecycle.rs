//! The life of a job: PENDING, STARTED, per server snapshot, clean-up, conversion and launch,
//! COMPLETED. Each stage does its part when its time comes and schedules the next, with a
//! seeded spread around the durations that were observed on real accounts.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::job::LogItem;
use super::state::State;
use super::{launch, replication, snapshots};
use crate::world::World;

/// Something that happens at its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A job is picked up.
    Begin {
        /// The job.
        job: String,
    },
    /// A stage of one server of a job is over.
    Server {
        /// The job.
        job: String,
        /// The server.
        server: String,
        /// The stage.
        stage: Stage,
    },
    /// A job whose servers are done ends.
    Finish {
        /// The job.
        job: String,
    },
}

/// A stage of one server in a job, named by what happens when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The snapshot begins.
    Snapshot,
    /// The snapshot is taken.
    SnapshotTaken,
    /// Earlier recovery instances are gone.
    CleanedUp,
    /// The conversion is over.
    Converted,
    /// EC2 is asked for the instance.
    Boot,
    /// The launch is over, well or badly.
    Launched,
    /// Termination begins.
    Terminate,
    /// Termination is over.
    Terminated,
}

/// Where a step happens and when: what every stage needs.
pub(super) struct Scene<'a> {
    pub world: &'a mut World,
    pub account: &'a str,
    pub region: &'a str,
    pub now: DateTime<Utc>,
}

impl Scene<'_> {
    pub fn state(&mut self) -> &mut State {
        &mut self.world.place(self.account, self.region).drs
    }

    pub fn log(&mut self, job: &str, item: LogItem) {
        if let Some(job) = self.state().jobs.get_mut(job) {
            job.log.push(item);
        }
    }

    pub fn line(&mut self, job: &str, server: &str, event: &str) {
        let item = LogItem::new(self.now, event, Some(server));
        self.log(job, item);
    }

    pub fn status(&mut self, job: &str, server: &str, status: &str) {
        let state = self.state();
        let open = state.jobs.get_mut(job);
        for participant in open.into_iter().flat_map(|job| &mut job.participants) {
            if participant.server == server {
                status.clone_into(&mut participant.status);
            }
        }
        let last = state
            .servers
            .get_mut(server)
            .and_then(|server| server.last_launch.as_mut())
            .filter(|last| last.job_id == job);
        if let Some(last) = last {
            status.clone_into(&mut last.status);
        }
    }

    pub fn next(&mut self, job: &str, server: &str, stage: Stage, low: u64, high: u64) {
        let seconds = self.world.dice.between(low, high);
        let step = Step::Server {
            job: job.to_owned(),
            server: server.to_owned(),
            stage,
        };
        schedule(
            self.world,
            self.account,
            self.region,
            self.now,
            seconds,
            step,
        );
    }

    /// The job is done with a server; with the last one it ends.
    pub fn done(&mut self, job: &str, server: &str) {
        let Some(open) = self.state().jobs.get_mut(job) else {
            return;
        };
        if let Some(participant) = open.participant(server) {
            participant.done = true;
        }
        if open.participants.iter().all(|p| p.done) {
            let seconds = self.world.dice.between(2, 5);
            let step = Step::Finish {
                job: job.to_owned(),
            };
            schedule(
                self.world,
                self.account,
                self.region,
                self.now,
                seconds,
                step,
            );
        }
    }
}

/// Puts a step `seconds` ahead.
pub(super) fn schedule(
    world: &mut World,
    account: &str,
    region: &str,
    now: DateTime<Utc>,
    seconds: u64,
    step: Step,
) {
    let place = world.place(account, region);
    place.drs.due.put(now, seconds, step);
}

/// When the next step of any account and region is due.
#[must_use]
pub fn next_due(world: &World) -> Option<DateTime<Utc>> {
    world.next_of(|place| place.drs.due.next())
}

/// Carries out every step that is due, account by account, region by region.
pub fn advance(world: &mut World, now: DateTime<Utc>) {
    for (account, region) in world.due_of(now, |place| place.drs.due.next()) {
        while let Some((at, steps)) = world.place(&account, &region).drs.due.take(now) {
            for step in steps {
                let mut scene = Scene {
                    world,
                    account: &account,
                    region: &region,
                    now: at,
                };
                carry_out(&mut scene, step);
            }
        }
    }
}

fn carry_out(scene: &mut Scene<'_>, step: Step) {
    match step {
        Step::Begin { job } => begin(scene, &job),
        Step::Finish { job } => {
            let now = scene.now;
            scene.state().close_job(&job, now);
        }
        Step::Server { job, server, stage } => match stage {
            Stage::Snapshot => snapshot(scene, &job, &server),
            Stage::SnapshotTaken => snapshot_taken(scene, &job, &server),
            Stage::CleanedUp => launch::cleaned_up(scene, &job, &server),
            Stage::Converted => launch::converted(scene, &job, &server),
            Stage::Boot => launch::boot(scene, &job, &server),
            Stage::Launched => launch::launched(scene, &job, &server),
            Stage::Terminate => terminate(scene, &job, &server),
            Stage::Terminated => terminated(scene, &job, &server),
        },
    }
}

fn begin(scene: &mut Scene<'_>, id: &str) {
    let now = scene.now;
    let Some(job) = scene.state().jobs.get_mut(id) else {
        return;
    };
    job.status = "STARTED".to_owned();
    job.log.push(LogItem::new(now, "JOB_START", None));
    let first = if job.kind == "TERMINATE" {
        Stage::Terminate
    } else {
        Stage::Snapshot
    };
    // Several recovery instances of one server are one piece of work.
    let mut seen = BTreeSet::new();
    let servers: Vec<String> = job
        .participants
        .iter()
        .map(|participant| participant.server.clone())
        .filter(|server| seen.insert(server.clone()))
        .collect();
    for server in servers {
        scene.next(id, &server, first, 1, 5);
    }
}

fn snapshot(scene: &mut Scene<'_>, job: &str, server: &str) {
    scene.status(job, server, "IN_PROGRESS");
    let pinned = scene
        .state()
        .jobs
        .get_mut(job)
        .and_then(|job| job.participant(server))
        .is_some_and(|participant| participant.point.is_some());
    if pinned {
        // A chosen point in time needs no new snapshot.
        scene.line(job, server, "USING_PREVIOUS_SNAPSHOT");
        launch::after_snapshot(scene, job, server);
    } else {
        scene.line(job, server, "SNAPSHOT_START");
        // A snapshot takes about a minute.
        scene.next(job, server, Stage::SnapshotTaken, 45, 75);
    }
}

fn snapshot_taken(scene: &mut Scene<'_>, job: &str, server: &str) {
    let now = scene.now;
    let (account, region) = (scene.account, scene.region);
    let world = &*scene.world;
    let found = world
        .at(account, region)
        .and_then(|place| place.drs.servers.get(server));
    let Some(source) = found else {
        fail(
            scene,
            job,
            server,
            "SNAPSHOT_FAIL",
            "The source server no longer exists.",
        );
        return;
    };
    let seen = replication::observe(world, source, now);
    let unseen = replication::unseen_since(world, source, now);
    let latest = snapshots::points(source, unseen, now).into_iter().next();
    let (event, at) = match latest {
        _ if seen.is_current() => ("SNAPSHOT_END", Some(now - seen.lag.unwrap_or_default())),
        Some(point) => ("SNAPSHOT_FAIL", Some(point.at)),
        None => ("SNAPSHOT_FAIL", None),
    };
    let state = scene.state();
    let Some(at) = at else {
        let reason = "No consistent snapshot could be taken and no earlier one exists.";
        fail(scene, job, server, event, reason);
        return;
    };
    if let Some(participant) = state.jobs.get_mut(job).and_then(|j| j.participant(server)) {
        participant.point_at = Some(at);
    }
    scene.line(job, server, event);
    if event == "SNAPSHOT_FAIL" {
        scene.line(job, server, "USING_PREVIOUS_SNAPSHOT");
    }
    launch::after_snapshot(scene, job, server);
}

/// A server fails: one log line says why, the job goes on with the others.
pub(super) fn fail(scene: &mut Scene<'_>, job: &str, server: &str, event: &str, why: &str) {
    let item = LogItem {
        raw_error: Some(why.to_owned()),
        ..LogItem::new(scene.now, event, Some(server))
    };
    scene.log(job, item);
    launch::failed(scene, job, server);
}

fn terminate(scene: &mut Scene<'_>, job: &str, server: &str) {
    scene.status(job, server, "IN_PROGRESS");
    scene.line(job, server, "CLEANUP_START");
    scene.next(job, server, Stage::Terminated, 15, 45);
}

fn terminated(scene: &mut Scene<'_>, job: &str, server: &str) {
    let now = scene.now;
    let state = scene.state();
    let Some(open) = state.jobs.get_mut(job) else {
        return;
    };
    let mut ids = Vec::new();
    for participant in open.participants.iter_mut().filter(|p| p.server == server) {
        ids.extend(participant.instance.clone());
        participant.status = "TERMINATED".to_owned();
        participant.done = true;
    }
    for id in &ids {
        state.forget_instance(id);
    }
    let (account, region) = (scene.account, scene.region);
    crate::ec2::terminate(scene.world, account, region, &ids, now);
    scene.line(job, server, "CLEANUP_END");
    scene.done(job, server);
}
