//! Making and changing a protection group: its name, its way, and its servers, with what they are as they are chosen.

mod selection;
mod view_model;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_api::accounts::{ListRequest, TargetAccountView};
use dr_api::groups::{
    CreateProtectionGroup, GetProtectionGroup, ListProtectionGroups, ProtectionGroupRequest,
    UpdateProtectionGroup,
};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::place::Direction;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    Breadcrumbs, Choice, Container, Crumb, Empty, ErrorPanel, FormField, Input, LinkButton,
    PageHeader, Problem, Select, Textarea, use_flashes,
};

use self::selection::Servers;
use self::view_model::{Draft, destinations, first};
use crate::accounts::{accounts, place_choices};
use crate::api::{Authorised, use_api};
use crate::doing::{Doing, Once};
use crate::fields::{Save, error_within, follow};
use crate::route::{crumbs, link, parameter};

/// The page that makes a group.
#[component]
pub fn GroupCreate() -> impl IntoView {
    view! { <Page id=None /> }
}

/// The page that changes one.
#[component]
pub fn GroupEdit() -> impl IntoView {
    match parameter::<GroupId>("group_id") {
        Ok(id) => view! { <Page id=Some(id) /> }.into_any(),
        Err(problem) => view! { <PageHeader title="Edit protection group".to_owned() /><ErrorPanel problem=problem /> }.into_any(),
    }
}

/// What is needed before anything can be edited. Read once: a form does not change under a person's hands.
#[derive(Debug, Clone, PartialEq)]
struct Given {
    group: Option<ProtectionGroup>,
    /// The way of another group: most likely this one's as well.
    usual: Option<Direction>,
    accounts: Vec<TargetAccountView>,
}

async fn fetch(api: Authorised, id: Option<GroupId>) -> Result<Given, Problem> {
    let (group, usual) = match id {
        Some(group_id) => {
            let asked = ProtectionGroupRequest { group_id };
            (Some(api.call::<GetProtectionGroup>(&asked).await?), None)
        }
        None => {
            let one = ListRequest {
                limit: 1.try_into().unwrap_or_default(),
                next_token: None,
            };
            let found = api.call::<ListProtectionGroups>(&one).await?;
            let usual = found.protection_groups.into_iter().next();
            (None, usual.map(|group| group.direction))
        }
    };
    Ok(Given {
        group,
        usual,
        accounts: accounts(api).await?,
    })
}

#[component]
fn Page(id: Option<GroupId>) -> impl IntoView {
    let api = use_api();
    let title = if id.is_some() {
        "Edit protection group"
    } else {
        "Create protection group"
    };
    let mut crumbs = crumbs("Protection groups", "/protection-groups");
    if let Some(id) = &id {
        crumbs.push(Crumb::new(
            "Group",
            link(&format!("/protection-groups/{id}")),
        ));
    }
    crumbs.push(Crumb::new(title, String::new()));
    let once = Once::now(move || fetch(api, id.clone()));
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=title.to_owned() description="Servers that are recovered together, chosen by their tags or one by one." />
            {once.faces("Loading the accounts", |given| view! { <Form given=given /> }.into_any())}
        </div>
    }
}

/// The fields as signals. Copy it freely.
#[derive(Debug, Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    description: RwSignal<String>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    by: RwSignal<String>,
    tags: RwSignal<BTreeMap<String, String>>,
    servers: RwSignal<BTreeSet<String>>,
    saving: Doing,
}

impl Fields {
    fn of(draft: Draft) -> Self {
        Self {
            name: RwSignal::new(draft.name),
            description: RwSignal::new(draft.description),
            from: RwSignal::new(draft.from),
            to: RwSignal::new(draft.to),
            by: RwSignal::new(draft.by),
            tags: RwSignal::new(draft.tags),
            servers: RwSignal::new(draft.servers),
            saving: Doing::default(),
        }
    }

    /// Follows every field.
    fn draft(self) -> Draft {
        Draft {
            name: self.name.get(),
            description: self.description.get(),
            from: self.from.get(),
            to: self.to.get(),
            by: self.by.get(),
            tags: self.tags.get(),
            servers: self.servers.get(),
        }
    }

    fn error(self, field: &'static str) -> Signal<Option<String>> {
        follow(self.saving.problem, error_within, move || field.to_owned())
    }
}

#[component]
fn Form(given: Arc<Given>) -> impl IntoView {
    let places = place_choices(&given.accounts);
    let group = given.group.clone();
    if places.is_empty() && group.is_none() {
        return view! {
            <Empty title="No accounts" text="Register a target account first: a group's servers are in one of its regions."
                action=|| view! { <LinkButton href=link("/settings")>"See accounts"</LinkButton> } />
        }
        .into_any();
    }
    let fields = Fields::of(Draft::of(group.as_ref(), given.usual.as_ref(), &places));
    let own = group.as_ref().map(|group| group.id.clone());
    let way = match &group {
        Some(group) => fixed(group).into_any(),
        None => view! { <Way fields=fields places=places /> }.into_any(),
    };
    view! {
        <Container title="Group".to_owned()><div class="group-fields"><Names fields=fields />{way}</div></Container>
        <Servers fields=fields own=own />
        <SaveGroup fields=fields group=group />
    }
    .into_any()
}

#[component]
fn Names(fields: Fields) -> impl IntoView {
    let (name, description) = (fields.error("name"), fields.error("description"));
    let is_wrong = Signal::derive(move || name.with(Option::is_some));
    view! {
        <FormField id="group-name" label="Name" help="Unique, 1 to 128 characters" error=name>
            <Input id="group-name" value=fields.name invalid=is_wrong />
        </FormField>
        <FormField id="group-description" label="Description" help="At most 1,000 characters" error=description>
            <Textarea id="group-description" value=fields.description />
        </FormField>
    }
}

/// From where to where. Servers are those of one place: another place has none of those that were ticked.
#[component]
fn Way(fields: Fields, places: Vec<Choice>) -> impl IntoView {
    let all = StoredValue::new(places);
    let into = Memo::new(move |_| all.with_value(|all| destinations(all, &fields.from.get())));
    Effect::new(move |before: Option<()>| {
        let into = into.get();
        if before.is_some()
            && into
                .iter()
                .all(|choice| choice.value != fields.to.get_untracked())
        {
            fields.to.set(first(&into));
        }
    });
    Effect::new(move |before: Option<String>| {
        let to = fields.to.get();
        if before.is_some_and(|before| before != to) {
            fields.servers.set(BTreeSet::new());
        }
        to
    });
    let error = fields.error("direction");
    view! {
        <FormField id="group-from" label="From" help="Where the servers run">
            <Select id="group-from" value=fields.from choices=Signal::stored(all.get_value()) />
        </FormField>
        <FormField id="group-to" label="To" help="Where they replicate into and are recovered" error=error>
            <Select id="group-to" value=fields.to choices=Signal::derive(move || into.get()) />
        </FormField>
    }
}

/// The way of a group that is there: its pairs and its plans count on it.
fn fixed(group: &ProtectionGroup) -> impl IntoView + use<> {
    let way = format!(
        "{} to {}",
        group.direction.primary, group.direction.recovery
    );
    view! {
        <div class="ui-field">
            <strong>"Way"</strong>
            <div>{way}</div>
            <div class="ui-secondary">"Stays as it is: pairs and plans count on it. Another way is another group."</div>
        </div>
    }
}

#[component]
fn SaveGroup(fields: Fields, group: Option<ProtectionGroup>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let navigate = use_navigate();
    let (back, verb) = match &group {
        Some(group) => (
            link(&format!("/protection-groups/{}", group.id)),
            "Save changes",
        ),
        None => (link("/protection-groups"), "Create group"),
    };
    let save = move |()| {
        let (draft, group, navigate) =
            (untrack(|| fields.draft()), group.clone(), navigate.clone());
        let work = async move {
            match &group {
                Some(group) => {
                    api.call::<UpdateProtectionGroup>(&draft.update(group)?)
                        .await
                }
                None => api.call::<CreateProtectionGroup>(&draft.create()?).await,
            }
        };
        fields.saving.run(work, move |saved| {
            flashes.success(format!("Saved the protection group {}", saved.name));
            navigate(
                &link(&format!("/protection-groups/{}", saved.id)),
                NavigateOptions::default(),
            );
        });
    };
    view! { <Save verb=verb needs=Permission::ManagePlans saving=fields.saving on_save=save back=back /> }
}
