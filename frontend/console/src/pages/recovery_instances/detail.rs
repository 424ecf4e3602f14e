//! One recovery instance that is ticked alone: all that is known of it, and the points in time that it can be launched from.

use dr_api::recovery_instances::RecoveryInstanceView;
use dr_api::replication::ServerRequest;
use dr_model::place::Place;
use leptos::prelude::*;
use ui::{Container, KeyValue, Pair, StatusIndicator};

use super::view_model::{kind, name};
use crate::format::{duration, time};
use crate::pages::source_server::Points;
use crate::words;

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| value.to_string())
}

/// The details, where exactly one is ticked.
#[component]
pub(super) fn Detail(place: Place, picked: Signal<Vec<RecoveryInstanceView>>) -> impl IntoView {
    let one = Memo::new(move |_| {
        picked.with(|all| <[_; 1]>::try_from(all.clone()).ok().map(|[one]| one))
    });
    let points = Memo::new(move |_| one.get().map(|one| points_of(&place, &one)));
    view! {
        {move || one.get().map(|one| facts(&one))}
        {move || points.get().map(|asked| view! { <Points asked=asked /> })}
    }
}

/// A failback launches from what was copied home, everything else from what lies here.
fn points_of(place: &Place, one: &RecoveryInstanceView) -> ServerRequest {
    match one.replicating_to.clone().filter(|_| !one.is_home) {
        Some(home) => ServerRequest {
            source_server_id: home.source_server_id,
            account_id: home.account_id,
            region: home.region,
        },
        None => ServerRequest {
            source_server_id: one.source_server_id.clone(),
            account_id: place.account_id.clone(),
            region: place.region.clone(),
        },
    }
}

fn facts(one: &RecoveryInstanceView) -> AnyView {
    let (status, text) = words::reverse(one.reverse_state);
    let home = one
        .replicating_to
        .as_ref()
        .map(|to| format!("{}/{} {}", to.account_id, to.region, to.source_server_id));
    let pairs = vec![
        Pair::new("Launched by", kind(one)),
        Pair::new(
            "Replication back",
            view! { <StatusIndicator status=status text=text.to_owned() /> },
        ),
        Pair::new("Replicates back to", or_none(home)),
        Pair::new("Lag", or_none(one.lag_seconds.map(duration))),
        Pair::new("Next", or_none(one.pending_action.as_ref())),
        Pair::new("What is wrong", or_none(one.problem.as_ref())),
        Pair::new("Recovery instance", one.recovery_instance_id.to_string()),
        Pair::new("Source server", one.source_server_id.to_string()),
        Pair::new("Launched from", or_none(one.launched_at.map(time))),
        Pair::new("Agent last seen", or_none(one.agent_seen_at.map(time))),
        Pair::new("DRS job", or_none(one.job_id.as_ref())),
    ];
    view! { <Container title=name(one)><KeyValue pairs=pairs /></Container> }.into_any()
}

#[cfg(test)]
mod tests {
    use dr_api::recovery_instances::RecoveryInstanceView;
    use serde_json::{Value, json};

    use super::points_of;

    fn instance(is_home: bool, to: Value) -> RecoveryInstanceView {
        serde_json::from_value(json!({
            "recovery_instance_id": "i-00000000000000001", "source_server_id": "s-00000000000000001", "is_drill": false,
            "instance_state": "RUNNING", "is_home": is_home, "reverse_state": "READY", "reversed_launch_state": "READY",
            "progress_percent": 100.0, "replicating_to": to,
        }))
        .unwrap()
    }

    #[test]
    fn points_in_time_are_those_that_a_failback_launches_from_until_it_is_home() {
        let here = "444455556666/us-west-2".parse().unwrap();
        let to = json!({ "account_id": "111122223333", "region": "us-east-1", "source_server_id": "s-00000000000000009" });
        let back = points_of(&here, &instance(false, to.clone()));
        assert_eq!(
            (back.region.as_str(), back.source_server_id.as_str()),
            ("us-east-1", "s-00000000000000009")
        );
        for one in [instance(true, to), instance(false, Value::Null)] {
            let own = points_of(&here, &one);
            assert_eq!(
                (own.region.as_str(), own.source_server_id.as_str()),
                ("us-west-2", "s-00000000000000001")
            );
        }
    }
}
