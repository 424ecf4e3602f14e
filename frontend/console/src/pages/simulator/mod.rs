//! The simulator, on one machine only: the simulated estate, its clock and speed, and what is made to go wrong.

mod inject;
mod view_model;
mod wire;

use std::sync::Arc;

use dr_model::role::Permission;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use ui::{
    Breadcrumbs, Button, Container, Empty, ErrorPanel, FormField, Input, InputKind, KeyValue,
    PageHeader, Pair, Problem, Status, StatusIndicator, use_flashes,
};

use self::inject::Inject;
use self::view_model::{Active, Deed, SPEEDS, active, cards, jump, pace, paced};
use self::wire::{Summary, Told};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::time;
use crate::live::{Live, Watched, poll};
use crate::nav::SIMULATOR;
use crate::route::crumbs;

/// The page.
#[component]
pub fn Simulator() -> impl IntoView {
    let crumbs = crumbs("Simulator", SIMULATOR);
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Simulator".to_owned() description="The simulated AWS of this machine: its estate, its clock, and what is made to go wrong in it." />
            {content()}
        </div>
    }
}

fn content() -> AnyView {
    let api = use_api();
    if !api.has_simulator() {
        return view! { <Empty title="There is no simulator here" text="What this console shows is real. The simulator is part of the product on one machine." /> }.into_any();
    }
    let live = poll(move || read::<Summary>(api, "/_sim/summary"));
    provide_context(live);
    view! { <Watched live=live loading="Loading the simulator" view=|summary| view! { <Sections summary=summary /> }.into_any() /> }.into_any()
}

async fn read<T: DeserializeOwned>(api: Authorised, path: &'static str) -> Result<T, Problem> {
    let answer = api.ask("GET", path, None).await?;
    serde_json::from_str(&answer)
        .map_err(|error| Problem::new("BAD_ANSWER", format!("The answer cannot be read: {error}")))
}

/// Tells the simulator, says so when it is done, and looks again.
#[derive(Clone, Copy)]
struct Teller {
    doing: Doing,
    why_not: Signal<Option<String>>,
    act: Callback<Deed>,
}

impl Teller {
    fn new() -> Self {
        let (api, flashes, live) = (use_api(), use_flashes(), expect_context::<Live<Summary>>());
        let doing = Doing::default();
        let act = move |Deed { told, says }: Deed| {
            let Told { method, path, body } = told;
            doing.run(
                async move { api.ask(method, &path, body).await },
                move |_| {
                    flashes.success(says);
                    live.refresh();
                },
            );
        };
        Self {
            doing,
            why_not: use_why_not(Permission::ManageAccounts),
            act: Callback::new(act),
        }
    }

    /// Tells it, or says why it cannot be told.
    fn tell(self, deed: Result<Deed, Problem>) {
        match deed {
            Ok(deed) => self.act.run(deed),
            Err(problem) => self.doing.problem.set(Some(problem)),
        }
    }

    fn problem(self) -> AnyView {
        let problem = self.doing.problem;
        (move || {
            problem
                .get()
                .map(|problem| view! { <ErrorPanel problem=problem /> })
        })
        .into_any()
    }
}

#[component]
fn Sections(summary: Signal<Arc<Summary>>) -> impl IntoView {
    view! {
        <Clock summary=summary />
        <Estate summary=summary />
        <Faults summary=summary />
        <Inject summary=summary />
    }
}

#[component]
fn Clock(summary: Signal<Arc<Summary>>) -> impl IntoView {
    let teller = Teller::new();
    let minutes = RwSignal::new("10".to_owned());
    let pairs = vec![
        Pair::new("Simulated time", move || {
            time(summary.with(|summary| summary.now))
        }),
        Pair::new("Speed", move || pace(summary.with(|summary| summary.speed))),
        Pair::new("Next change by itself", move || {
            summary
                .with(|summary| summary.next)
                .map_or("None is due".to_owned(), time)
        }),
    ];
    let speeds: Vec<_> = SPEEDS
        .into_iter()
        .map(|(speed, text)| {
            let told = move |_| {
                teller.tell(Ok(Deed {
                    told: Told::speed(speed),
                    says: paced(speed),
                }));
            };
            view! { <Button why_not=teller.why_not busy=teller.doing.busy on_click=told>{text}</Button> }
        })
        .collect();
    let forward = move |_| teller.tell(jump(&minutes.get_untracked()));
    view! {
        <Container title="Clock".to_owned() description="A jump happens at once: the product sees it as time in which it was not running.".to_owned()>
            <div class="ui-stack">
                <KeyValue pairs=pairs />
                <div class="ui-row" role="group" aria-label="Speed">{speeds}</div>
                <div class="ui-grid">
                    <FormField id="jump" label="Minutes to move forward"><Input id="jump" value=minutes kind=InputKind::Number /></FormField>
                </div>
                <div class="ui-row"><Button why_not=teller.why_not busy=teller.doing.busy on_click=forward>"Move the clock forward"</Button></div>
                {teller.problem()}
            </div>
        </Container>
    }
}

#[component]
fn Estate(summary: Signal<Arc<Summary>>) -> impl IntoView {
    let places = Memo::new(move |_| summary.with(|summary| cards(&summary.places)));
    let card = |card: view_model::PlaceCard| {
        let pairs = card
            .pairs
            .map(|(name, value)| Pair::new(name, value))
            .into();
        view! { <Container title=card.title><KeyValue pairs=pairs /></Container> }
    };
    let shown = move || places.get().into_iter().map(card).collect::<Vec<_>>();
    view! { <div class="console-halves">{shown}</div> }
}

#[component]
fn Faults(summary: Signal<Arc<Summary>>) -> impl IntoView {
    let teller = Teller::new();
    let all = Memo::new(move |_| summary.with(|summary| active(summary)));
    let count = Signal::derive(move || Some(format!("({})", all.with(Vec::len))));
    let row = move |one: Active| {
        let Active { text, detail, end } = one;
        let label = format!("End: {text}");
        let end = move |_| teller.act.run(end.clone());
        view! {
            <li class="ui-row">
                <div>
                    <StatusIndicator status=Status::Warning text=text />
                    <div class="ui-secondary">{detail}</div>
                </div>
                <Button label=label why_not=teller.why_not busy=teller.doing.busy on_click=end>"End"</Button>
            </li>
        }
    };
    let list = move || {
        let all = all.get();
        if all.is_empty() {
            view! { <Empty title="Nothing is made to go wrong" text="What is injected below stands here until it is over or ended." /> }.into_any()
        } else {
            view! { <ul class="console-list">{all.into_iter().map(row).collect::<Vec<_>>()}</ul> }
                .into_any()
        }
    };
    view! { <Container title="Active faults".to_owned() counter=count>{teller.problem()}{list}</Container> }
}
