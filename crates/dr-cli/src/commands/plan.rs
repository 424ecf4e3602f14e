//! `dr plan`: recovery plans.

use std::collections::HashMap;
use std::fs;
use std::io;

use clap::{Args, Subcommand};
use dr_api::accounts::ListRequest;
use dr_api::bounded::{Description, Name, PauseSeconds, RtoSeconds};
use dr_api::plans::{
    CreateRecoveryPlan, CreateRecoveryPlanRequest, DeleteRecoveryPlan, GetRecoveryPlan,
    ListRecoveryPlans, RecoveryPlanRequest, UpdateRecoveryPlan, UpdateRecoveryPlanRequest,
};
use dr_model::action::{ActionTarget, OnActionFailure};
use dr_model::ids::{GroupId, InstanceId, PlanId};
use dr_model::plan::{OnFailure, RecoveryPlan, Wave};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::action::{self, ActionText};
use crate::client::Answer;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::{Cell, Screen};
use crate::wave::{self, WaveText};
use crate::{names, row, text};

/// Recovery plans.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// List plans.
    #[command(after_help = "Examples:\n  dr plan list")]
    List(PageArgs),
    /// Show one.
    #[command(after_help = "Examples:\n  dr plan get shop")]
    Get(PlanArgs),
    /// Create a plan: groups in waves, in the order they run.
    #[command(
        after_help = "Examples:\n  dr plan create shop --wave 'Databases=db:pause-on-failure' --wave 'Web=web,cache:pause' --rto 30m\n  dr plan create shop --wave 'Web=web' \\\n    --action 'wave=Web,when=after,document=AWS-RunShellScript,parameter=commands=systemctl is-active shop,timeout=15m,on-failure=pause'\n  dr plan create --file plan.json\n\nA plan file is the API's request body; where it has group ids, names will do:\n  {\"name\": \"shop\", \"waves\": [{\"name\": \"Web\", \"group_ids\": [\"web\"], \"pause_before\": true}]}\n\nIn a file SSM actions stand in \"actions_before\" and \"actions_after\" of a wave:\n  {\"name\": \"check\", \"document_name\": \"AWS-RunShellScript\", \"parameters\": {\"commands\": [\"systemctl is-active shop\"]},\n   \"on\": \"WAVE\", \"on_failure\": \"PAUSE\"}   (\"on\" may name instances: {\"instance_ids\": [\"i-...\"]})"
    )]
    Create(Create),
    /// Change a plan. What is left out stays; waves are replaced together, and those that stay by name keep their SSM
    /// actions.
    #[command(
        after_help = "Examples:\n  dr plan update shop --rto 45m\n  dr plan update shop --wave 'All=db,web'\n  dr plan update shop --action 'wave=All,when=before,document=own-drain,on=i-0123456789abcdef0,timeout=15m'\n  dr plan update shop --no-actions All\n  dr plan update shop --file change.json"
    )]
    Update(Update),
    /// Delete a plan.
    #[command(after_help = "Examples:\n  dr plan delete shop --yes")]
    Delete(Delete),
}

/// Names a plan.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The plan: id or name.
    plan: String,
}

/// What a plan has.
#[derive(Debug, Args)]
pub struct ContentArgs {
    /// A wave; repeat in the order they run. `pause` waits for a person before it, `pause-on-failure` after
    /// it when servers failed.
    #[arg(
        long = "wave",
        value_name = "NAME=GROUP[,GROUP][:pause][:pause-on-failure]",
        value_parser = wave::parse
    )]
    waves: Vec<WaveText>,
    /// An SSM action of a wave; repeat in the order they run. Keys: wave, when (before or after), document; name, on
    /// (wave, or instances), parameter (KEY=VALUE, again for more values), timeout (1h), on-failure (continue, pause or
    /// stop), drills (run or skip). A comma that no key follows belongs to the value. What is given for one side of a
    /// wave replaces what stood there.
    #[arg(long = "action", value_name = "KEY=VALUE[,KEY=VALUE]", value_parser = action::parse)]
    actions: Vec<ActionText>,
    /// Target time to recover, such as 30m.
    #[arg(long, value_name = "DURATION", value_parser = given::bounded_seconds::<RtoSeconds>)]
    rto: Option<RtoSeconds>,
    /// How long a pause waits for a person before the execution is cancelled, such as 24h.
    #[arg(long, value_name = "DURATION", value_parser = given::bounded_seconds::<PauseSeconds>)]
    pause_timeout: Option<PauseSeconds>,
    /// What it is for.
    #[arg(long, value_parser = given::description)]
    description: Option<Description>,
    /// Take everything from this file instead; `-` is standard input.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["waves", "actions", "rto", "pause_timeout", "description"]
    )]
    file: Option<String>,
}

/// Creates.
#[derive(Debug, Args)]
pub struct Create {
    /// A unique name.
    #[arg(value_parser = given::name, required_unless_present = "file", conflicts_with = "file")]
    name: Option<Name>,
    #[command(flatten)]
    content: ContentArgs,
}

/// Updates.
#[derive(Debug, Args)]
pub struct Update {
    /// The plan: id or name.
    plan: String,
    /// A new unique name.
    #[arg(long, value_parser = given::name, conflicts_with = "file")]
    name: Option<Name>,
    #[command(flatten)]
    content: ContentArgs,
    /// Take all SSM actions of this wave away; repeat for others.
    #[arg(long, value_name = "WAVE", conflicts_with = "file")]
    no_actions: Vec<String>,
    /// Only if it still has this version.
    #[arg(long)]
    version: Option<u64>,
}

/// Deletes.
#[derive(Debug, Args)]
pub struct Delete {
    /// The plan: id or name.
    plan: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Plan {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(page) => list(desk, page).await,
            Self::Get(PlanArgs { plan }) => {
                let plan_id = names::plan_id(&desk.client, &plan).await?;
                let request = RecoveryPlanRequest { plan_id };
                let answer = desk.client.call::<GetRecoveryPlan>(&request).await?;
                show(desk, &answer).await
            }
            Self::Create(create) => {
                let request = create.request(desk).await?;
                let answer = desk.client.call::<CreateRecoveryPlan>(&request).await?;
                show(desk, &answer).await
            }
            Self::Update(update) => {
                let request = update.request(desk).await?;
                let answer = desk.client.call::<UpdateRecoveryPlan>(&request).await?;
                show(desk, &answer).await
            }
            Self::Delete(Delete { plan, yes }) => {
                let plan_id = names::plan_id(&desk.client, &plan).await?;
                desk.agree(&format!("Delete the plan {plan}?"), yes)?;
                let request = RecoveryPlanRequest { plan_id };
                let answer = desk.client.call::<DeleteRecoveryPlan>(&request).await?;
                desk.show(&answer, |screen, gone| {
                    screen.line(&format!("Deleted {}.", gone.deleted))
                })
            }
        }
    }
}

impl Create {
    async fn request(self, desk: &mut Desk<'_>) -> Result<CreateRecoveryPlanRequest, Failure> {
        if let Some(file) = &self.content.file {
            let plan = read_file(desk, file).await?;
            return parsed(file, plan);
        }
        let name = self
            .name
            .ok_or_else(|| Failure::Usage("Give a name, or --file".to_owned()))?;
        if self.content.waves.is_empty() {
            return Err(Failure::Usage(
                "A plan has at least one wave: --wave NAME=GROUP".to_owned(),
            ));
        }
        let mut waves = wave::resolve(&desk.client, &self.content.waves).await?;
        action::place(&mut waves, &self.content.actions)?;
        Ok(CreateRecoveryPlanRequest {
            name,
            description: self.content.description.unwrap_or_default(),
            waves,
            rto_target_seconds: self.content.rto.unwrap_or_default(),
            pause_timeout_seconds: self.content.pause_timeout.unwrap_or_default(),
        })
    }
}

impl Update {
    async fn request(self, desk: &mut Desk<'_>) -> Result<UpdateRecoveryPlanRequest, Failure> {
        let plan_id = names::plan_id(&desk.client, &self.plan).await?;
        if let Some(file) = &self.content.file {
            let mut change = read_file(desk, file).await?;
            if let Some(fields) = change.as_object_mut() {
                fields.insert("plan_id".to_owned(), Value::String(plan_id.into()));
                if let Some(version) = self.version {
                    fields.insert("version".to_owned(), version.into());
                }
            }
            return parsed(file, change);
        }
        let (waves, read) = self.waves(desk, &plan_id).await?.unzip();
        Ok(UpdateRecoveryPlanRequest {
            plan_id,
            name: self.name,
            description: self.content.description,
            waves,
            rto_target_seconds: self.content.rto,
            pause_timeout_seconds: self.content.pause_timeout,
            version: self.version.or(read),
        })
    }

    /// The waves as they are to be, with the version of the plan that they were made from: what somebody else gives a
    /// wave meanwhile is not to be lost. None: they stay as they are.
    async fn waves(
        &self,
        desk: &mut Desk<'_>,
        plan_id: &PlanId,
    ) -> Result<Option<(Vec<Wave>, u64)>, Failure> {
        let content = &self.content;
        if content.waves.is_empty() && content.actions.is_empty() && self.no_actions.is_empty() {
            return Ok(None);
        }
        let request = RecoveryPlanRequest {
            plan_id: plan_id.clone(),
        };
        let answer = desk.client.call::<GetRecoveryPlan>(&request).await?;
        let plan = answer.read()?;
        let mut waves = plan.waves;
        if !content.waves.is_empty() {
            let wanted = wave::resolve(&desk.client, &content.waves).await?;
            let before = std::mem::replace(&mut waves, wanted);
            for name in action::keep(&mut waves, before) {
                desk.screen
                    .note(&format!("The SSM actions of the wave {name} go with it."))?;
            }
        }
        action::clear(&mut waves, &self.no_actions)?;
        action::place(&mut waves, &content.actions)?;
        Ok(Some((waves, plan.version)))
    }
}

/// A plan file, with ids in place of the groups' names.
async fn read_file(desk: &mut Desk<'_>, path: &str) -> Result<Value, Failure> {
    let text = match path {
        "-" => desk.person.standard_input(),
        path => fs::read_to_string(path),
    };
    let text = text.map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })?;
    let mut plan: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{path} is not JSON: {error}")))?;
    wave::resolve_in_file(&desk.client, &mut plan).await?;
    Ok(plan)
}

fn parsed<T: DeserializeOwned>(path: &str, plan: Value) -> Result<T, Failure> {
    serde_json::from_value(plan)
        .map_err(|error| Failure::Usage(format!("{path} is no plan: {error}")))
}

async fn list(desk: &mut Desk<'_>, page: PageArgs) -> Result<Outcome, Failure> {
    let request = ListRequest::default();
    let answer = desk
        .client
        .list::<ListRecoveryPlans>(&request, page.paging())
        .await?;
    desk.show(&answer, |screen, list| {
        let rows = list
            .recovery_plans
            .iter()
            .map(|plan| {
                let waves: Vec<&str> = plan.waves.iter().map(|w| w.name.as_str()).collect();
                row![
                    &plan.name,
                    waves.join(" > "),
                    text::seconds(plan.rto_target_seconds),
                    &plan.id
                ]
            })
            .collect();
        let headings = ["name", "waves", "rto target", "id"];
        screen.table(&headings, rows, "There is no plan.")?;
        super::say_if_more(screen, list.next_token.as_ref())
    })
}

/// Shows a plan, its groups by name.
async fn show(desk: &mut Desk<'_>, answer: &Answer<RecoveryPlan>) -> Result<Outcome, Failure> {
    let mut known: HashMap<GroupId, String> = HashMap::new();
    if !desk.screen.is_json() {
        let groups = names::groups(&desk.client).await?;
        known.extend(groups.into_iter().map(|group| (group.id, group.name)));
    }
    desk.show(answer, |screen, plan| draw(screen, &plan, &known))
}

fn draw(
    screen: &mut Screen,
    plan: &RecoveryPlan,
    known: &HashMap<GroupId, String>,
) -> io::Result<()> {
    screen.facts(vec![
        ("Plan", Cell::from(&plan.name)),
        ("Id", Cell::from(&plan.id)),
        ("Description", Cell::from(&plan.description)),
        (
            "RTO target",
            Cell::from(text::seconds(plan.rto_target_seconds)),
        ),
        (
            "A pause waits",
            Cell::from(text::seconds(plan.pause_timeout_seconds)),
        ),
        ("Changed", Cell::from(text::time(plan.updated_at))),
        ("Version", Cell::from(plan.version)),
    ])?;
    let rows = plan
        .waves
        .iter()
        .enumerate()
        .map(|(index, wave)| {
            let groups: Vec<&str> = wave
                .group_ids
                .iter()
                .map(|id| known.get(id).map_or(id.as_str(), String::as_str))
                .collect();
            let before = if wave.pause_before { "pauses" } else { "-" };
            let after = match wave.on_failure {
                OnFailure::Continue => "goes on",
                OnFailure::Pause => "pauses",
            };
            row![index + 1, &wave.name, groups.join(", "), before, after]
        })
        .collect();
    screen.line("")?;
    let headings = ["wave", "name", "groups", "before it", "when servers fail"];
    screen.table(&headings, rows, "No wave.")?;
    actions(screen, plan)
}

/// SSM actions wave by wave; nothing where there are none.
fn actions(screen: &mut Screen, plan: &RecoveryPlan) -> io::Result<()> {
    let mut rows = Vec::new();
    for (index, wave) in plan.waves.iter().enumerate() {
        for (when, actions) in [
            ("before", &wave.actions_before),
            ("after", &wave.actions_after),
        ] {
            for action in actions {
                let on = match &action.on {
                    ActionTarget::Wave => "what the wave launched".to_owned(),
                    ActionTarget::Instances(ids) => {
                        let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
                        ids.join(", ")
                    }
                };
                let failing = match action.on_failure {
                    OnActionFailure::Continue => "goes on",
                    OnActionFailure::Pause => "pauses",
                    OnActionFailure::Stop => "stops",
                };
                let in_drills = if action.skip_in_drills { "no" } else { "yes" };
                rows.push(row![
                    index + 1,
                    when,
                    &action.name,
                    &action.document_name,
                    on,
                    text::seconds(u64::from(action.timeout_seconds)),
                    failing,
                    in_drills,
                ]);
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    screen.line("")?;
    let headings = [
        "wave",
        "when",
        "action",
        "document",
        "on",
        "at most",
        "when it fails",
        "in drills",
    ];
    screen.table(&headings, rows, "No action.")
}
