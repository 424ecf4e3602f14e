//! A question above the page. The browser's own dialog: it keeps the focus within, closes on Escape, and gives the
//! focus back.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::button::{Button, ButtonKind};
use crate::faces::{ErrorPanel, Problem};
use crate::form::{FormField, Input};

/// A dialogue that is shown while `open` is true.
#[component]
pub fn Modal(
    /// Whether it is shown; closing it sets it to false.
    open: RwSignal<bool>,
    /// Its title.
    #[prop(into)]
    title: String,
    /// Its content, made anew each time it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<Dialog>::new();
    let name = title.clone();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog class="ui-modal" node_ref=node aria-label=name on:close=move |_| open.set(false)>
            <header class="ui-modal__header">
                <h2>{title}</h2>
                <Button kind=ButtonKind::Icon label="Close" on_click=move |_| open.set(false)>
                    <span aria-hidden="true">"✕"</span>
                </Button>
            </header>
            <Show when=move || open.get()>
                <div class="ui-modal__content ui-stack">{children()}</div>
            </Show>
        </dialog>
    }
}

/// Asks before something dangerous: says what will happen, to what, and takes the word that names it.
#[component]
pub fn Confirm(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// The question: `Delete 3 protection groups?`
    #[prop(into)]
    title: String,
    /// What must be typed. None: a click is enough.
    #[prop(optional, into)]
    word: Option<Signal<String>>,
    /// What the button says: `Delete`.
    #[prop(into)]
    verb: String,
    /// It is being done.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// It went wrong.
    #[prop(optional, into)]
    problem: Signal<Option<Problem>>,
    /// Does it.
    #[prop(into)]
    on_confirm: Callback<()>,
    /// What will happen, to what.
    children: ChildrenFn,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
        }
    });
    let why_not = Signal::derive(move || {
        let wanted = word.map(|word| word.get())?;
        (typed.get().trim() != wanted).then(|| format!("Type “{wanted}” first"))
    });
    let verb = StoredValue::new(verb);
    let children = StoredValue::new(children);
    view! {
        <Modal open=open title=title>
            {children.with_value(|children| children())}
            {word.map(|word| view! {
                <p>"To confirm, type " <strong>{move || word.get()}</strong> "."</p>
                <FormField id="confirm-word" label="Confirmation"><Input id="confirm-word" value=typed /></FormField>
            })}
            {move || problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
            <div class="ui-row ui-modal__footer">
                <Button kind=ButtonKind::Link on_click=move |_| open.set(false)>"Cancel"</Button>
                <Button kind=ButtonKind::Primary why_not=why_not busy=busy on_click=move |_| on_confirm.run(())>
                    {verb.get_value()}
                </Button>
            </div>
        </Modal>
    }
}
