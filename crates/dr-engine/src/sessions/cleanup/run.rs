//! Taking the steps of a clean-up, many servers at once where AWS allows it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, TimeDelta, Utc};
use dr_error::{AwsClass, Error, Result};
use dr_model::execution::{LaunchInto, MAX_SERVERS_PER_JOB};
use dr_model::ids::{InstanceId, RecoveryInstanceId, SourceServerId};
use dr_model::job::Job;
use dr_model::server::SourceServer;
use dr_model::session::{CleanupStep, FailoverSession, SessionServer};
use futures::{StreamExt, stream};

use super::guarded::{hit_of_b2, hit_of_return, hit_of_way_back, typed};
use super::start::{homes, is_home_alive};
use super::{Act, after, tell};
use crate::app::App;
use crate::cloud::Cloud;
use crate::guard::verdict::{Destruction, Hit};
use crate::guard::{Target, carry_out};
use crate::sessions::live::Live;
use crate::sessions::{Done, Outcomes};
use crate::termination;
use crate::validation::gather::CONCURRENCY;

/// A job that terminates is over long before this.
const JOB_HOURS: i64 = 1;

/// By so much our clock and that of DRS may differ.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(30);

/// What the steps stand on.
pub(super) struct Run<'a> {
    app: &'a App,
    session: &'a FailoverSession,
    pub(super) live: &'a Live,
    /// The recovery region.
    pub(super) there: Cloud,
    /// The origin region.
    pub(super) here: Cloud,
}

pub(super) type Outcome = (SourceServerId, Result<Done>);

/// Takes the next step of each server.
pub async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    if acts.is_empty() {
        return Vec::new();
    }
    let clouds = async {
        let there = app.cloud(&session.direction.recovery).await?;
        Ok::<_, Error>((there, app.cloud(&session.direction.primary).await?))
    };
    let mut by_step: BTreeMap<CleanupStep, Vec<SessionServer>> = BTreeMap::new();
    for (server, Act(step)) in acts {
        by_step.entry(step).or_default().push(server);
    }
    let (there, here) = match clouds.await {
        Ok(clouds) => clouds,
        Err(error) => return for_each(by_step.into_values().flatten(), &error),
    };
    let run = Run {
        app,
        session,
        live,
        there,
        here,
    };
    let mut outcomes = Vec::new();
    for (step, servers) in by_step {
        outcomes.extend(match step {
            CleanupStep::StopWayBack => run.stop_ways_back(servers).await,
            CleanupStep::EndRecoveryInstance => run.end(servers).await,
            CleanupStep::ForgetReturn => run.forget(servers).await,
            CleanupStep::DisconnectWayBack | CleanupStep::DeleteWayBack => {
                run.remove_ways_back(servers).await
            }
            CleanupStep::DeleteVolumes => run.volumes(servers).await,
            CleanupStep::Done => Vec::new(),
        });
    }
    outcomes
}

/// The same error for each.
fn for_each(servers: impl IntoIterator<Item = SessionServer>, error: &Error) -> Outcomes {
    servers
        .into_iter()
        .map(|server| (server.source_server_id, Err(repeat(error))))
        .collect()
}

pub(super) fn repeat(error: &Error) -> Error {
    match error {
        Error::Aws(aws) => Error::Aws(aws.clone()),
        other => refused(other.words()),
    }
}

fn refused(message: String) -> Error {
    Error::Conflict {
        code: "CLEANUP_REFUSED",
        message,
    }
}

/// The step is done: `next` comes next.
fn goes_on(next: CleanupStep) -> Done {
    Box::new(move |server| {
        if let Some(cleanup) = &mut server.cleanup {
            cleanup.step = cleanup.step.max(next);
        }
        server.intent = None;
    })
}

/// Something is under way: look again.
fn waits() -> Done {
    Box::new(|server| server.intent = None)
}

/// What ending B2 means for one server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is ended already.
    Over,
    /// DRS has no record, and EC2 runs the pre-provisioned instance.
    Stop(Target<InstanceId>),
    /// Stop it and take it out of DRS: id, IP and tag stay.
    Release(Target<InstanceId>, Target<RecoveryInstanceId>),
    /// Terminate it through DRS.
    Terminate(Target<RecoveryInstanceId>),
    /// DRS has no record of an instance that is not ours to keep.
    ByHand(String),
    /// It must not be ended.
    Refuse(String),
}

/// Decides how B2 of a server ends. Pure.
pub(super) fn end_of(
    server: &SessionServer,
    live: &Live,
    session: &FailoverSession,
    homes: &BTreeMap<InstanceId, String>,
    states: &BTreeMap<InstanceId, String>,
) -> End {
    let Some(b2) = &server.recovered else {
        return End::Over;
    };
    let id = &b2.instance_id;
    let is_named = server.cleanup.as_ref().is_some_and(|c| c.terminate);
    let is_kept = !is_named && server.launched_into != LaunchInto::NewInstance;
    let record = live.b2(server).filter(|record| record.is_live());
    let state = states.get(id).map_or("terminated", String::as_str);
    let is_gone = matches!(state, "terminated" | "shutting-down");
    if record.is_none() && (is_gone || is_kept && matches!(state, "stopped" | "stopping")) {
        return End::Over;
    }
    let what = if is_kept {
        Destruction::Stop
    } else {
        Destruction::Terminate
    };
    let hit = hit_of_b2(server, live, is_home_alive(server, homes));
    let target = Target::new(id, hit).typed(typed(server));
    if let Err(error) = target.allow(what) {
        let why = match hit {
            Hit::OnItsWayHome => {
                "the instance that came home is gone, so that this may be its only copy"
            }
            _ => "it is the one copy besides what came home",
        };
        return End::Refuse(format!("{}: {why}: {}", server.name, error.words()));
    }
    match record {
        None if is_kept => End::Stop(target.of(id.clone())),
        None => End::ByHand(format!(
            "{id} is not in DRS any more and is {state}: terminate it in EC2"
        )),
        Some(record)
            if record.is_drill || record.launched_at.is_some_and(|at| at > session.created_at) =>
        {
            End::Refuse(format!(
                "{id} holds a later launch of {}, not the one that came home: end that first",
                server.source_server_id
            ))
        }
        Some(record) if is_kept => {
            End::Release(target.of(id.clone()), target.of(record.id.clone()))
        }
        Some(record) => End::Terminate(target.of(record.id.clone())),
    }
}

/// Servers that a job has, or had until just before the look at `looked_at` or later: then the records that were looked at
/// may be older than the job's end, and what they name may be gone. Pure.
pub(super) fn busy(jobs: &[Job], looked_at: DateTime<Utc>) -> BTreeSet<&SourceServerId> {
    let since = looked_at - CLOCKS_DIFFER;
    let is_busy = |job: &&Job| job.is_active() || job.ended_at.is_some_and(|ended| ended >= since);
    let servers = jobs.iter().filter(is_busy).flat_map(|job| &job.servers);
    servers.map(|server| &server.source_server_id).collect()
}

/// A2, as the guard is asked about it.
fn way_back(a2: &SourceServer, server: &SessionServer) -> Target<SourceServerId> {
    Target::new(a2.id.clone(), hit_of_way_back(a2, server))
}

impl Run<'_> {
    async fn stop_ways_back(&self, servers: Vec<SessionServer>) -> Outcomes {
        let calls = servers.into_iter().map(|server| async move {
            let outcome = self.stop_way_back(&server).await;
            (server.source_server_id, outcome)
        });
        at_once(calls.collect()).await
    }

    async fn stop_way_back(&self, server: &SessionServer) -> Result<Done> {
        let next = after(CleanupStep::StopWayBack);
        let Some(way) = &server.way_back else {
            return Ok(goes_on(next));
        };
        // One that is not among what was looked at is gone, or disconnected.
        let Some(a2) = self.live.origin.get(&way.source_server_id) else {
            return Ok(goes_on(next));
        };
        match carry_out::stop_replication(&self.here, &way_back(a2, server)).await {
            Err(error) if error.aws_class() != Some(AwsClass::NotFound) => Err(error),
            _ => Ok(goes_on(next)),
        }
    }

    /// B2 of each server: handed back, or terminated.
    async fn end(&self, servers: Vec<SessionServer>) -> Outcomes {
        let by_ref: Vec<&SessionServer> = servers.iter().collect();
        let ids: Vec<InstanceId> = servers
            .iter()
            .filter_map(|server| Some(server.recovered.as_ref()?.instance_id.clone()))
            .collect();
        let looked = async {
            let homes = homes(self.app, self.session, &by_ref).await?;
            let found = self.there.ec2.instances(&ids).await?;
            let states: BTreeMap<_, _> = found.into_iter().map(|i| (i.id, i.state)).collect();
            Ok::<_, Error>((homes, states))
        };
        let (homes, states) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return for_each(servers, &error),
        };
        let next = after(CleanupStep::EndRecoveryInstance);
        let mut outcomes = Outcomes::new();
        let mut stops = Vec::new();
        let mut terminations = Vec::new();
        for server in servers {
            let end = end_of(&server, self.live, self.session, &homes, &states);
            let id = server.source_server_id;
            match end {
                End::Over => outcomes.push((id, Ok(goes_on(next)))),
                End::Refuse(why) => outcomes.push((id, Err(refused(why)))),
                End::ByHand(what) => outcomes.push((id, Ok(by_hand(what, next)))),
                End::Stop(instance) => stops.push((id, instance, None)),
                End::Release(instance, record) => stops.push((id, instance, Some(record))),
                End::Terminate(record) => terminations.push((id, record)),
            }
        }
        outcomes.extend(self.hand_back(stops).await);
        outcomes.extend(self.terminate(terminations).await);
        outcomes
    }

    /// Stopped first: while DRS still records an instance, whoever comes after a crash finds it and goes on.
    async fn hand_back(
        &self,
        stops: Vec<(
            SourceServerId,
            Target<InstanceId>,
            Option<Target<RecoveryInstanceId>>,
        )>,
    ) -> Outcomes {
        let targets: Vec<_> = stops.iter().map(|(_, target, _)| target.clone()).collect();
        let mut not_stopped = carry_out::stop_each(&self.there, &targets).await;
        let next = after(CleanupStep::EndRecoveryInstance);
        let calls = stops.into_iter().map(|(server, instance, record)| {
            let error = not_stopped.remove(&instance.id);
            async move {
                let outcome = match (error, record) {
                    (Some(error), _) => Err(error),
                    (None, None) => Ok(goes_on(next)),
                    (None, Some(record)) => termination::release(&self.there, &record)
                        .await
                        .map(|()| goes_on(next)),
                };
                (server, outcome)
            }
        });
        at_once(calls.collect()).await
    }

    /// Terminates through DRS, which then forgets the records. Until they are gone the step is not over.
    async fn terminate(
        &self,
        wanted: Vec<(SourceServerId, Target<RecoveryInstanceId>)>,
    ) -> Outcomes {
        if wanted.is_empty() {
            return Outcomes::new();
        }
        let since = self.live.now - Duration::hours(JOB_HOURS);
        let jobs = match self.there.drs.jobs_since(since).await {
            Ok(jobs) => jobs,
            Err(error) => {
                let failed = |(id, _)| (id, Err(repeat(&error)));
                return wanted.into_iter().map(failed).collect();
            }
        };
        let busy = busy(&jobs, self.live.now);
        let (waiting, free): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(id, _)| busy.contains(id));
        let mut outcomes: Outcomes = waiting
            .into_iter()
            .map(|(id, _)| (id, Ok(waits())))
            .collect();
        for chunk in free.chunks(MAX_SERVERS_PER_JOB) {
            let targets: Vec<_> = chunk.iter().map(|(_, target)| target.clone()).collect();
            let answer = carry_out::terminate(&self.there, &targets).await;
            if let Ok(job) = &answer {
                tracing::warn!(session = %self.session.id, job = %job.id, count = targets.len(), "recovery instances are terminated");
            }
            outcomes.extend(chunk.iter().map(|(id, _)| {
                let outcome = match &answer {
                    Ok(_) => Ok(waits()),
                    Err(error) => Err(repeat(error)),
                };
                (id.clone(), outcome)
            }));
        }
        outcomes
    }

    /// Forgets A3: only DRS's record of it, and only the one that the session recorded.
    async fn forget(&self, servers: Vec<SessionServer>) -> Outcomes {
        let next = after(CleanupStep::ForgetReturn);
        let calls = servers.into_iter().map(|server| async move {
            let outcome = match self.live.a3(&server) {
                None => Ok(goes_on(next)),
                Some(a3) => {
                    let hit = hit_of_return(&server, self.live);
                    let target = Target::new(a3.id.clone(), hit).typed(typed(&server));
                    carry_out::delete_record(&self.here, &target)
                        .await
                        .map(|()| goes_on(next))
                }
            };
            (server.source_server_id, outcome)
        });
        at_once(calls.collect()).await
    }

    /// A2: disconnected, then deleted, whichever comes next.
    async fn remove_ways_back(&self, servers: Vec<SessionServer>) -> Outcomes {
        let ids: Vec<SourceServerId> = servers
            .iter()
            .filter_map(|server| Some(server.way_back.as_ref()?.source_server_id.clone()))
            .collect();
        let found: BTreeMap<SourceServerId, SourceServer> =
            match self.here.drs.source_servers_by_id(&ids).await {
                Ok(found) => found.into_iter().map(|one| (one.id.clone(), one)).collect(),
                Err(error) => return for_each(servers, &error),
            };
        let calls = servers.into_iter().map(|server| {
            let a2 = server
                .way_back
                .as_ref()
                .and_then(|way| found.get(&way.source_server_id));
            async move {
                let outcome = self.remove_way_back(&server, a2).await;
                (server.source_server_id, outcome)
            }
        });
        at_once(calls.collect()).await
    }

    async fn remove_way_back(
        &self,
        server: &SessionServer,
        a2: Option<&SourceServer>,
    ) -> Result<Done> {
        let Some(a2) = a2 else {
            return Ok(goes_on(CleanupStep::DeleteVolumes));
        };
        let target = way_back(a2, server);
        if a2.is_archived {
            carry_out::delete_source_server(&self.here, &target).await?;
            return Ok(goes_on(CleanupStep::DeleteVolumes));
        }
        carry_out::disconnect_source_server(&self.here, &target).await?;
        Ok(goes_on(CleanupStep::DeleteWayBack))
    }
}

fn by_hand(what: String, next: CleanupStep) -> Done {
    Box::new(move |server| {
        if let Some(cleanup) = &mut server.cleanup {
            tell(cleanup, what.clone());
        }
        goes_on(next)(server);
    })
}

pub(super) async fn at_once<F: Future<Output = Outcome>>(calls: Vec<F>) -> Outcomes {
    stream::iter(calls)
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}
