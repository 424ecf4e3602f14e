//! Light or dark: as the system has it until a person chooses, then as this browser remembers.

use leptos::prelude::*;
use ui::browser;
use ui::{Button, ButtonKind};

const NAME: &str = "dr.theme";

fn is_dark() -> bool {
    match browser::kept(NAME) {
        Some(theme) => theme == "dark",
        None => window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches()),
    }
}

fn show(is_dark: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", if is_dark { "dark" } else { "light" });
    }
}

/// Changes between light and dark.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let dark = RwSignal::new(is_dark());
    Effect::new(move |_| show(dark.get()));
    let turn = move |_| {
        dark.update(|dark| *dark = !*dark);
        browser::keep(
            NAME,
            if dark.get_untracked() {
                "dark"
            } else {
                "light"
            },
        );
    };
    view! {
        <Button kind=ButtonKind::Link on_click=turn>{move || if dark.get() { "Light mode" } else { "Dark mode" }}</Button>
    }
}
