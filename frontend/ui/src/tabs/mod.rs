//! Panels of which one is shown, by the arrow keys as well.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::browser;

/// One panel.
#[derive(Clone)]
pub struct Tab {
    id: &'static str,
    title: String,
    view: ViewFn,
}

impl Tab {
    /// A panel; `id` is stable and unique on the page.
    pub fn new(id: &'static str, title: impl Into<String>, view: impl Into<ViewFn>) -> Self {
        Self {
            id,
            title: title.into(),
            view: view.into(),
        }
    }
}

/// The place of the neighbour that a key leads to, round the ends.
fn neighbour(at: usize, count: usize, key: &str) -> Option<usize> {
    match key {
        _ if count == 0 => None,
        "ArrowRight" => Some((at + 1) % count),
        "ArrowLeft" => Some((at + count - 1) % count),
        "Home" => Some(0),
        "End" => Some(count - 1),
        _ => None,
    }
}

/// Panels of which one is shown.
#[component]
pub fn Tabs(
    /// What the panels are about, for those who do not see them.
    #[prop(into)]
    label: String,
    /// The panels.
    tabs: Vec<Tab>,
    /// The id of the one that is shown; pass a signal of your own to keep it in the URL.
    #[prop(optional, into)]
    active: Option<RwSignal<String>>,
) -> impl IntoView {
    let first = tabs
        .first()
        .map(|tab| tab.id.to_owned())
        .unwrap_or_default();
    let active = active.unwrap_or_else(|| RwSignal::new(first.clone()));
    let ids: Vec<&'static str> = tabs.iter().map(|tab| tab.id).collect();
    let shown = {
        let ids = ids.clone();
        Memo::new(move |_| {
            let wanted = active.get();
            if ids.iter().any(|id| *id == wanted) {
                wanted
            } else {
                first.clone()
            }
        })
    };
    let key = move |event: KeyboardEvent| {
        let at = ids
            .iter()
            .position(|id| *id == shown.get_untracked())
            .unwrap_or_default();
        if let Some(id) = neighbour(at, ids.len(), &event.key()).and_then(|next| ids.get(next)) {
            event.prevent_default();
            active.set((*id).to_owned());
            browser::focus(&format!("tab-{id}"));
        }
    };
    let heads: Vec<_> = tabs
        .iter()
        .map(|tab| {
            let id = tab.id;
            let is_shown = move || shown.with(|shown| shown == id);
            view! {
                <button type="button" role="tab" class="ui-tabs__tab" id=format!("tab-{id}")
                    aria-controls=format!("panel-{id}") aria-selected=move || is_shown().to_string()
                    tabindex=move || if is_shown() { "0" } else { "-1" }
                    on:click=move |_| active.set(id.to_owned())>{tab.title.clone()}</button>
            }
        })
        .collect();
    let panel = move || {
        let id = shown.get();
        tabs.iter().find(|tab| tab.id == id).map(|tab| {
            view! {
                <div role="tabpanel" class="ui-tabs__panel" tabindex="0" id=format!("panel-{id}")
                    aria-labelledby=format!("tab-{id}")>{tab.view.run()}</div>
            }
        })
    };
    view! {
        <div class="ui-tabs">
            <div class="ui-tabs__list" role="tablist" aria-label=label on:keydown=key>{heads}</div>
            {panel}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::neighbour;

    #[test]
    fn arrows_go_round_and_other_keys_lead_nowhere() {
        assert_eq!(neighbour(2, 3, "ArrowRight"), Some(0));
        assert_eq!(neighbour(0, 3, "ArrowLeft"), Some(2));
        assert_eq!(neighbour(1, 3, "End"), Some(2));
        assert_eq!(neighbour(1, 3, "a"), None);
        assert_eq!(neighbour(0, 0, "End"), None);
    }
}
