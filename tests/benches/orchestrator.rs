//! What the orchestrator costs with 1,000 servers: AWS calls, its own share of the time, and how long reading takes
//! over HTTP. Prints tables; asserts nothing (the tests in `scale` do).
//!
//! `cargo bench -p dr-tests --bench orchestrator`, or `cargo xtask bench`.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and what goes wrong must end it"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

#[path = "../scale/share.rs"]
mod share;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use dr_testkit::{Role, TestApp};
use dr_tests::{Fleet, PRIMARY, RECOVERY, fleet_in_groups, product, start};
use serde_json::{Value, json};

/// Servers of the estate.
const SERVERS: usize = 1000;
/// Requests per operation: the 95th percentile of 200 is the 10th slowest.
const REQUESTS: usize = 200;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only asks whether it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (waves, in_one_wave) in [(10, false), (10, true)] {
        failover(waves, in_one_wave).await;
    }
}

async fn failover(groups: usize, in_one_wave: bool) {
    let app = product(SERVERS).await;
    let fleet = fleet_in_groups(&app, groups, in_one_wave).await;
    app.control().reset_calls();
    let began = Instant::now();
    let started = start(
        &app,
        &fleet,
        "RECOVERY",
        json!({ "skip_invalid_servers": true }),
    )
    .await;
    let id = started["execution_id"].as_str().expect("an id");
    let over = app.run_until_terminal(id, TimeDelta::hours(10)).await;
    let shape = if in_one_wave { "one wave" } else { "ten waves" };
    println!(
        "\n{SERVERS} servers in {shape}: {} in {} simulated minutes, {:.1} s real",
        over["status"].as_str().unwrap_or("?"),
        over["elapsed_seconds"].as_u64().unwrap_or_default() / 60,
        began.elapsed().as_secs_f64()
    );
    let share = share::of(&app, &over);
    println!(
        "own share of the time: {:.1} s in all, {:.1} s in the worst wave",
        share.total_seconds, share.worst_wave_seconds
    );
    calls(&app, &over);
    if in_one_wave {
        reads(&app, &fleet, id).await;
    }
}

fn calls(app: &TestApp, over: &Value) {
    let minutes = over["elapsed_seconds"].as_u64().unwrap_or_default().max(60) as f64 / 60.0;
    println!(
        "\n{:<14} {:<34} {:>8} {:>12} {:>10}",
        "service", "operation", "calls", "per server", "per min"
    );
    for (service, operations) in app.control().call_counts() {
        for (operation, count) in operations {
            let count = count as f64;
            println!(
                "{service:<14} {operation:<34} {count:>8} {:>12.3} {:>10.1}",
                count / SERVERS as f64,
                count / minutes
            );
        }
    }
}

/// Every GET of the table, over a socket.
async fn reads(app: &TestApp, fleet: &Fleet, execution: &str) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = app
        .router()
        .into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = reqwest::Client::new();
    let token = app.token(Role::Admin);
    println!(
        "\n{:<72} {:>8} {:>8} {:>8} {:>9}",
        "GET, 1,000 servers, over HTTP", "p50 ms", "p95 ms", "max ms", "bytes"
    );
    for path in paths(fleet, execution) {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..REQUESTS {
            let began = Instant::now();
            let answer = client
                .get(format!("http://{address}{path}"))
                .bearer_auth(&token)
                .send()
                .await
                .expect("an answer");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            bytes = answer.bytes().await.expect("a body").len();
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| ms(times[(times.len() * percent / 100).min(times.len() - 1)]);
        println!(
            "{:<72} {:>8.1} {:>8.1} {:>8.1} {:>9}",
            shortened(&path),
            at(50),
            at(95),
            at(100),
            bytes
        );
    }
    server.abort();
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn shortened(path: &str) -> String {
    path.chars().take(72).collect()
}

fn paths(fleet: &Fleet, execution: &str) -> Vec<String> {
    let group = &fleet.group_ids[0];
    let place = format!("account_id={}&region={}", RECOVERY.0, RECOVERY.1);
    let places = format!(
        "primary_account_id={}&primary_region={}&dr_account_id={}&dr_region={}",
        PRIMARY.0, PRIMARY.1, RECOVERY.0, RECOVERY.1
    );
    vec![
        "/target-accounts".to_owned(),
        format!("/target-accounts/{}", RECOVERY.0),
        "/protection-groups".to_owned(),
        format!("/protection-groups/{group}"),
        format!("/protection-groups/{group}/instance-pairs"),
        format!(
            "/drs/recovery/configurations?primary_account_id={}",
            PRIMARY.0
        ),
        "/recovery-plans".to_owned(),
        format!("/recovery-plans/{}", fleet.plan_id),
        "/executions".to_owned(),
        format!("/executions/{execution}"),
        format!("/executions/{execution}/servers?limit=100"),
        format!("/executions/{execution}/servers?limit=1000"),
        format!("/executions/{execution}/timeline?limit=1000"),
        format!("/drs/recovery/status/{execution}"),
        format!("/drs/source-servers?{place}&limit=1000"),
        format!("/drs/quotas?{place}"),
        format!("/drs/recovery/instances/match?{places}&fuzzy_matching_tolerance=0.2"),
    ]
}
