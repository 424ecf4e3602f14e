//! What pairing by hand decides.

use dr_api::matching::MatchReport;
use dr_model::group::ProtectionGroup;
use dr_model::pair::InstancePair;
use serde_json::json;
use ui::{Finding, Problem};

use super::{
    ByHand, Face, Found, by_hand, choices, found, match_summary, percent, refusal, together,
    with_refusals,
};

fn server(n: u32) -> String {
    format!("s-{n:017}")
}

fn instance(n: u32) -> String {
    format!("i-{n:08}")
}

fn group() -> ProtectionGroup {
    let place = |account: &str, region: &str| json!({ "account_id": account, "region": region });
    serde_json::from_value(json!({
        "id": "pg-00000000-0000-4000-8000-000000000001", "name": "web", "description": "",
        "selection": { "tags": { "Tier": "web" } },
        "direction": { "primary": place("111122223333", "us-east-1"), "recovery": place("444455556666", "us-west-2") },
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    }))
    .unwrap()
}

fn pair(n: u32, method: &str) -> InstancePair {
    serde_json::from_value(json!({
        "id": format!("pair-00000000-0000-4000-8000-{n:012}"), "group_id": "pg-00000000-0000-4000-8000-000000000001",
        "source_server_id": server(n), "source_name": format!("web-{n}"), "target_instance_id": instance(n),
        "target_name": null, "target_private_ip": "10.0.0.1", "confidence": 0.9, "method": method, "configuration": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 7,
    }))
    .unwrap()
}

fn report() -> MatchReport {
    let pair = |n: u32, confidence: f64| {
        json!({ "source_server_id": server(n), "source_hostname": null, "source_name_tag": format!("web-{n}"),
            "target_instance_id": instance(n), "target_name_tag": format!("WEB-{n}"), "target_private_ip": null,
            "match_confidence": confidence, "match_method": "fuzzy" })
    };
    let target = |n: u32, name: Option<&str>| json!({ "target_instance_id": instance(n), "target_name_tag": name, "reason": "" });
    serde_json::from_value(json!({
        "matched_pairs": [pair(1, 1.0), pair(3, 0.996)], "duplicates": [], "match_rate": 0.5,
        "unmatched_targets": [target(2, None), target(9, Some("spare"))],
        "unmatched_sources": [
            { "source_server_id": server(2), "source_name_tag": "web-2", "reason": "no like name" },
            { "source_server_id": server(4), "source_name_tag": null, "reason": "no name" },
        ],
        "total_sources": 4, "total_targets": 2, "matched_count": 2,
    }))
    .unwrap()
}

fn whole() -> Found {
    let pairs = [pair(1, "exact"), pair(2, "fuzzy")];
    together(vec![found(&group(), &pairs, Some(&report()))])
}

#[test]
fn what_is_saved_counts_and_what_is_not_says_why() {
    let rows = whole().rows;
    let faces: Vec<Face> = rows.iter().map(|row| row.face).collect();
    assert_eq!(
        faces,
        [Face::Unmatched, Face::Unmatched, Face::Fuzzy, Face::Exact]
    );
    // 99.6% is not the 100% of equal names.
    assert_eq!(
        rows[0].note,
        "It matches WEB-3 (i-00000003) at 99%, and that pair is not saved"
    );
    assert_eq!(
        (rows[1].server.as_str(), rows[1].note.as_str()),
        (server(4).as_str(), "no name")
    );
    assert_eq!(rows[2].confidence.map(percent).as_deref(), Some("90%"));
    assert_eq!(
        match_summary(&rows),
        "4 servers: 1 exact, 1 fuzzy, 0 by hand, 2 unmatched"
    );
}

#[test]
fn an_instance_is_free_once_and_only_while_no_saved_pair_has_it() {
    let pairs = [pair(1, "exact"), pair(2, "fuzzy")];
    let one = found(&group(), &pairs, Some(&report()));
    let free = together(vec![one.clone(), one]).free;
    let names: Vec<&str> = free.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["WEB-3 (i-00000003)", "spare (i-00000009)"]);
}

#[test]
fn without_a_report_the_pairs_are_shown_all_the_same() {
    let found = found(&group(), &[pair(1, "manual")], None);
    assert_eq!((found.rows.len(), found.free.len()), (1, 0));
    assert_eq!(found.rows[0].face, Face::Manual);
}

#[test]
fn a_server_without_a_pair_gets_one_and_a_pair_is_pointed_elsewhere_in_the_version_that_was_read() {
    let rows = whole().rows;
    let target = || instance(9).parse().unwrap();
    match by_hand(&rows[1], target()) {
        ByHand::Pair(request) => {
            let pairs = request.pairs.unwrap();
            assert_eq!(pairs[0].source_server_id.as_str(), server(4));
            assert_eq!(pairs[0].target_instance_id.as_str(), instance(9));
        }
        ByHand::Point(request) => panic!("{request:?}"),
    }
    match by_hand(&rows[2], target()) {
        ByHand::Point(request) => {
            assert_eq!(request.pair_id, pair(2, "fuzzy").id);
            assert_eq!(request.version, Some(7));
        }
        ByHand::Pair(request) => panic!("{request:?}"),
    }
}

#[test]
fn instances_are_found_by_name_or_id_and_what_matching_found_comes_first() {
    let free = whole().free;
    let names = |text: &str, suggested: Option<&str>| -> Vec<String> {
        let suggested = suggested.map(|id| id.parse().unwrap());
        let all = choices(&free, text, suggested.as_ref()).into_iter().skip(1);
        all.map(|choice| choice.value).collect()
    };
    assert_eq!(names(" SPARE ", None), [instance(9)]);
    assert_eq!(names("0003", None), [instance(3)]);
    assert_eq!(names("", Some(&instance(9))), [instance(9), instance(3)]);
}

#[test]
fn a_refusal_stands_at_its_row_with_what_was_expected() {
    let rows = whole().rows;
    let problem = Problem {
        findings: vec![Finding {
            subject: "pairs[0].target_instance_id".to_owned(),
            message: "expected an instance in us-west-2".to_owned(),
            remediation: None,
        }],
        ..Problem::new("VALIDATION_FAILED", "1 field is wrong")
    };
    let refused = [(rows[1].key(), refusal(&problem))].into();
    let shown = with_refusals(&rows, &refused);
    assert_eq!(
        shown[1].refused,
        "1 field is wrong; expected an instance in us-west-2"
    );
    assert_eq!(shown[0].refused, "");
}
