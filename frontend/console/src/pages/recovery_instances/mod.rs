//! Failback management: the recovery instances of a place, how far each is on the way back, and what may be done with them.

mod detail;
mod list;
mod terminate;
mod view_model;

use std::sync::Arc;

use dr_api::accounts::{ListRequest, TargetAccountView};
use dr_api::groups::ListProtectionGroups;
use leptos::prelude::*;
use ui::{Breadcrumbs, Container, Empty, FormField, PageHeader, Problem, Select};

use self::list::Instances;
use crate::accounts::{accounts, place_choices};
use crate::api::{Authorised, use_api};
use crate::doing::Once;
use crate::route::crumbs;

/// Where recovery instances may be, and where they most likely are.
type Where = (Vec<TargetAccountView>, Option<String>);

/// The page.
#[component]
pub fn RecoveryInstances() -> impl IntoView {
    let api = use_api();
    let once = Once::now(move || look(api));
    let crumbs = crumbs("Failback management", "/recovery-instances");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Failback management".to_owned() description="Recovery instances as DRS has them now, how far each replicates back, and its way home." />
            {once.faces("Loading the accounts", |known| view! { <Choose known=known /> }.into_any())}
        </div>
    }
}

/// The first group's servers recover where most recovery instances are.
async fn look(api: Authorised) -> Result<Where, Problem> {
    let accounts = accounts(api).await?;
    let one = ListRequest {
        limit: 1.try_into().unwrap_or_default(),
        next_token: None,
    };
    let groups = api
        .call::<ListProtectionGroups>(&one)
        .await?
        .protection_groups;
    let place = groups
        .first()
        .map(|group| group.direction.recovery.to_string());
    Ok((accounts, place))
}

#[component]
fn Choose(known: Arc<Where>) -> impl IntoView {
    let choices = place_choices(&known.0);
    let likely = choices
        .iter()
        .find(|choice| Some(&choice.value) == known.1.as_ref());
    let Some(first) = likely.or(choices.first()) else {
        return view! { <Empty title="No accounts" text="Register a target account first: recovery instances are in its regions." /> }.into_any();
    };
    let place = RwSignal::new(first.value.clone());
    let list = move || {
        let place = place.get().parse().ok()?;
        Some(view! { <Instances place=place /> })
    };
    view! {
        <Container title="Where".to_owned()>
            <FormField id="recovery-place" label="Account and region"><Select id="recovery-place" value=place choices=Signal::stored(choices) /></FormField>
        </Container>
        {list}
    }
    .into_any()
}
