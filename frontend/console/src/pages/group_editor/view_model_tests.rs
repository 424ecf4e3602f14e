//! Tests of the editor of protection groups.

use std::collections::BTreeMap;

use dr_api::groups::SelectionPreview;
use dr_api::infrastructure::SourceServerView;
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::place::Direction;
use serde_json::{Value, json};
use ui::Choice;

use super::{
    Draft, SERVERS, TAGS, add_tag, destinations, held, keys_in_use, name, remarks, values_in_use,
};
use crate::fields::error_within;

const HOME: &str = "111122223333/us-east-1";
const AWAY: &str = "444455556666/us-west-2";
const OWN: &str = "pg-01234567-89ab-4cde-8f01-23456789abcd";
const OTHER: &str = "pg-11234567-89ab-4cde-8f01-23456789abcd";

fn places() -> Vec<Choice> {
    [HOME, AWAY].map(|place| Choice::new(place, place)).into()
}

fn id(n: u32) -> String {
    format!("s-{n:017x}")
}

fn group(selection: Value) -> ProtectionGroup {
    let at = "2026-01-01T00:00:00Z";
    let direction = json!({
        "primary": { "account_id": "111122223333", "region": "us-east-1" }, "recovery": { "account_id": "444455556666", "region": "us-west-2" },
    });
    serde_json::from_value(json!({
        "id": OWN, "name": "web", "description": "Front", "direction": direction, "selection": selection, "created_at": at,
        "updated_at": at, "version": 7,
    }))
    .unwrap()
}

fn server(n: u32, server_name: Value, tags: Value) -> Value {
    json!({
        "source_server_id": id(n), "name": server_name, "hostname": Value::Null, "origin_instance_id": null, "replication_state": "CONTINUOUS",
        "lag_seconds": 3, "last_consistent_at": null, "total_bytes": 1, "os": "Linux", "tags": tags,
    })
}

fn views() -> Vec<SourceServerView> {
    serde_json::from_value(json!([
        server(1, json!("web-1"), json!({ "Tier": "web", "Env": "prod" })),
        server(2, Value::Null, json!({ "Tier": "db" })),
    ]))
    .unwrap()
}

fn preview(servers: &[Value], unknown: &[String], also: &[(u32, &str, &str)]) -> SelectionPreview {
    let also: Vec<Value> = also
        .iter()
        .map(|(n, group, name)| json!({ "source_server_id": id(*n), "group_id": group, "group_name": name }))
        .collect();
    serde_json::from_value(json!({
        "total": servers.len(), "servers": servers, "unknown_server_ids": unknown, "also_in_groups": also,
    }))
    .unwrap()
}

#[test]
fn a_new_group_goes_the_usual_way_or_from_the_first_place_to_the_next_and_a_place_is_not_its_own_destination()
 {
    let draft = Draft::of(None, None, &places());
    assert_eq!(
        (draft.from.as_str(), draft.to.as_str(), draft.by.as_str()),
        (HOME, AWAY, TAGS)
    );
    assert_eq!(destinations(&places(), AWAY)[0].value, HOME);
    let back = Direction {
        primary: AWAY.parse().unwrap(),
        recovery: HOME.parse().unwrap(),
    };
    assert_eq!(Draft::of(None, Some(&back), &places()).to, HOME);
    assert_eq!(Draft::of(None, Some(&back), &places()[1..]).from, AWAY);
    let alone = destinations(&places()[..1], HOME);
    assert!(alone.len() == 1 && alone[0].value.is_empty());
}

#[test]
fn a_group_is_sent_back_as_it_was_read_with_the_version_that_it_had() {
    for selection in [
        json!({ "tags": { "Tier": "web" } }),
        json!({ "server_ids": [id(1), id(2)] }),
    ] {
        let group = group(selection);
        let request = Draft::of(Some(&group), None, &[]).update(&group).unwrap();
        assert_eq!(request.selection, Some(group.selection.clone()));
        assert_eq!(request.name.unwrap().as_str(), "web");
        assert_eq!(request.version, Some(7));
    }
}

#[test]
fn a_group_is_made_of_what_is_chosen_and_of_nothing_else() {
    let mut draft = Draft::of(None, None, &places());
    draft.name = " web ".to_owned();
    draft.servers.insert(id(1));
    add_tag(&mut draft.tags, "Tier", "web").unwrap();
    let by_tags = draft.create().unwrap();
    assert_eq!(by_tags.name.as_str(), "web");
    assert_eq!(by_tags.direction.recovery.to_string(), AWAY);
    let tags = BTreeMap::from([("Tier".to_owned(), "web".to_owned())]);
    assert_eq!(by_tags.selection, Selection::Tags(tags));
    draft.by = SERVERS.to_owned();
    let one_by_one = draft.create().unwrap();
    assert_eq!(
        one_by_one.selection,
        Selection::ServerIds([id(1).parse().unwrap()].into())
    );
    assert_eq!(draft.preview().unwrap().selection, one_by_one.selection);
}

#[test]
fn every_field_that_no_group_can_have_is_named_at_once_and_nothing_is_asked_for() {
    let draft = Draft::of(None, None, &places()[..1]);
    let problem = draft.create().unwrap_err();
    for field in ["name", "direction", "selection"] {
        assert!(error_within(Some(&problem), field).is_some(), "{field}");
    }
    assert_eq!(draft.preview(), None);
}

#[test]
fn a_tag_needs_a_key_and_a_key_that_is_there_gets_the_new_value() {
    let mut tags = BTreeMap::new();
    assert!(add_tag(&mut tags, "  ", "web").is_err());
    assert_eq!(add_tag(&mut tags, " Tier ", "web").unwrap(), "Tier=web");
    add_tag(&mut tags, "Tier", "").unwrap();
    assert_eq!(tags, BTreeMap::from([("Tier".to_owned(), String::new())]));
}

#[test]
fn tags_that_servers_carry_are_offered() {
    assert_eq!(keys_in_use(&views()), ["Env", "Tier"]);
    assert_eq!(values_in_use(&views(), " Tier "), ["db", "web"]);
    assert!(values_in_use(&views(), "none").is_empty());
}

#[test]
fn a_server_without_a_name_is_called_by_its_id() {
    assert_eq!(
        views().iter().map(name).collect::<Vec<_>>(),
        ["web-1".to_owned(), id(2)]
    );
}

#[test]
fn the_group_that_is_edited_is_no_other_group() {
    let servers = [
        server(1, json!("web-1"), json!({})),
        server(2, json!("web-2"), json!({})),
    ];
    let found = preview(
        &servers,
        &[],
        &[(1, OWN, "web"), (1, OTHER, "all"), (2, OWN, "web")],
    );
    let own = OWN.parse().unwrap();
    let also = |own| {
        let rows = held(&found, own);
        rows.into_iter().map(|one| one.also_in).collect::<Vec<_>>()
    };
    assert_eq!(also(Some(&own)), ["all", ""]);
    assert_eq!(also(None), ["web, all", "web"]);
    let rows = held(&found, Some(&own));
    assert_eq!(
        remarks(&found, &rows),
        ["1 server is in another group of this way as well."]
    );
}

#[test]
fn what_drs_does_not_know_and_a_selection_of_nobody_are_said() {
    let gone = preview(&[], &[id(9)], &[]);
    assert_eq!(
        remarks(&gone, &held(&gone, None)),
        [format!(
            "DRS does not know 1 chosen server there: {}.",
            id(9)
        )]
    );
    let nobody = preview(&[], &[], &[]);
    assert!(remarks(&nobody, &held(&nobody, None))[0].starts_with("No server carries"));
    let fine = preview(&[server(1, json!("web-1"), json!({}))], &[], &[]);
    assert!(remarks(&fine, &held(&fine, None)).is_empty());
}
