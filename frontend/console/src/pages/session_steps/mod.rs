//! A step of the way home: what it would do, to what, what it costs, what is asked for, and the button that does it.
//! The page of a session shows it in a dialogue, the failback wizard as it is.

mod calls;
mod previews;
#[cfg(test)]
pub mod samples;
mod view_model;

use std::sync::Arc;

use dr_api::sessions::{ActionView, SessionView};
use dr_model::session::{Action, StageTally};
use leptos::prelude::*;
use ui::{
    Button, ButtonKind, Checkbox, ErrorPanel, Flashes, FormField, Input, KeyValue, Loading, Modal,
    Pair, StatusIndicator, use_flashes,
};

pub use self::calls::Taken;
use self::calls::{Given, look, take};
pub use self::view_model::{Asked, Item, Preview, needs, purpose, servers};
use self::view_model::{Gathered, Wish, Wishes, gather};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::words;

/// Lines of a preview that are drawn: more nobody reads.
const MOST_ITEMS: usize = 500;

/// What a form holds.
#[derive(Clone, Copy)]
struct Form {
    api: Authorised,
    flashes: Flashes,
    asked: StoredValue<Asked>,
    wishes: RwSignal<Wishes>,
    preview: RwSignal<Option<Arc<Preview>>>,
    looking: Doing,
    taking: Doing,
    word: RwSignal<String>,
    accepted: RwSignal<String>,
    token: StoredValue<String>,
}

impl Form {
    fn new(api: Authorised, asked: Asked) -> Self {
        // Two tries of one form are one request; another form is another.
        let token = format!(
            "console-{:.0}-{:.0}",
            js_sys::Date::now(),
            js_sys::Math::random() * 1e9
        );
        Self {
            api,
            flashes: use_flashes(),
            asked: StoredValue::new(asked),
            wishes: RwSignal::new(Wishes::new()),
            preview: RwSignal::new(None),
            looking: Doing::default(),
            taking: Doing::default(),
            word: RwSignal::new(String::new()),
            accepted: RwSignal::new(String::new()),
            token: StoredValue::new(token),
        }
    }

    /// Asks what it would do, until that is for what is wished.
    fn look(self) {
        let (asked, wishes, api) = (
            self.asked.get_value(),
            self.wishes.get_untracked(),
            self.api,
        );
        let was = wishes.clone();
        let work = async move { look(api, &asked, &wishes).await };
        self.looking.run(work, move |preview| {
            let is_current = self.wishes.try_with_untracked(|wishes| *wishes == was);
            let _ = self.preview.try_set(Some(Arc::new(preview)));
            if is_current == Some(false) {
                self.look();
            }
        });
    }

    fn take(self, on_done: Callback<Taken>) {
        let (asked, wishes, api) = (
            self.asked.get_value(),
            self.wishes.get_untracked(),
            self.api,
        );
        let given = Given {
            word: self.word.get_untracked(),
            accepted: self.accepted.get_untracked(),
            token: self.token.get_value(),
        };
        let work = async move { take(api, &asked, &wishes, &given).await };
        let flashes = self.flashes;
        self.taking.run(work, move |taken: Taken| {
            flashes.success(taken.text.clone());
            on_done.run(taken);
        });
    }
}

/// What a preview hangs on: where the servers are, and what the session says of the step.
type Standing = (StageTally, Option<ActionView>);

fn standing(session: &SessionView, action: Action) -> Standing {
    let of_step = session.actions.iter().find(|one| one.action == action);
    (session.stages, of_step.cloned())
}

/// A step: what it would do, and the button.
#[component]
pub fn StepForm(
    /// The step.
    asked: Asked,
    /// What comes after.
    #[prop(into)]
    on_done: Callback<Taken>,
    /// The form stays, and looks again once the step was taken.
    #[prop(optional)]
    stays: bool,
    /// The session: when its servers have moved on, or the step could not be looked at, it is looked at again.
    #[prop(optional)]
    session: Option<Signal<Arc<SessionView>>>,
) -> impl IntoView {
    let action = asked.action;
    let form = Form::new(use_api(), asked);
    Effect::new(move |before: Option<Option<Standing>>| {
        let now = session.map(|session| session.with(|session| standing(session, action)));
        let has_moved = before.is_none_or(|before| before != now);
        if has_moved || form.looking.problem.with_untracked(Option::is_some) {
            form.look();
        }
        now
    });
    let may_not = use_why_not(needs(action));
    let why_not = Signal::derive(move || {
        may_not.get().or_else(|| match form.preview.get() {
            Some(preview) => preview.refusal(&form.word.get(), &form.accepted.get()),
            None => Some("It is not known yet what it would do".to_owned()),
        })
    });
    let busy = Signal::derive(move || form.taking.busy.get() || form.looking.busy.get());
    let id = action.as_str();
    // Where the form stays, the page's own way on is what it is for.
    let kind = if stays {
        ButtonKind::Normal
    } else {
        ButtonKind::Primary
    };
    let taken = Callback::new(move |taken| {
        on_done.run(taken);
        if stays {
            form.word.set(String::new());
            form.look();
        }
    });
    let face = move || match (form.preview.get(), form.looking.problem.get()) {
        (_, Some(problem)) => {
            view! { <ErrorPanel problem=problem on_retry=Callback::new(move |()| form.look()) /> }
                .into_any()
        }
        (Some(preview), None) => view! { <Shown preview=preview /> }.into_any(),
        (None, None) => view! { <Loading text="Looking at what it would do" /> }.into_any(),
    };
    view! {
        <div class="ui-stack">
            {face}
            <Wished form=form offered=Wish::offered(action) />
            <Words form=form id=id />
            {move || form.taking.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
            <div class="ui-row ui-modal__footer">
                <Button kind=kind why_not=why_not busy=busy on_click=move |_| form.take(taken)>{words::action(action)}</Button>
            </div>
        </div>
    }
}

#[component]
fn Wished(form: Form, offered: &'static [Wish]) -> impl IntoView {
    let change = move |wish: Wish, on: bool| {
        form.wishes.update(|wishes| {
            if on {
                wishes.insert(wish);
            } else {
                wishes.remove(&wish);
            }
        });
        form.look();
    };
    offered
        .iter()
        .map(|wish| {
            let wish = *wish;
            let checked = Signal::derive(move || form.wishes.with(|wishes| wishes.contains(&wish)));
            view! { <Checkbox checked=checked on_change=move |on| change(wish, on) label=wish.words().to_owned() /> }
        })
        .collect::<Vec<_>>()
}

/// The words that are asked for.
#[component]
fn Words(form: Form, id: &'static str) -> impl IntoView {
    let wanted = Memo::new(move |_| {
        form.preview
            .with(|known| known.as_ref().and_then(|preview| preview.word.clone()))
    });
    let accept = Memo::new(move |_| {
        form.preview
            .with(|known| known.as_ref().and_then(|preview| preview.accept.clone()))
    });
    let field = move |words: String,
                      name: &'static str,
                      what: &'static str,
                      value: RwSignal<String>| {
        let field = format!("{name}-{id}");
        view! {
            <FormField id=field.clone() label=what help=format!("Type: {words}")><Input id=field value=value /></FormField>
        }
    };
    view! {
        {move || accept.get().map(|words| field(words, "accept", "Go on though the fleet is not protected", form.accepted))}
        {move || wanted.get().map(|words| field(words, "word", "Confirmation", form.word))}
    }
}

/// What a step would do, in sentences, figures, findings and what it takes.
#[component]
pub fn Shown(
    /// What it would do.
    preview: Arc<Preview>,
) -> impl IntoView {
    let facts: Vec<_> = preview
        .facts
        .iter()
        .map(|(name, value)| Pair::new(*name, value.clone()))
        .collect();
    let count = preview.items.len();
    let items: Vec<_> = preview.items.iter().take(MOST_ITEMS).map(line).collect();
    let findings: Vec<_> = gather(&preview.findings)
        .into_iter()
        .map(|one| many(&one))
        .collect();
    let is_short = count <= 5;
    view! {
        <p>{preview.what.clone()}</p>
        {(!facts.is_empty()).then(|| view! { <KeyValue pairs=facts /> })}
        {(!findings.is_empty()).then(|| view! { <ul class="console-list">{findings}</ul> })}
        {(count > 0).then(|| view! {
            <details open=is_short><summary>{format!("What is taken ({count})")}</summary><ul class="console-list">{items}</ul></details>
        })}
    }
}

/// What is said of many, with all of them behind a click.
fn many(one: &Gathered) -> impl IntoView + use<> {
    let members: Vec<_> = one
        .members
        .iter()
        .map(|text| view! { <li>{text.clone()}</li> })
        .collect();
    let count = members.len();
    let all = (count > 0).then(|| view! { <details><summary>{format!("All {count}")}</summary><ul class="console-bullets">{members}</ul></details> });
    let Item {
        status,
        title,
        detail,
    } = one.item.clone();
    view! {
        <li>
            <StatusIndicator status=status text=title />
            {(!detail.is_empty()).then(|| view! { <div class="ui-secondary">{detail}</div> })}
            {all}
        </li>
    }
}

fn line(item: &Item) -> impl IntoView + use<> {
    let detail = item.detail.clone();
    view! {
        <li>
            <StatusIndicator status=item.status text=item.title.clone() />
            {(!detail.is_empty()).then(|| view! { <div class="ui-secondary">{detail}</div> })}
        </li>
    }
}

/// A step in a dialogue, while `asking` holds one.
#[component]
pub fn StepDialogue(
    /// The step that is asked about.
    asking: RwSignal<Option<Asked>>,
    /// What comes after.
    #[prop(into)]
    on_done: Callback<Taken>,
) -> impl IntoView {
    move || {
        let asked = asking.get()?;
        let open = RwSignal::new(true);
        let title = words::action(asked.action);
        Effect::new(move |_| {
            if !open.get() {
                asking.set(None);
            }
        });
        let done = move |taken| {
            open.set(false);
            on_done.run(taken);
        };
        let asked = StoredValue::new(asked);
        Some(
            view! { <Modal open=open title=title><StepForm asked=asked.get_value() on_done=done /></Modal> },
        )
    }
}
