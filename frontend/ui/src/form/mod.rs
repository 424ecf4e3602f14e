//! Fields of forms: label, help and error belong together, and the browser knows it.

use leptos::prelude::*;

/// A field: label, help, control, error. `id` is that of the control within.
#[component]
pub fn FormField(
    /// The id of the control.
    #[prop(into)]
    id: String,
    /// What it asks for.
    #[prop(into)]
    label: String,
    /// How to answer.
    #[prop(optional, into)]
    help: Option<String>,
    /// Why the answer is not accepted.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="ui-field">
            <label for=id.clone()>{label}</label>
            {help.map(|help| view! { <div class="ui-secondary">{help}</div> })}
            {children()}
            <div class="ui-field__error" role="alert" id=format!("{id}-error")>{move || error.get()}</div>
        </div>
    }
}

/// What a text field takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Text.
    #[default]
    Text,
    /// A password: not shown.
    Password,
    /// What is looked for.
    Search,
    /// A number.
    Number,
}

impl InputKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Password => "password",
            Self::Search => "search",
            Self::Number => "number",
        }
    }
}

/// One line of text.
#[component]
pub fn Input(
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// What is in it.
    value: RwSignal<String>,
    /// What it takes.
    #[prop(optional)]
    kind: InputKind,
    /// Its name where there is no label.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    /// An example.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// What browsers may fill in.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// What it is likely to be; anything else may be written as well.
    #[prop(optional, into)]
    suggestions: Option<Signal<Vec<String>>>,
    /// It is refused.
    #[prop(optional, into)]
    invalid: Signal<bool>,
    /// It may not be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let error = format!("{id}-error");
    let list = suggestions.map(|_| format!("{id}-known"));
    let known = suggestions.map(|known| {
        let options = move || {
            let option = |text| view! { <option value=text></option> };
            known.get().into_iter().map(option).collect::<Vec<_>>()
        };
        view! { <datalist id=list.clone()>{options}</datalist> }
    });
    view! {
        <input class="ui-input" id=id list=list type=kind.as_str() aria-label=move || label.get()
            placeholder=move || placeholder.get() autocomplete=autocomplete.unwrap_or_else(|| "off".to_owned())
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || invalid.get().then(|| error.clone())
            disabled=move || disabled.get()
            prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) />
        {known}
    }
}

/// Several lines of text.
#[component]
pub fn Textarea(
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// What is in it.
    value: RwSignal<String>,
    /// Lines that are seen at once.
    #[prop(default = 3)]
    rows: u32,
) -> impl IntoView {
    view! {
        <textarea class="ui-input" id=id rows=rows prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))></textarea>
    }
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What is read.
    pub text: String,
}

impl Choice {
    /// An answer.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            text: text.into(),
        }
    }
}

/// One of several answers, by the browser's own list.
#[component]
pub fn Select(
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// The value that is chosen.
    value: RwSignal<String>,
    /// What there is to choose from.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// Its name where there is no label.
    #[prop(optional, into)]
    label: MaybeProp<String>,
) -> impl IntoView {
    let options = move || {
        let chosen = value.get();
        choices
            .get()
            .into_iter()
            .map(|choice| {
                let selected = choice.value == chosen;
                view! { <option value=choice.value selected=selected>{choice.text}</option> }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <select class="ui-input ui-select" id=id aria-label=move || label.get()
            on:change=move |event| value.set(event_target_value(&event))>{options}</select>
    }
}

/// Yes or no.
#[component]
pub fn Checkbox(
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// What a change does.
    #[prop(into)]
    on_change: Callback<bool>,
    /// What is asked.
    #[prop(into)]
    label: Signal<String>,
    /// Some of what it stands for is ticked.
    #[prop(optional, into)]
    indeterminate: Signal<bool>,
    /// The words are for those who do not see the context.
    #[prop(optional)]
    label_hidden: bool,
) -> impl IntoView {
    view! {
        <label class="ui-checkbox">
            <input type="checkbox" prop:checked=move || checked.get() prop:indeterminate=move || indeterminate.get()
                on:change=move |event| on_change.run(event_target_checked(&event)) />
            <span class=if label_hidden { "ui-hidden" } else { "" }>{move || label.get()}</span>
        </label>
    }
}
