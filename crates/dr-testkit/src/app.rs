//! The product in a test's hands.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use dr_api::{HandlerName, Operation};
use dr_local::auth::Who;
use dr_local::driver::{Driver, NotReached};
use dr_local::{Failure, Function, Local};
use dr_model::role::Role;
use dr_sim::{Control, Sim};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::builder::Opener;
use crate::cut::Cut;
use crate::hanging::hanging;

/// An answer over REST.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body; `null` where there is none.
    pub body: Value,
}

impl Answered {
    /// The body of an answer with this status.
    ///
    /// # Panics
    /// When the status is another.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }
}

/// The product over a temporary state directory, with time moved by hand.
///
/// Dropping it fails the test when an execution, an event or an asynchronous invocation is left
/// unfinished, unless [`crate::TestAppBuilder::may_hang`] or [`TestApp::leave_hanging`] said so.
pub struct TestApp {
    opener: Opener,
    /// `None` only while it is being opened again.
    local: Option<Local>,
    folder: TempDir,
    may_hang: bool,
}

impl TestApp {
    pub(crate) fn new(opener: Opener, local: Local, folder: TempDir, may_hang: bool) -> Self {
        Self {
            opener,
            local: Some(local),
            folder,
            may_hang,
        }
    }

    /// The real product over 24 servers: see [`crate::TestAppBuilder`] for others.
    pub async fn start() -> Self {
        crate::TestAppBuilder::new().start().await
    }

    /// The product.
    #[must_use]
    pub fn local(&self) -> &Local {
        self.local.as_ref().expect("open between calls")
    }

    /// The simulated AWS.
    #[must_use]
    pub fn sim(&self) -> &Sim {
        &self.local().sim
    }

    /// Faults, dumps, and the list and counts of AWS calls.
    #[must_use]
    pub fn control(&self) -> Control {
        self.sim().control()
    }

    /// How many calls of an AWS operation were made.
    #[must_use]
    pub fn calls(&self, service: &str, operation: &str) -> u64 {
        let counts = self.control().call_counts();
        let of_service = counts.get(service);
        of_service
            .and_then(|one| one.get(operation))
            .copied()
            .unwrap_or(0)
    }

    /// What moves it.
    #[must_use]
    pub fn driver(&self) -> &Driver {
        &self.local().driver
    }

    /// Simulated time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.driver().now()
    }

    /// A token of a user in a role, valid for an hour of [`TestApp::wall`] time.
    #[must_use]
    pub fn token(&self, role: Role) -> String {
        let who = Who {
            username: role.name().to_owned(),
            role,
        };
        self.local().issuer.issue(&who).expect("a token is signed")
    }

    /// Real time as the sign-in sees it: moved by hand, to let tokens expire.
    #[must_use]
    pub fn wall(&self) -> &dr_error::clock::ManualClock {
        &self.opener.wall
    }

    /// The product's port, for requests that no other method here makes.
    pub fn router(&self) -> Router {
        self.local().router()
    }

    /// A call over REST by a user in a role, through the real door.
    pub async fn rest(
        &self,
        role: Role,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answered {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("authorization", format!("Bearer {}", self.token(role)));
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a request")).await
    }

    /// Any request to the product's port.
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = match self.router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        answered(response).await
    }

    /// A direct invocation through Lambda's Invoke API: the answer's body, which is
    /// `{"error": ...}` for a request that was refused.
    ///
    /// # Panics
    /// On a function error: a bad request never is one.
    pub async fn direct(&self, handler: HandlerName, operation: &str, body: &Value) -> Value {
        let event = json!({"operation": operation, "body": body});
        match self.invoke(handler.into(), &event).await {
            Ok(answer) => answer,
            Err(failure) => panic!("{operation} ended with a function error: {failure:?}"),
        }
    }

    /// A direct invocation of an operation of the table, by the function that serves it.
    ///
    /// # Panics
    /// On a function error.
    pub async fn operation(&self, operation: Operation, body: &Value) -> Value {
        self.direct(operation.handler(), operation.name(), body)
            .await
    }

    /// Any event to a function, through Lambda's Invoke API.
    ///
    /// # Errors
    /// The function error.
    pub async fn invoke(&self, function: Function, event: &Value) -> Result<Value, Failure> {
        let key = &self.local().installation.access_key_id;
        let request = Request::post(format!(
            "/2015-03-31/functions/{}/invocations",
            function.name()
        ))
        .header("host", "127.0.0.1")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={key}/20261121/us-west-2/lambda/aws4_request"),
        )
        .body(Body::from(event.to_string()))
        .expect("a request");
        let answered = self.send(request).await;
        match answered.body.get("errorType").and_then(Value::as_str) {
            Some(kind) if answered.status == 200 => Err(Failure {
                error_type: kind.to_owned(),
                error_message: answered.body["errorMessage"].to_string(),
            }),
            _ => Ok(answered.expect(200)),
        }
    }

    /// The poller's event, delivered once beside its schedule: whether anything is under way.
    ///
    /// # Errors
    /// The function error.
    pub async fn poll(&self) -> Result<bool, Failure> {
        let answer = self
            .invoke(Function::Execution, &json!({"task": "poll"}))
            .await?;
        Ok(answer["active"] == true)
    }

    /// A call of DRS by the administrator of an account: what other people do beside us.
    pub async fn drs(
        &self,
        (account, region): (&str, &str),
        operation: &str,
        body: &Value,
    ) -> Answered {
        let request = beside(account, region, "drs")
            .uri(format!("/{operation}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        answered(self.wire(request.expect("a request")).await).await
    }

    /// A call of EC2 by the administrator of an account, as a query; its HTTP status.
    pub async fn ec2(&self, (account, region): (&str, &str), query: String) -> u16 {
        let request = beside(account, region, "ec2")
            .uri("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(query));
        let response = self.wire(request.expect("a request")).await;
        response.status().as_u16()
    }

    async fn wire(&self, request: Request<Body>) -> Response {
        match self.sim().http_router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Moves time forward, doing what is due on the way.
    pub async fn advance(&self, by: TimeDelta) {
        let advanced = self.driver().advance(by).await;
        advanced.expect("the state can be stored");
    }

    /// Goes from due moment to due moment until `reached`, for at most `limit` of simulated time.
    ///
    /// # Panics
    /// When it is not reached.
    pub async fn run_until(&self, reached: impl FnMut() -> bool, limit: TimeDelta) {
        if let Err(not) = self.driver().run_until(reached, limit).await {
            panic!("{not}; unfinished: {:?}", hanging(self.local()));
        }
    }

    /// Until no execution of a state machine other than the poller's runs, and no event or
    /// invocation waits.
    pub async fn run_until_idle(&self, limit: TimeDelta) {
        self.run_until(|| hanging(self.local()).is_empty(), limit)
            .await;
    }

    /// Until the product's own execution is over; gives its view.
    ///
    /// # Panics
    /// When it is not over within the limit, or cannot be read.
    pub async fn run_until_terminal(&self, execution_id: &str, limit: TimeDelta) -> Value {
        let last = self.now() + limit;
        self.driver()
            .run_ready()
            .await
            .expect("the state can be stored");
        loop {
            // While its state machine runs it is not over: no need to ask.
            if !self.machine_runs(execution_id) {
                let shown = self.execution(execution_id).await;
                if is_terminal(&shown) {
                    return shown;
                }
            }
            match self.driver().next_due() {
                Some(due) if due <= last => {
                    let moved = self.driver().advance_to_next().await;
                    moved.expect("the state can be stored");
                }
                due => panic!(
                    "not over by {last} (next due {due:?}); unfinished: {:?}\n{:#}",
                    hanging(self.local()),
                    self.execution(execution_id).await
                ),
            }
        }
    }

    /// Whether the execution's state machine runs: it has the execution's id for a name.
    fn machine_runs(&self, execution_id: &str) -> bool {
        let name = format!(":{execution_id}");
        let running = self.driver().shell().running();
        running.iter().any(|arn| arn.ends_with(&name))
    }

    async fn execution(&self, execution_id: &str) -> Value {
        let path = format!("/executions/{execution_id}");
        self.rest(Role::ReadOnly, "GET", &path, None)
            .await
            .expect(200)
    }

    /// Ends the process in order and starts it again.
    pub async fn restart(&mut self) {
        self.driver().abort().await;
        drop(self.local.take());
        self.local = Some(self.opener.open(self.folder.path()).await);
    }

    /// `kill -9` now, and a new start over what was on the disk at this moment.
    pub async fn crash(&mut self) {
        // What the old process would write while it is dropped goes into a directory that nobody
        // looks at any more.
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_files(self.folder.path(), copy.path());
        self.opener.cuts.clear();
        self.driver().abort().await;
        drop(self.local.take());
        self.folder = copy;
        self.local = Some(self.opener.open(self.folder.path()).await);
    }

    /// Drives until the cut's AWS call, dies there, and starts again.
    ///
    /// # Panics
    /// When the call is not made within the limit.
    pub async fn crash_at(&mut self, cut: Cut, limit: TimeDelta) {
        self.opener.cuts.set(cut.clone());
        let never = self.driver().run_until(|| false, limit);
        let reached = self.until_cut(never).await;
        if let Err(not) = reached {
            panic!("{cut:?} was not reached: {not}");
        }
        self.crash().await;
    }

    /// Dies at the cut's AWS call while a request is served, and starts again: whoever asked is never answered.
    ///
    /// # Panics
    /// When the request is answered before the call is made.
    pub async fn crash_in(&mut self, cut: Cut, request: impl AsyncFnOnce(&Self)) {
        self.opener.cuts.set(cut.clone());
        tokio::select! {
            biased;
            () = self.opener.cuts.reached() => {}
            () = request(self) => panic!("{cut:?} was not reached"),
        }
        self.crash().await;
    }

    /// Dies at the cut's AWS call while something is done, and starts again; answers whether the call was made at all.
    pub async fn crash_during(&mut self, cut: Cut, done: impl AsyncFnOnce(&Self)) -> bool {
        self.opener.cuts.set(cut);
        let is_reached = tokio::select! {
            biased;
            () = self.opener.cuts.reached() => true,
            () = done(self) => false,
        };
        if is_reached {
            self.crash().await;
        } else {
            self.opener.cuts.clear();
        }
        is_reached
    }

    /// The operations of the product's AWS calls since the last time this was asked, in order. The first time begins
    /// to listen.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        self.opener.cuts.listen()
    }

    /// Bytes of the largest request of the product to each AWS operation: what limits of items and payloads are held
    /// against.
    #[must_use]
    pub fn largest_requests(&self) -> BTreeMap<String, usize> {
        self.opener.cuts.largest()
    }

    /// What is on the disk now: [`crate::TestAppBuilder::resume`] starts from it, as often as wanted.
    #[must_use]
    pub fn snapshot(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_files(self.folder.path(), copy.path());
        copy
    }

    async fn until_cut(
        &self,
        driven: impl Future<Output = Result<(), NotReached>>,
    ) -> Result<(), NotReached> {
        tokio::select! {
            biased;
            () = self.opener.cuts.reached() => Ok(()),
            ended = driven => ended,
        }
    }

    /// From here on the test may leave things unfinished.
    pub fn leave_hanging(&mut self) {
        self.may_hang = true;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if self.may_hang || std::thread::panicking() {
            return;
        }
        if let Some(local) = &self.local {
            let left = hanging(local);
            assert!(left.is_empty(), "the test leaves unfinished: {left:?}");
        }
    }
}

/// The beginning of a request by the administrator of an account.
fn beside(account: &str, region: &str, service: &str) -> axum::http::request::Builder {
    let scope = format!("AKIA{account}/20261121/{region}/{service}/aws4_request");
    Request::post("/").header("host", "127.0.0.1").header(
        "authorization",
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"),
    )
}

async fn answered(response: Response) -> Answered {
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await;
    let bytes = bytes.expect("a whole body").to_bytes();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("not JSON: {}", text()))
    };
    Answered { status, body }
}

fn is_terminal(execution: &Value) -> bool {
    let status = execution.get("status").cloned().unwrap_or_default();
    let status: dr_model::execution::ExecutionStatus = match serde_json::from_value(status) {
        Ok(status) => status,
        Err(error) => panic!("not a view of an execution: {error}\n{execution:#}"),
    };
    status.is_terminal()
}

pub(crate) fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a readable directory") {
        let entry = entry.expect("a readable directory");
        let copied = std::fs::copy(entry.path(), to.join(entry.file_name()));
        copied.expect("a file can be copied");
    }
}
