//! Where this page is, from the top.

use leptos::prelude::*;

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// What it is called.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

impl Crumb {
    /// A step.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
        }
    }
}

/// Where this page is. The last step is the page itself and no link.
#[component]
pub fn Breadcrumbs(
    /// From the top to this page.
    #[prop(into)]
    crumbs: Signal<Vec<Crumb>>,
) -> impl IntoView {
    let items = move || {
        let crumbs = crumbs.get();
        let last = crumbs.len().saturating_sub(1);
        crumbs
            .into_iter()
            .enumerate()
            .map(|(at, crumb)| {
                if at == last {
                    view! { <li><span aria-current="page">{crumb.text}</span></li> }.into_any()
                } else {
                    view! { <li><a href=crumb.href>{crumb.text}</a></li> }.into_any()
                }
            })
            .collect::<Vec<_>>()
    };
    view! { <nav class="ui-breadcrumbs" aria-label="Breadcrumbs"><ol>{items}</ol></nav> }
}
