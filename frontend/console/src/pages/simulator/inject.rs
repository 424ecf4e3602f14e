//! What can be made to go wrong, with what it does in words before it is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ui::{Button, ButtonKind, Choice, Container, FormField, Input, InputKind, Select};

use super::view_model::{Draft, explained, hows, injection, kinds, matching, operations, regions};
use super::wire::{Server, Summary};
use super::{Teller, read};
use crate::api::use_api;

/// What the lists are chosen from: asked for once, and the servers again when another kind is chosen.
#[derive(Clone, Copy, Default)]
struct Known {
    servers: RwSignal<Vec<Server>>,
    operations: RwSignal<Vec<Choice>>,
}

/// The fields; which of them are shown depends on the kind.
#[derive(Clone, Copy)]
struct Fields {
    kind: RwSignal<String>,
    find: RwSignal<String>,
    server: RwSignal<String>,
    minutes: RwSignal<String>,
    operation: RwSignal<String>,
    how: RwSignal<String>,
    times: RwSignal<String>,
    region: RwSignal<String>,
}

impl Fields {
    fn new() -> Self {
        let field = |text: &str| RwSignal::new(text.to_owned());
        Self {
            kind: field("stall"),
            find: field(""),
            server: field(""),
            minutes: field("30"),
            operation: field(""),
            how: field("throttle"),
            times: field("3"),
            region: field(""),
        }
    }

    fn draft(self, servers: &[Choice], operations: &[Choice], regions: &[Choice]) -> Draft {
        Draft {
            kind: self.kind.get_untracked(),
            server: shown(servers, &self.server.get_untracked()),
            minutes: self.minutes.get_untracked(),
            operation: shown(operations, &self.operation.get_untracked())
                .map_or(String::new(), |choice| choice.value),
            how: self.how.get_untracked(),
            times: self.times.get_untracked(),
            region: shown(regions, &self.region.get_untracked())
                .map_or(String::new(), |choice| choice.value),
        }
    }
}

/// What a list shows as chosen: the browser takes the first where nothing that is there was chosen.
fn shown(choices: &[Choice], value: &str) -> Option<Choice> {
    let chosen = choices.iter().find(|choice| choice.value == value);
    chosen.or(choices.first()).cloned()
}

/// The form.
#[component]
pub fn Inject(summary: Signal<Arc<Summary>>) -> impl IntoView {
    let teller = Teller::new();
    let fields = Fields::new();
    let known = Known::default();
    ask(known, fields);
    let servers = Memo::new(move |_| known.servers.with(|all| matching(all, &fields.find.get())));
    let places = Memo::new(move |_| summary.with(|summary| regions(&summary.places)));
    // Calls may be disturbed in every region; an outage is that of one.
    let some = Memo::new(move |_| {
        let any = (fields.kind.get() == "calls").then(|| Choice::new("", "Every region"));
        any.into_iter().chain(places.get()).collect::<Vec<_>>()
    });
    let inject = move |_| {
        let (servers, regions) = (servers.get_untracked(), some.get_untracked());
        let draft = known
            .operations
            .with_untracked(|operations| fields.draft(&servers, operations, &regions));
        teller.tell(injection(&draft));
    };
    let form = move || match fields.kind.get().as_str() {
        "stall" => view! { {of_server(fields, servers)}{minutes(fields)} }.into_any(),
        "launch" => of_server(fields, servers),
        "calls" => view! { {of_calls(fields, known)}{region(fields, some)} }.into_any(),
        _ => region(fields, some),
    };
    view! {
        <Container title="Make something go wrong".to_owned()>
            <div class="ui-stack">
                <div class="ui-grid">
                    <FormField id="fault" label="Fault"><Select id="fault" value=fields.kind choices=Signal::stored(kinds()) /></FormField>
                    {form}
                </div>
                <p>{move || explained(&fields.kind.get())}</p>
                <div class="ui-row">
                    <Button kind=ButtonKind::Primary why_not=teller.why_not busy=teller.doing.busy on_click=inject>"Inject"</Button>
                </div>
                {teller.problem()}
            </div>
        </Container>
    }
}

/// Servers come and go with recoveries, operations do not.
fn ask(known: Known, fields: Fields) {
    let api = use_api();
    Effect::new(move |before: Option<()>| {
        fields.kind.track();
        spawn_local(async move {
            if let Ok(servers) = read::<Vec<Server>>(api, "/_sim/servers").await {
                let _ = known.servers.try_set(servers);
            }
            if before.is_none()
                && let Ok(all) =
                    read::<BTreeMap<String, Vec<String>>>(api, "/_sim/operations").await
            {
                let _ = known.operations.try_set(operations(&all));
            }
        });
    });
}

fn of_server(fields: Fields, servers: Memo<Vec<Choice>>) -> AnyView {
    view! {
        <FormField id="find" label="Find server"><Input id="find" value=fields.find kind=InputKind::Search placeholder="Part of its name" /></FormField>
        <FormField id="server" label="Source server"><Select id="server" value=fields.server choices=servers /></FormField>
    }
    .into_any()
}

fn minutes(fields: Fields) -> AnyView {
    view! {
        <FormField id="minutes" label="Simulated minutes"><Input id="minutes" value=fields.minutes kind=InputKind::Number placeholder="Until it is ended" /></FormField>
    }
    .into_any()
}

fn of_calls(fields: Fields, known: Known) -> AnyView {
    view! {
        <FormField id="operation" label="Operation"><Select id="operation" value=fields.operation choices=known.operations /></FormField>
        <FormField id="how" label="How they fail"><Select id="how" value=fields.how choices=Signal::stored(hows()) /></FormField>
        <FormField id="times" label="Calls"><Input id="times" value=fields.times kind=InputKind::Number /></FormField>
    }
    .into_any()
}

fn region(fields: Fields, regions: Memo<Vec<Choice>>) -> AnyView {
    view! { <FormField id="region" label="Region"><Select id="region" value=fields.region choices=regions /></FormField> }.into_any()
}
