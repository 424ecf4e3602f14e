//! The stand: a server with a script, and a world around the command in which time is virtual.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use dr_cli::screen::Screen;
use dr_cli::world::{Environment, Later, Person, Time, World};
use serde_json::{Value, json};

/// A call that the server got.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `POST /executions?limit=1`.
    pub line: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The body; null when there was none.
    pub body: Value,
}

/// What the server knows to answer, by method and path: one after the other, the last one for ever.
#[derive(Default)]
struct Script {
    answers: Mutex<HashMap<String, VecDeque<(u16, Value)>>>,
    calls: Mutex<Vec<Call>>,
}

/// Nobody, or somebody with answers ready.
struct Somebody(Option<VecDeque<String>>);

impl Person for Somebody {
    fn is_there(&self) -> bool {
        self.0.is_some()
    }
    fn line(&mut self, question: &str) -> io::Result<String> {
        let answer = self.0.as_mut().and_then(VecDeque::pop_front);
        Ok(answer.unwrap_or_else(|| panic!("nobody expected to be asked {question}")))
    }
    fn secret(&mut self, question: &str) -> io::Result<String> {
        self.line(question)
    }
    fn standard_input(&mut self) -> io::Result<String> {
        self.line("standard input")
    }
}

/// Waiting moves it, and takes no time.
struct VirtualTime {
    now: AtomicI64,
    waits: Mutex<Vec<u64>>,
}

impl Time for VirtualTime {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }
    fn wait(&self, duration: Duration) -> Later<()> {
        let seconds = duration.as_secs();
        self.waits.lock().unwrap().push(seconds);
        self.now
            .fetch_add(i64::try_from(seconds).unwrap(), Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: u8,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The stand.
pub struct Stand {
    script: Arc<Script>,
    time: Arc<VirtualTime>,
    /// The command's environment.
    pub environment: Environment,
    /// What somebody answers; none when nobody is there.
    pub answers: Option<Vec<&'static str>>,
    /// Ctrl-C.
    pub interrupt: fn() -> Later<()>,
    config: tempfile::TempDir,
}

impl Stand {
    /// A server, and a caller with a token.
    pub async fn new() -> Self {
        let script = Arc::new(Script::default());
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = tempfile::tempdir().unwrap();
        Self {
            script,
            time: Arc::new(VirtualTime {
                now: AtomicI64::new(1_000_000),
                waits: Mutex::default(),
            }),
            environment: Environment {
                url: Some(url),
                token: Some("token-of-the-environment".to_owned()),
                config_dir: Some(config.path().to_owned()),
                ..Environment::default()
            },
            answers: None,
            interrupt: || Box::pin(std::future::pending()),
            config,
        }
    }

    /// The next answer to `GET /path`.
    pub fn says(&self, line: &str, status: u16, body: Value) -> &Self {
        let mut answers = self.script.answers.lock().unwrap();
        answers
            .entry(line.to_owned())
            .or_default()
            .push_back((status, body));
        drop(answers);
        self
    }

    /// Runs `dr`.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let (out, err) = (Paper::default(), Paper::default());
        let world = World {
            environment: self.environment.clone(),
            screen: Screen::new(Box::new(out.clone()), Box::new(err.clone()), None, false),
            person: Box::new(Somebody(
                self.answers
                    .as_ref()
                    .map(|answers| answers.iter().map(ToString::to_string).collect()),
            )),
            time: Arc::clone(&self.time) as Arc<dyn Time>,
            interrupt: self.interrupt,
        };
        let arguments = std::iter::once("dr").chain(arguments.iter().copied());
        let code = dr_cli::run(arguments, world).await;
        Ran {
            code,
            out: out.text(),
            err: err.text(),
        }
    }

    /// What the server got.
    pub fn calls(&self) -> Vec<Call> {
        self.script.calls.lock().unwrap().clone()
    }

    /// The same, method and path alone.
    pub fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.line).collect()
    }

    /// For how many seconds the command waited, each time.
    pub fn waits(&self) -> Vec<u64> {
        self.time.waits.lock().unwrap().clone()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.time.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The session's file.
    pub fn session_file(&self) -> PathBuf {
        self.config.path().join("dr/session.json")
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let line = format!("{} {}", parts.method, parts.uri);
    let key = format!("{} {}", parts.method, parts.uri.path());
    let authorization = parts.headers.get("authorization");
    script.calls.lock().unwrap().push(Call {
        line,
        authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    });
    let mut answers = script.answers.lock().unwrap();
    let (status, body) = match answers.get_mut(&key) {
        Some(queue) if queue.len() > 1 => queue.pop_front().unwrap(),
        Some(queue) => queue.front().cloned().unwrap(),
        None => (404, error("NO_SUCH_ROUTE", json!({}))),
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// An error body.
pub fn error(code: &str, details: Value) -> Value {
    json!({ "error": {
        "code": code, "message": "why", "details": details,
        "request_id": "req-1", "timestamp": "2026-01-01T00:00:00Z",
    } })
}

/// An id of ours.
pub fn id(prefix: &str, number: u8) -> String {
    format!("{prefix}-00000000-0000-4000-8000-0000000000{number:02x}")
}

/// A direction.
pub fn direction() -> Value {
    json!({
        "primary": { "account_id": "111122223333", "region": "us-east-1" },
        "recovery": { "account_id": "444455556666", "region": "us-west-2" },
    })
}

/// A stored group.
pub fn group(number: u8, name: &str) -> Value {
    json!({
        "id": id("pg", number), "name": name, "description": "", "direction": direction(),
        "selection": { "tags": { "Tier": name } },
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    })
}

/// A stored plan.
pub fn plan(number: u8, name: &str) -> Value {
    json!({
        "id": id("rp", number), "name": name, "description": "",
        "waves": [{ "name": "All", "group_ids": [id("pg", 1)], "pause_before": false, "on_failure": "CONTINUE" }],
        "rto_target_seconds": 1800, "pause_timeout_seconds": 86400,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    })
}
