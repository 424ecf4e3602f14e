//! Buttons, and links that look like one.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// What the page is for; one at most.
    Primary,
    /// Everything else.
    #[default]
    Normal,
    /// Text alone.
    Link,
    /// A sign alone; give it a `label`.
    Icon,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "ui-button ui-button--primary",
            Self::Normal => "ui-button",
            Self::Link => "ui-button ui-button--link",
            Self::Icon => "ui-button ui-button--icon",
        }
    }
}

/// A button. With `why_not` it stays reachable by keyboard, does nothing, and says the reason.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Why it may not be used now: shown as tooltip and read out. None: it may.
    #[prop(optional, into)]
    why_not: Signal<Option<String>>,
    /// Something is under way: it shows a spinner and takes no click.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// The name for those who do not see it, where the content is no words.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    /// Sends the form that it stands in.
    #[prop(optional)]
    submit: bool,
    /// What a click does.
    #[prop(optional, into)]
    on_click: Option<Callback<MouseEvent>>,
    /// What is written on it.
    children: Children,
) -> impl IntoView {
    let off = move || busy.get() || why_not.with(Option::is_some);
    let click = move |event: MouseEvent| {
        if off() {
            event.prevent_default();
        } else if let Some(callback) = on_click {
            callback.run(event);
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=kind.class()
            aria-disabled=move || off().then_some("true")
            aria-label=move || label.get()
            title=move || why_not.get()
            on:click=click
        >
            {move || busy.get().then(|| view! { <span class="ui-spinner" aria-hidden="true"></span> })}
            {children()}
            {move || why_not.get().map(|reason| view! { <span class="ui-hidden">{format!(" ({reason})")}</span> })}
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and does nothing else.
#[component]
pub fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: Signal<String>,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// What is written on it.
    children: Children,
) -> impl IntoView {
    view! { <a class=kind.class() href=move || href.get()>{children()}</a> }
}
