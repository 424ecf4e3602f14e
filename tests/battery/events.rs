//! EventBridge is best effort: events come late, twice or never.

use dr_sim::events::Rules;
use dr_tests::product;

use crate::{drill, ends_like, undisturbed};

async fn with(rules: Rules) {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    app.control().events(rules.clone()).unwrap();
    let id = drill(&app).await;
    ends_like(&app, &id, &undisturbed, &format!("{rules:?}")).await;
}

#[tokio::test]
async fn lost_events_change_nothing() {
    with(Rules {
        lose: 100,
        ..Rules::default()
    })
    .await;
}

#[tokio::test]
async fn doubled_events_change_nothing() {
    with(Rules {
        double: 100,
        ..Rules::default()
    })
    .await;
}

#[tokio::test]
async fn late_events_change_nothing() {
    with(Rules {
        delay_seconds: 3600,
        ..Rules::default()
    })
    .await;
}

#[tokio::test]
async fn some_lost_some_doubled_and_all_late_change_nothing() {
    with(Rules {
        lose: 1,
        double: 1,
        delay_seconds: 45,
    })
    .await;
}
