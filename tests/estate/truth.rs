//! What must be true at the end of every execution, however it went.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use dr_testkit::TestApp;
use serde_json::Value;

use crate::run::{LIMIT, view};
use crate::{servers_of, world};

/// An execution that is over, as it is shown.
#[derive(Debug, Clone)]
pub struct Over {
    /// Its view.
    pub execution: Value,
    /// Its servers.
    pub servers: Vec<Value>,
}

impl Over {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> &str {
        self.execution["status"].as_str().expect("a status")
    }

    /// How many servers are in this status.
    #[must_use]
    pub fn count(&self, status: &str) -> usize {
        let of_status = |server: &&Value| server["status"] == status;
        self.servers.iter().filter(of_status).count()
    }

    /// One of its servers.
    #[must_use]
    pub fn server(&self, id: &str) -> &Value {
        let of_id = |server: &&Value| server["source_server_id"] == id;
        self.servers.iter().find(of_id).expect("a server of it")
    }

    /// What two runs of the same must have in common: status, and per server where it ended and how.
    #[must_use]
    pub fn outcome(&self) -> BTreeMap<String, String> {
        let mut outcome = BTreeMap::from([("execution".to_owned(), self.status().to_owned())]);
        for server in &self.servers {
            let identity = &server["identity"];
            let words = format!(
                "{} {} {} {} {}",
                server["status"],
                server["reason"],
                identity["instance_id"],
                identity["instance_id_kept"],
                identity["private_ip_kept"]
            );
            let id = server["source_server_id"].as_str().expect("an id");
            outcome.insert(id.to_owned(), words);
        }
        outcome
    }
}

/// Goes on to the end of an execution and asserts what must be true then.
pub async fn over(app: &TestApp, id: &str) -> Over {
    app.run_until_terminal(id, LIMIT).await;
    // Events may be an hour late.
    app.run_until_idle(TimeDelta::hours(2)).await;
    let over = Over {
        execution: view(app, id).await,
        servers: servers_of(app, id).await,
    };
    assert_settled(&over);
    assert_launched_once(app, &over);
    assert_running_where_it_should(app, &over);
    let running = app.driver().shell().running();
    assert!(
        !running.iter().any(|arn| arn.ends_with(&format!(":{id}"))),
        "its state machine runs on"
    );
    assert_eq!(app.poll().await, Ok(false), "the lease is held");
    over
}

fn assert_settled(over: &Over) {
    let execution = &over.execution;
    let tally = &execution["servers"];
    for (status, counted) in [
        ("LAUNCHED", "launched"),
        ("FAILED", "failed"),
        ("SKIPPED", "skipped"),
    ] {
        assert_eq!(tally[counted], over.count(status), "{execution:#}");
    }
    let settled = ["LAUNCHED", "FAILED", "SKIPPED"].map(|status| over.count(status));
    let total: usize = settled.iter().sum();
    assert_eq!(
        total,
        over.servers.len(),
        "not settled: {:#?}",
        over.servers
    );
    for server in &over.servers {
        let says_why = server["status"] == "LAUNCHED" || server["reason"].is_string();
        assert!(says_why, "no reason: {server:#}");
    }
    assert_eq!(execution["progress_percent"], 100);
    assert!(execution["ended_at"].is_string(), "{execution:#}");
    assert!(execution["estimated_remaining_seconds"].is_null());
}

/// At most one launch job of ours per server, and it is the one that is on record.
fn assert_launched_once(app: &TestApp, over: &Over) {
    let recorded: BTreeSet<&str> = over
        .servers
        .iter()
        .filter_map(|server| server["job_id"].as_str())
        .collect();
    // A server may be left out because somebody else launches it.
    let (left_out, ours): (Vec<&Value>, Vec<&Value>) = over
        .servers
        .iter()
        .partition(|server| server["status"] == "SKIPPED");
    let ours: BTreeSet<&str> = ours
        .into_iter()
        .filter_map(|server| server["source_server_id"].as_str())
        .collect();
    let since = over.execution["started_at"].as_str().expect("a time");
    let until = over.execution["ended_at"].as_str().expect("a time");
    let (since, until) = (
        since.parse().expect("a time"),
        until.parse().expect("a time"),
    );
    let left_out: BTreeSet<&str> = left_out
        .into_iter()
        .filter_map(|server| server["source_server_id"].as_str())
        .collect();
    let mut seen = BTreeSet::new();
    for job in world::launches_between(app, since, until) {
        if recorded.contains(job.id.as_str()) {
            let stray = job.servers.iter().find(|id| left_out.contains(id.as_str()));
            assert_eq!(stray, None, "left out and launched all the same");
        }
        for server in job.servers.iter().filter(|id| ours.contains(id.as_str())) {
            assert!(seen.insert(server.clone()), "{server} was launched twice");
            assert!(
                recorded.contains(job.id.as_str()),
                "{} is not on record",
                job.id
            );
        }
    }
}

/// Every launched server runs, in its target with the target's address, or says why not.
fn assert_running_where_it_should(app: &TestApp, over: &Over) {
    for server in &over.servers {
        if server["status"] != "LAUNCHED" {
            continue;
        }
        let identity = &server["identity"];
        let id = identity["instance_id"].as_str().expect("an instance");
        let machine = world::machine(app, id).expect("the instance exists");
        assert_eq!(machine.state, "running", "{server:#}");
        assert_eq!(identity["private_ip"], machine.private_ip, "{server:#}");
        let target = &server["launch_into"]["target"];
        if target.is_object() {
            assert_eq!(identity["instance_id_kept"], true, "{server:#}");
            assert_eq!(identity["private_ip_kept"], true, "{server:#}");
            assert_eq!(target["instance_id"], id, "{server:#}");
            if target["private_ip"].is_string() {
                assert_eq!(target["private_ip"], machine.private_ip, "{server:#}");
            }
        } else {
            assert_eq!(identity["instance_id_kept"], false, "{server:#}");
            assert!(identity["reason"].is_string(), "{server:#}");
        }
    }
}
