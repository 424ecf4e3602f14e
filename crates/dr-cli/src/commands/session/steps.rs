//! `dr session readiness`, `reverse`, `commit`, `go-back` and `re-protect`.

use clap::Args;
use dr_api::bounded::Line;
use dr_api::failback::{
    CheckReadiness, CheckReadinessRequest, CommitFailback, GoBack as GoBackStep, GoBackRequest,
    ReProtect as ReProtectStep, ReProtectRequest, StartReverseReplication,
    StartReverseReplicationRequest,
};
use dr_api::sessions::{GetFailoverSession, SessionRequest};
use dr_model::session::Action;

use super::step::{Step, draw_estimate, draw_taken, outcome, take};
use super::{Chosen, One, WatchArgs};
use crate::commands::validate;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::{given, text};

/// What going back asks for: what was written since the failback is given up.
const GO_BACK: &str = "go back";

/// Checks a step.
#[derive(Debug, Args)]
pub struct CheckReady {
    #[command(flatten)]
    chosen: Chosen,
    /// The step: `repair-agents`, `reverse`, `mirror`, `failback-drill`, `failback-recovery`, `commit`, `go-back`,
    /// `re-protect`, `cleanup` or `split`.
    #[arg(long, value_parser = given::action)]
    action: Action,
}

impl CheckReady {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let request = CheckReadinessRequest {
            session_id,
            action: self.action,
            source_server_ids,
        };
        let answer = desk.client.call::<CheckReadiness>(&request).await?;
        desk.judge(
            &answer,
            |screen, found| {
                validate::checks(screen, &found.checks)?;
                if let Some(estimate) = &found.copy_estimate {
                    draw_estimate(screen, estimate)?;
                }
                validate::verdict(screen, found.ready)
            },
            |found| validate::outcome(found.ready),
        )
    }
}

/// Replicates back.
#[derive(Debug, Args)]
pub struct Reverse {
    #[command(flatten)]
    chosen: Chosen,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Start though a check failed: DRS then says by itself what is missing, later.
    #[arg(long)]
    skip_checks: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

impl Reverse {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let request = StartReverseReplicationRequest {
            session_id,
            source_server_ids,
            skip_checks: self.skip_checks,
            dry_run: false,
        };
        let rehearsal = StartReverseReplicationRequest {
            dry_run: true,
            ..request.clone()
        };
        let step = Step {
            what: "Replicate back",
            note: "Every disk is copied in full; the copy cannot be hurried.",
            yes: self.yes,
            dry_run: self.dry_run,
            skip_checks: self.skip_checks,
        };
        match take::<StartReverseReplication>(desk, &step, &rehearsal, &request).await? {
            Ok(session_id) => self.watch.follow(desk, &session_id).await,
            Err(outcome) => Ok(outcome),
        }
    }
}

/// Protects again.
#[derive(Debug, Args)]
pub struct ReProtect {
    #[command(flatten)]
    chosen: Chosen,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

impl ReProtect {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let request = ReProtectRequest {
            session_id,
            source_server_ids,
            dry_run: false,
        };
        let rehearsal = ReProtectRequest {
            dry_run: true,
            ..request.clone()
        };
        let step = Step {
            what: "Re-protect",
            note: "From then on what came home replicates to the recovery region again.",
            yes: self.yes,
            dry_run: self.dry_run,
            skip_checks: false,
        };
        match take::<ReProtectStep>(desk, &step, &rehearsal, &request).await? {
            Ok(session_id) => self.watch.follow(desk, &session_id).await,
            Err(outcome) => Ok(outcome),
        }
    }
}

/// Commits.
#[derive(Debug, Args)]
pub struct Commit {
    #[command(flatten)]
    one: One,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Commit {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = self.one.request(desk).await?;
        let servers = servers(desk, &request, Action::Commit).await?;
        let question = format!(
            "Let the failback of {servers} stand? It cannot be undone from here after that."
        );
        desk.agree(&question, self.yes)?;
        let answer = desk.client.call::<CommitFailback>(&request).await?;
        super::show(desk, &answer)
    }
}

/// Goes back.
#[derive(Debug, Args)]
pub struct GoBack {
    #[command(flatten)]
    one: One,
    /// The words `go back`: what was written since the failback is given up.
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
    #[command(flatten)]
    watch: WatchArgs,
}

impl GoBack {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = self.one.request(desk).await?;
        let servers = servers(desk, &request, Action::GoBack).await?;
        desk.screen.note(&format!(
            "{servers} that came home will be stopped. What was written there since the failback is given up; \
             production is in the recovery region again."
        ))?;
        let words = self.confirm.as_deref();
        desk.agree_in_words("going back", GO_BACK, words)?;
        let confirm = Line::try_from(GO_BACK.to_owned())
            .map_err(|error| Failure::Usage(error.to_string()))?;
        let request = GoBackRequest {
            session_id: request.session_id,
            confirm,
        };
        let answer = desk.client.call::<GoBackStep>(&request).await?;
        match desk.judge(&answer, draw_taken, outcome)? {
            Outcome::Done => self.watch.follow(desk, &request.session_id).await,
            other => Ok(other),
        }
    }
}

/// How many servers a step would take: for a question. Where it is not allowed, why not; the server decides anyway.
async fn servers(
    desk: &Desk<'_>,
    request: &SessionRequest,
    action: Action,
) -> Result<String, Failure> {
    let session = desk
        .client
        .call::<GetFailoverSession>(request)
        .await?
        .read()?;
    let found = session.actions.iter().find(|one| one.action == action);
    match found {
        Some(one) if !one.allowed => Err(Failure::NotAllowed(format!(
            "{} is not allowed now: {}",
            text::step(action),
            one.reason.as_deref().unwrap_or("no reason is given")
        ))),
        _ => Ok(text::count(found.map_or(0, |one| one.servers), "server")),
    }
}
