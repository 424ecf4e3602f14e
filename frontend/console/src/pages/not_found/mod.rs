//! No page is here.

use leptos::prelude::*;
use ui::{Empty, LinkButton, PageHeader};

use crate::route::link;

/// No page is here.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageHeader title="Page not found".to_owned() />
        <Empty title="There is no such page" text="The link may be old, or mistyped."
            action=|| view! { <LinkButton href=link("/")>"Go to the dashboard"</LinkButton> } />
    }
}
