//! A box with a header, and the header of a page.

use leptos::prelude::*;

/// A box: the unit that a page is made of.
#[component]
pub fn Container(
    /// Its title, a heading of level 2.
    #[prop(into)]
    title: Signal<String>,
    /// A line below the title.
    #[prop(optional, into)]
    description: MaybeProp<String>,
    /// A number beside the title, such as `(24)`.
    #[prop(optional, into)]
    counter: MaybeProp<String>,
    /// Buttons at the right.
    #[prop(optional, into)]
    actions: ViewFn,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="ui-container">
            <header class="ui-container__header">
                <div>
                    <h2>
                        {move || title.get()}
                        {move || counter.get().map(|counter| view! { <span class="ui-container__counter">{format!(" {counter}")}</span> })}
                    </h2>
                    {move || description.get().map(|text| view! { <p class="ui-secondary">{text}</p> })}
                </div>
                <div class="ui-row">{actions.run()}</div>
            </header>
            <div class="ui-container__content">{children()}</div>
        </section>
    }
}

/// The header of a page: its only heading of level 1.
#[component]
pub fn PageHeader(
    /// What the page shows.
    #[prop(into)]
    title: Signal<String>,
    /// A line below the title.
    #[prop(optional, into)]
    description: MaybeProp<String>,
    /// Buttons at the right.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    view! {
        <div class="ui-page-header">
            <div>
                <h1 id="page-title" tabindex="-1">{move || title.get()}</h1>
                {move || description.get().map(|text| view! { <p class="ui-secondary">{text}</p> })}
            </div>
            <div class="ui-row">{actions.run()}</div>
        </div>
    }
}
