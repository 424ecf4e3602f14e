//! The bar at the top and the list of pages at the side.

use leptos::prelude::*;

use crate::button::{Button, ButtonKind};

/// One page in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// What it is called.
    pub text: String,
    /// Where it is.
    pub href: String,
    /// It is the one that is shown, or above it.
    pub is_current: bool,
}

/// Pages that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavSection {
    /// What they have in common; empty for the first.
    pub title: String,
    /// The pages.
    pub items: Vec<NavItem>,
}

/// A sign of 16 by 16 in place of words, where there is little room: what it stands in says the words.
pub fn narrow_sign(path: &'static str) -> impl IntoView {
    view! {
        <span class="ui-narrow" aria-hidden="true">
            <svg viewBox="0 0 16 16" width="16" height="16">
                <path d=path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
            </svg>
        </span>
    }
}

/// The list of pages. On narrow screens it opens above the page.
#[component]
pub fn SideNavigation(
    /// The pages.
    #[prop(into)]
    sections: Signal<Vec<NavSection>>,
    /// Whether it is shown on a narrow screen.
    open: RwSignal<bool>,
) -> impl IntoView {
    let list = move || {
        sections
            .get()
            .into_iter()
            .map(|section| {
                let items: Vec<_> = section
                    .items
                    .into_iter()
                    .map(|item| {
                        let current = item.is_current.then_some("page");
                        view! { <li><a href=item.href aria-current=current on:click=move |_| open.set(false)>{item.text}</a></li> }
                    })
                    .collect();
                let title = (!section.title.is_empty()).then(|| view! { <div class="ui-side__title">{section.title}</div> });
                view! { <li>{title}<ul>{items}</ul></li> }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <nav class="ui-side" class:ui-side--open=move || open.get() id="side-navigation" aria-label="Pages"><ul>{list}</ul></nav>
    }
}

/// The bar at the top: the product, and what belongs to the person.
#[component]
pub fn TopNavigation(
    /// The product.
    #[prop(into)]
    title: String,
    /// Its name where there is little room.
    #[prop(into)]
    short_title: String,
    /// Where its name leads.
    #[prop(into)]
    href: String,
    /// Whether the list of pages is shown on a narrow screen; none: there is no list.
    #[prop(optional, into)]
    side: Option<RwSignal<bool>>,
    /// What stands at the right.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="ui-top">
            {side.map(|open| view! {
                <span class="ui-top__menu">
                    <Button kind=ButtonKind::Icon label="Pages" on_click=move |_| open.update(|open| *open = !*open)>
                        <span aria-hidden="true">"☰"</span>
                    </Button>
                </span>
            })}
            <a class="ui-top__title" href=href><span class="ui-wide">{title}</span><span class="ui-narrow">{short_title}</span></a>
            <div class="ui-row ui-top__end">{children()}</div>
        </header>
    }
}
