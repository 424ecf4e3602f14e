//! The DRS door against the simulated AWS: cycles that need a service with a memory.

#![expect(
    clippy::unwrap_used,
    reason = "tests: clippy exempts test functions, not their helpers"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use chrono::{DateTime, TimeDelta, Utc};
use dr_drs::Drs;
use dr_error::AwsClass;
use dr_error::clock::{Clock, Waiting};
use dr_model::ids::{InstanceId, SourceServerId};
use dr_model::job::{JobStatus, LaunchStatus};
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;
use dr_model::server::ReplicationState;
use dr_sim::control::{Fault, FaultKind};
use dr_sim::scenario::Estate;
use dr_sim::{Control, Home, Sim, SimOptions, Speed};

/// Simulated time: sleeping moves it.
#[derive(Debug, Clone)]
struct Simulated(Control, Sim);

impl Clock for Simulated {
    fn now(&self) -> DateTime<Utc> {
        self.1.clock().now()
    }

    fn sleep(&self, duration: Duration) -> Waiting<'static> {
        self.0.advance(TimeDelta::from_std(duration).unwrap());
        Box::pin(std::future::ready(()))
    }
}

struct Lab {
    sim: Sim,
    control: Control,
    estate: Estate,
    drs: Drs,
}

fn lab(servers: usize) -> Lab {
    let estate = Estate {
        servers,
        ..Estate::default()
    };
    let sim = Sim::open(SimOptions {
        seed: 7,
        start: "2026-01-31T12:00:00Z".parse().unwrap(),
        speed: Speed::Manual,
        tables: None,
        world: None,
        home: Home {
            account: "999900001111".to_owned(),
            region: "us-east-1".to_owned(),
            principal_arn: "arn:aws:iam::999900001111:role/handler".to_owned(),
        },
    })
    .unwrap();
    let control = sim.control();
    control.scenario(&estate).unwrap();
    let region = estate.recovery.region.clone();
    let drs = door(&sim, &estate, &region);
    control.reset_calls();
    Lab {
        sim,
        control,
        estate,
        drs,
    }
}

/// DRS of the recovery account in a region.
fn door(sim: &Sim, estate: &Estate, region: &str) -> Drs {
    door_of(sim, &estate.recovery.account, region)
}

/// DRS of an account in a region.
fn door_of(sim: &Sim, account: &str, region: &str) -> Drs {
    let credentials = Credentials::new(format!("AKIA{account}"), "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sim.http_client())
        .build();
    let place = Place {
        account_id: account.parse().unwrap(),
        region: region.parse().unwrap(),
    };
    let clock = Simulated(sim.control(), sim.clone());
    Drs::new(&config, place, Arc::new(clock))
}

impl Lab {
    fn calls(&self, operation: &str) -> u64 {
        let counts = self.control.call_counts();
        counts
            .get("drs")
            .and_then(|of_drs| of_drs.get(operation))
            .copied()
            .unwrap_or(0)
    }

    fn fault(&self, operation: &str, kind: FaultKind) {
        self.control.inject(Fault {
            service: "drs".to_owned(),
            operation: operation.to_owned(),
            nth: 1,
            times: 1,
            kind,
        });
    }

    async fn some_servers(&self, count: usize) -> Vec<SourceServerId> {
        let servers = self.drs.source_servers().await.unwrap();
        servers
            .into_iter()
            .take(count)
            .map(|server| server.id)
            .collect()
    }

    /// Any pre-provisioned instance that DRS may launch into.
    fn target(&self) -> InstanceId {
        let (account, region) = (&self.estate.recovery.account, &self.estate.recovery.region);
        self.control.inspect(|world| {
            let place = world.at(account, region).unwrap();
            let id = place.ec2.instances.keys().find(|id| {
                let view = dr_sim::ec2::look(world, account, region, id).unwrap();
                view.state == "stopped" && view.tags.contains_key("AWSDRS")
            });
            id.unwrap().parse().unwrap()
        })
    }
}

#[tokio::test]
async fn a_fleet_of_three_pages_is_read_whole() {
    let lab = lab(450);
    let servers = lab.drs.source_servers().await.unwrap();
    assert_eq!(servers.len(), 450);
    assert_eq!(lab.calls("DescribeSourceServers"), 3);
    let healthy = |s: &&dr_model::server::SourceServer| {
        s.replication_state == ReplicationState::Continuous && s.hostname.is_some()
    };
    assert!(servers.iter().filter(healthy).count() > 400);
    // Beyond 300 replicating servers a fleet is extended from staging accounts.
    assert!(servers.iter().any(|s| s.staging_account_id.is_some()));
    assert!(servers.iter().any(|s| s.staging_account_id.is_none()));
    assert!(servers.iter().all(|s| !s.disks.is_empty()));
}

#[tokio::test]
async fn a_target_is_set_read_back_and_cleared() {
    let lab = lab(8);
    let id = lab.some_servers(1).await.remove(0);
    let before = lab.drs.launch_configuration(&id).await.unwrap();
    assert_eq!(before.target_instance_id, None);

    let wanted = before.into_target(&lab.target());
    let answered = lab.drs.update_launch_configuration(&wanted).await.unwrap();
    assert_eq!(answered.changes_to(&wanted), []);
    assert_eq!(lab.drs.launch_configuration(&id).await.unwrap(), wanted);

    let cleared = lab.drs.update_launch_configuration(&before).await.unwrap();
    assert_eq!(cleared, before);
    assert_eq!(lab.drs.launch_configuration(&id).await.unwrap(), before);
}

#[tokio::test]
async fn a_throttled_listing_takes_simulated_time_and_no_more() {
    let lab = lab(8);
    lab.fault("DescribeSourceServers", FaultKind::Throttle);
    let start = lab.sim.clock().now();
    assert_eq!(lab.drs.source_servers().await.unwrap().len(), 8);
    assert_eq!(lab.calls("DescribeSourceServers"), 2);
    assert!(lab.sim.clock().now() > start);
}

#[tokio::test]
async fn a_drill_whose_answer_was_lost_runs_once_and_can_be_found() {
    let lab = lab(8);
    let servers = lab.some_servers(2).await;
    let intent = lab.sim.clock().now();
    lab.fault("StartRecovery", FaultKind::DropAfter);
    let error = lab
        .drs
        .start_recovery(&servers, true, &BTreeMap::new())
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Unavailable));
    assert_eq!(lab.calls("StartRecovery"), 1);

    let jobs = lab.drs.jobs_since(intent).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].initiated_by, "START_DRILL");
    assert_eq!(jobs[0].servers.len(), 2);
    assert!(
        jobs[0]
            .servers
            .iter()
            .all(|s| servers.contains(&s.source_server_id))
    );

    // A second start meets the first one.
    let error = lab
        .drs
        .start_recovery(&servers, true, &BTreeMap::new())
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Conflict));
}

#[tokio::test]
async fn a_drill_is_followed_from_its_start_to_the_termination_of_its_instances() {
    let lab = lab(8);
    let servers = lab.some_servers(2).await;
    let start = lab.sim.clock().now();
    let job = lab
        .drs
        .start_recovery(&servers, true, &BTreeMap::new())
        .await
        .unwrap();
    assert!(job.is_active());
    lab.control.advance(TimeDelta::hours(2));

    let ended = lab.drs.jobs_since(start).await.unwrap().remove(0);
    assert_eq!(
        (ended.id.clone(), ended.status),
        (job.id.clone(), JobStatus::Completed)
    );
    assert!(ended.ended_at.unwrap() > start);
    assert!(
        ended
            .servers
            .iter()
            .all(|s| s.launch_status == LaunchStatus::Launched)
    );
    let log = lab.drs.job_log(&job.id).await.unwrap();
    assert!(log.iter().any(|entry| entry.event == "JOB_START"));
    assert!(log.iter().all(|entry| entry.at.is_some()));

    let instances = lab.drs.recovery_instances_of(&servers).await.unwrap();
    assert_eq!(instances.len(), 2);
    assert!(instances.iter().all(|i| i.is_live() && i.is_drill));
    assert!(
        instances
            .iter()
            .all(|i| i.job_id.as_deref() == Some(job.id.as_str()))
    );
    let by_id = lab.drs.source_servers_by_id(&servers).await.unwrap();
    assert!(
        by_id
            .iter()
            .all(|server| server.recovery_instance_id.is_some())
    );

    let ids: Vec<_> = instances.into_iter().map(|i| i.id).collect();
    let termination = lab.drs.terminate_recovery_instances(&ids).await.unwrap();
    assert_eq!(termination.kind, "TERMINATE");
    lab.control.advance(TimeDelta::hours(1));
    let left = lab.drs.recovery_instances_of(&servers).await.unwrap();
    assert!(left.iter().all(|instance| !instance.is_live()), "{left:?}");
}

#[tokio::test]
async fn the_reason_of_a_failed_launch_is_in_the_log_of_a_completed_job() {
    let lab = lab(8);
    let servers = lab.some_servers(1).await;
    lab.control
        .fail_launch(servers[0].as_str(), "no capacity of this type")
        .unwrap();
    let job = lab
        .drs
        .start_recovery(&servers, true, &BTreeMap::new())
        .await
        .unwrap();
    lab.control.advance(TimeDelta::hours(2));
    let start = "2026-01-31T00:00:00Z".parse().unwrap();
    let ended = lab.drs.jobs_since(start).await.unwrap().remove(0);
    // There is no FAILED: the job is completed, its server is not launched.
    assert_eq!(ended.status, JobStatus::Completed);
    assert_eq!(ended.servers[0].launch_status, LaunchStatus::Failed);
    let log = lab.drs.job_log(&job.id).await.unwrap();
    let reason = log.iter().find_map(|entry| entry.error.clone());
    assert!(reason.unwrap().contains("no capacity of this type"));
}

#[tokio::test]
async fn a_region_without_drs_is_told_apart_from_one_with_it() {
    let lab = lab(8);
    assert!(lab.drs.is_initialized().await.unwrap());
    let elsewhere = door(&lab.sim, &lab.estate, "eu-west-1");
    assert!(!elsewhere.is_initialized().await.unwrap());
    assert_eq!(elsewhere.replication_settings().await.unwrap(), None);
    let settings = lab.drs.replication_settings().await.unwrap().unwrap();
    assert!(settings.staging_subnet_id.starts_with("subnet-"));
}

#[tokio::test]
async fn a_replication_is_turned_followed_and_taken_down_again() {
    let lab = lab(8);
    let servers = lab.some_servers(1).await;
    lab.drs
        .start_recovery(&servers, false, &BTreeMap::new())
        .await
        .unwrap();
    lab.control.advance(TimeDelta::hours(1));
    let recovered = lab.drs.recovery_instances_of(&servers).await.unwrap();
    let id = recovered[0].id.clone();
    assert_eq!(recovered[0].replication.state, None);

    let arn = lab.drs.reverse_replication(&id).await.unwrap();
    // A second time meets the first.
    let error = lab.drs.reverse_replication(&id).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Conflict));

    // It lives where the original ran.
    let origin = &lab.estate.primary;
    let home = door_of(&lab.sim, &origin.account, &origin.region);
    let back = home.source_servers().await.unwrap();
    let back = back
        .iter()
        .find(|server| server.arn.as_deref() == Some(arn.as_str()))
        .unwrap();
    assert_eq!(back.direction, ReplicationDirection::Failback);
    assert_eq!(
        back.origin_instance_id.as_ref().map(InstanceId::as_str),
        Some(id.as_str())
    );
    assert_eq!(back.replication.steps.len(), 11);
    assert!(!back.replication.is_continuous() && back.replication.total_bytes() > 0);

    lab.control.advance(TimeDelta::hours(24));
    let ids = std::slice::from_ref(&back.id);
    let level = home.source_servers_by_id(ids).await.unwrap().remove(0);
    assert!(level.replication.is_continuous(), "{:?}", level.replication);
    assert!((level.replication.percent() - 100.0).abs() < 0.01);
    let seen = lab.drs.recovery_instances_by_id(&[id]).await.unwrap();
    assert!(seen[0].replication.is_continuous());
    assert!(seen[0].agent_seen_at.is_some());

    home.stop_replication(&back.id).await.unwrap();
    let stopped = home.source_servers_by_id(ids).await.unwrap().remove(0);
    assert_eq!(stopped.replication_state, ReplicationState::Stopped);
    home.disconnect_source_server(&back.id).await.unwrap();
    home.delete_source_server(&back.id).await.unwrap();
    assert!(home.source_servers_by_id(ids).await.unwrap().is_empty());
    // Deleted already.
    home.delete_source_server(&back.id).await.unwrap();
}

#[tokio::test]
async fn a_drill_starts_from_a_chosen_point_in_time() {
    let lab = lab(8);
    let id = lab.some_servers(1).await.remove(0);
    let points = lab.drs.recovery_points(&id).await.unwrap();
    assert!(points.len() > 2, "{points:?}");
    assert!(
        points
            .windows(2)
            .all(|pair| pair[0].expected_at >= pair[1].expected_at)
    );
    let old = points.last().unwrap();
    lab.drs
        .start_recovery_at(
            &[(id.clone(), Some(old.id.clone()))],
            true,
            &BTreeMap::new(),
        )
        .await
        .unwrap();
    lab.control.advance(TimeDelta::hours(1));
    let launched = lab.drs.recovery_instances_of(&[id]).await.unwrap();
    assert_eq!(launched[0].launched_at, old.at);
}
