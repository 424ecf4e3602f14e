//! How far something is.

use leptos::prelude::*;

/// A bar with its percentage in words.
#[component]
pub fn Progress(
    /// What is under way.
    #[prop(into)]
    label: Signal<String>,
    /// 0 to 100.
    #[prop(into)]
    percent: Signal<f64>,
    /// What more there is to say: elapsed, what it waits for.
    #[prop(optional, into)]
    detail: MaybeProp<String>,
) -> impl IntoView {
    let whole = move || percent.get().clamp(0.0, 100.0).floor();
    view! {
        <div class="ui-progress">
            <div class="ui-progress__label">{move || label.get()}</div>
            <div class="ui-row ui-progress__line">
                <progress max="100" prop:value=whole aria-label=move || label.get()></progress>
                <span>{move || format!("{}%", whole())}</span>
            </div>
            {move || detail.get().map(|text| view! { <div class="ui-secondary">{text}</div> })}
        </div>
    }
}
