//! Versions, races, and every step run twice.

use dr_model::config_run::ConfigRunStatus;
use dr_store::{ConfigRunFilter, PageRequest, schema};
use serde_json::json;

use crate::door::{Door, with_tables};
use crate::samples::{account, at, code, group, plan, run};

#[tokio::test]
async fn the_tables_made_are_those_described_and_making_them_twice_is_harmless() {
    let (door, store) = with_tables().await;
    store.create_all().await.unwrap();
    for table in schema("test") {
        let made = &door.raw("DescribeTable", &json!({ "TableName": table.name }))["Table"];
        assert_eq!(made["KeySchema"][0]["AttributeName"], table.partition_key);
        let indexes = made["GlobalSecondaryIndexes"].as_array().unwrap();
        assert_eq!(indexes.len(), table.indexes.len(), "{}", table.name);
        assert!(
            indexes
                .iter()
                .all(|i| i["Projection"]["ProjectionType"] == "KEYS_ONLY")
        );
        let ttl = door.raw("DescribeTimeToLive", &json!({ "TableName": table.name }));
        let ttl = &ttl["TimeToLiveDescription"]["AttributeName"];
        assert_eq!(ttl.as_str(), table.ttl_attribute, "{}", table.name);
    }
}

#[tokio::test]
async fn what_is_stored_is_read_back_whole() {
    let (_, store) = with_tables().await;
    let (mut a, mut g, mut p) = (account(7), group(1, "Web"), plan(1, "All"));
    store.create_account(&mut a).await.unwrap();
    store.create_group(&mut g).await.unwrap();
    store.create_plan(&mut p).await.unwrap();
    assert_eq!((a.version, g.version, p.version), (1, 1, 1));
    assert_eq!(store.account(&a.account_id).await.unwrap(), a);
    assert_eq!(store.group(&g.id).await.unwrap(), g);
    assert_eq!(store.plan(&p.id).await.unwrap(), p);
}

#[tokio::test]
async fn of_two_writers_one_wins_and_the_other_is_told() {
    let (_, store) = with_tables().await;
    let mut first = account(7);
    store.create_account(&mut first).await.unwrap();
    let mut second = first.clone();
    first.name = "first".to_owned();
    second.name = "second".to_owned();
    let (a, b) = tokio::join!(
        store.update_account(&mut first),
        store.update_account(&mut second)
    );
    let (winner, loser) = if a.is_ok() { (&first, b) } else { (&second, a) };
    assert_eq!(code(&loser.unwrap_err()), "VersionConflict target account");
    assert_eq!(winner.version, 2);
    assert_eq!(&store.account(&winner.account_id).await.unwrap(), winner);
}

#[tokio::test]
async fn of_two_identical_writes_in_the_same_instant_only_one_wins() {
    // Content cannot tell whose write it was: two pollers with the same intent must not both act.
    let (_, store) = with_tables().await;
    let mut first = account(7);
    store.create_account(&mut first).await.unwrap();
    let mut second = first.clone();
    let (a, b) = tokio::join!(
        store.update_account(&mut first),
        store.update_account(&mut second)
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}

#[tokio::test]
async fn creating_the_same_twice_is_harmless_and_another_of_that_id_is_refused() {
    let (_, store) = with_tables().await;
    store.create_account(&mut account(7)).await.unwrap();
    let mut again = account(7);
    store.create_account(&mut again).await.unwrap();
    assert_eq!(again.version, 1);
    let mut other = account(7);
    other.name = "other".to_owned();
    let error = store.create_account(&mut other).await.unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    // The same with a claim.
    store.create_group(&mut group(1, "Web")).await.unwrap();
    let mut again = group(1, "Web");
    store.create_group(&mut again).await.unwrap();
    assert_eq!(again.version, 1);
}

#[tokio::test]
async fn a_stale_copy_neither_updates_nor_deletes() {
    let (_, store) = with_tables().await;
    let mut stored = group(1, "Web");
    store.create_group(&mut stored).await.unwrap();
    let mut stale = stored.clone();
    store.update_group(&mut stored).await.unwrap();
    let error = store.update_group(&mut stale).await.unwrap_err();
    assert_eq!(code(&error), "VersionConflict protection group");
    assert_eq!(
        stale.version, 1,
        "a refused update leaves the version alone"
    );
    let error = store.delete_group(&stale).await.unwrap_err();
    assert_eq!(code(&error), "VersionConflict protection group");
    store.delete_group(&stored).await.unwrap();
    for error in [
        store.delete_group(&stored).await.unwrap_err(),
        store.update_group(&mut stored).await.unwrap_err(),
        store.group(&stored.id).await.unwrap_err(),
    ] {
        assert_eq!(code(&error), "NotFound protection group");
    }
}

#[tokio::test]
async fn an_account_is_deleted_once() {
    let (_, store) = with_tables().await;
    let mut stored = account(7);
    store.create_account(&mut stored).await.unwrap();
    store.delete_account(&stored).await.unwrap();
    let error = store.delete_account(&stored).await.unwrap_err();
    assert_eq!(code(&error), "NotFound target account");
}

#[tokio::test]
async fn an_update_is_one_call() {
    let (door, store) = with_tables().await;
    let mut stored = group(1, "Web");
    store.create_group(&mut stored).await.unwrap();
    door.forget_calls();
    stored.description = "changed".to_owned();
    store.update_group(&mut stored).await.unwrap();
    assert_eq!((door.calls("PutItem"), door.all_calls()), (1, 1));
}

#[tokio::test]
async fn an_item_too_large_is_refused_before_the_call() {
    let (door, store) = with_tables().await;
    let mut large = plan(1, "All");
    large.description = "x".repeat(400 * 1024);
    let error = store.create_plan(&mut large).await.unwrap_err();
    assert_eq!(code(&error), "ITEM_TOO_LARGE");
    assert_eq!(door.all_calls(), 0);
}

#[tokio::test]
async fn a_run_of_10_000_servers_is_stored_in_parts_and_read_back_whole() {
    let (door, store) = with_tables().await;
    let stored = run(1, 10_000);
    store.create_config_run(&stored).await.unwrap();
    assert_eq!(door.calls("BatchWriteItem"), 4);
    assert_eq!(store.config_run(&stored.id).await.unwrap(), stored);
    // Twice is harmless; another run of that id is refused.
    store.create_config_run(&stored).await.unwrap();
    let mut other = stored.clone();
    other.created_by = "somebody else".to_owned();
    let error = store.create_config_run(&other).await.unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    assert_eq!(store.config_run(&stored.id).await.unwrap(), stored);
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_account_and_by_status_and_kept_90_days() {
    let (door, store) = with_tables().await;
    for n in 0..5 {
        store.create_config_run(&run(n, 2)).await.unwrap();
    }
    let account = run(0, 0).direction.primary.account_id;
    let status = ConfigRunStatus::PartiallyConfigured;
    for filter in [
        ConfigRunFilter::Account(account),
        ConfigRunFilter::Status(status),
    ] {
        let page = store
            .config_runs(&filter, &PageRequest::first(3))
            .await
            .unwrap();
        let ids: Vec<_> = page.items.iter().map(|run| run.id.clone()).collect();
        assert_eq!(ids, [run(4, 0).id, run(3, 0).id, run(2, 0).id]);
    }
    let none = ConfigRunFilter::Status(ConfigRunStatus::Reverted);
    let page = store
        .config_runs(&none, &PageRequest::first(3))
        .await
        .unwrap();
    assert!(page.items.is_empty() && page.next_token.is_none());
    let ttl = (at(0) + chrono::Duration::days(90)).timestamp();
    for item in door.scan("drs-allow-launching-config-test") {
        let ends: i64 = item["ttl"]["N"].as_str().unwrap().parse().unwrap();
        assert!((ttl..ttl + 5).contains(&ends), "{item}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_called_corrupt() {
    let (door, store) = with_tables().await;
    let mut stored = account(7);
    store.create_account(&mut stored).await.unwrap();
    let item =
        json!({ "account_id": { "S": stored.account_id.as_str() }, "version": { "N": "1" } });
    door.raw(
        "PutItem",
        &json!({ "TableName": "target-accounts-test", "Item": item }),
    );
    let error = store.account(&stored.account_id).await.unwrap_err();
    assert!(
        matches!(error, dr_error::Error::Corrupt { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn without_tables_an_error_of_aws_is_answered() {
    let store = Door::open().store();
    let error = store.account(&account(7).account_id).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(dr_error::AwsClass::NotFound));
}
