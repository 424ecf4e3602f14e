//! The doors, call by call, over functions that do as they are told.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::{Router, middleware};
use dr_error::Clock;
use dr_error::clock::ManualClock;
use dr_error::ids::CountedIds;
use dr_model::role::Role;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;

use super::{Accounts, Door, Parts, Routes};
use crate::auth::{Issuer, NewUser, Sessions, Users, Who};
use crate::db::Db;
use crate::driver::{self, Driver};
use crate::fakes::{Does, FakeHandlers, FakeWorld};
use crate::function::Function;
use crate::invoke::InvokeEndpoint;
use crate::state_dir::StateDir;
use crate::states::{Machines, Shell};

struct Stand {
    router: Router,
    invoke: Router,
    driver: Driver,
    handlers: Arc<FakeHandlers>,
    token: String,
    clock: Arc<ManualClock>,
    users: Vec<NewUser>,
    _temp: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        Self::open(false)
    }

    fn open(with_users: bool) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = Arc::new(StateDir::open(temp.path()).unwrap());
        let world = Arc::new(FakeWorld::at("2026-11-21T08:00:30Z"));
        let handlers = Arc::new(FakeHandlers::default());
        let clock = Arc::new(ManualClock::at_epoch());
        let ids = Arc::new(CountedIds::from_seed(1));
        let issuer = Issuer::open(
            &dir,
            "local",
            Arc::clone(&clock) as _,
            Arc::clone(&ids) as _,
        );
        let issuer = Arc::new(issuer.unwrap());
        let who = Who {
            username: "operator".to_owned(),
            role: Role::Operator,
        };
        let token = issuer.issue(&who).unwrap();
        let (accounts, users) = if with_users {
            let (users, fresh) = Users::generate(&dir).unwrap();
            let sessions = Sessions::load(Arc::clone(&dir)).unwrap();
            (Some(Accounts::new(users, sessions)), fresh)
        } else {
            (None, Vec::new())
        };
        let changed = Arc::new(Notify::new());
        let db = Arc::new(Db::in_memory().unwrap());
        let machines = Machines::load("us-east-1", "111111111111", Vec::new()).unwrap();
        let shell = Shell::open(
            Arc::clone(&db),
            machines,
            Arc::clone(&ids) as _,
            Arc::clone(&changed),
        );
        let driver = Driver::new(driver::Parts {
            world: Arc::clone(&world) as _,
            handlers: Arc::clone(&handlers) as _,
            shell: Arc::new(shell.unwrap()),
            db,
            ids: Arc::clone(&ids) as _,
            schedules: Vec::new(),
            changed: Arc::clone(&changed),
            environment: "local".to_owned(),
        });
        let driver = driver.unwrap();
        let invoke = InvokeEndpoint {
            handlers: Arc::clone(&handlers) as _,
            driver: driver.clone(),
            ids: Arc::clone(&ids) as _,
            keys: Arc::new(["AKIALOCAL".to_owned()]),
            environment: "local".to_owned(),
            changed: Arc::clone(&changed),
        };
        let door = Door::new(Parts {
            handlers: Arc::clone(&handlers) as _,
            routes: Routes::of_operations().unwrap(),
            issuer,
            accounts,
            simulator: None,
            world,
            ids,
            changed,
            account: "111111111111".to_owned(),
            stage: "local".to_owned(),
        });
        Self {
            router: door
                .router()
                .layer(middleware::from_fn(super::only_loopback_names)),
            invoke: invoke.router(),
            driver,
            handlers,
            token,
            clock,
            users,
            _temp: temp,
        }
    }

    fn get(&self, path: &str) -> axum::http::request::Builder {
        self.request("GET", path)
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8080")
            .header("authorization", format!("Bearer {}", self.token))
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        read(self.send(request).await).await
    }

    fn invocation(&self, name: &str, kind: &str) -> axum::http::request::Builder {
        Request::post(format!("/2015-03-31/functions/{name}/invocations"))
            .header("x-amz-invocation-type", kind)
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIALOCAL/20261121/us-east-1/lambda/aws4_request, \
                 SignedHeaders=host, Signature=00",
            )
    }

    async fn invoke(&self, request: Request<Body>) -> Response<Body> {
        self.invoke.clone().oneshot(request).await.unwrap()
    }
}

async fn read(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

async fn code(response: Response<Body>) -> (u16, String) {
    let (status, body) = read(response).await;
    let error = &body["error"];
    assert!(
        error["details"].is_object() && error["timestamp"].is_string(),
        "{body}"
    );
    assert_eq!(error["request_id"].as_str().unwrap().len(), 36);
    (status.as_u16(), error["code"].as_str().unwrap().to_owned())
}

fn empty(builder: axum::http::request::Builder) -> Request<Body> {
    builder.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_call_reaches_its_function_as_a_proxy_event() {
    let stand = Stand::new();
    stand.handlers.then(Does::Answer(
        json!({"statusCode": 201, "headers": {"x-a": "b"},
        "multiValueHeaders": {"x-m": ["1", "2"]}, "body": "{\"id\":1}", "isBase64Encoded": false}),
    ));
    let request = stand
        .get("/executions/e%201?limit=5&tag=a&tag=b%20c")
        .header("x-twice", "1")
        .header("x-twice", "2");
    let response = stand.send(empty(request)).await;
    assert_eq!(response.headers()["x-a"], "b");
    assert_eq!(response.headers().get_all("x-m").iter().count(), 2);
    assert_eq!(
        read(response).await,
        (StatusCode::CREATED, json!({"id": 1}))
    );

    let event = stand.handlers.event(0);
    assert_eq!(event["resource"], "/executions/{execution_id}");
    assert_eq!(event["path"], "/executions/e%201");
    assert_eq!(event["httpMethod"], "GET");
    assert_eq!(event["pathParameters"], json!({"execution_id": "e 1"}));
    assert_eq!(
        event["queryStringParameters"],
        json!({"limit": "5", "tag": "b c"})
    );
    assert_eq!(
        event["multiValueQueryStringParameters"]["tag"],
        json!(["a", "b c"])
    );
    assert_eq!(event["headers"]["x-twice"], "2");
    assert_eq!(event["multiValueHeaders"]["x-twice"], json!(["1", "2"]));
    assert_eq!(event["body"], Value::Null);
    let context = &event["requestContext"];
    assert_eq!(
        context["authorizer"]["claims"]["cognito:groups"],
        "operator"
    );
    assert_eq!(
        context["authorizer"]["claims"]["exp"],
        "Thu Jan 01 01:00:00 UTC 1970"
    );
    assert_eq!(context["requestTime"], "21/Nov/2026:08:00:30 +0000");
    assert_eq!(context["path"], "/local/executions/e%201");
}

#[tokio::test]
async fn the_event_is_one_that_the_lambda_crates_read() {
    let stand = Stand::new();
    let request = stand
        .request("POST", "/protection-groups")
        .header("content-type", "application/json");
    stand
        .send(request.body(Body::from("{\"name\": \"é\"}")).unwrap())
        .await;
    let event = stand.handlers.event(0);
    assert_eq!(event["body"], "{\"name\": \"é\"}");
    assert_eq!(event["queryStringParameters"], Value::Null);
    assert_eq!(event["pathParameters"], Value::Null);
}

#[tokio::test]
async fn without_a_good_token_nothing_is_reached() {
    let stand = Stand::new();
    let other = Stand::new();
    let foreign = format!("Bearer {}", other.token);
    for authorization in [
        None,
        Some("Bearer x.y.z"),
        Some(foreign.as_str()),
        Some("Basic YTpi"),
        Some("Bearer "),
    ] {
        let mut request = Request::get("/executions");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = stand.send(empty(request)).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(
            code(response).await,
            (401, "UNAUTHENTICATED".to_owned()),
            "{authorization:?}"
        );
    }
    stand.clock.advance(Duration::from_secs(3600));
    let (status, body) = read(stand.send(empty(stand.get("/executions"))).await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["error"]["message"], "The token has expired");
    assert_eq!(stand.handlers.count(), 0);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_said_so() {
    let stand = Stand::new();
    for path in [
        "/",
        "/nothing",
        "/executions/",
        "/executions//pause",
        "/auth/sign-in",
        "/_sim/summary",
    ] {
        let response = stand.send(empty(stand.get(path))).await;
        assert_eq!(
            code(response).await,
            (404, "NO_SUCH_ROUTE".to_owned()),
            "{path}"
        );
    }
    let response = stand
        .send(empty(stand.request("PATCH", "/executions/e-1")))
        .await;
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(code(response).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
    let response = stand
        .send(empty(stand.request("OPTIONS", "/executions/e-1")))
        .await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(
        response
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
    assert_eq!(stand.handlers.count(), 0);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let stand = Stand::new();
    stand
        .handlers
        .then(Does::Answer(json!({"statusCode": 200, "body": "{}"})));
    let response = stand
        .send(empty(stand.request("HEAD", "/executions")))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .is_empty()
    );
    assert_eq!(stand.handlers.event(0)["httpMethod"], "GET");
}

#[tokio::test]
async fn a_body_that_is_not_json_in_utf8_of_a_bearable_size_is_refused() {
    let stand = Stand::new();
    let post = |kind: &str, body: Vec<u8>| {
        let request = stand
            .request("POST", "/protection-groups")
            .header("content-type", kind);
        request.body(Body::from(body)).unwrap()
    };
    for (kind, body, expected) in [
        (
            "text/plain",
            b"{}".to_vec(),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
        ),
        (
            "application/json; charset=latin1",
            b"{}".to_vec(),
            (415, "UNSUPPORTED_MEDIA_TYPE"),
        ),
        (
            "application/json",
            b"{\"a\": \"\xff\"}".to_vec(),
            (400, "VALIDATION_FAILED"),
        ),
        (
            "application/json",
            vec![b' '; 6 * 1024 * 1024 + 1],
            (413, "REQUEST_TOO_LARGE"),
        ),
    ] {
        let (status, code) = code(stand.send(post(kind, body)).await).await;
        assert_eq!((status, code.as_str()), expected, "{kind}");
    }
    let packed = stand
        .request("POST", "/protection-groups")
        .header("content-encoding", "gzip")
        .header("content-type", "application/json")
        .body(Body::from("x"))
        .unwrap();
    assert_eq!(code(stand.send(packed).await).await.0, 415);
    for path in ["/executions?a=%ff", "/executions/%ff"] {
        assert_eq!(
            code(stand.send(empty(stand.get(path))).await).await.0,
            400,
            "{path}"
        );
    }
    assert_eq!(stand.handlers.count(), 0);
    // Whether the JSON is any good is for the function to say.
    stand
        .send(post("Application/JSON; charset=\"UTF-8\"", b"{".to_vec()))
        .await;
    assert_eq!(stand.handlers.event(0)["body"], "{");
}

#[tokio::test]
async fn a_function_that_fails_crashes_or_answers_nonsense_is_a_bad_gateway() {
    let stand = Stand::new();
    for does in [
        Does::Fail("Dr.Permanent"),
        Does::Panic,
        Does::Answer(json!({"hello": 1})),
        Does::Answer(json!({"statusCode": 5, "body": ""})),
        Does::Answer(json!({"statusCode": 200, "headers": {"a b": "c"}})),
    ] {
        stand.handlers.then(does);
        let response = stand.send(empty(stand.get("/executions"))).await;
        let (status, body) = read(response).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY);
        assert!(!body.to_string().contains("as told"));
    }
}

#[tokio::test(start_paused = true)]
async fn after_29_seconds_the_caller_is_told_and_the_function_goes_on() {
    let stand = Stand::new();
    stand.handlers.then(Does::Hang);
    let before = tokio::time::Instant::now();
    let response = stand.send(empty(stand.get("/executions"))).await;
    assert_eq!(code(response).await, (504, "TIMED_OUT".to_owned()));
    assert_eq!(before.elapsed().as_secs(), 29);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let stand = Stand::new();
    for path in ["/executions", "/nothing", "/healthz"] {
        let response = stand.send(empty(stand.get(path))).await;
        let headers = response.headers();
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(headers.contains_key("x-amzn-requestid"));
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_turned_away() {
    let stand = Stand::new();
    let request = Request::get("/healthz").header("host", "evil.example");
    let response = stand.send(empty(request)).await;
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_user_signs_in_refreshes_and_signs_out() {
    let stand = Stand::open(true);
    let admin = stand.users.last().unwrap();
    let asked = json!({"username": admin.username, "password": admin.password});
    let (status, session) = stand.post("/auth/sign-in", &asked).await;
    assert_eq!(
        (status, &session["expires_in"]),
        (StatusCode::OK, &json!(3600))
    );
    let call = |token: &Value| {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        empty(Request::get("/executions").header("authorization", bearer))
    };
    stand
        .handlers
        .then(Does::Answer(json!({"statusCode": 200, "body": "{}"})));
    assert_eq!(
        stand.send(call(&session["id_token"])).await.status(),
        StatusCode::OK
    );
    let claims = stand.handlers.event(0)["requestContext"]["authorizer"]["claims"].clone();
    assert_eq!(claims["cognito:groups"], "admin");

    let refresh = json!({"refresh_token": session["refresh_token"]});
    stand.clock.advance(Duration::from_secs(4000));
    assert_eq!(
        stand.send(call(&session["id_token"])).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let (status, fresh) = stand.post("/auth/refresh", &refresh).await;
    assert_eq!(status, StatusCode::OK);
    stand
        .handlers
        .then(Does::Answer(json!({"statusCode": 200, "body": "{}"})));
    assert_eq!(
        stand.send(call(&fresh["id_token"])).await.status(),
        StatusCode::OK
    );

    assert_eq!(
        stand.post("/auth/sign-out", &refresh).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        stand.post("/auth/refresh", &refresh).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_sessions_of_other_browsers_as_well() {
    let stand = Stand::open(true);
    let admin = stand.users.last().unwrap();
    let asked = json!({"username": admin.username, "password": admin.password});
    let (_, here) = stand.post("/auth/sign-in", &asked).await;
    let (_, there) = stand.post("/auth/sign-in", &asked).await;
    let everywhere = json!({"refresh_token": here["refresh_token"], "everywhere": true});
    let ended = stand.post("/auth/sign-out", &everywhere).await.0;
    assert_eq!(ended, StatusCode::NO_CONTENT);
    for session in [&here, &there] {
        let refresh = json!({"refresh_token": session["refresh_token"]});
        let (status, _) = stand.post("/auth/refresh", &refresh).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_and_bad_requests_are_told_apart() {
    let stand = Stand::open(true);
    let wrong = json!({"username": "admin", "password": "guess"});
    for _ in 0..5 {
        let (status, body) = stand.post("/auth/sign-in", &wrong).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(body["error"]["code"], "INVALID_CREDENTIALS");
    }
    let admin = stand.users.last().unwrap();
    let right = json!({"username": "admin", "password": admin.password});
    assert_eq!(
        stand.post("/auth/sign-in", &right).await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    stand.clock.advance(Duration::from_secs(2));
    assert_eq!(stand.post("/auth/sign-in", &right).await.0, StatusCode::OK);

    for bad in [
        json!({}),
        json!({"username": 1, "password": ""}),
        json!({"username": "a", "password": "b", "role": "admin"}),
        json!("x"),
    ] {
        assert_eq!(
            stand.post("/auth/sign-in", &bad).await.0,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    let huge = json!({"username": "a".repeat(20_000), "password": "b"});
    assert_eq!(
        stand.post("/auth/sign-in", &huge).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let get = stand.send(empty(Request::get("/auth/sign-in"))).await;
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_function_is_invoked_by_name_full_name_and_arn() {
    let stand = Stand::new();
    for name in [
        "query",
        "dr-query-local",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A111111111111%3Afunction%3Adr-query-local",
    ] {
        let request = stand
            .invocation(name, "RequestResponse")
            .body(Body::from("{\"operation\":\"x\"}"));
        let response = stand.invoke(request.unwrap()).await;
        assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");
        assert_eq!(
            read(response).await,
            (StatusCode::OK, json!({"done": true})),
            "{name}"
        );
    }
    assert_eq!(
        stand.handlers.seen.lock().unwrap()[2],
        (Function::Query, json!({"operation": "x"}))
    );
    let response = stand
        .invoke(empty(stand.invocation("query", "RequestResponse")))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(stand.handlers.event(3), json!({}));
}

#[tokio::test]
async fn a_function_error_is_200_with_its_header() {
    let stand = Stand::new();
    for (does, kind) in [
        (Does::Fail("Dr.Permanent"), "Dr.Permanent"),
        (Does::Panic, "Runtime.ExitError"),
    ] {
        stand.handlers.then(does);
        let response = stand
            .invoke(empty(stand.invocation("execution", "RequestResponse")))
            .await;
        assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
        let (status, body) = read(response).await;
        assert_eq!((status, &body["errorType"]), (StatusCode::OK, &json!(kind)));
    }
}

#[tokio::test]
async fn an_event_invocation_is_accepted_and_delivered_by_the_driver() {
    let stand = Stand::new();
    let request = stand
        .invocation("execution", "Event")
        .body(Body::from("{\"a\":1}"))
        .unwrap();
    assert_eq!(stand.invoke(request).await.status(), StatusCode::ACCEPTED);
    assert_eq!(stand.handlers.count(), 0);
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.event(0), json!({"a": 1}));
    let dry = stand
        .invoke(empty(stand.invocation("execution", "DryRun")))
        .await;
    assert_eq!(dry.status(), StatusCode::NO_CONTENT);
    assert_eq!(stand.handlers.count(), 1);
}

#[tokio::test]
async fn bad_invocations_have_lambdas_error_names() {
    let stand = Stand::new();
    let path = "/2015-03-31/functions/query/invocations";
    let stranger = "AWS4-HMAC-SHA256 Credential=AKIAOTHER/20261121/us-east-1/lambda/aws4_request";
    let big = vec![b' '; 6 * 1024 * 1024 + 1];
    let big_event = vec![b' '; 1024 * 1024 + 1];
    for (request, status, kind) in [
        (
            empty(Request::post(path)),
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            empty(Request::post(path).header("authorization", "Bearer x")),
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            empty(Request::post(path).header("authorization", stranger)),
            403,
            "UnrecognizedClientException",
        ),
        (
            empty(stand.invocation("other", "RequestResponse")),
            404,
            "ResourceNotFoundException",
        ),
        (
            empty(stand.invocation("query", "Later")),
            400,
            "InvalidParameterValueException",
        ),
        (
            stand
                .invocation("query", "RequestResponse")
                .body(Body::from("{"))
                .unwrap(),
            400,
            "InvalidRequestContentException",
        ),
        (
            stand
                .invocation("query", "RequestResponse")
                .body(Body::from(big))
                .unwrap(),
            413,
            "RequestTooLargeException",
        ),
        (
            stand
                .invocation("query", "Event")
                .body(Body::from(big_event))
                .unwrap(),
            413,
            "RequestTooLargeException",
        ),
    ] {
        let response = stand.invoke(request).await;
        assert_eq!(response.headers()["x-amzn-errortype"], kind);
        assert_eq!(response.status().as_u16(), status);
    }
    assert_eq!(stand.handlers.count(), 0);
    assert!(stand.clock.now() == chrono::DateTime::UNIX_EPOCH);
}
