//! Signing in: by name and password on one machine, on Cognito's own page in AWS.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use ui::{
    Button, ButtonKind, Container, ErrorPanel, FormField, Input, InputKind, Problem, TopNavigation,
};

use crate::api::Anonymous;
use crate::config::SignIn;
use crate::doing::Doing;
use crate::route::link;
use crate::shell::{PRODUCT, SHORT};
use crate::theme::ThemeToggle;

/// The page before the session.
#[component]
pub fn SignInPage(
    /// The client.
    client: Anonymous,
    /// Why the last sign-in at Cognito failed.
    refused: RwSignal<Option<Problem>>,
) -> impl IntoView {
    document().set_title(&format!("Sign in · {PRODUCT}"));
    let form = match client.sign_in_kind() {
        SignIn::Local => view! { <LocalForm client=client /> }.into_any(),
        SignIn::Cognito { .. } => {
            view! { <CognitoButton client=client refused=refused /> }.into_any()
        }
    };
    view! {
        <TopNavigation title=PRODUCT short_title=SHORT href=link("/")><ThemeToggle /></TopNavigation>
        <main class="console-alone">
            <h1>"Sign in"</h1>
            {move || refused.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
            {form}
        </main>
    }
}

#[component]
fn LocalForm(client: Anonymous) -> impl IntoView {
    let (username, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let doing = Doing::default();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (name, word) = (username.get_untracked(), password.get_untracked());
        doing.run(
            async move { client.sign_in(name.trim(), &word).await },
            |()| {},
        );
    };
    let missing = Signal::derive(move || {
        let is_missing =
            username.with(|name| name.trim().is_empty()) || password.with(String::is_empty);
        is_missing.then(|| "Give a user name and a password".to_owned())
    });
    view! {
        <Container title="With a user of this machine".to_owned() description="Their passwords were printed when the server first started.">
            <form class="ui-stack" on:submit=submit>
                <FormField id="username" label="User name"><Input id="username" value=username autocomplete="username" /></FormField>
                <FormField id="password" label="Password">
                    <Input id="password" value=password kind=InputKind::Password autocomplete="current-password" />
                </FormField>
                {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
                <div><Button kind=ButtonKind::Primary submit=true why_not=missing busy=doing.busy>"Sign in"</Button></div>
            </form>
        </Container>
    }
}

#[component]
fn CognitoButton(client: Anonymous, refused: RwSignal<Option<Problem>>) -> impl IntoView {
    let leave = move |_| {
        if let Err(problem) = client.leave_for_cognito() {
            refused.set(Some(problem));
        }
    };
    view! {
        <Container title="With your organisation's account".to_owned()>
            <Button kind=ButtonKind::Primary on_click=leave>"Go to the sign-in page"</Button>
        </Container>
    }
}
