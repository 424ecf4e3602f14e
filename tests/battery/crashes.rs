//! `kill -9`, and a new start over what was on the disk.

use dr_testkit::{Cut, When};
use dr_tests::run::{
    LIMIT, Wave, ask_pairs, execution_id, plan, server_ids, start_plan, told, until_status,
};
use dr_tests::{product, truth, world};
use serde_json::{Value, json};

use crate::{drill, ends_like, undisturbed};

async fn dies_at(cuts: Vec<Cut>) {
    let undisturbed = undisturbed().await;
    for cut in cuts {
        let mut app = product(3).await;
        let id = drill(&app).await;
        app.crash_at(cut.clone(), LIMIT).await;
        ends_like(&app, &id, &undisturbed, &format!("{cut:?}")).await;
    }
}

#[tokio::test]
async fn killed_after_the_intent_and_before_the_start() {
    dies_at(vec![
        Cut::before("StartRecovery", 1),
        Cut::before("StartRecovery", 2),
    ])
    .await;
}

#[tokio::test]
async fn killed_after_the_start_and_before_its_record() {
    dies_at(vec![
        Cut::after("StartRecovery", 1),
        Cut::after("StartRecovery", 2),
    ])
    .await;
}

/// Recovery instances are looked at before each launch and in each validation: the second and fourth time
/// is a validation.
#[tokio::test]
async fn killed_in_validation() {
    dies_at(vec![
        Cut::before("DescribeRecoveryInstances", 2),
        Cut::after("DescribeRecoveryInstances", 2),
        Cut::after("DescribeInstances", 1),
    ])
    .await;
}

#[tokio::test]
async fn killed_between_the_state_and_the_word_to_the_state_machine() {
    dies_at(vec![
        Cut::before("SendTaskSuccess", 1),
        Cut::after("SendTaskSuccess", 1),
        Cut::before("SendTaskSuccess", 2),
        Cut::before("Publish", 1),
        Cut::before("PutMetricData", 1),
    ])
    .await;
}

/// A seeded sample of all other moments: each operation at some call of it, on one side of it.
async fn sample(part: usize) {
    let app = product(3).await;
    let id = drill(&app).await;
    app.control().reset_calls();
    app.run_until_terminal(&id, LIMIT).await;
    let calls: Vec<(String, String)> = app
        .control()
        .calls()
        .into_iter()
        .map(|call| (call.service, call.operation))
        .collect();
    // Knuth's multiplier: a spread that is the same in every run.
    let mut seed = 20_261_121_u64 + part as u64;
    let mut roll = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut cuts = Vec::new();
    for _ in 0..7 {
        let at = roll(calls.len());
        let operation = &calls[at].1;
        let nth = calls[..=at]
            .iter()
            .filter(|(_, one)| one == operation)
            .count();
        let when = if roll(2) == 0 {
            When::Before
        } else {
            When::After
        };
        cuts.push(Cut {
            operation: operation.clone(),
            nth: nth.try_into().unwrap(),
            when,
        });
    }
    dies_at(cuts).await;
}

#[tokio::test]
async fn killed_anywhere_first_sample() {
    sample(1).await;
}

#[tokio::test]
async fn killed_anywhere_second_sample() {
    sample(2).await;
}

/// The person's word is stored, and whoever was to pass it on dies before: the poller passes it on.
#[tokio::test]
async fn killed_between_a_persons_word_and_its_passing_on() {
    for word in ["resume", "cancel"] {
        let mut app = product(3).await;
        let ids = server_ids(&app);
        let second = json!({ "pause_before": true });
        let waves = [Wave::of(&ids[..1]), Wave::of(&ids[1..]).with(second)];
        let plan = plan(&app, &waves, &Value::Null).await;
        let id = start_plan(&app, &plan, "DRILL").await;
        until_status(&app, &id, "PAUSED").await;
        app.crash_in(Cut::before("SendTaskSuccess", 1), async |app| {
            told(app, &id, word).await;
        })
        .await;
        let over = truth::over(&app, &id).await;
        let status = if word == "resume" {
            "COMPLETED"
        } else {
            "CANCELLED"
        };
        assert_eq!(over.status(), status);
        let elapsed = over.execution["elapsed_seconds"].as_u64().unwrap();
        assert!(elapsed < 3 * 3600, "it did not wait out the pause's day");
    }
}

#[tokio::test]
async fn killed_twice_around_the_same_start() {
    let undisturbed = undisturbed().await;
    let mut app = product(3).await;
    let id = drill(&app).await;
    app.crash_at(Cut::before("StartRecovery", 1), LIMIT).await;
    app.crash_at(Cut::after("StartRecovery", 1), LIMIT).await;
    app.restart().await;
    ends_like(&app, &id, &undisturbed, "twice").await;
    assert_eq!(world::launches(&app).len(), 2);
}

/// Killed while a person's request to start is served: what was stored is set off by the poller, and the same token
/// finds it.
#[tokio::test]
async fn killed_while_starting() {
    for cut in [
        Cut::before("TransactWriteItems", 1),
        Cut::after("TransactWriteItems", 1),
        Cut::before("StartExecution", 1),
        Cut::after("StartExecution", 1),
    ] {
        let mut app = product(2).await;
        let pairs = world::pairs(&app);
        let more = || json!({ "client_token": "once-and-for-all" });
        app.crash_in(cut.clone(), async |app| {
            ask_pairs(app, &pairs, more()).await;
        })
        .await;
        let id = execution_id(&ask_pairs(&app, &pairs, more()).await.expect(202));
        let over = truth::over(&app, &id).await;
        assert_eq!(
            (over.status(), over.count("LAUNCHED")),
            ("COMPLETED", 2),
            "{cut:?}"
        );
        assert_eq!(world::launches(&app).len(), 1, "{cut:?}");
        let list = dr_tests::admin(&app, "GET", "/executions", Value::Null).await;
        assert_eq!(list["executions"].as_array().unwrap().len(), 1, "{cut:?}");
    }
}
