//! What stands around every page: bar, navigation, messages, and the way to the page for keyboards.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use ui::{
    Button, ButtonKind, ErrorPanel, Flashbar, Flashes, Loading, Problem, SideNavigation,
    TopNavigation, browser, narrow_sign, use_flashes,
};

use crate::api::Authorised;
use crate::api::fetch::UNREACHABLE;
use crate::auth::why_not;
use crate::nav::{Draw, Fetching, NotFetched, PAGES, Page, View, navigation};
use crate::pages::not_found::NotFound;
use crate::route::{Parameters, link, matches};
use crate::theme::ThemeToggle;

/// The name of the product.
pub const PRODUCT: &str = "Disaster recovery orchestrator";
/// Its name where there is little room.
pub const SHORT: &str = "DR orchestrator";
/// A head and shoulders.
const PERSON: &str =
    "M8 2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M2.5 14c.4-3 2.6-4.2 5.5-4.2s5.1 1.2 5.5 4.2";
/// A door with an arrow out of it.
const DOOR: &str = "M9.5 2.5h-6v11h6M7 8h7M11.5 5.5L14 8l-2.5 2.5";

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
    let sections =
        Signal::derive(move || navigation(&roles.get(), &path.get(), api.has_simulator()));
    let settings = move || format!("Settings of {}", api.who().username);
    view! {
        <SkipLink />
        <TopNavigation title=PRODUCT short_title=SHORT href=link("/") side=open>
            <ThemeToggle />
            <a class="console-user" href=link("/settings") aria-label=settings>
                {narrow_sign(PERSON)}<span class="ui-wide">{move || api.who().username}</span>
            </a>
            <Button kind=ButtonKind::Link label="Sign out" on_click=move |_| spawn_local(api.sign_out())>
                {narrow_sign(DOOR)}<span class="ui-wide">"Sign out"</span>
            </Button>
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
    let flashes = use_flashes();
    Effect::new(move |before: Option<()>| {
        let title = found.with(|found| {
            found.as_ref().map_or("Not found", |(at, _)| {
                PAGES.get(*at).map_or("", |page| page.title)
            })
        });
        document().set_title(&format!("{title} · {PRODUCT}"));
        if before.is_some() {
            flashes.leave_page();
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

fn draw(page: &'static Page, api: Authorised) -> AnyView {
    match (why_not(&untrack(|| api.who().roles), page.needs), page.view) {
        (None, View::Here(draw)) => draw(),
        (None, View::Part(fetch)) => view! { <Fetched fetch=fetch /> }.into_any(),
        (Some(reason), _) => {
            view! { <ErrorPanel problem=Problem::new("FORBIDDEN", reason) /> }.into_any()
        }
    }
}

/// A page whose code is fetched, if it was not before.
#[component]
fn Fetched(fetch: fn() -> Fetching) -> impl IntoView {
    let code = RwSignal::new(None::<Result<Draw, Problem>>);
    let begin = move || {
        code.set(None);
        spawn_local(async move {
            let fetched = fetch().await.map_err(|NotFetched| Problem {
                remediation: Some("Look whether the server runs and the network is there; after an update, reload the page.".to_owned()),
                ..Problem::new(UNREACHABLE, "This page's code cannot be fetched")
            });
            // Another page may have been opened meanwhile.
            let _ = code.try_set(Some(fetched));
        });
    };
    begin();
    move || match code.get() {
        Some(Ok(draw)) => untrack(draw),
        Some(Err(problem)) => {
            view! { <ErrorPanel problem=problem on_retry=Callback::new(move |()| begin()) /> }
                .into_any()
        }
        None => view! { <Loading text="Loading the page" /> }.into_any(),
    }
}
