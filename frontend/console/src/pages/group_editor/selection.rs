//! Which servers: by tags or one by one, and what that means now.

use std::sync::Arc;

use dr_api::groups::{PreviewSelection, PreviewSelectionRequest};
use dr_api::infrastructure::{ListSourceServers, ListSourceServersRequest, SourceServerView};
use dr_model::ids::GroupId;
use dr_model::place::Place;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use ui::{
    Button, ButtonKind, Choice, Column, Container, Empty, FormField, Input, LinkButton, Select,
    Status, StatusIndicator, Table,
};

use super::Fields;
use super::view_model::{
    Held, SERVERS, TAGS, add_tag, held, keys_in_use, name, remarks, values_in_use,
};
use crate::api::use_api;
use crate::doing::Following;
use crate::format::duration;
use crate::route::link;
use crate::words;

/// The servers that DRS has where the group recovers.
type There = Following<Vec<SourceServerView>>;

/// How servers are chosen, and which that are.
#[component]
pub(super) fn Servers(fields: Fields, own: Option<GroupId>) -> impl IntoView {
    let there = there(fields);
    let ways = vec![
        Choice::new(TAGS, "By tags"),
        Choice::new(SERVERS, "One by one"),
    ];
    let is_by_tags = Memo::new(move |_| fields.by.with(|by| by == TAGS));
    let error = fields.error("selection");
    view! {
        <Container title="Servers".to_owned()>
            <div class="ui-stack">
                <FormField id="group-by" label="Chosen" error=error
                    help="By tags: every server that carries all of them, now and later. One by one: these servers and no others."><Select id="group-by" value=fields.by choices=Signal::stored(ways) /></FormField>
                <Show when=move || is_by_tags.get()><Tags fields=fields there=there /></Show>
            </div>
        </Container>
        <Show when=move || !is_by_tags.get()><Picked fields=fields there=there /></Show>
        <Now fields=fields own=own />
    }
}

/// Asked once for each place that is chosen: it costs DRS a page for every 200 servers.
fn there(fields: Fields) -> There {
    let api = use_api();
    let place = Memo::new(move |_| fields.to.get().parse::<Place>().ok());
    let there = Following::of(place, move |place| async move {
        let asked = ListSourceServersRequest {
            account_id: place.account_id,
            region: place.region,
            replication_state: None,
            name_contains: None,
            limit: Default::default(),
            next_token: None,
        };
        api.all::<ListSourceServers, _>(&asked, |page| (page.source_servers, page.next_token))
            .await
    });
    // Servers of another place are not to be ticked while those of this one are on their way.
    Effect::new(move |before: Option<()>| {
        place.track();
        if before.is_some() {
            there.value.set(None);
        }
    });
    there
}

/// The tags, with those in use to choose from.
#[component]
fn Tags(fields: Fields, there: There) -> impl IntoView {
    let (key, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let said = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let (its_key, its_value) = (key.get_untracked(), value.get_untracked());
        let added = fields
            .tags
            .try_update(|tags| add_tag(tags, &its_key, &its_value));
        match added {
            Some(Err(why)) => error.set(Some(why.to_owned())),
            Some(Ok(tag)) => {
                error.set(None);
                said.set(format!("Added the tag {tag}"));
                key.set(String::new());
                value.set(String::new());
            }
            None => {}
        }
        ui::browser::focus("group-tag-key");
    };
    let remove = move |key: String| {
        fields.tags.update(|tags| {
            tags.remove(&key);
        });
        said.set(format!("Removed the tag {key}"));
        ui::browser::focus("group-tag-key");
    };
    let token = move |(key, value): (String, String)| {
        let label = format!("Remove the tag {key}");
        view! {
            <li class="ui-token">
                {format!("{key}={value}")}
                <Button kind=ButtonKind::Icon label=label on_click=move |_| remove(key.clone())><span aria-hidden="true">"✕"</span></Button>
            </li>
        }
    };
    let tokens = move || fields.tags.get().into_iter().map(token).collect::<Vec<_>>();
    let known = move |of: fn(&[SourceServerView], &str) -> Vec<String>| {
        Signal::derive(move || {
            let servers = there.value.get().unwrap_or_default();
            key.with(|key| of(&servers, key))
        })
    };
    let (keys, values) = (
        known(|servers, _| keys_in_use(servers)),
        known(values_in_use),
    );
    let is_wrong = Signal::derive(move || error.with(Option::is_some));
    view! {
        <ul class="wave-card__groups" aria-label="Tags that a server must carry">{tokens}</ul>
        <form class="group-tag" on:submit=add>
            <FormField id="group-tag-key" label="Key" error=error><Input id="group-tag-key" value=key suggestions=keys invalid=is_wrong /></FormField>
            <FormField id="group-tag-value" label="Value"><Input id="group-tag-value" value=value suggestions=values /></FormField>
            <Button submit=true>"Add tag"</Button>
        </form>
        <div class="ui-hidden" role="status">{move || said.get()}</div>
    }
}

/// The servers of the place, to be ticked.
#[component]
fn Picked(fields: Fields, there: There) -> impl IntoView {
    view! {
        <Table id="group-servers" title="Servers to choose from" rows=there.value columns=columns(|one: &SourceServerView| one)
            key=|one: &SourceServerView| one.source_server_id.to_string()
            problem=there.doing.problem on_retry=there.ask selection=fields.servers url_prefix="servers."
            empty=|| view! {
                <Empty title="No source servers" text="DRS has no server in this account and region."
                    action=|| view! { <LinkButton href=link("/agents")>"Install agents"</LinkButton> } />
            } />
    }
}

/// What the group would hold if it were saved now.
#[component]
fn Now(fields: Fields, own: Option<GroupId>) -> impl IntoView {
    let api = use_api();
    let asked = Memo::new(move |_| fields.draft().preview());
    let preview = Following::of(asked, move |asked: PreviewSelectionRequest| async move {
        api.call::<PreviewSelection>(&asked).await
    });
    let rows = Memo::new(move |_| {
        let found = preview.value.get();
        let rows = found.map(|found| held(&found, own.as_ref()));
        // Nothing chosen is no servers, and nothing is on its way.
        rows.or_else(|| asked.with(Option::is_none).then(Vec::new))
            .map(Arc::new)
    });
    let remarks = move || {
        let lines = preview.value.get().zip(rows.get());
        let lines = lines.map(|(found, rows)| remarks(&found, &rows));
        let line = |text| view! { <p>{text}</p> };
        lines
            .unwrap_or_default()
            .into_iter()
            .map(line)
            .collect::<Vec<_>>()
    };
    let unknown = Memo::new(move |_| {
        let found = preview.value.get();
        found
            .map(|found| found.unknown_server_ids.clone())
            .unwrap_or_default()
    });
    let take_out = move |_| {
        let unknown = unknown.get_untracked();
        fields
            .servers
            .update(|ids| ids.retain(|id| unknown.iter().all(|gone| gone.as_str() != id)));
    };
    let mut columns = columns(|one: &Held| &one.server);
    columns.insert(
        1,
        Column::new("also", "Also in", |one: &Held| one.also_in.clone()),
    );
    view! {
        <Table id="group-now" title="Servers in the group" rows=Signal::derive(move || rows.get()) columns=columns
            key=|one: &Held| one.server.source_server_id.to_string()
            problem=preview.doing.problem on_retry=preview.ask url_prefix="now."
            actions=move || view! {
                {move || preview.doing.busy.get().then(|| view! { <StatusIndicator status=Status::InProgress text="Looking".to_owned() /> })}
                <Show when=move || unknown.with(|unknown| !unknown.is_empty())><Button on_click=take_out>"Take out what DRS does not know"</Button></Show>
            }
            empty=|| view! { <Empty title="No servers" text="Servers that are chosen above stand here." /> } />
        <div role="status">{remarks}</div>
    }
}

/// What is shown of a server, in either list.
fn columns<T: Send + Sync + 'static>(of: fn(&T) -> &SourceServerView) -> Vec<Column<T>> {
    vec![
        Column::new("server", "Server", move |one: &T| name(of(one))),
        Column::new("state", "Replication", move |one: &T| {
            words::replication(of(one).replication_state.as_str()).1
        })
        .cell(move |one| {
            let (status, text) = words::replication(of(one).replication_state.as_str());
            view! { <StatusIndicator status=status text=text /> }
        })
        .filter(),
        Column::new("lag", "Lag", move |one: &T| {
            of(one).lag_seconds.map_or_else(|| "–".to_owned(), duration)
        })
        .number(move |one| of(one).lag_seconds.map(|lag| lag as f64)),
        Column::new("tags", "Tags", move |one: &T| words::tags(&of(one).tags)),
        Column::new("os", "Operating system", move |one: &T| {
            of(one).os.clone().unwrap_or_default()
        })
        .filter()
        .hidden(),
        Column::new("id", "Id", move |one: &T| {
            of(one).source_server_id.to_string()
        }),
    ]
}
