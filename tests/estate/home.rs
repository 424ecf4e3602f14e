//! The round trip as an operator makes it: fail over, replicate back, mirror, fail back, protect again, clean up. Every
//! step may be asked for again at any time: that is what the tests of crashes do.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use dr_testkit::{Answered, Role, TestApp};
use serde_json::{Value, json};

use crate::{Fleet, PRIMARY, RECOVERY, admin, fleet, fleet_in_groups, world};

/// The longest a step takes, in simulated time: a first copy of the largest disks.
const LIMIT: TimeDelta = TimeDelta::hours(30);

/// Nothing moves in a session for so long: nothing will. The longest wait of the product that shows no progress is shorter.
const STUCK: TimeDelta = TimeDelta::hours(4);

/// How fast disks are copied: at the real speed a database of a terabyte takes 20 hours, which teach nothing more.
const BYTES_PER_SECOND: u64 = 1 << 30;

/// The steps of the way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A real recovery of the plan.
    FailOver,
    /// The originals are stopped, as the disaster or their owner does, before anything goes back into them.
    StopOriginals,
    /// Reverse replication until everything is ready.
    Reverse,
    /// Groups and plan for the way home.
    Mirror,
    /// A real failback.
    FailBack,
    /// Forward replication again.
    ReProtect,
    /// Nothing left over.
    CleanUp,
}

impl Step {
    /// Every step.
    pub const ALL: [Step; 7] = [
        Self::FailOver,
        Self::StopOriginals,
        Self::Reverse,
        Self::Mirror,
        Self::FailBack,
        Self::ReProtect,
        Self::CleanUp,
    ];
}

/// A fleet on its way out and home.
#[derive(Debug, Clone)]
pub struct Trip {
    /// The plan and its groups.
    pub fleet: Fleet,
    /// Which time: part of the client tokens.
    pub cycle: usize,
    /// Steps that did not succeed: what is tried again is another request.
    given_up: usize,
    /// What happened, for people.
    pub lines: Vec<String>,
    began: DateTime<Utc>,
}

/// What moves in a session as long as anything does: no times, and no lag, which moves for ever.
fn progress_of(session: &Value) -> Value {
    let parts =
        ["status", "stages", "failed_servers", "progress_percent"].map(|part| &session[part]);
    json!([
        parts,
        session["reverse"]["done_bytes"],
        session["failback_execution_id"]
    ])
}

/// Prepares an estate so that every server can go and come back: pre-provisioned instances stopped and tagged, as the
/// estate leaves two of them undone; originals tagged; launch configurations applied.
pub async fn prepare(app: &TestApp) -> Trip {
    let fleet = fleet(app).await;
    prepare_fleet(app, fleet).await
}

/// The same for the whole estate in so many groups of equal size, all in one wave.
pub async fn prepare_in_groups(app: &TestApp, groups: usize) -> Trip {
    let fleet = fleet_in_groups(app, groups, true).await;
    prepare_fleet(app, fleet).await
}

async fn prepare_fleet(app: &TestApp, fleet: Fleet) -> Trip {
    for (account, region) in [PRIMARY, RECOVERY] {
        let speed = app
            .control()
            .copy_speed(account, region, Some(BYTES_PER_SECOND));
        speed.expect("a place of the estate");
    }
    let targets: Vec<String> = world::targets(app).into_values().collect();
    allow(app, RECOVERY, &targets).await;
    let running = in_state(app, RECOVERY, &targets, "running");
    stop(app, RECOVERY, &running).await;
    allow(app, PRIMARY, &originals(app)).await;
    for group in &fleet.group_ids {
        let path = format!("/protection-groups/{group}/configure-allow-launching");
        admin(app, "POST", &path, json!({})).await;
    }
    Trip {
        fleet,
        cycle: 1,
        given_up: 0,
        lines: Vec::new(),
        began: app.now(),
    }
}

/// Ids of the original instances, in the order of the servers' names.
#[must_use]
pub fn originals(app: &TestApp) -> Vec<String> {
    app.control().inspect(|world| {
        let place = world
            .at(RECOVERY.0, RECOVERY.1)
            .expect("the recovery place");
        let servers = place.drs.servers.values();
        servers
            .map(|server| server.machine.aws_instance_id.clone())
            .collect()
    })
}

/// Those of some instances that are in a state of EC2.
fn in_state(
    app: &TestApp,
    (account, region): (&str, &str),
    ids: &[String],
    state: &str,
) -> Vec<String> {
    app.control().inspect(|world| {
        let place = world.at(account, region).expect("a place of the estate");
        let is_so = |id: &&String| {
            let found = place.ec2.instances.get(*id);
            found.is_some_and(|one| one.state.word() == state)
        };
        ids.iter().filter(is_so).cloned().collect()
    })
}

async fn ec2(app: &TestApp, place: (&str, &str), action: &str, ids: &[String], more: &str) {
    for chunk in ids.chunks(500) {
        let key = if action == "CreateTags" {
            "ResourceId"
        } else {
            "InstanceId"
        };
        let list: String = chunk
            .iter()
            .enumerate()
            .map(|(n, id)| format!("&{key}.{}={id}", n + 1))
            .collect();
        let body = format!("Action={action}&Version=2016-11-15{list}{more}");
        assert_eq!(app.ec2(place, body).await, 200, "{action}");
    }
}

async fn allow(app: &TestApp, place: (&str, &str), ids: &[String]) {
    let tag = "&Tag.1.Key=AWSDRS&Tag.1.Value=AllowLaunchingIntoThisInstance";
    ec2(app, place, "CreateTags", ids, tag).await;
}

async fn stop(app: &TestApp, place: (&str, &str), ids: &[String]) {
    if !ids.is_empty() {
        ec2(app, place, "StopInstances", ids, "").await;
        app.advance(TimeDelta::minutes(3)).await;
    }
}

impl Trip {
    /// Takes a step: asks for it, unless it was asked for before, and waits until it is done.
    ///
    /// # Panics
    /// When it is refused, or not done within the limit.
    pub async fn take(&mut self, app: &TestApp, step: Step) {
        if let Err(why) = self.attempt(app, step, LIMIT).await {
            panic!("{step:?}: {why}");
        }
    }

    /// Takes a step and prints it, or says why it could not be taken.
    ///
    /// # Errors
    /// The refusal, or what the session looks like when the limit is over.
    #[expect(
        clippy::print_stdout,
        reason = "the transcript: `cargo xtask trip` shows it"
    )]
    pub async fn attempt(
        &mut self,
        app: &TestApp,
        step: Step,
        limit: TimeDelta,
    ) -> Result<(), String> {
        let since = app.now();
        let tried = self.try_step(app, step, since + limit).await;
        if tried.is_err() {
            self.given_up += 1;
        }
        tried?;
        let took = app.now() - since;
        let stages = match self.session(app).await {
            Some(session) => format!("{} {}", session["status"], stages_of(&session)),
            None => String::new(),
        };
        let line = format!(
            "{:>8}  cycle {}  {step:?} took {}  {stages}",
            clock(app.now() - self.began),
            self.cycle,
            clock(took),
        );
        println!("{line}");
        self.lines.push(line);
        Ok(())
    }

    async fn try_step(&self, app: &TestApp, step: Step, last: DateTime<Utc>) -> Result<(), String> {
        match step {
            Step::FailOver => self.fail_over(app, last).await?,
            Step::StopOriginals => {
                let originals = originals(app);
                let running = in_state(app, PRIMARY, &originals, "running");
                stop(app, PRIMARY, &running).await;
                while in_state(app, PRIMARY, &originals, "stopped").len() < originals.len() {
                    app.advance(TimeDelta::minutes(1)).await;
                }
            }
            Step::Reverse => {
                self.ask(app, "start-reverse-replication", json!({}))
                    .await?;
                let done = |s: &Value| s["stages"]["ready"] == s["total_servers"];
                self.until(app, "ready", last, done).await?;
            }
            Step::Mirror => self.mirror(app, last).await?,
            Step::FailBack => self.fail_back(app, last).await?,
            Step::ReProtect => {
                self.ask(app, "re-protect", json!({})).await?;
                self.until_status(app, "RE_PROTECTED", last).await?;
            }
            Step::CleanUp => self.clean_up(app, last).await?,
        }
        Ok(())
    }

    /// All steps.
    pub async fn whole(&mut self, app: &TestApp) {
        for step in Step::ALL {
            self.take(app, step).await;
        }
    }

    /// Brings some servers home, from reverse replication to clean-up, while the rest stays where it is.
    ///
    /// # Panics
    /// When a step is refused, or not done within the limit.
    #[expect(
        clippy::print_stdout,
        reason = "how long each step took: `cargo xtask bench --fleet` shows it"
    )]
    pub async fn bring_home(&self, app: &TestApp, chosen: &BTreeSet<&str>) {
        let since = app.now();
        let last = since + LIMIT;
        let some = json!({ "source_server_ids": chosen });
        let with = |more: Value| {
            let mut body = some.clone();
            for (key, value) in more.as_object().into_iter().flatten() {
                body[key] = value.clone();
            }
            body
        };
        let token = format!("failback-of-{}", chosen.first().expect("somebody"));
        let confirm = json!({ "confirm": format!("clean up {} servers", chosen.len()) });
        let failback = json!({ "execution_type": "RECOVERY", "client_token": token });
        let count = |session: &Value, stage: &str| session["stages"][stage].as_u64().unwrap_or(0);
        let session = self.session(app).await.unwrap_or_default();
        for (action, body, stage) in [
            ("start-reverse-replication", some.clone(), "ready"),
            ("mirror-config", json!({}), "ready"),
            ("execute-failback", with(failback), "failed_back"),
            ("re-protect", some.clone(), "re_protected"),
            ("cleanup", with(confirm), "home"),
        ] {
            let wanted = count(&session, stage) + u64::try_from(chosen.len()).expect("small");
            let begun = app.now();
            let done = async {
                self.ask(app, action, body).await?;
                self.until(app, stage, last, |now| count(now, stage) == wanted)
                    .await
            };
            if let Err(why) = done.await {
                panic!("{action}: {why}");
            }
            println!(
                "  {} servers: {action} took {}",
                chosen.len(),
                clock(app.now() - begun)
            );
        }
    }

    /// The session of this cycle, once there is one.
    pub async fn session(&self, app: &TestApp) -> Option<Value> {
        let id = self.session_id(app).await?;
        Some(admin(app, "GET", &format!("/failover-sessions/{id}"), Value::Null).await)
    }

    async fn session_id(&self, app: &TestApp) -> Option<String> {
        let execution = self.execution(app).await?;
        let path = format!("/failover-sessions?execution_id={execution}");
        let list = admin(app, "GET", &path, Value::Null).await;
        Some(list["sessions"].get(0)?["session_id"].as_str()?.to_owned())
    }

    /// The servers of the session of this cycle.
    pub async fn servers(&self, app: &TestApp) -> Vec<Value> {
        let session = self.session(app).await.expect("a session");
        let id = session["session_id"].as_str().expect("an id");
        let path = format!("/failover-sessions/{id}/servers?limit=1000");
        let list = admin(app, "GET", &path, Value::Null).await;
        list["servers"].as_array().expect("servers").clone()
    }

    /// The recovery of this cycle, once it is stored.
    async fn execution(&self, app: &TestApp) -> Option<String> {
        let list = admin(
            app,
            "GET",
            "/executions?execution_type=RECOVERY&limit=1000",
            Value::Null,
        )
        .await;
        let mut recoveries: Vec<&Value> = list["executions"]
            .as_array()?
            .iter()
            .filter(|one| one["subject"]["plan"]["plan_id"] == self.fleet.plan_id.as_str())
            .collect();
        // Newest first.
        recoveries.reverse();
        let id = recoveries.get(self.cycle - 1)?["execution_id"].as_str()?;
        Some(id.to_owned())
    }

    async fn fail_over(&self, app: &TestApp, last: DateTime<Utc>) -> Result<(), String> {
        let body = json!({
            "plan_id": self.fleet.plan_id, "execution_type": "RECOVERY",
            "client_token": self.token("failover"),
        });
        let started = app
            .rest(Role::Admin, "POST", "/executions", Some(&body))
            .await;
        if started.status >= 300 {
            return Err(format!("{} {:#}", started.status, started.body));
        }
        let id = crate::run::execution_id(&started.body);
        let over = app.run_until_terminal(&id, last - app.now()).await;
        if over["servers"]["launched"] == 0 {
            return Err(format!("{over:#}"));
        }
        self.until(app, "made", last, |session| session["status"] != "PENDING")
            .await
    }

    /// Whoever asks the same again, because he had no answer, sends the same token; whoever tries again what failed, another.
    fn token(&self, what: &str) -> String {
        format!("{what}-of-cycle-{}-{}", self.cycle, self.given_up)
    }

    async fn mirror(&self, app: &TestApp, last: DateTime<Utc>) -> Result<(), String> {
        self.ask(app, "mirror-config", json!({})).await?;
        self.until(app, "mirrored", last, |s| s["is_mirrored"] == true)
            .await?;
        self.until_status(app, "READY_FOR_FAILBACK", last).await
    }

    async fn fail_back(&self, app: &TestApp, last: DateTime<Utc>) -> Result<(), String> {
        let body = json!({
            "execution_type": "RECOVERY",
            "client_token": self.token("failback"),
        });
        self.ask(app, "execute-failback", body).await?;
        self.until_status(app, "FAILBACK_COMPLETE", last).await
    }

    async fn clean_up(&self, app: &TestApp, last: DateTime<Utc>) -> Result<(), String> {
        let session = self.session(app).await.ok_or("no session")?;
        if session["status"] == "CLEANUP_COMPLETE" {
            return Ok(());
        }
        let id = session["session_id"].as_str().expect("an id");
        let path = format!("/failover-sessions/{id}/cleanup");
        let inventory = app.rest(Role::Admin, "GET", &path, None).await;
        if inventory.status >= 300 {
            return Err(format!("{:#}", inventory.body));
        }
        let body = json!({ "confirm": inventory.body["confirmation"] });
        self.ask(app, "cleanup", body).await?;
        self.until_status(app, "CLEANUP_COMPLETE", last).await
    }

    /// Asks for an action of the session. That it is not allowed because it was done before is no failure: whoever
    /// repeats a request that was not answered gets this.
    async fn ask(&self, app: &TestApp, action: &str, body: Value) -> Result<(), String> {
        let session = self.session(app).await.ok_or("no session")?;
        let id = session["session_id"].as_str().expect("an id");
        let path = format!("/failover-sessions/{id}/{action}");
        let mut answered: Answered = app.rest(Role::Admin, "POST", &path, Some(&body)).await;
        // The gateway waits for 29 s of real time; what was begun goes on, and may be asked for again.
        while answered.status == 504 {
            answered = app.rest(Role::Admin, "POST", &path, Some(&body)).await;
        }
        let was_done = answered.status == 409 && answered.body["error"]["code"] == "NOT_ALLOWED";
        if answered.status < 300 || was_done {
            return Ok(());
        }
        Err(format!("{action}: {} {:#}", answered.status, answered.body))
    }

    async fn until_status(
        &self,
        app: &TestApp,
        status: &str,
        last: DateTime<Utc>,
    ) -> Result<(), String> {
        self.until(app, status, last, |session| session["status"] == status)
            .await
    }

    /// Goes on until the session is as wanted.
    async fn until(
        &self,
        app: &TestApp,
        what: &str,
        last: DateTime<Utc>,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<(), String> {
        let mut id = None;
        let mut moved = (app.now(), Value::Null);
        loop {
            if id.is_none() {
                id = self.session_id(app).await;
            }
            let session = match &id {
                Some(id) => {
                    Some(admin(app, "GET", &format!("/failover-sessions/{id}"), Value::Null).await)
                }
                None => None,
            };
            if session.as_ref().is_some_and(&wanted) {
                return Ok(());
            }
            let shown = session.as_ref().map_or(Value::Null, progress_of);
            if shown != moved.1 {
                moved = (app.now(), shown);
            }
            // A person looks every minute.
            app.advance(TimeDelta::minutes(1)).await;
            if app.now() > last || app.now() > moved.0 + STUCK {
                let servers = self.servers(app).await;
                let session = session.unwrap_or_default();
                let stages = servers.iter().map(|one| one["stage"].to_string());
                let stages: BTreeSet<_> = stages.collect();
                let unlike: Vec<&Value> = servers
                    .iter()
                    .filter(|one| !one["error"].is_null() || stages.len() == 1)
                    .take(2)
                    .collect();
                return Err(format!(
                    "it never was {what}: {session:#} {stages:?} {unlike:#?}"
                ));
            }
        }
    }
}

fn stages_of(session: &Value) -> String {
    let stages = session["stages"].as_object();
    let some: BTreeMap<&String, u64> = stages
        .into_iter()
        .flatten()
        .filter_map(|(stage, count)| Some((stage, count.as_u64().filter(|n| *n > 0)?)))
        .collect();
    format!("{some:?}")
}

fn clock(time: TimeDelta) -> String {
    let minutes = time.num_minutes();
    format!("{}:{:02} h", minutes / 60, minutes % 60)
}

/// Two inventories of the simulated AWS are the same; the first paths at which they differ, where they are not.
///
/// # Panics
/// When they differ.
pub fn assert_same(before: &Value, after: &Value) {
    let mut differences = Vec::new();
    differ("", before, after, &mut differences);
    differences.truncate(40);
    assert!(differences.is_empty(), "{differences:#?}");
}

fn differ(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let (a, b) = (&before[key], &after[key]);
                differ(&format!("{path}/{key}"), a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                differ(&format!("{path}/{n}"), a, b, found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{path}: {a} became {b}")),
    }
}
