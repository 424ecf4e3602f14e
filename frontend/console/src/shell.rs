//! What stands around every page: bar, navigation, messages, and the way to the page for keyboards.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use ui::{
    Button, ButtonKind, ErrorPanel, Flashbar, Flashes, Problem, SideNavigation, TopNavigation,
    browser,
};

use crate::api::Authorised;
use crate::auth::why_not;
use crate::nav::{PAGES, Page, navigation};
use crate::pages::not_found::NotFound;
use crate::route::{Parameters, link, matches};
use crate::theme::ThemeToggle;

/// The name of the product.
pub const PRODUCT: &str = "Disaster recovery orchestrator";

/// The shell of a session.
#[component]
pub fn Shell(
    /// The session's client.
    api: Authorised,
) -> impl IntoView {
    provide_context(api);
    provide_context(Flashes::default());
    let open = RwSignal::new(false);
    let path = use_location().pathname;
    let roles = Memo::new(move |_| api.who().roles);
    let sections = Signal::derive(move || navigation(&roles.get(), &path.get()));
    view! {
        <SkipLink />
        <TopNavigation title=PRODUCT href=link("/") side=open>
            <ThemeToggle />
            <span class="console-user">{move || api.who().username}</span>
            <Button kind=ButtonKind::Link on_click=move |_| spawn_local(api.sign_out())>"Sign out"</Button>
        </TopNavigation>
        <div class="console-body">
            <SideNavigation sections=sections open=open />
            <main id="main" class="console-main" tabindex="-1"><Flashbar /><Current /></main>
        </div>
    }
}

/// For keyboards: past the navigation, to the page.
#[component]
fn SkipLink() -> impl IntoView {
    let skip = |event: MouseEvent| {
        event.prevent_default();
        browser::focus("main");
    };
    view! { <a class="console-skip" href="#main" on:click=skip>"Skip to the content"</a> }
}

/// The page of the path.
#[component]
fn Current() -> impl IntoView {
    let path = use_location().pathname;
    let api: Authorised = expect_context();
    let found = Memo::new(move |_| find(&path.get()));
    Effect::new(move |before: Option<()>| {
        let title = found.with(|found| {
            found.as_ref().map_or("Not found", |(at, _)| {
                PAGES.get(*at).map_or("", |page| page.title)
            })
        });
        document().set_title(&format!("{title} · {PRODUCT}"));
        if before.is_some() {
            // A new page begins at its title, for the eye and for the screen reader.
            request_animation_frame(|| browser::focus("page-title"));
        }
    });
    move || match found.get() {
        Some((at, parameters)) => {
            provide_context(parameters);
            PAGES.get(at).map(|page| draw(page, api)).into_any()
        }
        None => view! { <NotFound /> }.into_any(),
    }
}

fn find(path: &str) -> Option<(usize, Parameters)> {
    PAGES
        .iter()
        .enumerate()
        .find_map(|(at, page)| Some((at, matches(page.path, path)?)))
}

fn draw(page: &Page, api: Authorised) -> AnyView {
    match why_not(&untrack(|| api.who().roles), page.needs) {
        None => (page.view)(),
        Some(reason) => {
            view! { <ErrorPanel problem=Problem::new("FORBIDDEN", reason) /> }.into_any()
        }
    }
}
