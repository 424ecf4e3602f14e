//! Pages and their tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_model::execution::ExecutionType;
use dr_store::{ExecutionFilter, MAX_PAGE, PageRequest};

use crate::door::with_tables;
use crate::samples::{batches, code, execution, group, group_id, pair};

#[tokio::test]
async fn one_thousand_pairs_are_listed_in_pages_without_gap_or_repetition() {
    let (_, store) = with_tables().await;
    let mut pairs: Vec<_> = (0..1000).map(|n| pair(n, 1, n, n)).collect();
    assert!(store.create_pairs(&mut pairs).await.unwrap().is_empty());
    store
        .create_pair(&mut pair(2000, 2, 2000, 2000))
        .await
        .unwrap();
    let mut listed = Vec::new();
    let mut request = PageRequest::first(70);
    let mut pages = 0;
    loop {
        let page = store.pairs(&group_id(1), &request).await.unwrap();
        pages += 1;
        listed.extend(page.items);
        request.next_token = page.next_token;
        if request.next_token.is_none() {
            break;
        }
    }
    assert_eq!(pages, 15);
    assert_eq!(listed, pairs);
    assert_eq!(store.pairs_of_group(&group_id(1)).await.unwrap(), pairs);
}

#[tokio::test]
async fn ten_thousand_pairs_of_one_group_are_read_page_by_page() {
    let (door, store) = with_tables().await;
    let mut pairs: Vec<_> = (0..10_000).map(|n| pair(n, 1, n, n)).collect();
    assert!(store.create_pairs(&mut pairs).await.unwrap().is_empty());
    assert_eq!(door.calls("TransactWriteItems"), 200);
    assert_eq!(store.pairs_of_group(&group_id(1)).await.unwrap(), pairs);
    assert!(
        door.calls("Query") > 1,
        "it takes more than one page of 1 MB"
    );
}

#[tokio::test]
async fn a_last_page_that_is_full_has_no_token() {
    let (_, store) = with_tables().await;
    for n in 0..4 {
        store
            .create_group(&mut group(n, &format!("g{}", 9 - n)))
            .await
            .unwrap();
    }
    let first = store.groups(&PageRequest::first(2)).await.unwrap();
    let names = |items: &[dr_model::group::ProtectionGroup]| -> Vec<String> {
        items.iter().map(|g| g.name.clone()).collect()
    };
    assert_eq!(names(&first.items), ["g6", "g7"]);
    let request = PageRequest {
        limit: 2,
        next_token: first.next_token,
    };
    let second = store.groups(&request).await.unwrap();
    assert_eq!(names(&second.items), ["g8", "g9"]);
    assert_eq!(second.next_token, None);
}

#[tokio::test]
async fn a_limit_is_from_one_to_the_largest_page() {
    let (_, store) = with_tables().await;
    for limit in [0, MAX_PAGE + 1, usize::MAX] {
        let error = store.groups(&PageRequest::first(limit)).await.unwrap_err();
        assert_eq!(code(&error), "Invalid limit");
    }
    assert!(store.groups(&PageRequest::first(MAX_PAGE)).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_foreign_or_malformed_is_refused() {
    let (door, store) = with_tables().await;
    for n in 0..3 {
        store.create_pair(&mut pair(n, 1, n, n)).await.unwrap();
        store
            .create_group(&mut group(n, &format!("g{n}")))
            .await
            .unwrap();
    }
    let pairs = store
        .pairs(&group_id(1), &PageRequest::first(1))
        .await
        .unwrap();
    let groups = store.groups(&PageRequest::first(1)).await.unwrap();
    let (of_pairs, of_groups) = (pairs.next_token.unwrap(), groups.next_token.unwrap());
    let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(&of_pairs).unwrap()).unwrap();
    let altered = |from: &str, to: &str| {
        let text = inside.replace(from, to);
        assert_ne!(text, inside);
        URL_SAFE_NO_PAD.encode(text)
    };
    let bad = [
        String::new(),
        "!!!".to_owned(),
        "é".to_owned(),
        of_groups.clone(),
        of_pairs[1..].to_owned(),
        format!("{of_pairs}AAAA"),
        URL_SAFE_NO_PAD.encode("{}"),
        URL_SAFE_NO_PAD.encode("[1,2"),
        "A".repeat(100_000),
        altered("source_server_id", "other"),
        altered(
            &format!("\"group_id\":\"{}\"", group_id(1)),
            "\"group_id\":\"target#x\"",
        ),
        altered("\"after\":{", "\"after\":{\"more\":\"x\","),
        altered("s-00000000000000000", ""),
        altered("\"s-00000000000000000\"", "7"),
    ];
    door.forget_calls();
    for token in bad {
        let request = PageRequest {
            limit: 1,
            next_token: Some(token.clone()),
        };
        let error = store.pairs(&group_id(1), &request).await.unwrap_err();
        assert_eq!(code(&error), "Invalid next_token", "{token:.80}");
    }
    assert_eq!(door.all_calls(), 0, "no call is made for a bad token");
    // The same token in another group's list.
    let request = PageRequest {
        limit: 1,
        next_token: Some(of_pairs.clone()),
    };
    let error = store.pairs(&group_id(2), &request).await.unwrap_err();
    assert_eq!(code(&error), "Invalid next_token");
    assert_eq!(
        store
            .pairs(&group_id(1), &request)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

#[tokio::test]
async fn executions_are_listed_newest_first_all_by_account_and_by_type() {
    let (door, store) = with_tables().await;
    for n in 0..7 {
        let mut one = execution(n);
        if n % 2 == 1 {
            one.execution_type = ExecutionType::Recovery;
        }
        let mut parts = batches(&one, 150);
        let lease = store.lease(&one.direction.recovery).await.unwrap();
        store
            .start_execution(&mut one, &mut parts, &lease)
            .await
            .unwrap();
    }
    let numbers = async |filter: &ExecutionFilter| {
        let mut request = PageRequest::first(2);
        let mut ids = Vec::new();
        loop {
            let page = store.executions(filter, &request).await.unwrap();
            ids.extend(page.items.iter().map(|e| e.created_at));
            request.next_token = page.next_token;
            if request.next_token.is_none() {
                return ids;
            }
        }
    };
    let newest_first = |range: Vec<usize>| -> Vec<_> {
        range
            .into_iter()
            .rev()
            .map(|n| execution(n).created_at)
            .collect()
    };
    assert_eq!(
        numbers(&ExecutionFilter::All).await,
        newest_first((0..7).collect())
    );
    let account = execution(0).direction.primary.account_id;
    let by_account = numbers(&ExecutionFilter::Account(account)).await;
    assert_eq!(by_account, newest_first((0..7).collect()));
    let recoveries = numbers(&ExecutionFilter::Type(ExecutionType::Recovery)).await;
    assert_eq!(recoveries, newest_first(vec![1, 3, 5]));
    let other = ExecutionFilter::Account("999999999999".parse().unwrap());
    assert!(numbers(&other).await.is_empty());
    // A page costs a query and a batch of reads.
    door.forget_calls();
    store
        .executions(&ExecutionFilter::All, &PageRequest::first(5))
        .await
        .unwrap();
    assert_eq!(
        (
            door.calls("Query"),
            door.calls("BatchGetItem"),
            door.all_calls()
        ),
        (1, 1, 2)
    );
}
