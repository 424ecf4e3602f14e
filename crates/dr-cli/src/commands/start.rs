//! `dr start`: a plan, for practice or for real. And what starting has in common: say what will happen, ask,
//! start once, watch.

use std::io;
use std::time::Duration;

use clap::Args;
use dr_api::Endpoint;
use dr_api::bounded::ClientToken;
use dr_api::failback::FailbackStarted;
use dr_api::start::{StartExecution, StartExecutionRequest, Started};
use dr_model::execution::ExecutionType;

use super::validate::failed;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given;
use crate::screen::{Screen, Tone};
use crate::{names, row, screen, text, watch};

/// Starts a plan.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr start shop --drill --dry-run
  dr start shop --drill --watch
  dr start shop --recovery --watch
  dr start shop --recovery --confirm shop --token incident-4711 --json")]
pub struct Start {
    /// The plan: id or name.
    plan: String,
    #[command(flatten)]
    launch: LaunchArgs,
    #[command(flatten)]
    skip: SkipArgs,
}

/// What to do with servers that cannot be launched.
#[derive(Debug, Clone, Copy, Args)]
pub struct SkipArgs {
    /// Leave out servers that fail a critical check instead of refusing to start.
    #[arg(long)]
    pub(super) skip_invalid: bool,
}

/// How to start.
#[derive(Debug, Args)]
pub struct LaunchArgs {
    /// A rehearsal.
    #[arg(
        long,
        conflicts_with = "recovery",
        required_unless_present = "recovery"
    )]
    drill: bool,
    /// The real thing.
    #[arg(long)]
    recovery: bool,
    /// Only show what would be done: waves, servers, checks.
    #[arg(long)]
    dry_run: bool,
    /// Starting again with the same token finds the execution that was started first [default: a new one].
    #[arg(long, value_name = "TOKEN", value_parser = given::client_token)]
    token: Option<ClientToken>,
    /// Watch it until it is over; its outcome is then the exit code.
    #[arg(long, conflicts_with = "dry_run")]
    watch: bool,
    /// How often to look while watching.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = given::interval)]
    interval: Duration,
    /// Do not ask before a drill. A recovery takes --confirm.
    #[arg(long)]
    yes: bool,
    /// What a recovery asks you to type: the name of the plan; for a failover the region to recover in, for a
    /// failback the region to go home to.
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl LaunchArgs {
    pub(super) fn execution_type(&self) -> ExecutionType {
        if self.recovery {
            ExecutionType::Recovery
        } else {
            ExecutionType::Drill
        }
    }

    /// The token given, or one made now: once, so that a retry is the same request.
    pub(super) fn client_token(&self) -> Result<ClientToken, Failure> {
        match &self.token {
            Some(token) => Ok(token.clone()),
            None => ClientToken::try_from(fresh_token())
                .map_err(|error| Failure::Usage(error.to_string())),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command's one source of ids: it stands outside the product"
)]
fn fresh_token() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Start {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let plan = names::plan(&desk.client, &self.plan).await?;
        let token = self.launch.client_token()?;
        let request = StartExecutionRequest {
            plan_id: plan.id,
            execution_type: self.launch.execution_type(),
            client_token: Some(token),
            skip_invalid_servers: self.skip.skip_invalid,
            dry_run: false,
        };
        let rehearsal = StartExecutionRequest {
            client_token: None,
            dry_run: true,
            ..request.clone()
        };
        let subject = Subject {
            what: format!("the plan {}", plan.name),
            words: plan.name,
            ..Subject::recovery()
        };
        launch::<StartExecution>(desk, &self.launch, &subject, &rehearsal, &request).await
    }
}

/// What is started, in words.
pub(super) struct Subject {
    /// For a question: `the plan shop`.
    pub(super) what: String,
    /// What a recovery asks to type.
    pub(super) words: String,
    /// What practice is called.
    pub(super) drill: &'static str,
    /// What the real thing is called.
    pub(super) real: &'static str,
    /// What to do when a check forbids it.
    pub(super) hint: &'static str,
}

impl Subject {
    /// A recovery that still lacks its words.
    pub(super) fn recovery() -> Self {
        Self {
            what: String::new(),
            words: String::new(),
            drill: "drill",
            real: "REAL RECOVERY",
            hint: "--skip-invalid leaves those servers out.",
        }
    }

    /// A failback of this, to this place.
    pub(super) fn failback(what: String, home: &dr_model::place::Place) -> Self {
        Self {
            what: format!("{what} to {home}"),
            words: home.region.to_string(),
            drill: "failback drill",
            real: "REAL FAILBACK",
            hint: "",
        }
    }
}

/// An answer that says what was, or would be, started.
pub(super) trait Launched {
    fn started(self) -> Started;
}

impl Launched for Started {
    fn started(self) -> Started {
        self
    }
}

impl Launched for FailbackStarted {
    fn started(self) -> Started {
        self.started
    }
}

/// Shows what will happen, asks, starts, and watches if asked to.
pub(super) async fn launch<E>(
    desk: &mut Desk<'_>,
    launch: &LaunchArgs,
    subject: &Subject,
    rehearsal: &E::Request,
    request: &E::Request,
) -> Result<Outcome, Failure>
where
    E: Endpoint<Response: Launched>,
{
    let dry = desk.client.call::<E>(rehearsal).await?;
    let would = dry.read()?.started();
    let is_refused = would.failed_checks.iter().any(|check| !check.passed);
    if desk.screen.is_json() {
        // To a script the rehearsal is the answer only when nothing is started after it.
        if launch.dry_run || is_refused {
            desk.screen.answer(&dry.raw)?;
        }
    } else {
        draw_dry_run(desk.screen, subject, &would)?;
    }
    if is_refused {
        let note = format!("Nothing was started. {}", subject.hint);
        desk.screen.note(note.trim_end())?;
        return Ok(Outcome::ChecksFailed);
    }
    if launch.dry_run {
        desk.screen.note("Only a dry run: nothing was started.")?;
        return Ok(Outcome::Done);
    }
    if launch.recovery {
        let what = format!("a {} of {}", subject.real, subject.what);
        desk.agree_in_words(&what, &subject.words, launch.confirm.as_deref())?;
    } else {
        let question = format!("Start a {} of {}?", subject.drill, subject.what);
        desk.agree(&question, launch.yes)?;
    }
    let answer = desk.client.call::<E>(request).await?;
    let started = answer.read()?.started();
    if desk.screen.is_json() {
        desk.screen.answer(&answer.raw)?;
    }
    let Some(execution_id) = started.execution_id else {
        return Err(Failure::NotUnderstood {
            operation: E::OPERATION.name(),
            reason: "it names no execution".to_owned(),
        });
    };
    if !desk.screen.is_json() {
        desk.screen.line(&format!("Started {execution_id}."))?;
    }
    if launch.watch {
        return watch::watch(desk, &execution_id, launch.interval).await;
    }
    desk.screen
        .note(&format!("Watch it: dr execution watch {execution_id}"))?;
    Ok(Outcome::Done)
}

fn draw_dry_run(screen: &mut Screen, subject: &Subject, would: &Started) -> io::Result<()> {
    let kind = match would.execution_type {
        ExecutionType::Drill => subject.drill,
        ExecutionType::Recovery => subject.real,
    };
    screen.line(&format!(
        "A {kind} of {} in {}:",
        text::count(would.total_servers, "server"),
        text::count(would.waves.len(), "wave"),
    ))?;
    let rows = would
        .waves
        .iter()
        .enumerate()
        .map(|(index, wave)| {
            let before = if wave.pause_before { "pauses" } else { "-" };
            let doubtful = |n: usize| match n {
                0 => screen::Cell::from(0),
                n => screen::Cell::toned(n, Tone::Doubtful),
            };
            row![
                index + 1,
                &wave.name,
                before,
                wave.servers,
                wave.jobs,
                doubtful(wave.new_instances),
                doubtful(wave.skipped),
            ]
        })
        .collect();
    let headings = [
        "wave",
        "name",
        "before it",
        "servers",
        "drs jobs",
        "into new instances",
        "left out",
    ];
    screen.table(&headings, rows, "No wave.")?;
    for wave in &would.waves {
        for (side, names) in [
            ("before", &wave.actions_before),
            ("after", &wave.actions_after),
        ] {
            if !names.is_empty() {
                let names = names.join(", then ");
                screen.line(&format!("SSM actions {side} {}: {names}", wave.name))?;
            }
        }
    }
    failed(screen, &would.warnings)?;
    if !would.failed_checks.is_empty() {
        screen.line("It cannot be started:")?;
        failed(screen, &would.failed_checks)?;
    }
    Ok(())
}
