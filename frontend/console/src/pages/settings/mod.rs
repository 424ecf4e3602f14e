//! Settings: who is signed in and what that permits, the look, target accounts with their validation, versions, sessions.

mod view_model;

use std::sync::Arc;

use dr_api::accounts::{
    TargetAccountRequest, TargetAccountValidation, TargetAccountView, ValidateTargetAccount,
};
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Button, Choice, Confirm, Container, Empty, FormField, KeyValue, PageHeader, Pair,
    Select, Status, StatusIndicator,
};

use self::view_model::{checks, permissions, role_names, version};
use crate::accounts::accounts;
use crate::api::use_api;
use crate::config::SignIn;
use crate::doing::{Doing, Once};
use crate::format::time;
use crate::live::{Watched, poll};
use crate::route::crumbs;
use crate::theme::{Theme, choose, use_theme};

/// The version of the console, which is that of the API that it was built for.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The page.
#[component]
pub fn Settings() -> impl IntoView {
    let api = use_api();
    let live = poll(move || accounts(api));
    let crumbs = crumbs("Settings", "/settings");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Settings".to_owned() description="You, this browser, and the accounts that the orchestrator works in." />
            <div class="console-halves"><You /><div class="ui-stack"><Appearance /><Versions /><Sessions /></div></div>
            <Container title="Target accounts".to_owned() description="A validation assumes the role of an account and asks DRS in each of its regions; it changes nothing.".to_owned()>
                <Watched live=live loading="Loading the accounts" view=|accounts| view! { <Accounts accounts=accounts /> }.into_any() />
            </Container>
        </div>
    }
}

fn line((status, text): (Status, String)) -> AnyView {
    view! { <li><StatusIndicator status=status text=text /></li> }.into_any()
}

#[component]
fn You() -> impl IntoView {
    let api = use_api();
    let pairs = vec![
        Pair::new("User", move || api.who().username),
        Pair::new("Roles", move || role_names(&api.who().roles)),
    ];
    let lines = move || {
        permissions(&api.who().roles)
            .into_iter()
            .map(line)
            .collect::<Vec<_>>()
    };
    view! {
        <Container title="You".to_owned()>
            <div class="ui-stack"><KeyValue pairs=pairs /><ul class="console-list">{lines}</ul></div>
        </Container>
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let theme = use_theme();
    let word = RwSignal::new(theme.get_untracked().as_str().to_owned());
    // The bar above changes it as well.
    Effect::new(move |_| word.set(theme.get().as_str().to_owned()));
    Effect::new(move |_| {
        let wanted = Theme::named(&word.get());
        if wanted != theme.get_untracked() {
            choose(theme, wanted);
        }
    });
    let choices = Signal::stored(vec![
        Choice::new(Theme::System.as_str(), "As the system has it"),
        Choice::new(Theme::Light.as_str(), "Light"),
        Choice::new(Theme::Dark.as_str(), "Dark"),
    ]);
    view! {
        <Container title="Appearance".to_owned() description="Kept in this browser. What a table shows is chosen at the table.".to_owned()>
            <FormField id="theme" label="Theme"><Select id="theme" value=word choices=choices /></FormField>
        </Container>
    }
}

#[component]
fn Accounts(accounts: Signal<Arc<Vec<TargetAccountView>>>) -> impl IntoView {
    move || {
        let accounts = accounts.get();
        if accounts.is_empty() {
            return view! { <Empty title="No target accounts" text="Register one with the command dr or through the API." /> }.into_any();
        }
        let rows: Vec<_> = accounts
            .iter()
            .cloned()
            .map(|account| view! { <li><Account account=account /></li> })
            .collect();
        view! { <ul class="console-checks">{rows}</ul> }.into_any()
    }
}

#[component]
fn Account(account: TargetAccountView) -> impl IntoView {
    let api = use_api();
    let asked = TargetAccountRequest {
        account_id: account.account_id.clone(),
    };
    let once = Once::of(move || {
        let asked = asked.clone();
        async move { api.call::<ValidateTargetAccount>(&asked).await }
    });
    let regions: Vec<String> = account.regions.iter().map(ToString::to_string).collect();
    let pairs = vec![
        Pair::new("Account", account.account_id.to_string()),
        Pair::new("Regions", regions.join(", ")),
        Pair::new(
            "Role",
            account
                .role_arn
                .unwrap_or_else(|| "None: the orchestrator's own account".to_owned()),
        ),
        // No secret: the trust policy of the role names it.
        Pair::new("External id", account.external_id),
        Pair::new("Changed", time(account.updated_at)),
    ];
    let button = format!("Validate {}", account.name);
    let found = move || {
        let is_asked = once.doing.busy.get()
            || once.doing.problem.with(Option::is_some)
            || once.value.with(Option::is_some);
        is_asked.then(|| once.faces("Validating", |found| verdict(&found)))
    };
    view! {
        <div class="ui-stack">
            <h3>{account.name}</h3>
            <KeyValue pairs=pairs />
            {found}
        </div>
        <Button busy=once.doing.busy on_click=move |_| once.ask.run(())>{button}</Button>
    }
}

fn verdict(found: &TargetAccountValidation) -> AnyView {
    let (status, words) = if found.validation_passed {
        (Status::Success, "Valid")
    } else {
        (Status::Error, "Not valid: see what to do")
    };
    let rows: Vec<_> = checks(&found.checks)
        .into_iter()
        .map(|(status, text, todo)| view! { <li><StatusIndicator status=status text=text /><div class="ui-secondary">{todo}</div></li> })
        .collect();
    view! { <div><StatusIndicator status=status text=words.to_owned() /><ul class="console-list">{rows}</ul></div> }.into_any()
}

#[component]
fn Versions() -> impl IntoView {
    let server = use_api().server_version();
    let (status, text) = version(server.as_deref(), VERSION);
    let pairs = vec![
        Pair::new("Console", VERSION),
        Pair::new(
            "Server and API",
            view! { <StatusIndicator status=status text=text /> },
        ),
    ];
    view! { <Container title="Versions".to_owned()><KeyValue pairs=pairs /></Container> }
}

#[component]
fn Sessions() -> impl IntoView {
    let api = use_api();
    let open = RwSignal::new(false);
    let doing = Doing::default();
    let why_not = Signal::stored(match api.sign_in_kind() {
        SignIn::Local => None,
        SignIn::Cognito { .. } => Some(
            "Cognito lets an administrator do this: aws cognito-idp admin-user-global-sign-out"
                .to_owned(),
        ),
    });
    let confirm = move |()| doing.run(async move { api.sign_out_everywhere().await }, |()| ());
    view! {
        <Container title="Sign out everywhere".to_owned() description="Ends your sessions in every browser. A call that a browser makes may still pass until its token ends, within the hour.".to_owned()>
            <Button why_not=why_not on_click=move |_| open.set(true)>"End all my sessions"</Button>
            {move || why_not.get().map(|why| view! { <p class="ui-secondary">{why}</p> })}
        </Container>
        <Confirm open=open title="End all sessions?" verb="End them" busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>"Every session of yours ends, this one too."</p>
        </Confirm>
    }
}
