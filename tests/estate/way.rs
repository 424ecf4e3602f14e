//! One session on its way home, as a person works with it over REST: also where there are several of one recovery.

use chrono::TimeDelta;
use dr_testkit::{Answered, Role, TestApp};
use serde_json::{Value, json};

use crate::home::{Step, Trip, prepare};
use crate::{admin, product};

/// The longest a step takes, in simulated time.
const LIMIT: TimeDelta = TimeDelta::hours(30);
/// Between two looks.
const PAUSE: TimeDelta = TimeDelta::minutes(2);

/// A fleet that has failed over.
pub struct Away {
    /// The product.
    pub app: TestApp,
    /// The trip so far.
    pub trip: Trip,
    /// Its session.
    pub way: Way,
    /// What there was before it left.
    pub before: Value,
}

/// A fleet of this size that runs in the recovery region, its originals stopped.
pub async fn away(servers: usize) -> Away {
    let app = product(servers).await;
    let mut trip = prepare(&app).await;
    let before = app.control().inventory();
    trip.take(&app, Step::FailOver).await;
    trip.take(&app, Step::StopOriginals).await;
    let session = trip.session(&app).await.expect("a session");
    let way = Way::of(&session);
    Away {
        app,
        trip,
        way,
        before,
    }
}

/// The same, replicated back and mirrored.
pub async fn ready(servers: usize) -> Away {
    let mut away = away(servers).await;
    away.trip.take(&away.app, Step::Reverse).await;
    away.trip.take(&away.app, Step::Mirror).await;
    away
}

/// A session.
#[derive(Debug, Clone)]
pub struct Way {
    /// Its id.
    pub id: String,
}

impl Way {
    /// Of a session as it is shown.
    #[must_use]
    pub fn of(session: &Value) -> Self {
        let id = session["session_id"].as_str().expect("an id").to_owned();
        Self { id }
    }

    fn path(&self, action: &str) -> String {
        format!("/failover-sessions/{}/{action}", self.id)
    }

    /// The session now.
    pub async fn session(&self, app: &TestApp) -> Value {
        let path = format!("/failover-sessions/{}", self.id);
        admin(app, "GET", &path, Value::Null).await
    }

    /// Its servers now.
    pub async fn servers(&self, app: &TestApp) -> Vec<Value> {
        let path = self.path("servers?limit=1000");
        let list = admin(app, "GET", &path, Value::Null).await;
        list["servers"].as_array().expect("servers").clone()
    }

    /// One of its servers now, by B1.
    pub async fn server(&self, app: &TestApp, id: &Value) -> Value {
        let servers = self.servers(app).await;
        let found = servers.into_iter().find(|s| s["source_server_id"] == *id);
        found.expect("it stays in the session")
    }

    /// Asks for an action, whatever the answer.
    pub async fn ask(&self, app: &TestApp, action: &str, body: Value) -> Answered {
        let path = self.path(action);
        app.rest(Role::Admin, "POST", &path, Some(&body)).await
    }

    /// Asks for an action, which is accepted; gives the answer.
    pub async fn take(&self, app: &TestApp, action: &str, body: Value) -> Value {
        admin(app, "POST", &self.path(action), body).await
    }

    /// Asks for an action that is not allowed now; gives the reason.
    pub async fn refused(&self, app: &TestApp, action: &str, body: Value) -> String {
        let refused = self.ask(app, action, body).await.expect(409);
        assert_eq!(refused["error"]["code"], "NOT_ALLOWED", "{refused:#}");
        let message = &refused["error"]["message"];
        message.as_str().expect("a reason").to_owned()
    }

    /// Starts a failback; gives the execution's id.
    pub async fn fail_back(&self, app: &TestApp, body: Value) -> String {
        let started = self.take(app, "execute-failback", body).await;
        crate::run::execution_id(&started)
    }

    /// Asks for the clean-up of everything, with the words that the inventory names.
    pub async fn clean_up(&self, app: &TestApp) -> Value {
        let inventory = admin(app, "GET", &self.path("cleanup"), Value::Null).await;
        let body = json!({ "confirm": inventory["confirmation"] });
        self.take(app, "cleanup", body).await
    }

    /// From everything being ready to nothing being left over.
    pub async fn home(&self, app: &TestApp) {
        self.fail_back(app, json!({ "execution_type": "RECOVERY" }))
            .await;
        self.until_status(app, "FAILBACK_COMPLETE").await;
        self.take(app, "re-protect", json!({})).await;
        self.until_status(app, "RE_PROTECTED").await;
        self.clean_up(app).await;
        self.until_status(app, "CLEANUP_COMPLETE").await;
    }

    /// Goes on until the session and its servers are as wanted; gives the servers.
    ///
    /// # Panics
    /// When they never are.
    pub async fn until(
        &self,
        app: &TestApp,
        what: &str,
        wanted: impl Fn(&Value, &[Value]) -> bool,
    ) -> Vec<Value> {
        let last = app.now() + LIMIT;
        loop {
            let (session, servers) = (self.session(app).await, self.servers(app).await);
            if wanted(&session, &servers) {
                return servers;
            }
            assert!(app.now() <= last, "never {what}: {session:#} {servers:#?}");
            app.advance(PAUSE).await;
        }
    }

    /// Goes on until the session stands so; gives the servers.
    ///
    /// # Panics
    /// When it never does.
    pub async fn until_status(&self, app: &TestApp, status: &str) -> Vec<Value> {
        self.until_session(app, status, |session| session["status"] == status)
            .await
    }

    /// Goes on until so many servers are at a stage; gives all.
    ///
    /// # Panics
    /// When they never are.
    pub async fn until_stage(&self, app: &TestApp, stage: &str, count: usize) -> Vec<Value> {
        let name = stage.to_lowercase();
        let what = format!("{count} {stage}");
        self.until_session(app, &what, |session| session["stages"][&name] == count)
            .await
    }

    async fn until_session(
        &self,
        app: &TestApp,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let last = app.now() + LIMIT;
        loop {
            let session = self.session(app).await;
            if wanted(&session) {
                return self.servers(app).await;
            }
            if app.now() > last {
                let servers = self.servers(app).await;
                panic!("never {what}: {session:#} {servers:#?}");
            }
            app.advance(PAUSE).await;
        }
    }
}

/// Those at a stage.
#[must_use]
pub fn of_stage<'a>(servers: &'a [Value], stage: &str) -> Vec<&'a Value> {
    servers.iter().filter(|s| s["stage"] == stage).collect()
}

/// State and private IP of an EC2 instance, in EC2's words.
#[must_use]
pub fn machine(
    app: &TestApp,
    (account, region): (&str, &str),
    id: &Value,
) -> Option<(String, String)> {
    app.control().inspect(|world| {
        let place = world.at(account, region)?;
        let found = place.ec2.instances.get(id.as_str()?)?;
        Some((found.state.word().to_owned(), found.private_ip.to_string()))
    })
}

/// Fails unless each of these servers runs in its original instance, with the address that it had, and the session says
/// so.
pub fn assert_home(app: &TestApp, before: &Value, servers: &[&Value]) {
    for server in servers {
        let (origin, returned) = (&server["origin_instance_id"], &server["returned"]);
        assert_eq!(returned["instance_id"], *origin, "{server:#}");
        assert_eq!(returned["instance_id_kept"], true, "{server:#}");
        assert_eq!(returned["private_ip_kept"], true, "{server:#}");
        let (account, region) = crate::PRIMARY;
        let id = origin.as_str().expect("an id");
        let known = &before[account][region]["instances"][id]["private_ip"];
        let machine = machine(app, crate::PRIMARY, origin).expect("it exists");
        assert_eq!(machine.0, "running", "{server:#}");
        assert_eq!(*known, machine.1.as_str(), "{server:#}");
    }
}
