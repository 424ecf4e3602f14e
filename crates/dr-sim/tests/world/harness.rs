//! A simulator with an estate, and calls to it as a client makes them.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::Duration;
use dr_sim::scenario::Estate;
use dr_sim::{Home, Sim, SimOptions, Speed};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const PRIMARY: (&str, &str) = ("111122223333", "us-east-1");
pub const RECOVERY: (&str, &str) = ("444455556666", "us-west-2");

pub struct Bench {
    pub sim: Sim,
}

pub fn options() -> SimOptions {
    SimOptions {
        seed: 7,
        start: "2026-11-21T08:00:00Z".parse().unwrap(),
        speed: Speed::Manual,
        tables: None,
        world: None,
        home: Home {
            account: "999988887777".to_owned(),
            region: "us-east-1".to_owned(),
            principal_arn: "arn:aws:sts::999988887777:assumed-role/dr/test".to_owned(),
        },
    }
}

impl Bench {
    pub fn with(servers: usize) -> Self {
        let sim = Sim::open(options()).unwrap();
        let estate = Estate {
            servers,
            ..Estate::default()
        };
        sim.control().scenario(&estate).unwrap();
        Self { sim }
    }

    /// A signed request; the body as given.
    pub async fn send(
        &self,
        key: &str,
        service: &str,
        region: &str,
        request: axum::http::request::Builder,
        body: String,
    ) -> (u16, Vec<(String, String)>, String) {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261121/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=00"
        );
        let request: Request<Body> = request
            .header("authorization", credential)
            .body(Body::from(body))
            .unwrap();
        let response = self.sim.http_router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap_or_default();
        (status, headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// A signed DRS request in the recovery account, its body as bytes.
    pub async fn send_bytes(
        &self,
        key: &str,
        request: axum::http::request::Builder,
        body: Vec<u8>,
    ) -> (u16, String) {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261121/{}/drs/aws4_request, Signature=00",
            RECOVERY.1
        );
        let request = request
            .header("authorization", credential)
            .body(Body::from(body))
            .unwrap();
        let response = self.sim.http_router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// A DRS call at a place: status, and the body; an error's name is put into `errorType`, and
    /// the header `Retry-After` into `retryAfterSeconds`, the member that the model binds to it.
    pub async fn drs_at(&self, place: (&str, &str), operation: &str, body: Value) -> (u16, Value) {
        let request = Request::post(format!("/{operation}"));
        let key = format!("AKIA{}", place.0);
        let (status, headers, text) = self
            .send(&key, "drs", place.1, request, body.to_string())
            .await;
        let mut body = serde_json::from_str(&text).unwrap_or(Value::Null);
        if let Some((_, name)) = headers.iter().find(|(name, _)| name == "x-amzn-errortype") {
            body["errorType"] = json!(name);
        }
        if let Some((_, seconds)) = headers.iter().find(|(name, _)| name == "retry-after") {
            body["retryAfterSeconds"] = json!(seconds);
        }
        (status, body)
    }

    pub async fn drs(&self, operation: &str, body: Value) -> (u16, Value) {
        self.drs_at(RECOVERY, operation, body).await
    }

    /// A DRS call that must succeed.
    pub async fn ok(&self, operation: &str, body: Value) -> Value {
        let (status, body) = self.drs(operation, body).await;
        assert!(status < 300, "{operation}: {status} {body}");
        body
    }

    /// A DRS call that must fail: its status and error name.
    pub async fn refused(&self, operation: &str, body: Value) -> (u16, String) {
        let (status, body) = self.drs(operation, body).await;
        assert!(status >= 400, "{operation} was accepted: {body}");
        (status, body["errorType"].as_str().unwrap().to_owned())
    }

    /// An EC2 call in the recovery account.
    pub async fn ec2(&self, form: &str) -> (u16, String) {
        let key = format!("AKIA{}", RECOVERY.0);
        let request = Request::post("/");
        let (status, _, text) = self
            .send(&key, "ec2", RECOVERY.1, request, form.to_owned())
            .await;
        (status, text)
    }

    /// Access key of a session of the home account in a role.
    pub async fn assume(&self, role_arn: &str, external_id: &str) -> String {
        let form = format!(
            "Action=AssumeRole&Version=2011-06-15&RoleArn={role_arn}&RoleSessionName=test\
             &ExternalId={external_id}"
        );
        let request = Request::post("/");
        let (status, _, text) = self
            .send("AKIAHOME1", "sts", "us-east-1", request, form)
            .await;
        assert_eq!(status, 200, "{text}");
        let key = text
            .split("<AccessKeyId>")
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        key.unwrap().to_owned()
    }

    /// Source server ids and names, in the order of names.
    pub async fn servers(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut token = Value::Null;
        loop {
            let page = self
                .ok("DescribeSourceServers", json!({ "nextToken": token }))
                .await;
            for item in page["items"].as_array().unwrap() {
                found.push((text(&item["tags"]["Name"]), text(&item["sourceServerID"])));
            }
            token = page["nextToken"].clone();
            if token.is_null() {
                found.sort();
                return found;
            }
        }
    }

    /// The source server with this name.
    pub async fn server(&self, name: &str) -> String {
        let servers = self.servers().await;
        let found = servers.into_iter().find(|(n, _)| n == name);
        found.unwrap().1
    }

    /// The pre-provisioned instance with this name.
    pub fn target(&self, name: &str) -> String {
        self.sim.control().inspect(|world| {
            let ec2 = &world.at(RECOVERY.0, RECOVERY.1).unwrap().ec2;
            let found = ec2
                .instances
                .values()
                .find(|i| i.tags.get("Name").map(String::as_str) == Some(name));
            found.unwrap().id.clone()
        })
    }

    /// Points a server at its pre-provisioned instance.
    pub async fn aim(&self, name: &str) -> (String, String) {
        let (server, target) = (self.server(name).await, self.target(name));
        self.ok(
            "UpdateLaunchConfiguration",
            json!({
                "sourceServerID": server,
                "copyTags": false,
                "copyPrivateIp": false,
                "targetInstanceTypeRightSizingMethod": "NONE",
                "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": target },
            }),
        )
        .await;
        (server, target)
    }

    pub async fn start(&self, servers: &[&str], drill: bool) -> String {
        let servers: Vec<Value> = servers
            .iter()
            .map(|id| json!({ "sourceServerID": id }))
            .collect();
        let body = json!({ "sourceServers": servers, "isDrill": drill });
        let answer = self.ok("StartRecovery", body).await;
        text(&answer["job"]["jobID"])
    }

    pub async fn job(&self, id: &str) -> Value {
        let body = json!({ "filters": { "jobIDs": [id] } });
        self.ok("DescribeJobs", body).await["items"][0].clone()
    }

    /// Lets time pass, minute by minute, until a job is completed; gives the job.
    pub async fn finish(&self, id: &str) -> Value {
        for _ in 0..30 {
            self.pass(60);
            let job = self.job(id).await;
            if job["status"] == "COMPLETED" {
                return job;
            }
        }
        panic!("the job is not completed after 30 minutes");
    }

    /// Events of a job's log: name, and server where there is one.
    pub async fn log(&self, id: &str) -> Vec<Value> {
        let answer = self.ok("DescribeJobLogItems", json!({ "jobID": id })).await;
        answer["items"].as_array().unwrap().clone()
    }

    pub fn pass(&self, seconds: i64) {
        self.sim.control().advance(Duration::seconds(seconds));
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The events of a log, in order.
pub fn events(log: &[Value]) -> Vec<&str> {
    log.iter()
        .map(|item| item["event"].as_str().unwrap())
        .collect()
}
