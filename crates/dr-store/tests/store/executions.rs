//! Executions: started, updated, ended; batches and logs; sizes.

use dr_model::execution::{BatchLaunch, ExecutionStatus, Identity, ServerStatus};
use dr_store::{MAX_ITEM_BYTES, Started};
use serde_json::Value;

use crate::door::with_tables;
use crate::samples::{at, batches, code, execution, log, target};

/// Bytes of a value as DynamoDB's JSON has it: its texts and names, without the type words. Counts a
/// little less than DynamoDB does (no list and map overhead).
fn bytes(typed: &Value) -> usize {
    let Some((kind, value)) = typed.as_object().and_then(|one| one.iter().next()) else {
        return 0;
    };
    match (kind.as_str(), value) {
        ("M", Value::Object(fields)) => fields.iter().map(|(k, v)| k.len() + bytes(v)).sum(),
        ("L", Value::Array(values)) => values.iter().map(bytes).sum(),
        (_, Value::String(text)) => text.len(),
        _ => 1,
    }
}

const TABLE: &str = "drs-recovery-executions-test";

fn of_kind<'a>(items: &'a [Value], kind: &str) -> Vec<&'a Value> {
    items
        .iter()
        .filter(|item| item["kind"]["S"] == kind)
        .collect()
}

#[tokio::test]
async fn one_thousand_servers_in_one_wave_are_ten_batches_well_below_the_limit() {
    let (door, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 1000);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    let started = store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    assert_eq!(started, Started::Now);
    assert_eq!((one.version, parts.len()), (1, 10));
    assert_eq!(
        (door.calls("PutItem"), door.calls("TransactWriteItems")),
        (10, 1)
    );
    assert_eq!(store.execution(&one.id).await.unwrap(), one);
    assert_eq!(store.batches(&one).await.unwrap(), parts);
    assert_eq!(store.batches_of_wave(&one, 0).await.unwrap(), parts);
    assert!(store.batches_of_wave(&one, 1).await.unwrap().is_empty());
    // At its fullest: every server validated, with a long reason, and a long log.
    let batch = &mut parts[3];
    for server in &mut batch.servers {
        server.progress.status = ServerStatus::Failed;
        server.progress.reason = Some("r".repeat(1000));
        server.progress.identity = Some(Identity {
            instance_id: target(1),
            private_ip: Some("10.255.255.255".to_owned()),
            instance_id_kept: false,
            private_ip_kept: false,
            reason: Some("r".repeat(1000)),
        });
    }
    batch.log = log(5000);
    store.update_batch(&one, batch).await.unwrap();
    let items = door.scan(TABLE);
    for item in &items {
        let fields = item.as_object().unwrap();
        let size: usize = fields.iter().map(|(k, v)| k.len() + bytes(v)).sum();
        println!("{} {size} bytes", item["timestamp"]["S"]);
        assert!(size < MAX_ITEM_BYTES * 9 / 10, "{size}");
    }
    assert!(of_kind(&items, "log").len() > 1, "the log is in parts");
    assert_eq!(of_kind(&items, "batch").len(), 10);
    // The log is read only when asked for.
    let read = store.batch(&one, 0, 3).await.unwrap();
    assert!(read.log.is_empty());
    assert_eq!(read.servers, batch.servers);
    assert_eq!(store.batch_log(&one, 0, 3).await.unwrap(), log(5000));
    assert!(store.batch_log(&one, 0, 4).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_update_without_a_log_keeps_the_stored_one_and_a_shorter_one_replaces_it() {
    let (door, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    let batch = &mut parts[0];
    batch.log = log(5000);
    store.update_batch(&one, batch).await.unwrap();
    batch.log.clear();
    door.forget_calls();
    store.update_batch(&one, batch).await.unwrap();
    assert_eq!((door.calls("PutItem"), door.all_calls()), (1, 1));
    assert_eq!(store.batch_log(&one, 0, 0).await.unwrap().len(), 5000);
    batch.log = log(3);
    store.update_batch(&one, batch).await.unwrap();
    assert_eq!(store.batch_log(&one, 0, 0).await.unwrap(), log(3));
    assert_eq!(batch.version, 4);
}

#[tokio::test]
async fn who_loses_the_batch_leaves_no_older_log_behind() {
    let (_, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    let mut stale = parts[0].clone();
    parts[0].log = log(50);
    store.update_batch(&one, &mut parts[0]).await.unwrap();
    stale.log = log(20);
    let error = store.update_batch(&one, &mut stale).await.unwrap_err();
    assert_eq!(code(&error), "VersionConflict batch");
    assert_eq!(store.batch_log(&one, 0, 0).await.unwrap(), log(50));
}

#[tokio::test]
async fn a_batch_that_would_not_fit_is_refused_with_its_size() {
    let (door, store) = with_tables().await;
    let one = execution(1);
    let mut parts = batches(&one, 100);
    for server in &mut parts[0].servers {
        server.progress.reason = Some("r".repeat(5000));
    }
    let error = store.update_batch(&one, &mut parts[0]).await.unwrap_err();
    assert_eq!(code(&error), "ITEM_TOO_LARGE");
    assert!(error.to_string().contains("400 KB"), "{error}");
    assert_eq!(door.all_calls(), 0);
}

#[tokio::test]
async fn only_one_of_two_pollers_stores_the_intent() {
    let (_, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    let mut first = parts[0].clone();
    first.launch = BatchLaunch::Intended { at: at(9) };
    let mut second = first.clone();
    let (a, b) = tokio::join!(
        store.update_batch(&one, &mut first),
        store.update_batch(&one, &mut second)
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert_eq!(store.batch(&one, 0, 0).await.unwrap().launch, first.launch);
}

#[tokio::test]
async fn the_top_level_has_what_requirement_004_names() {
    let (door, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 2);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    parts[0].launch = BatchLaunch::Started {
        job_id: "drsjob-1234567890abcdef0".parse().unwrap(),
        at: at(5),
    };
    store.update_batch(&one, &mut parts[0]).await.unwrap();
    one.status = ExecutionStatus::Failed;
    one.ended_at = Some(one.created_at + chrono::Duration::seconds(2000));
    one.paused_seconds = 300;
    one.reason = Some("nothing launched".to_owned());
    store.end_execution(&mut one).await.unwrap();
    let items = door.scan(TABLE);
    let header = of_kind(&items, "execution")[0];
    for (name, value) in [
        ("execution_type", serde_json::json!({ "S": "DRILL" })),
        ("is_drill", serde_json::json!({ "BOOL": true })),
        (
            "primary_account_id",
            serde_json::json!({ "S": "111111111111" }),
        ),
        ("dr_account_id", serde_json::json!({ "S": "222222222222" })),
        ("primary_region", serde_json::json!({ "S": "us-east-1" })),
        ("dr_region", serde_json::json!({ "S": "us-west-2" })),
        ("status", serde_json::json!({ "S": "FAILED" })),
        ("duration_seconds", serde_json::json!({ "N": "2000" })),
        ("rto_actual_seconds", serde_json::json!({ "N": "1700" })),
        ("rto_achieved", serde_json::json!({ "BOOL": true })),
        (
            "errors",
            serde_json::json!({ "L": [{ "S": "nothing launched" }] }),
        ),
    ] {
        assert_eq!(header[name], value, "{name}");
    }
    let batch = of_kind(&items, "batch")[0];
    assert_eq!(batch["wave"]["S"], "wave-1");
    assert_eq!(batch["job_id"]["S"], "drsjob-1234567890abcdef0");
    assert_eq!(
        batch["recovery_instances"]["L"].as_array().unwrap().len(),
        2
    );
    assert!(
        batch.get("primary_account_id").is_none(),
        "the index lists headers only"
    );
}

#[tokio::test]
async fn only_what_has_ended_expires_and_then_all_of_it() {
    let (door, store) = with_tables().await;
    let mut one = execution(1);
    let mut parts = batches(&one, 250);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut parts, &lease)
        .await
        .unwrap();
    parts[0].log = log(10);
    store.update_batch(&one, &mut parts[0]).await.unwrap();
    one.status = ExecutionStatus::Launching;
    store.update_execution(&mut one).await.unwrap();
    assert!(
        door.scan(TABLE)
            .iter()
            .all(|item| item.get("ttl").is_none())
    );
    one.status = ExecutionStatus::Completed;
    one.ended_at = Some(at(3600));
    // The general update ends too.
    store.update_execution(&mut one).await.unwrap();
    let wanted = (at(3600) + chrono::Duration::days(90))
        .timestamp()
        .to_string();
    let items = door.scan(TABLE);
    assert_eq!(items.len(), 1 + 3 + 1 + 1);
    for item in &items {
        if item["timestamp"]["S"] == "lease" {
            assert!(item.get("ttl").is_none(), "a lease stays");
        } else {
            assert_eq!(item["ttl"]["N"], wanted.as_str(), "{}", item["timestamp"]);
        }
    }
    // What is written afterwards keeps it, and the versions have not moved.
    store.update_batch(&one, &mut parts[1]).await.unwrap();
    assert!(
        of_kind(&door.scan(TABLE), "batch")
            .iter()
            .all(|b| b.get("ttl").is_some())
    );
}

#[tokio::test]
async fn an_execution_that_goes_on_is_not_ended() {
    let (_, store) = with_tables().await;
    let mut one = execution(1);
    let lease = store.lease(&one.direction.recovery).await.unwrap();
    store
        .start_execution(&mut one, &mut [], &lease)
        .await
        .unwrap();
    assert!(store.end_execution(&mut one).await.is_err());
    assert_eq!(store.leases().await.unwrap().len(), 1);
}

#[tokio::test]
async fn executions_are_read_by_id_in_the_order_asked() {
    let (_, store) = with_tables().await;
    for n in 1..4 {
        let mut one = execution(n);
        let lease = store.lease(&one.direction.recovery).await.unwrap();
        store
            .start_execution(&mut one, &mut [], &lease)
            .await
            .unwrap();
    }
    let ids = [execution(3).id, execution(9).id, execution(1).id];
    let found: Vec<_> = store.executions_by_id(&ids).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|e| e.id).collect();
    assert_eq!(found, [execution(3).id, execution(1).id]);
    assert_eq!(
        code(&store.execution(&ids[1]).await.unwrap_err()),
        "NotFound execution"
    );
}
