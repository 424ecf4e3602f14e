//! Unique names and targets.

use std::collections::BTreeSet;

use crate::door::with_tables;
use crate::samples::{code, group, group_id, pair, plan, source, target};

#[tokio::test]
async fn a_name_is_taken_whatever_its_case_and_free_again_when_its_owner_goes() {
    let (door, store) = with_tables().await;
    let mut first = group(1, "Web Tier");
    store.create_group(&mut first).await.unwrap();
    let error = store
        .create_group(&mut group(2, " web tier "))
        .await
        .unwrap_err();
    assert_eq!(code(&error), "NAME_TAKEN");
    assert_eq!(
        code(&store.group(&group_id(2)).await.unwrap_err()),
        "NotFound protection group"
    );
    store.delete_group(&first).await.unwrap();
    assert!(door.scan("protection-groups-test").is_empty());
    store.create_group(&mut group(2, "web tier")).await.unwrap();
}

#[tokio::test]
async fn groups_and_plans_may_share_a_name() {
    let (_, store) = with_tables().await;
    store.create_group(&mut group(1, "All")).await.unwrap();
    store.create_plan(&mut plan(1, "All")).await.unwrap();
    let error = store.create_plan(&mut plan(2, "ALL")).await.unwrap_err();
    assert_eq!(code(&error), "NAME_TAKEN");
}

#[tokio::test]
async fn renaming_moves_the_claim() {
    let (_, store) = with_tables().await;
    let (mut first, mut second) = (group(1, "one"), group(2, "two"));
    store.create_group(&mut first).await.unwrap();
    store.create_group(&mut second).await.unwrap();
    first.name = "Two".to_owned();
    assert_eq!(
        code(&store.update_group(&mut first).await.unwrap_err()),
        "NAME_TAKEN"
    );
    assert_eq!(store.group(&first.id).await.unwrap().name, "one");
    first.name = "three".to_owned();
    store.update_group(&mut first).await.unwrap();
    assert_eq!(first.version, 2);
    second.name = "one".to_owned();
    store.update_group(&mut second).await.unwrap();
    // Only the case changes: no other claim, one call.
    second.name = "ONE".to_owned();
    store.update_group(&mut second).await.unwrap();
    assert_eq!(store.group(&second.id).await.unwrap().name, "ONE");
}

#[tokio::test]
async fn a_stale_copy_does_not_rename() {
    let (_, store) = with_tables().await;
    let mut stored = group(1, "one");
    store.create_group(&mut stored).await.unwrap();
    let mut stale = stored.clone();
    stored.name = "two".to_owned();
    store.update_group(&mut stored).await.unwrap();
    stale.name = "three".to_owned();
    let error = store.update_group(&mut stale).await.unwrap_err();
    assert_eq!(code(&error), "VersionConflict protection group");
    store.create_group(&mut group(3, "three")).await.unwrap();
}

#[tokio::test]
async fn of_two_groups_that_want_a_name_at_once_one_gets_it() {
    let (_, store) = with_tables().await;
    let (mut first, mut second) = (group(1, "web"), group(2, "WEB"));
    let (a, b) = tokio::join!(
        store.create_group(&mut first),
        store.create_group(&mut second)
    );
    assert!(a.is_ok() != b.is_ok());
    assert_eq!(code(&a.err().or(b.err()).unwrap()), "NAME_TAKEN");
}

#[tokio::test]
async fn a_target_is_in_one_pair_over_all_groups() {
    let (_, store) = with_tables().await;
    let mut first = pair(1, 1, 1, 1);
    store.create_pair(&mut first).await.unwrap();
    let error = store.create_pair(&mut pair(2, 2, 2, 1)).await.unwrap_err();
    assert_eq!(code(&error), "TARGET_TAKEN");
    // One pair per source in a group.
    let error = store.create_pair(&mut pair(3, 1, 1, 3)).await.unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    // Moving frees the old target.
    first.target_instance_id = target(9);
    store.update_pair(&mut first).await.unwrap();
    store.create_pair(&mut pair(2, 2, 2, 1)).await.unwrap();
    let both = BTreeSet::from([target(1), target(9), target(77)]);
    let owners: Vec<_> = store.pairs_of_targets(&both).await.unwrap();
    let sources: Vec<_> = owners.iter().map(|p| p.source_server_id.clone()).collect();
    assert_eq!(sources, [source(2), source(1)]);
    // Deleting does too.
    store.delete_pair(&first).await.unwrap();
    store.create_pair(&mut pair(4, 1, 4, 9)).await.unwrap();
}

#[tokio::test]
async fn a_pair_is_found_by_source_and_by_id_in_its_own_group_only() {
    let (_, store) = with_tables().await;
    let mut stored = pair(1, 1, 1, 1);
    store.create_pair(&mut stored).await.unwrap();
    assert_eq!(
        store
            .pair_of_source(&group_id(1), &source(1))
            .await
            .unwrap(),
        stored
    );
    assert_eq!(store.pair(&group_id(1), &stored.id).await.unwrap(), stored);
    let error = store.pair(&group_id(2), &stored.id).await.unwrap_err();
    assert_eq!(code(&error), "NotFound instance pair");
}

#[tokio::test]
async fn many_pairs_are_created_but_for_those_refused() {
    let (door, store) = with_tables().await;
    store
        .create_pair(&mut pair(5_000, 2, 5_000, 40))
        .await
        .unwrap();
    door.forget_calls();
    let mut pairs: Vec<_> = (0..120).map(|n| pair(n, 1, n, n)).collect();
    // A target wanted twice within one transaction.
    pairs[30].target_instance_id = target(20);
    let problems = store.create_pairs(&mut pairs).await.unwrap();
    let told: Vec<_> = problems.iter().map(|(n, e)| (*n, code(e))).collect();
    let taken = || "TARGET_TAKEN".to_owned();
    assert_eq!(told, [(30, taken()), (40, taken())]);
    assert_eq!(store.pairs_of_group(&group_id(1)).await.unwrap().len(), 118);
    assert!(
        pairs
            .iter()
            .enumerate()
            .all(|(n, p)| (p.version == 1) != (n == 30 || n == 40))
    );
    // 3 transactions, one of them twice, and two pairs alone.
    assert_eq!(door.calls("TransactWriteItems"), 6);
}

#[tokio::test]
async fn many_pairs_are_updated_but_for_the_stale() {
    let (door, store) = with_tables().await;
    let mut pairs: Vec<_> = (0..250).map(|n| pair(n, 1, n, n)).collect();
    assert!(store.create_pairs(&mut pairs).await.unwrap().is_empty());
    let mut stale = pairs[7].clone();
    store.update_pair(&mut stale).await.unwrap();
    // One moves to another target.
    pairs[9].target_instance_id = target(900);
    door.forget_calls();
    let problems = store.update_pairs(&mut pairs).await.unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].0, code(&problems[0].1).as_str()),
        (7, "VersionConflict instance pair")
    );
    assert!(door.all_calls() <= 8, "{}", door.all_calls());
    let stored = store.pairs_of_group(&group_id(1)).await.unwrap();
    assert!(stored.iter().all(|p| p.version == 2));
    pairs[7] = stale;
    assert_eq!(stored, pairs);
    // Twice.
    assert!(store.update_pairs(&mut pairs).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_pairs_are_deleted_with_their_claims_but_for_the_stale() {
    let (door, store) = with_tables().await;
    let mut pairs: Vec<_> = (0..120).map(|n| pair(n, 1, n, n)).collect();
    assert!(store.create_pairs(&mut pairs).await.unwrap().is_empty());
    store.update_pair(&mut pairs[60].clone()).await.unwrap();
    let problems = store.delete_pairs(&pairs).await.unwrap();
    let told: Vec<_> = problems.iter().map(|(n, e)| (*n, code(e))).collect();
    assert_eq!(told, [(60, "VersionConflict instance pair".to_owned())]);
    assert_eq!(door.scan("instance-pairs-test").len(), 2);
    // Twice: all are gone, or stale still.
    let again = store.delete_pairs(&pairs).await.unwrap();
    assert_eq!(again.len(), 120);
}
