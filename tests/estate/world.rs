//! Looking into the simulated recovery place, and acting in it beside the product.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_testkit::TestApp;
use serde_json::{Value, json};

use crate::RECOVERY;

/// A job as DRS has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `LAUNCH` or `TERMINATE`.
    pub kind: String,
    /// Its servers.
    pub servers: Vec<String>,
    /// The product started it; otherwise somebody beside it.
    pub is_ours: bool,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// Not over.
    pub is_active: bool,
}

/// An EC2 instance as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// `running`, `stopped`, ...
    pub state: String,
    /// Its private IP.
    pub private_ip: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Every job of the recovery place.
#[must_use]
pub fn jobs(app: &TestApp) -> Vec<Job> {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let jobs = place.drs.jobs.values();
        jobs.map(|job| Job {
            id: job.id.clone(),
            kind: job.kind.clone(),
            servers: job.participants.iter().map(|p| p.server.clone()).collect(),
            is_ours: job.started_by.contains(":assumed-role/"),
            created: job.created,
            is_active: job.status != "COMPLETED",
        })
        .collect()
    })
}

/// The launch jobs that the product started.
#[must_use]
pub fn launches(app: &TestApp) -> Vec<Job> {
    let mut jobs = jobs(app);
    jobs.retain(|job| job.is_ours && job.kind == "LAUNCH");
    jobs
}

/// The launch jobs that the product started in a span of time.
#[must_use]
pub fn launches_between(app: &TestApp, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Job> {
    let mut jobs = launches(app);
    jobs.retain(|job| since <= job.created && job.created <= until);
    jobs
}

/// Source server ids of the recovery place by name.
#[must_use]
pub fn servers(app: &TestApp) -> BTreeMap<String, String> {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let servers = place.drs.servers.values();
        servers
            .map(|server| (server.tags["Name"].clone(), server.id.clone()))
            .collect()
    })
}

/// Pre-provisioned instances of the recovery place by name; recoveries into new instances have
/// their server's name as well, so ask before the first launch.
#[must_use]
pub fn targets(app: &TestApp) -> BTreeMap<String, String> {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let instances = place.ec2.instances.values();
        instances
            .filter_map(|one| Some((one.tags.get("Name")?.clone(), one.id.clone())))
            .collect()
    })
}

/// An instance of the recovery place.
#[must_use]
pub fn machine(app: &TestApp, id: &str) -> Option<Machine> {
    app.control().inspect(|world| {
        let place = world.at(RECOVERY.0, RECOVERY.1)?;
        let found = place.ec2.instances.get(id)?;
        Some(Machine {
            state: found.state.word().to_owned(),
            private_ip: found.private_ip.to_string(),
            tags: found.tags.clone(),
        })
    })
}

/// Every server with the instance of its name: the pairs that a person would make.
#[must_use]
pub fn pairs(app: &TestApp) -> Vec<(String, String)> {
    let targets = targets(app);
    servers(app)
        .into_iter()
        .filter_map(|(name, server)| Some((server, targets.get(&name)?.clone())))
        .collect()
}

/// Somebody starts a job beside the product, and DRS takes it.
pub async fn others_start(app: &TestApp, servers: &[&str], is_drill: bool) -> String {
    let servers: Vec<Value> = servers
        .iter()
        .map(|id| json!({ "sourceServerID": id }))
        .collect();
    let body = json!({ "sourceServers": servers, "isDrill": is_drill });
    let answered = app.drs(RECOVERY, "StartRecovery", &body).await.expect(202);
    answered["job"]["jobID"].as_str().expect("an id").to_owned()
}

/// What was published to the product's topic: subjects, oldest first.
#[must_use]
pub fn published(app: &TestApp) -> Vec<String> {
    app.control().inspect(|world| {
        let places = world.places.values().flat_map(|regions| regions.values());
        places
            .flat_map(|place| &place.sns.published)
            .filter_map(|message| message.subject.clone())
            .collect()
    })
}

/// Sums of every metric that the product put, by name, for one execution type.
#[must_use]
pub fn metrics(app: &TestApp, execution_type: &str) -> BTreeMap<String, f64> {
    app.control().inspect(|world| {
        let places = world.places.values().flat_map(|regions| regions.values());
        let metrics = places
            .flat_map(|place| &place.cloudwatch.namespaces)
            .filter(|(namespace, _)| *namespace == "DRS/AllowLaunchingIntoInstance")
            .flat_map(|(_, metrics)| metrics.values());
        metrics
            .filter(|metric| {
                metric
                    .dimensions
                    .get("ExecutionType")
                    .is_some_and(|t| t == execution_type)
            })
            .map(|metric| {
                let points = metric.points.values().flatten();
                (metric.name.clone(), points.map(|point| point.sum).sum())
            })
            .collect()
    })
}

/// Ids of the recovery instances of the recovery place whose EC2 instance is not gone, in order.
#[must_use]
pub fn recovery_instances(app: &TestApp) -> Vec<String> {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let ids = place.drs.instances.keys();
        let is_there = |id: &&String| {
            let found = place.ec2.instances.get(*id);
            found.is_some_and(|one| !["terminated", "shutting-down"].contains(&one.state.word()))
        };
        ids.filter(is_there).cloned().collect()
    })
}

/// Whether every recovery instance of the recovery place was launched by a drill.
#[must_use]
pub fn are_all_drills(app: &TestApp) -> bool {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        place.drs.instances.values().all(|instance| instance.drill)
    })
}

/// A server's launch configuration: target, copy of the IP, copy of the tags, right-sizing.
#[must_use]
pub fn launch_configuration(app: &TestApp, server: &str) -> (Option<String>, bool, bool, String) {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let set = &place.drs.servers[server].launch;
        (
            set.launch_into.clone(),
            set.copy_private_ip,
            set.copy_tags,
            set.right_sizing.clone(),
        )
    })
}

/// Somebody stops an instance of the recovery place, and waits until it is.
pub async fn stop(app: &TestApp, id: &str) {
    let body = format!("Action=StopInstances&Version=2016-11-15&InstanceId.1={id}");
    assert_eq!(app.ec2(RECOVERY, body).await, 200);
    app.advance(chrono::TimeDelta::minutes(2)).await;
    let machine = machine(app, id).expect("the instance exists");
    assert_eq!(machine.state, "stopped");
}

/// Somebody resets a server's launch configuration: it launches into a new instance.
pub async fn reset_launch_configuration(app: &TestApp, server: &str) {
    let body = json!({
        "sourceServerID": server,
        "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": "" },
    });
    let answered = app.drs(RECOVERY, "UpdateLaunchConfiguration", &body).await;
    assert_eq!(answered.status, 200, "{:#}", answered.body);
}
