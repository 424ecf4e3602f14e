//! The app: finds out where it is, asks people to sign in, shows the shell.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::Router;
use leptos_router::hooks::use_navigate;
use ui::{ErrorPanel, Loading, Problem};

use crate::api::Anonymous;
use crate::config;
use crate::pages::sign_in::SignInPage;
use crate::shell::Shell;
use crate::theme::provide_theme;

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_theme();
    let client = RwSignal::new(None::<Anonymous>);
    let problem = RwSignal::new(None::<Problem>);
    let begin = move || {
        problem.set(None);
        spawn_local(async move {
            match config::fetch().await {
                Ok(config) => client.set(Some(Anonymous::new(config))),
                Err(why) => problem.set(Some(why)),
            }
        });
    };
    begin();
    let face = move || {
        match (client.get(), problem.get()) {
        (Some(client), _) => view! { <Signed client=client problem=problem /> }.into_any(),
        (None, Some(why)) => {
            let retry = Callback::new(move |()| begin());
            view! { <main class="console-alone"><h1 class="ui-hidden">"Console"</h1><ErrorPanel problem=why on_retry=retry /></main> }.into_any()
        }
        (None, None) => view! { <main class="console-alone"><h1 class="ui-hidden">"Console"</h1><Loading text="Loading the console" /></main> }.into_any(),
    }
    };
    view! { <Router>{face}</Router> }
}

/// The sign-in until there is a session, then the shell, at whatever page the URL names.
#[component]
fn Signed(client: Anonymous, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    let navigate = use_navigate();
    spawn_local(async move {
        match client.arrive_from_cognito().await {
            Ok(Some(back)) => navigate(
                &back,
                NavigateOptions {
                    replace: true,
                    ..NavigateOptions::default()
                },
            ),
            Ok(None) => {}
            Err(why) => problem.set(Some(why)),
        }
    });
    let is_signed_in = Memo::new(move |_| client.authorised().is_some());
    move || match is_signed_in
        .get()
        .then(|| untrack(|| client.authorised()))
        .flatten()
    {
        Some(api) => view! { <Shell api=api /> }.into_any(),
        None => view! { <SignInPage client=client refused=problem /> }.into_any(),
    }
}
