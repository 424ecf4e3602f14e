//! What needs attention, what happened, and how fresh each place is.

use std::sync::Arc;

use dr_api::replication::{ActivityView, PlaceAge, ReplicationAlert, ReplicationDashboard};
use leptos::prelude::*;
use ui::{Column, Empty, StatusIndicator, Table};

use super::view_model::{alert_key, happened, place_age, server_path};
use crate::format::time;
use crate::route::link;
use crate::words;

/// What needs attention, with what to do.
#[component]
pub(super) fn Alerts(sum: Signal<ReplicationDashboard>) -> impl IntoView {
    let rows = Memo::new(move |_| sum.with(|sum| Some(Arc::new(sum.alerts.clone()))));
    let columns = vec![
        Column::new("server", "Server", |alert: &ReplicationAlert| {
            alert.name.clone()
        })
        .cell(|alert| {
            let href = link(&server_path(&alert.place, &alert.source_server_id));
            view! { <a href=href>{alert.name.clone()}</a> }
        }),
        Column::new("severity", "Severity", |alert: &ReplicationAlert| {
            words::severity(alert.alert.severity).1.to_owned()
        })
        .cell(|alert| {
            let (status, text) = words::severity(alert.alert.severity);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("message", "What is wrong", |alert: &ReplicationAlert| {
            alert.alert.message.clone()
        }),
        Column::new("todo", "What to do", |alert: &ReplicationAlert| {
            alert.alert.remediation.clone()
        }),
        Column::new("since", "Since", |alert: &ReplicationAlert| {
            time(alert.alert.since)
        }),
        Column::new("region", "Region", |alert: &ReplicationAlert| {
            alert.place.region.to_string()
        })
        .filter(),
    ];
    view! {
        <Table id="replication-alerts" title="Needs attention" rows=rows columns=columns key=alert_key url_prefix="alerts."
            empty=|| view! { <Empty title="Nothing needs attention" /> } />
    }
}

/// What happened, newest first.
#[component]
pub(super) fn Activity(sum: Signal<ReplicationDashboard>) -> impl IntoView {
    let rows = Memo::new(move |_| sum.with(|sum| Some(Arc::new(sum.activity.clone()))));
    let key = |one: &ActivityView| {
        format!(
            "{}/{}/{}",
            one.activity.at, one.activity.source_server_id, one.activity.to
        )
    };
    let columns = vec![
        Column::new("at", "Seen at", |one: &ActivityView| time(one.activity.at)),
        Column::new("server", "Server", |one: &ActivityView| {
            one.activity.name.clone()
        }),
        Column::new("what", "What happened", happened),
        Column::new("region", "Region", |one: &ActivityView| {
            one.place.region.to_string()
        })
        .filter(),
    ];
    view! {
        <Table id="replication-activity" title="Activity" rows=rows columns=columns key=key url_prefix="activity."
            empty=|| view! { <Empty title="Nothing happened" text="Changes of state appear here." /> } />
    }
}

/// How fresh what is shown is, place by place.
#[component]
pub(super) fn Places(sum: Signal<ReplicationDashboard>) -> impl IntoView {
    let rows = Memo::new(move |_| sum.with(|sum| Some(Arc::new(sum.places.clone()))));
    let columns = vec![
        Column::new("place", "Account and region", |place: &PlaceAge| {
            place.place.to_string()
        }),
        Column::new("servers", "Servers", |place: &PlaceAge| {
            place.servers.to_string()
        })
        .number(|place| Some(place.servers as f64)),
        Column::new("age", "Read", place_age)
            .number(|place| place.age_seconds.map(|age| age as f64)),
        Column::new("error", "Why it could not be read", |place: &PlaceAge| {
            place.error.clone().unwrap_or_default()
        }),
    ];
    view! {
        <Table id="replication-places" title="Places" rows=rows columns=columns key=|place: &PlaceAge| place.place.to_string() url_prefix="places."
            empty=|| view! { <Empty title="No places" text="Register a target account with its regions." /> } />
    }
}
