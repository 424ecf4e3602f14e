//! What happens when an answer is lost, DynamoDB is busy, or it takes only a part.

use dr_error::AwsClass;
use dr_model::execution::{BatchLaunch, ExecutionStatus};
use dr_store::{PageRequest, Started};
use serde_json::json;

use crate::door::{Fault, with_tables};
use crate::samples::{account, at, batches, code, execution, group, log, pair, run};

fn throttled() -> Fault {
    Fault::Answer(
        400,
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "message": "slow down" }),
    )
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest, throttled()] {
        let (door, store) = with_tables().await;
        let mut one = account(7);
        door.fail_next("PutItem", fault.clone());
        store.create_account(&mut one).await.unwrap();
        door.fail_next("PutItem", fault.clone());
        store.update_account(&mut one).await.unwrap();
        assert_eq!(one.version, 2);
        assert_eq!(store.account(&one.account_id).await.unwrap(), one);
        door.fail_next("DeleteItem", fault);
        store.delete_account(&one).await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_recognised() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest, throttled()] {
        let (door, store) = with_tables().await;
        let fail = || door.fail_next("TransactWriteItems", fault.clone());
        let mut one = group(1, "web");
        fail();
        store.create_group(&mut one).await.unwrap();
        one.name = "app".to_owned();
        fail();
        store.update_group(&mut one).await.unwrap();
        fail();
        store.delete_group(&one).await.unwrap();
        assert!(door.scan("protection-groups-test").is_empty());
        let mut pairs: Vec<_> = (0..60).map(|n| pair(n, 1, n, n)).collect();
        fail();
        assert!(store.create_pairs(&mut pairs).await.unwrap().is_empty());
        assert!(pairs.iter().all(|p| p.version == 1));
    }
}

#[tokio::test]
async fn a_start_an_intent_and_an_end_survive_lost_answers() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest, throttled()] {
        let (door, store) = with_tables().await;
        let mut one = execution(1);
        let mut parts = batches(&one, 250);
        let lease = store.lease(&one.direction.recovery).await.unwrap();
        for operation in ["PutItem", "PutItem", "TransactWriteItems", "Query"] {
            door.fail_next(operation, fault.clone());
        }
        let started = store
            .start_execution(&mut one, &mut parts, &lease)
            .await
            .unwrap();
        assert_eq!(started, Started::Now);
        door.fail_next("PutItem", fault.clone());
        parts[0].launch = BatchLaunch::Intended { at: at(1) };
        store.update_batch(&one, &mut parts[0]).await.unwrap();
        door.fail_next("TransactWriteItems", fault.clone());
        parts[0].log = log(2);
        store.update_batch(&one, &mut parts[0]).await.unwrap();
        assert_eq!(parts[0].version, 3);
        one.status = ExecutionStatus::Completed;
        one.ended_at = Some(at(9));
        for operation in ["UpdateItem", "TransactWriteItems"] {
            door.fail_next(operation, fault.clone());
        }
        store.end_execution(&mut one).await.unwrap();
        let lease = store.lease(&one.direction.recovery).await.unwrap();
        assert_eq!((lease.active.len(), lease.version), (0, 2), "removed once");
    }
}

#[tokio::test]
async fn somebody_elses_write_is_not_taken_for_ours() {
    // One request is lost; when it is sent again, another has written the very same, or writes it after.
    let (door, store) = with_tables().await;
    let mut stored = account(7);
    store.create_account(&mut stored).await.unwrap();
    let (mut ours, mut theirs) = (stored.clone(), stored);
    door.fail_next("PutItem", Fault::LoseRequest);
    let (a, b) = tokio::join!(
        store.update_account(&mut ours),
        store.update_account(&mut theirs)
    );
    assert_eq!(door.calls("PutItem"), 1 + 3);
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let error = a.err().or(b.err()).unwrap();
    assert_eq!(code(&error), "VersionConflict target account");
}

#[tokio::test]
async fn contention_is_tried_again_and_a_lost_condition_is_not() {
    let (door, store) = with_tables().await;
    let contention = |code: &str| {
        Fault::Answer(
            400,
            json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "Message": "Transaction cancelled",
                    "CancellationReasons": [{ "Code": code }, { "Code": "None" }] }),
        )
    };
    door.fail_next("TransactWriteItems", contention("TransactionConflict"));
    door.fail_next("TransactWriteItems", contention("ThrottlingError"));
    store.create_group(&mut group(1, "web")).await.unwrap();
    assert_eq!(door.calls("TransactWriteItems"), 3);
    let in_flight = json!({ "__type": "x#TransactionConflictException", "message": "in flight" });
    door.fail_next("PutItem", Fault::Answer(400, in_flight));
    store.create_account(&mut account(7)).await.unwrap();
    door.forget_calls();
    assert!(store.create_group(&mut group(2, "web")).await.is_err());
    assert_eq!(door.calls("TransactWriteItems"), 1);
    // Neither contention nor a condition: an error, at once.
    door.forget_calls();
    door.fail_next("TransactWriteItems", contention("ValidationError"));
    let error = store.create_group(&mut group(3, "app")).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Invalid));
    assert_eq!(door.calls("TransactWriteItems"), 1);
}

#[tokio::test]
async fn what_stays_throttled_is_answered_as_such() {
    let (door, store) = with_tables().await;
    for _ in 0..4 {
        door.fail_next("GetItem", throttled());
    }
    let error = store.account(&account(7).account_id).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Throttled));
    assert_eq!(door.calls("GetItem"), 4);
}

#[tokio::test]
async fn what_a_batch_leaves_unprocessed_is_sent_again() {
    let (door, store) = with_tables().await;
    for count in [0, 7, 0, 20] {
        door.fail_next("BatchWriteItem", Fault::Only(count));
    }
    let stored = run(1, 3_000);
    store.create_config_run(&stored).await.unwrap();
    assert_eq!(store.config_run(&stored.id).await.unwrap(), stored);
    for n in 0..30 {
        store
            .create_group(&mut group(n, &format!("g{n:02}")))
            .await
            .unwrap();
    }
    for count in [0, 11, 0, 3] {
        door.fail_next("BatchGetItem", Fault::Only(count));
    }
    let page = store.groups(&PageRequest::first(30)).await.unwrap();
    let names: Vec<_> = page.items.iter().map(|g| g.name.clone()).collect();
    assert_eq!(
        names,
        (0..30).map(|n| format!("g{n:02}")).collect::<Vec<_>>()
    );
    // None, and none again: throttled, not for ever.
    for _ in 0..10 {
        door.fail_next("BatchGetItem", Fault::Only(0));
    }
    let error = store.groups(&PageRequest::first(30)).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Throttled));
}

#[test]
fn every_future_may_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let door = crate::door::Door::open();
    let store = door.store();
    let (mut one, mut group, mut pairs) = (execution(1), group(1, "web"), vec![pair(1, 1, 1, 1)]);
    let mut parts = batches(&one, 1);
    let lease = dr_store::Lease {
        place: one.direction.recovery.clone(),
        active: Default::default(),
        version: 0,
    };
    assert_send(&store.start_execution(&mut one, &mut parts, &lease));
    assert_send(&store.end_execution(&mut one));
    assert_send(&store.update_group(&mut group));
    assert_send(&store.create_pairs(&mut pairs));
    let ids = [one.id.clone()];
    assert_send(&store.executions_by_id(&ids));
}
