//! The log of the way home: what failed, in which session, under which id; and never a credential.

use chrono::TimeDelta;
use dr_local::wiring;
use dr_sim::control::{Aimed, Fault, FaultKind};
use dr_testkit::{Log, Role, Secrets, TestApp, TestAppBuilder};
use dr_tests::home::{Step, prepare};
use dr_tests::way::{Away, Way, away};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

const SERVERS: usize = 6;

/// The next calls of an operation at a place fail.
fn fail(
    app: &TestApp,
    (account, region): (&str, &str),
    (service, operation): (&str, &str),
    times: u32,
    (status, code): (u16, &str),
) {
    let kind = FaultKind::Error {
        status,
        code: code.to_owned(),
        message: "Injected: it does not work".to_owned(),
    };
    app.control().inject(Aimed {
        fault: Fault {
            service: service.to_owned(),
            operation: operation.to_owned(),
            nth: 1,
            times,
            kind,
        },
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
    });
}

/// The lines about a step of a server.
fn lines_of(log: &Log, server: &Value, step: &str) -> Vec<Value> {
    let mut lines = log.lines();
    lines.retain(|line| line["server"] == *server && line["step"] == step);
    lines
}

fn only_server_with_error(servers: &[Value]) -> Option<&Value> {
    let mut failed = servers.iter().filter(|s| s["error"].is_object());
    failed.next().filter(|_| failed.next().is_none())
}

/// Requirement 001, 12.1, 12.5 and 12.6.
#[tokio::test]
async fn every_try_of_a_failed_step_is_logged_with_operation_session_and_one_correlation_id() {
    let Away { app, way, .. } = away(SERVERS).await;
    let log = Log::start();
    // One server at a time: what the others do must not be mistaken for it.
    let servers = way.servers(&app).await;
    let id = &servers[0]["source_server_id"];
    let broken = (500, "InternalServerException");
    fail(&app, RECOVERY, ("drs", "ReverseReplication"), 50, broken);
    let body = json!({ "source_server_ids": [id] });
    way.take(&app, "start-reverse-replication", body).await;
    let after = way
        .until(&app, "tried three times", |_, servers| {
            let tries = |s: &Value| s["error"]["tries"].as_u64();
            servers.iter().filter_map(tries).any(|tries| tries >= 3)
        })
        .await;
    let error = only_server_with_error(&after).unwrap()["error"].clone();
    let lines = lines_of(&log, id, "reverse_replication");
    assert_eq!(error["tries"], lines.len(), "{lines:#?}");
    for (line, tries) in lines.iter().zip(1..) {
        assert_eq!(line["level"], "WARN", "{line:#}");
        assert_eq!(line["session"], way.id.as_str());
        assert_eq!(line["tries"], tries);
        // The session keeps the id of the log, so that whoever reads one finds the other.
        assert_eq!(line["correlation_id"], error["correlation_id"]);
        let why = line["why"].as_str().unwrap();
        assert!(why.contains("Injected: it does not work"), "{line:#}");
    }
    assert!(
        error["correlation_id"]
            .as_str()
            .unwrap()
            .starts_with(&way.id)
    );
    app.control().clear_faults();
    way.until_stage(&app, "READY", 1).await;
    let again = lines_of(&log, id, "reverse_replication");
    assert_eq!(again.len(), lines.len(), "it succeeded");
    let server = way.server(&app, id).await;
    assert!(server["error"].is_null(), "{server:#}");
}

/// Requirement 001, 12.1: a step that a request takes, and one that an execution takes.
#[tokio::test]
async fn a_mirroring_and_a_failback_that_fail_are_logged_with_their_session_and_correlation_id() {
    let Away {
        app, mut trip, way, ..
    } = away(SERVERS).await;
    trip.take(&app, Step::Reverse).await;
    let log = Log::start();
    let denied = (403, "UnauthorizedOperation");
    fail(&app, PRIMARY, ("ec2", "DescribeInstances"), 2, denied);
    for tries in 1..=2 {
        let refused = way.ask(&app, "mirror-config", json!({})).await;
        assert!(refused.status >= 400, "{:#}", refused.body);
        let session = way.session(&app).await;
        assert_eq!(session["last_error"]["tries"], tries, "{session:#}");
        let lines: Vec<Value> = log
            .lines()
            .into_iter()
            .filter(|line| line["step"] == "mirror_config")
            .collect();
        assert_eq!(lines.len(), tries);
        let (line, error) = (&lines[tries - 1], &session["last_error"]);
        assert_eq!(line["session"], way.id.as_str());
        assert_eq!(line["correlation_id"], error["correlation_id"]);
    }
    // The door logs what was asked for, too.
    let asked = log
        .lines()
        .into_iter()
        .filter(|line| line["operation"] == "mirror_config" && line["level"] == "WARN");
    assert_eq!(asked.count(), 2);

    trip.take(&app, Step::Mirror).await;
    let servers = way.servers(&app).await;
    let failing = &servers[0];
    let mut ids = Vec::new();
    for _ in 0..2 {
        let a2 = failing["way_back"]["source_server_id"].as_str().unwrap();
        let why = "Injected: the conversion server did not boot";
        app.control().fail_launch(a2, why).unwrap();
        let one = json!([failing["source_server_id"]]);
        let body = json!({ "execution_type": "RECOVERY", "source_server_ids": one });
        way.until_stage(&app, "READY", SERVERS).await;
        let execution = way.fail_back(&app, body).await;
        app.run_until_terminal(&execution, TimeDelta::hours(3))
            .await;
        way.until_stage(&app, "READY", SERVERS).await;
        let lines = lines_of(&log, &failing["source_server_id"], "failback");
        let line = lines.last().unwrap();
        assert_eq!(line["session"], way.id.as_str(), "{line:#}");
        let why = line["why"].as_str().unwrap();
        assert!(why.contains("did not boot"), "{line:#}");
        ids.push(line["correlation_id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let lines = log.lines();
    let mut retries = lines
        .iter()
        .filter(|line| line["message"] == "failback tried again");
    let retry = retries.next().expect("the second try is logged as one");
    assert_eq!(retry["correlation_id"], ids[0]);
    assert_eq!(retry["session"], way.id.as_str());
    assert!(retries.next().is_none(), "{lines:#?}");
    assert!(ids[0].as_str().unwrap().starts_with(&way.id));
}

/// The product, with everything secret on its wire listened to.
async fn listened_to(secrets: &Secrets) -> TestApp {
    let machines = wiring::machines("test").unwrap();
    let secrets = secrets.clone();
    let connect = move |mut connection: dr_local::Connection| {
        connection.sdk = secrets.around(&connection.sdk);
        wiring::product(connection)
    };
    let builder = TestAppBuilder::over(connect, machines);
    builder.servers(SERVERS).start().await
}

/// Asks with a token of its own, which must not be logged either.
async fn asked_with(app: &TestApp, token: &str, method: &str, path: &str, body: &Value) -> u16 {
    let request = axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::from(body.to_string()));
    app.send(request.unwrap()).await.status
}

/// Requirement 001, 12, and requirement 004, "Security": neither in what goes well nor in what fails.
#[tokio::test]
async fn no_credential_is_in_any_line_of_the_log() {
    let secrets = Secrets::default();
    let app = listened_to(&secrets).await;
    let log = Log::start();
    let mut trip = prepare(&app).await;
    trip.take(&app, Step::FailOver).await;
    trip.take(&app, Step::StopOriginals).await;
    let way = Way::of(&trip.session(&app).await.unwrap());
    let token = app.token(Role::Admin);
    let path = |action: &str| format!("/failover-sessions/{}/{action}", way.id);
    for (what, status) in [
        ("start-reverse-replication", 202),
        ("re-protect", 409),
        ("no-such-thing", 404),
    ] {
        let answered = asked_with(&app, &token, "POST", &path(what), &json!({})).await;
        assert_eq!(answered, status, "{what}");
    }
    let forged = format!("{token}x");
    let answered = asked_with(&app, &forged, "GET", "/failover-sessions", &json!({})).await;
    assert_eq!(answered, 401);
    // Everything that can fail, with whatever the SDK says of it: also STS itself.
    for (place, call, code) in [
        (
            RECOVERY,
            ("drs", "DescribeSourceServers"),
            "AccessDeniedException",
        ),
        (
            RECOVERY,
            ("drs", "ReverseReplication"),
            "InternalServerException",
        ),
        (
            PRIMARY,
            ("drs", "DescribeSourceServers"),
            "AccessDeniedException",
        ),
        (
            PRIMARY,
            ("ec2", "DescribeInstances"),
            "UnauthorizedOperation",
        ),
    ] {
        fail(&app, place, call, 2, (403, code));
    }
    let lost = |service: &str, operation: &str, kind| Fault {
        service: service.to_owned(),
        operation: operation.to_owned(),
        nth: 1,
        times: 2,
        kind,
    };
    app.control()
        .inject(lost("sts", "AssumeRole", FaultKind::DropAfter));
    app.control()
        .inject(lost("dynamodb", "Query", FaultKind::NoAnswer));
    // Sessions of roles last an hour: new ones are handed out meanwhile.
    app.advance(TimeDelta::hours(2)).await;
    app.control().clear_faults();
    way.until_stage(&app, "READY", SERVERS).await;

    let lines = log.lines();
    assert!(lines.iter().any(|line| line["level"] == "WARN"));
    nothing_secret(&log, &secrets, &token);
}

/// Neither what was on the wire, nor the words around it.
fn nothing_secret(log: &Log, secrets: &Secrets, token: &str) {
    let text = log.text();
    let lines = log.lines();
    let seen = secrets.seen();
    assert!(seen.len() > 100, "there is something to look for");
    assert!(seen.iter().any(|one| one.starts_with("ASIA")));
    for secret in seen.iter().filter(|secret| secret.len() > 8) {
        assert!(!text.contains(secret.as_str()), "{secret} is in the log");
    }
    for word in [
        token,
        "Bearer ",
        "AWS4-HMAC",
        "Signature=",
        "SecretAccessKey",
        "SessionToken",
        "x-amz-security-token",
    ] {
        let found = lines.iter().find(|line| line.to_string().contains(word));
        assert!(found.is_none(), "{word}: {found:#?}");
    }
}
