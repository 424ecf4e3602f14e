//! Servers with the instances that they are launched into: matched by name, or paired by a person, who picks an instance
//! or drags it onto a server.

mod view_model;

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_api::bounded::FuzzyTolerance;
use dr_api::matching::{MatchInstances, MatchInstancesRequest, MatchReport};
use dr_api::pairs::{
    ConfigureInstancePairs, ConfigurePairsRequest, DeleteInstancePair, PairRequest,
    UpdateInstancePair,
};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{GroupId, InstanceId};
use dr_model::role::Permission;
use js_sys::{Function, Reflect};
use leptos::ev::DragEvent;
use leptos::prelude::*;
use ui::{
    Button, ButtonKind, Choice, Column, Confirm, Container, Empty, ErrorPanel, FormField, Input,
    InputKind, Modal, Problem, Select, Status, StatusIndicator, Table, use_flashes,
};
use wasm_bindgen::{JsCast as _, JsValue};

use self::view_model::{
    ByHand, Free, MatchRow, by_hand, choices, like, percent, refusal, with_refusals,
};
pub use self::view_model::{Face, Found, found, match_summary, together};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::words::counted;

/// Instances that are drawn to be dragged; the rest is found by the filter.
const MOST_DRAWN: usize = 50;

/// What matching by name says of a group.
pub async fn report(api: Authorised, group: &ProtectionGroup) -> Result<MatchReport, Problem> {
    let direction = &group.direction;
    api.call::<MatchInstances>(&MatchInstancesRequest {
        primary_account_id: direction.primary.account_id.clone(),
        dr_account_id: direction.recovery.account_id.clone(),
        primary_region: direction.primary.region.clone(),
        dr_region: direction.recovery.region.clone(),
        fuzzy_matching_tolerance: FuzzyTolerance::default(),
        ignore_special_characters: false,
        group_id: Some(group.id.clone()),
    })
    .await
}

/// Matches by name and saves what is found.
#[component]
pub fn MatchByName(
    /// Of these groups.
    groups: Signal<Vec<GroupId>>,
    /// What to do then.
    on_saved: Callback<()>,
) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let may_not = use_why_not(Permission::ManagePlans);
    let tolerance = RwSignal::new("0".to_owned());
    let choices = vec![
        Choice::new("0", "Same names only"),
        Choice::new("0.1", "Names that are 90% alike"),
        Choice::new("0.2", "Names that are 80% alike"),
        Choice::new("0.3", "Names that are 70% alike"),
    ];
    let save = move |_| {
        let groups = groups.get_untracked();
        let chosen = tolerance.get_untracked().parse::<f64>().unwrap_or_default();
        let tolerance = FuzzyTolerance::try_from(chosen).unwrap_or_default();
        let work = async move {
            let mut saved = 0;
            for group_id in groups {
                let request = ConfigurePairsRequest {
                    group_id,
                    pairs: None,
                    fuzzy_matching_tolerance: tolerance,
                    ignore_special_characters: false,
                };
                saved += api.call::<ConfigureInstancePairs>(&request).await?.saved;
            }
            Ok(saved)
        };
        doing.run(work, move |saved: usize| {
            flashes.success(format!("Saved {saved} new or changed pairs"));
            on_saved.run(());
        });
    };
    view! {
        <div class="failover-field">
            <FormField id="failover-tolerance" label="Match by name and save the pairs">
                <div class="ui-row">
                    <Select id="failover-tolerance" value=tolerance choices=choices />
                    <Button why_not=may_not busy=doing.busy on_click=save>"Match and save"</Button>
                </div>
            </FormField>
        </div>
        {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
    }
}

/// Pairing by hand. Copy it freely.
#[derive(Clone, Copy)]
struct Hand {
    api: Authorised,
    found: Signal<Option<Arc<Found>>>,
    on_saved: Callback<()>,
    may_not: Signal<Option<String>>,
    doing: Doing,
    /// Why the last change of a row was refused, by its key.
    refused: RwSignal<BTreeMap<String, String>>,
    dragged: RwSignal<Option<InstanceId>>,
    /// The row that an instance is picked for, or whose pair is to go.
    row: RwSignal<Option<MatchRow>>,
    picking: RwSignal<bool>,
    removing: RwSignal<bool>,
    chosen: RwSignal<String>,
}

impl Hand {
    /// Opens a question about a row, as it is now: a cell may be older.
    fn ask(self, key: &str, question: RwSignal<bool>) {
        let row = self.current(key);
        let suggested = row.as_ref().and_then(|row| row.suggested.as_ref());
        self.chosen
            .set(suggested.map(ToString::to_string).unwrap_or_default());
        self.row.set(row);
        question.set(true);
    }

    fn current(self, key: &str) -> Option<MatchRow> {
        self.found.with_untracked(|found| {
            let rows = &found.as_ref()?.rows;
            rows.iter().find(|row| row.key() == key).cloned()
        })
    }

    fn pair(self, row: &MatchRow, target: InstanceId) {
        let (api, request) = (self.api, by_hand(row, target));
        self.change(row.key(), async move {
            match request {
                ByHand::Pair(request) => {
                    api.call::<ConfigureInstancePairs>(&request).await.map(drop)
                }
                ByHand::Point(request) => api.call::<UpdateInstancePair>(&request).await.map(drop),
            }
        });
    }

    fn remove(self) {
        let Some(row) = self.row.get_untracked() else {
            return;
        };
        let Some((pair_id, _)) = row.saved.clone() else {
            return;
        };
        let api = self.api;
        let request = PairRequest {
            group_id: row.group_id.clone(),
            pair_id,
        };
        self.change(row.key(), async move {
            api.call::<DeleteInstancePair>(&request).await.map(drop)
        });
    }

    /// Does it; a refusal stands at the row.
    fn change(self, key: String, work: impl Future<Output = Result<(), Problem>> + 'static) {
        self.doing
            .run(async move { Ok(work.await) }, move |answer| {
                let _ = self.refused.try_update(|refused| match &answer {
                    Ok(()) => drop(refused.remove(&key)),
                    Err(problem) => drop(refused.insert(key, refusal(problem))),
                });
                let _ = self.picking.try_set(false);
                let _ = self.removing.try_set(false);
                if answer.is_ok() {
                    self.on_saved.run(());
                }
            });
    }
}

/// The servers, the instances that are left, and the ways to bring them together.
#[component]
pub fn Pairing(
    /// A stable name.
    id: &'static str,
    /// What is listed.
    title: &'static str,
    /// The servers and instances.
    #[prop(into)]
    found: Signal<Option<Arc<Found>>>,
    /// Why the last fetch failed.
    #[prop(optional, into)]
    problem: Signal<Option<Problem>>,
    /// Seconds since it was good.
    #[prop(optional, into)]
    age_seconds: Signal<u64>,
    /// What there is to do when a pair was saved or removed, and to try again.
    on_saved: Callback<()>,
) -> impl IntoView {
    let hand = Hand {
        api: use_api(),
        found,
        on_saved,
        may_not: use_why_not(Permission::ManagePlans),
        doing: Doing::default(),
        refused: RwSignal::new(BTreeMap::new()),
        dragged: RwSignal::new(None),
        row: RwSignal::new(None),
        picking: RwSignal::new(false),
        removing: RwSignal::new(false),
        chosen: RwSignal::new(String::new()),
    };
    let rows = Memo::new(move |_| {
        let found = found.get()?;
        Some(Arc::new(
            hand.refused
                .with(|refused| with_refusals(&found.rows, refused)),
        ))
    });
    view! {
        <FreeInstances hand=hand />
        <Table id=id title=title rows=rows columns=columns(hand) key=MatchRow::key
            problem=problem age_seconds=age_seconds on_retry=on_saved
            empty=|| view! { <Empty title="No servers" text="The groups hold no server now, and no pair is saved." /> } />
        <Pick hand=hand />
        <Remove hand=hand />
    }
}

/// Takes the instance that is dropped onto it.
fn zone(hand: Hand, row: &MatchRow, text: &str) -> impl IntoView + use<> {
    let key = row.key();
    let take = move |event: DragEvent| {
        event.prevent_default();
        let dragged = hand.dragged.try_update(Option::take).flatten();
        if let (Some(target), Some(row)) = (dragged, hand.current(&key)) {
            hand.pair(&row, target);
        }
    };
    let allow = move |event: DragEvent| {
        if hand.dragged.with_untracked(Option::is_some) {
            event.prevent_default();
        }
    };
    view! {
        <div class="pair-zone" class:pair-zone-open=move || hand.dragged.with(Option::is_some) on:dragover=allow on:drop=take>
            {text.to_owned()}
        </div>
    }
}

fn buttons(hand: Hand, row: &MatchRow) -> impl IntoView + use<> {
    let button = |label: String, text: &'static str, question: RwSignal<bool>| {
        let key = row.key();
        view! {
            <Button kind=ButtonKind::Link label=label why_not=hand.may_not on_click=move |_| hand.ask(&key, question)>{text}</Button>
        }
    };
    let pick = format!("Pick an instance for {}", row.server);
    let remove = row.saved.is_some().then(|| {
        button(
            format!("Remove the pair of {}", row.server),
            "Remove",
            hand.removing,
        )
    });
    let refused = (!row.refused.is_empty()).then(|| {
        let text = row.refused.clone();
        view! { <div class="pair-refused" role="alert"><StatusIndicator status=Status::Error text=text /></div> }
    });
    view! { {button(pick, "Pick", hand.picking)}{remove}{refused} }
}

fn columns(hand: Hand) -> Vec<Column<MatchRow>> {
    vec![
        Column::new("server", "Server", |row: &MatchRow| row.server.clone())
            .cell(move |row| zone(hand, row, &row.server)),
        Column::new("hand", "By hand", |row: &MatchRow| {
            let verbs = if row.saved.is_some() {
                "Pick, remove"
            } else {
                "Pick"
            };
            format!("{verbs} {}", row.refused)
        })
        .cell(move |row| buttons(hand, row)),
        Column::new("match", "Match", |row: &MatchRow| {
            row.face.words().1.to_owned()
        })
        .cell(|row: &MatchRow| {
            let (status, text) = row.face.words();
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("confidence", "Confidence", |row: &MatchRow| {
            row.confidence.map_or_else(|| "–".to_owned(), percent)
        })
        .number(|row| row.confidence),
        Column::new("target", "Launched into", |row: &MatchRow| {
            row.target.clone()
        })
        .cell(move |row| zone(hand, row, &row.target)),
        Column::new("note", "Why not matched", |row: &MatchRow| row.note.clone()),
        Column::new("ip", "Keeps private IP", |row: &MatchRow| {
            row.private_ip.clone()
        }),
        Column::new("launch", "Launch configuration", |row: &MatchRow| {
            let text = if row.is_configured {
                "Applied"
            } else {
                "Not applied"
            };
            text.to_owned()
        })
        .filter(),
        Column::new("group", "Group", |row: &MatchRow| row.group.clone()).filter(),
        Column::new("id", "Server id", |row: &MatchRow| {
            row.server_id.to_string()
        })
        .hidden(),
    ]
}

/// Some browsers drag nothing that holds no data.
fn hold(event: &DragEvent, text: &str) {
    let get = |from: &JsValue, name: &str| Reflect::get(from, &JsValue::from_str(name)).ok();
    let Some(data) = get(event, "dataTransfer") else {
        return;
    };
    let set = get(&data, "setData").and_then(|set| set.dyn_into::<Function>().ok());
    if let Some(set) = set {
        let _ = set.call2(
            &data,
            &JsValue::from_str("text/plain"),
            &JsValue::from_str(text),
        );
    }
}

/// Instances that no server is launched into, to be dragged onto one.
#[component]
fn FreeInstances(hand: Hand) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let free = Memo::new(move |_| {
        let found = hand.found.get();
        found.map(|found| found.free.clone()).unwrap_or_default()
    });
    let item = move |one: &Free| {
        let id = one.id.clone();
        let start = move |event: DragEvent| {
            hold(&event, id.as_str());
            hand.dragged.set(Some(id.clone()));
        };
        view! {
            <li class="ui-token pair-free" draggable=move || if hand.may_not.with(Option::is_none) { "true" } else { "false" }
                on:dragstart=start on:dragend=move |_| hand.dragged.set(None)>{one.name.clone()}</li>
        }
    };
    let items = move || {
        free.with(|free| {
            let fitting = like(free, &text.get());
            let more = fitting.len().saturating_sub(MOST_DRAWN);
            let more = (more > 0).then(|| {
                let text = format!(
                    "{} more: type a part of the name",
                    counted(more, "instance")
                );
                view! { <li class="ui-secondary">{text}</li> }
            });
            let drawn: Vec<_> = fitting.into_iter().take(MOST_DRAWN).map(item).collect();
            (drawn, more)
        })
    };
    let has_any = Memo::new(move |_| free.with(|free| !free.is_empty()));
    view! {
        <Show when=move || has_any.get()>
            <Container title="Instances without a server".to_owned() description="Drag one onto a server, or pick one at the server.">
                <div class="ui-stack">
                    <Input id="pair-free" kind=InputKind::Search label="Find instances without a server" placeholder="Name or id" value=text />
                    <ul class="pair-frees" aria-label="Instances without a server">{items}</ul>
                </div>
            </Container>
        </Show>
    }
}

#[component]
fn Pick(hand: Hand) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let offered = Signal::derive(move || {
        let found = hand.found.get().unwrap_or_default();
        let row = hand.row.get();
        let suggested = row.as_ref().and_then(|row| row.suggested.as_ref());
        choices(&found.free, &text.get(), suggested)
    });
    let server = move || {
        hand.row
            .with(|row| row.as_ref().map(|row| row.server.clone()))
    };
    let why_not = Signal::derive(move || {
        let chosen = hand.chosen.get();
        let is_offered = offered.with(|all| all.iter().any(|one| one.value == chosen));
        (chosen.is_empty() || !is_offered).then(|| "Choose an instance first".to_owned())
    });
    let save = move |_| {
        let row = hand.row.get_untracked();
        if let (Some(row), Ok(target)) = (row, hand.chosen.get_untracked().parse()) {
            hand.pair(&row, target);
        }
    };
    view! {
        <Modal open=hand.picking title="Pick an instance">
            <p><strong>{server}</strong>" is launched into the instance that you choose, and keeps its id and private IP."</p>
            <FormField id="pick-filter" label="Find"><Input id="pick-filter" kind=InputKind::Search value=text placeholder="Name or id" /></FormField>
            <FormField id="pick-instance" label="Instance"><Select id="pick-instance" value=hand.chosen choices=offered /></FormField>
            <div class="ui-row ui-modal__footer">
                <Button kind=ButtonKind::Link on_click=move |_| hand.picking.set(false)>"Cancel"</Button>
                <Button kind=ButtonKind::Primary why_not=why_not busy=hand.doing.busy on_click=save>"Pair"</Button>
            </div>
        </Modal>
    }
}

#[component]
fn Remove(hand: Hand) -> impl IntoView {
    let server = move || {
        hand.row
            .with(|row| row.as_ref().map(|row| row.server.clone()))
    };
    view! {
        <Confirm open=hand.removing title="Remove this pair?" verb="Remove" busy=hand.doing.busy on_confirm=move |()| hand.remove()>
            <p><strong>{server}</strong>" is launched into a new instance from then on. Neither the server nor the instance changes."</p>
        </Confirm>
    }
}
