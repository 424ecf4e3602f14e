//! Every component in every variant: to look at, and for the checks of accessibility.

use std::sync::Arc;

use leptos::prelude::*;
use ui::charts::{DonutChart, LineChart, Series, Slice};
use ui::{
    Badge, BadgeColour, Button, ButtonKind, Checkbox, Choice, Column, Confirm, Container, Empty,
    ErrorPanel, Finding, FlashKind, FormField, Input, KeyValue, Loading, PageHeader, Pair, Problem,
    Progress, Select, Status, StatusIndicator, Tab, Table, Tabs, Textarea, Wizard, WizardStep,
    use_flashes,
};

/// Rows of the long table.
const ROWS: usize = 10_000;

/// The page.
#[component]
pub fn Components() -> impl IntoView {
    view! {
        <div class="ui-stack">
            <PageHeader title="Components".to_owned() description="Every component in every variant." />
            <Container title="Buttons, badges, states".to_owned()><Small /></Container>
            <Container title="Faces".to_owned()><Faces /></Container>
            <Container title="Form".to_owned()><Form /></Container>
            <Container title="Charts".to_owned()><Charts /></Container>
            <Container title="Tabs".to_owned()><Tabs label="Example" tabs=vec![
                Tab::new("one", "One", || "The first panel."), Tab::new("two", "Two", || "The second panel."),
            ] /></Container>
            <Container title="Wizard".to_owned()><Steps /></Container>
            <Long />
        </div>
    }
}

#[component]
fn Small() -> impl IntoView {
    let flashes = use_flashes();
    let open = RwSignal::new(false);
    let states: Vec<_> = Status::ALL
        .into_iter()
        .map(|status| view! { <StatusIndicator status=status text=status.class().to_owned() /> })
        .collect();
    let all = [
        FlashKind::Success,
        FlashKind::Error,
        FlashKind::Warning,
        FlashKind::Info,
    ];
    let flash = move |_| {
        all.into_iter()
            .for_each(|kind| flashes.show(kind, format!("{kind:?}")))
    };
    view! {
        <div class="ui-stack">
            <div class="ui-row">
                <Button kind=ButtonKind::Primary on_click=move |_| open.set(true)>"Confirm"</Button>
                <Button on_click=flash>"Messages"</Button>
                <Button kind=ButtonKind::Link>"Link"</Button>
                <Button why_not=Some("Because".to_owned())>"Disabled"</Button>
                <Button busy=true>"Busy"</Button>
            </div>
            <div class="ui-row">{states}</div>
            <div class="ui-row">
                <Badge>"Grey"</Badge><Badge colour=BadgeColour::Blue>"Blue"</Badge>
                <Badge colour=BadgeColour::Green>"Green"</Badge><Badge colour=BadgeColour::Red>"Red"</Badge>
            </div>
            <Progress label="Launching".to_owned() percent=42.0 detail="2 min so far" />
            <KeyValue pairs=vec![Pair::new("Name", "web-1"), Pair::new("Region", "us-west-2")] />
            <Confirm open=open title="Sure?" verb="Do it" word=Signal::stored("yes".to_owned()) on_confirm=move |()| open.set(false)>
                <p>"Something would happen."</p>
            </Confirm>
        </div>
    }
}

#[component]
fn Faces() -> impl IntoView {
    let finding = Finding {
        subject: "i-1".to_owned(),
        message: "it runs".to_owned(),
        remediation: Some("Stop it.".to_owned()),
    };
    let problem = Problem {
        findings: vec![finding],
        request_id: Some("r-1".to_owned()),
        ..Problem::new("CHECKS_FAILED", "One check failed")
    };
    view! {
        <Loading text="Loading things" />
        <Empty title="No things" text="There are none yet." />
        <ErrorPanel problem=problem on_retry=|()| {} />
    }
}

#[component]
fn Form() -> impl IntoView {
    let (text, key, choice, tick) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new("a".to_owned()),
        RwSignal::new(true),
    );
    view! {
        <div class="ui-stack">
            <FormField id="c-name" label="Name" help="Unique" error=Some("It is taken".to_owned())><Input id="c-name" value=text invalid=true /></FormField>
            <FormField id="c-tag" label="Key" help="Anything, or one of those in use">
                <Input id="c-tag" value=key suggestions=Signal::stored(vec!["Env".to_owned(), "Tier".to_owned()]) />
            </FormField>
            <FormField id="c-why" label="Reason"><Textarea id="c-why" value=text /></FormField>
            <FormField id="c-kind" label="Kind"><Select id="c-kind" value=choice choices=vec![Choice::new("a", "Drill"), Choice::new("b", "Recovery")] /></FormField>
            <Checkbox checked=tick on_change=move |now| tick.set(now) label="Keep volumes".to_owned() />
        </div>
    }
}

#[component]
fn Charts() -> impl IntoView {
    let slices = vec![
        Slice {
            name: "Continuous".to_owned(),
            count: 20,
        },
        Slice {
            name: "Stalled".to_owned(),
            count: 4,
        },
    ];
    let places: Vec<String> = (0..5).map(|hour| format!("{hour}:00")).collect();
    let series = vec![Series {
        name: "web-1".to_owned(),
        values: vec![Some(3.0), Some(8.0), None, Some(2.0), Some(31.0)],
    }];
    view! {
        <DonutChart label="Servers by state" slices=slices />
        <LineChart label="Lag in seconds" places=places series=series threshold=Some(20.0) />
    }
}

#[component]
fn Steps() -> impl IntoView {
    let (step, name) = (RwSignal::new(0), RwSignal::new(String::new()));
    let missing =
        Signal::derive(move || name.with(|name| name.is_empty().then(|| "Give a name".to_owned())));
    let steps = vec![
        WizardStep::new(
            "Name",
            missing,
            move || view! { <FormField id="w-name" label="Name"><Input id="w-name" value=name /></FormField> },
        ),
        WizardStep::new(
            "Review",
            Signal::stored(None::<String>),
            move || view! { <p>{move || name.get()}</p> },
        ),
    ];
    view! { <Wizard steps=steps step=step finish="Create".to_owned() on_finish=|()| {} on_cancel=|()| {} cancel_text="What you typed is lost." /> }
}

#[component]
fn Long() -> impl IntoView {
    let rows = Signal::stored(Some(Arc::new((0..ROWS).collect::<Vec<usize>>())));
    let columns = vec![
        Column::new("name", "Name", |at: &usize| format!("server-{at:05}")),
        Column::new("lag", "Lag in seconds", |at: &usize| {
            (at * 7919 % 1000).to_string()
        })
        .number(|at| Some((at * 7919 % 1000) as f64)),
        Column::new("region", "Region", |at: &usize| {
            if at.is_multiple_of(3) {
                "us-west-2"
            } else {
                "us-east-1"
            }
            .to_owned()
        })
        .filter(),
    ];
    view! {
        <Table id="long" title="10,000 rows" rows=rows columns=columns key=|at: &usize| at.to_string() selection=RwSignal::new(Default::default())
            empty=|| view! { <Empty title="None" /> } />
    }
}
