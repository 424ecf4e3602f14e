//! EC2 and Systems Manager against the simulated AWS: what needs a service with a memory.

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
use dr_aws::{Command, Ec2, ManagedInstance, Ssm, VolumeFilter};
use dr_error::AwsClass;
use dr_error::clock::{Clock, Waiting};
use dr_model::ids::InstanceId;
use dr_model::launch::LaunchTemplate;
use dr_model::place::Place;
use dr_model::server::Platform;
use dr_model::target::TargetInstance;
use dr_sim::control::{Fault, FaultKind};
use dr_sim::scenario::{Estate, Site};
use dr_sim::{Control, Home, Sim, SimOptions, Speed};

/// Runs commands.
const SHELL: &str = "AWS-RunShellScript";
/// Installs the replication agent of DRS.
const INSTALL: &str = "AWSDisasterRecovery-InstallDRAgentOnInstance";

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
    /// Of the recovery region.
    ec2: Ec2,
    /// Of the primary region.
    ssm: Ssm,
}

fn lab() -> Lab {
    let estate = Estate {
        servers: 8,
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
    let clock: Arc<dyn Clock> = Arc::new(Simulated(control.clone(), sim.clone()));
    let (config, place) = door(&sim, &estate.recovery);
    let ec2 = Ec2::new(&config, place, Arc::clone(&clock));
    let (config, place) = door(&sim, &estate.primary);
    let ssm = Ssm::new(&config, place, clock);
    Lab {
        sim,
        control,
        ec2,
        ssm,
    }
}

fn door(sim: &Sim, site: &Site) -> (SdkConfig, Place) {
    let credentials = Credentials::new(
        format!("AKIA{}", site.account),
        "secret",
        None,
        None,
        "test",
    );
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(site.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sim.http_client())
        .build();
    let place = Place {
        account_id: site.account.parse().unwrap(),
        region: site.region.parse().unwrap(),
    };
    (config, place)
}

impl Lab {
    fn minutes(&self, minutes: i64) {
        self.control.advance(TimeDelta::minutes(minutes));
    }

    /// Somebody does something to an instance of the recovery region.
    fn by_hand(&self, operation: &str, id: &InstanceId) {
        let site = Estate::default().recovery;
        let body = serde_json::json!({ "InstanceId": [id] });
        let done = self
            .control
            .by_hand(&site.account, &site.region, operation, &body);
        done.unwrap();
    }

    /// A stopped target that DRS may launch into.
    async fn target(&self) -> TargetInstance {
        let targets = self.ec2.candidate_targets().await.unwrap();
        let fit = |t: &TargetInstance| t.state == "stopped" && t.allows_launching();
        targets.into_iter().find(fit).unwrap()
    }

    /// A managed Linux server that commands reach.
    async fn reachable(&self) -> ManagedInstance {
        let all = self.ssm.managed_instances(&[]).await.unwrap();
        let fit = |i: &ManagedInstance| {
            i.is_online && !i.is_on_premises && i.platform == Some(Platform::Linux)
        };
        all.into_iter().find(fit).unwrap()
    }
}

fn command(
    document: &str,
    on: &ManagedInstance,
    parameter: (&str, &str),
    comment: &str,
) -> Command {
    let (name, value) = parameter;
    Command {
        document: document.into(),
        instance_ids: vec![on.id.clone()],
        parameters: BTreeMap::from([(name.to_owned(), vec![value.to_owned()])]),
        comment: comment.into(),
        timeout_seconds: 600,
    }
}

fn install(on: &ManagedInstance, comment: &str) -> Command {
    command(INSTALL, on, ("Region", "us-west-2"), comment)
}

#[tokio::test]
async fn managed_instances_are_found_in_ec2_and_outside_of_it() {
    let lab = lab();
    let all = lab.ssm.managed_instances(&[]).await.unwrap();
    assert!(
        all.iter()
            .any(|i| i.is_on_premises && i.id.starts_with("mi-"))
    );
    let one = lab.reachable().await;
    let ids = [one.id.clone(), "i-0fffffffffffffff0".to_owned()];
    // What is not managed is absent.
    assert_eq!(lab.ssm.managed_instances(&ids).await.unwrap(), [one]);
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_ran_once_and_is_found_by_its_comment() {
    let lab = lab();
    let on = lab.reachable().await;
    let intent = lab.sim.clock().now();
    lab.control.inject(Fault {
        service: "ssm".to_owned(),
        operation: "SendCommand".to_owned(),
        nth: 1,
        times: 1,
        kind: FaultKind::DropAfter,
    });
    let hostname = command(SHELL, &on, ("commands", "hostname"), "dr agents run-1 0");
    let error = lab.ssm.send_command(&hostname).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Unavailable));

    let sent = lab.ssm.commands_since(intent).await.unwrap();
    let [ours] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!(
        (ours.comment.as_str(), ours.document.as_str()),
        ("dr agents run-1 0", SHELL)
    );
    assert_eq!(ours.instance_ids, std::slice::from_ref(&on.id));
    lab.minutes(60);
    let seen = lab.ssm.invocations(&ours.id).await.unwrap().remove(0);
    assert!(seen.is_over && seen.succeeded, "{seen:?}");
    assert_eq!((seen.instance_id, seen.response_code), (on.id, Some(0)));
    assert!(seen.started_at.unwrap() >= intent && seen.ended_at > seen.started_at);
    let later = lab.sim.clock().now();
    assert_eq!(lab.ssm.commands_since(later).await.unwrap(), []);
}

#[tokio::test]
async fn a_failed_installation_says_why() {
    let lab = lab();
    let on = lab.reachable().await;
    lab.control
        .fail_agent_install(&on.id, "no space left on device", 1)
        .unwrap();
    let id = lab
        .ssm
        .send_command(&install(&on, "dr agents run-2 0"))
        .await
        .unwrap();
    let early = lab.ssm.invocations(&id).await.unwrap();
    assert!(
        early
            .iter()
            .all(|seen| !seen.is_over && seen.ended_at.is_none())
    );
    lab.minutes(60);
    let seen = lab.ssm.invocations(&id).await.unwrap().remove(0);
    assert!(seen.is_over && !seen.succeeded);
    assert_eq!(seen.response_code, Some(1));
    assert!(seen.error.contains("no space left on device"), "{seen:?}");
}

#[tokio::test]
async fn health_follows_an_instance_that_is_started_tagged_rebooted_and_terminated() {
    let lab = lab();
    let id = lab.target().await.id;
    let ids = std::slice::from_ref(&id);
    let health = |seen: Vec<dr_aws::InstanceHealth>| {
        let one = seen.into_iter().next().unwrap();
        (one.state, one.system_ok, one.instance_ok)
    };
    let stopped = lab.ec2.instance_status(ids).await.unwrap();
    assert_eq!(health(stopped), ("stopped".to_owned(), false, false));

    lab.by_hand("StartInstances", &id);
    lab.minutes(10);
    let running = lab.ec2.instance_status(ids).await.unwrap();
    assert_eq!(health(running), ("running".to_owned(), true, true));

    let owner = BTreeMap::from([("Owner".to_owned(), "dr".to_owned())]);
    lab.ec2.tag(&[id.to_string()], &owner).await.unwrap();
    let tagged = lab.ec2.instances(ids).await.unwrap().remove(0);
    assert_eq!(tagged.tags["Owner"], "dr");
    assert!(tagged.allows_launching(), "the other tags stay");

    lab.by_hand("RebootInstances", &id);
    lab.minutes(10);
    let again = lab.ec2.instance_status(ids).await.unwrap();
    assert_eq!(health(again), ("running".to_owned(), true, true));

    lab.by_hand("TerminateInstances", &id);
    lab.minutes(10);
    let left = lab.ec2.instances(ids).await.unwrap();
    assert!(left.iter().all(|i| i.state == "terminated"), "{left:?}");
}

#[tokio::test]
async fn the_volumes_of_a_target_are_in_the_way_of_their_deletion() {
    let lab = lab();
    let target = lab.target().await;
    let attached = VolumeFilter::AttachedTo(vec![target.id.clone()]);
    let volumes = lab.ec2.volumes(&attached).await.unwrap();
    let ids: Vec<_> = volumes.iter().map(|volume| volume.id.clone()).collect();
    assert_eq!(ids.len(), target.volume_ids.len());
    assert!(target.volume_ids.iter().all(|id| ids.contains(id)));
    let first = &volumes[0];
    assert_eq!(
        (first.state.as_str(), &first.attached_to),
        ("in-use", &Some(target.id))
    );
    assert!(first.bytes >= 1 << 30 && first.device.is_some() && first.created_at.is_some());
    assert_eq!(
        lab.ec2.volumes(&VolumeFilter::Ids(ids)).await.unwrap(),
        volumes
    );
    assert_eq!(lab.ec2.volumes(&VolumeFilter::Detached).await.unwrap(), []);

    let error = lab.ec2.delete_volume(&first.id).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Conflict));
    lab.ec2
        .delete_volume("vol-0fffffffffffffff0")
        .await
        .unwrap();
}

#[tokio::test]
async fn where_a_target_stands_is_seen_with_its_rules_and_routes() {
    let lab = lab();
    let target = lab.target().await;
    let groups = lab
        .ec2
        .security_groups(&target.security_group_ids)
        .await
        .unwrap();
    assert!(!groups.is_empty());
    // Replication needs both (AWS DRS: 1500 to the staging subnet, 443 to the service).
    assert!(
        groups
            .iter()
            .any(|group| group.allows(true, 1500) && group.allows(true, 443))
    );
    let vpc = target.vpc_id.unwrap();
    let tables = lab
        .ec2
        .route_tables(std::slice::from_ref(&vpc))
        .await
        .unwrap();
    assert!(tables.iter().all(|table| table.vpc_id == vpc));
    let subnet = target.subnet_id.unwrap();
    let of_subnet = tables
        .iter()
        .find(|table| table.subnet_ids.contains(&subnet));
    let table = of_subnet
        .or_else(|| tables.iter().find(|table| table.is_main))
        .unwrap();
    assert!(
        table.routes.iter().any(|(_, by)| by == "local"),
        "{table:?}"
    );
}

#[tokio::test]
async fn a_launch_template_is_changed_once_and_keeps_what_nobody_asked_for() {
    let lab = lab();
    let target = lab.target().await;
    let all = lab.ec2.default_launch_templates().await.unwrap();
    let before = all
        .into_iter()
        .find(|template| template.subnet_id.is_some())
        .unwrap();
    let wanted = LaunchTemplate {
        id: before.id.clone(),
        instance_type: Some("r5.2xlarge".into()),
        subnet_id: target.subnet_id.clone(),
        security_group_ids: target.security_group_ids.clone(),
        instance_profile: None,
    };
    assert!(
        lab.ec2
            .set_default_template(&before.id, &wanted)
            .await
            .unwrap()
    );
    assert!(
        !lab.ec2
            .set_default_template(&before.id, &wanted)
            .await
            .unwrap()
    );
    let now = lab.ec2.default_launch_templates().await.unwrap();
    let after = now
        .into_iter()
        .find(|template| template.id == before.id)
        .unwrap();
    assert_eq!(
        after,
        LaunchTemplate {
            instance_profile: before.instance_profile,
            ..wanted
        }
    );
    let error = lab
        .ec2
        .set_default_template("lt-0fffffffffffffff0", &after)
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::NotFound));
}
