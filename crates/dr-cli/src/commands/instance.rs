//! `dr instance`: what runs in a recovery region, and single steps for one recovery instance.

use std::io;

use clap::{Args, Subcommand};
use dr_api::bounded::Line;
use dr_api::failback::{ValidateReverseReplication, ValidateReverseReplicationRequest};
use dr_api::recovery_instances::{
    FailbackRecoveryInstance, FailbackRecoveryInstanceRequest, ListRecoveryInstances,
    ListRecoveryInstancesRequest, RecoveryInstanceView, ReverseRecoveryInstance,
    ReverseRecoveryInstanceRequest, ReversedLaunchState, TerminateRecoveryInstance,
    TerminateRecoveryInstanceRequest, TerminatedRecoveryInstance,
};
use dr_api::replication::{ListRecoveryPoints, ListRecoveryPointsRequest};
use dr_api::sessions::{GetFailoverSession, SessionRequest};
use dr_model::ids::{RecoveryInstanceId, Region, SourceServerId};

use super::session::step::{draw_estimate, draw_taken, outcome};
use super::start::{LaunchArgs, Subject, launch};
use super::validate::{checks, failed, outcome as verdict_outcome, verdict};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{PageArgs, PlaceArgs, PlacesArgs};
use crate::screen::{Cell, Screen, Tone};
use crate::{row, text};

/// Recovery instances: what DRS launched in a recovery region.
#[derive(Debug, Subcommand)]
pub enum Instance {
    /// List those of an account and region, with their way back.
    #[command(
        after_help = "Examples:\n  dr instance list --account 444455556666 --region us-west-2 --all"
    )]
    List(List),
    /// Check the prerequisites of replicating one back.
    #[command(
        after_help = "Examples:\n  dr instance check i-0123456789abcdef0 --from 111122223333/us-east-1 --to 444455556666/us-west-2"
    )]
    Check(Check),
    /// Replicate one back, within its failover session.
    #[command(after_help = "Examples:\n  dr instance reverse i-0123456789abcdef0 --yes")]
    Reverse(Reverse),
    /// Fail one back, within its failover session. Shows first what will happen.
    #[command(
        after_help = "Examples:\n  dr instance failback i-0123456789abcdef0 --drill --watch\n  dr instance failback i-0123456789abcdef0 --recovery --confirm us-east-1"
    )]
    Failback(Failback),
    /// Terminate one. Shows first what would be lost.
    #[command(
        after_help = "Examples:\n  dr instance terminate i-0123456789abcdef0 --account 444455556666 --region us-west-2 --preview\n  dr instance terminate i-0123456789abcdef0 --account 444455556666 --region us-west-2 --yes"
    )]
    Terminate(Terminate),
    /// List the points in time that a server can be launched from.
    #[command(
        after_help = "Examples:\n  dr instance points s-0123456789abcdef0 --account 444455556666 --region us-west-2"
    )]
    Points(Points),
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    page: PageArgs,
}

/// Checks.
#[derive(Debug, Args)]
pub struct Check {
    /// The recovery instance.
    instance: RecoveryInstanceId,
    #[command(flatten)]
    places: PlacesArgs,
}

/// Replicates back.
#[derive(Debug, Args)]
pub struct Reverse {
    /// The recovery instance.
    instance: RecoveryInstanceId,
    /// The region to go home to. DRS knows it; another one is refused.
    #[arg(long)]
    target_region: Option<Region>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Fails back.
#[derive(Debug, Args)]
pub struct Failback {
    /// The recovery instance.
    instance: RecoveryInstanceId,
    #[command(flatten)]
    launch: LaunchArgs,
}

/// Terminates.
#[derive(Debug, Args)]
pub struct Terminate {
    /// The recovery instance.
    instance: RecoveryInstanceId,
    #[command(flatten)]
    place: PlaceArgs,
    /// Only show what would be lost.
    #[arg(long, conflicts_with_all = ["yes", "confirm"])]
    preview: bool,
    /// Do not ask. What runs production takes --confirm.
    #[arg(long)]
    yes: bool,
    /// The words that the preview names, for what runs production.
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

/// Lists points in time.
#[derive(Debug, Args)]
pub struct Points {
    /// The source server.
    server: SourceServerId,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    page: PageArgs,
}

impl Instance {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(command) => command.run(desk).await,
            Self::Check(command) => command.run(desk).await,
            Self::Reverse(command) => command.run(desk).await,
            Self::Failback(command) => command.run(desk).await,
            Self::Terminate(command) => command.run(desk).await,
            Self::Points(command) => command.run(desk).await,
        }
    }
}

impl List {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListRecoveryInstancesRequest {
            account_id: self.place.account,
            region: self.place.region,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListRecoveryInstances>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list.recovery_instances.iter().map(list_row).collect();
            let headings = [
                "instance", "name", "is", "of", "launched", "way back", "done", "lag", "next",
                "session", "problem",
            ];
            screen.table(&headings, rows, "No recovery instance.")?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

fn list_row(one: &RecoveryInstanceView) -> Vec<Cell> {
    let tone = match one.reversed_launch_state {
        ReversedLaunchState::Ready | ReversedLaunchState::Completed => Tone::Good,
        ReversedLaunchState::Error => Tone::Bad,
        ReversedLaunchState::NotStarted | ReversedLaunchState::Synchronizing => Tone::Plain,
    };
    let kind = if one.is_drill { "drill" } else { "recovery" };
    row![
        &one.recovery_instance_id,
        text::or_dash(one.name.as_ref()),
        format!("{kind}, {}", one.instance_state),
        &one.source_server_id,
        text::or_dash(one.launched_at.map(text::time)),
        Cell::toned(text::word(&one.reversed_launch_state), tone),
        format!("{:.1}%", one.progress_percent),
        text::or_dash(one.lag_seconds.map(text::seconds)),
        text::or_dash(one.pending_action.as_ref()),
        text::or_dash(one.session_id.as_ref()),
        text::or_dash(one.problem.as_ref()),
    ]
}

impl Check {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let direction = self.places.direction();
        let request = ValidateReverseReplicationRequest {
            recovery_instance_id: self.instance,
            primary_region: direction.primary.region,
            dr_region: direction.recovery.region,
            primary_account_id: Some(direction.primary.account_id),
            dr_account_id: Some(direction.recovery.account_id),
        };
        let answer = desk
            .client
            .call::<ValidateReverseReplication>(&request)
            .await?;
        desk.judge(
            &answer,
            |screen, report| {
                checks(screen, &report.checks)?;
                verdict(screen, report.valid)
            },
            |report| verdict_outcome(report.valid),
        )
    }
}

impl Reverse {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let question = format!(
            "Replicate {} back to where it came from? Every disk is copied in full.",
            self.instance
        );
        desk.agree(&question, self.yes)?;
        let request = ReverseRecoveryInstanceRequest {
            recovery_instance_id: self.instance,
            target_region: self.target_region,
        };
        let answer = desk
            .client
            .call::<ReverseRecoveryInstance>(&request)
            .await?;
        desk.judge(
            &answer,
            |screen, taken| {
                draw_taken(screen, taken)?;
                if let Some(estimate) = &taken.copy_estimate {
                    draw_estimate(screen, estimate)?;
                }
                failed(screen, &taken.warnings)?;
                let id = &taken.session.session_id;
                screen.note(&format!("Watch it: dr session watch {id}"))
            },
            outcome,
        )
    }
}

impl Failback {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = FailbackRecoveryInstanceRequest {
            recovery_instance_id: self.instance,
            is_drill: self.launch.execution_type().is_drill(),
            dry_run: false,
            client_token: Some(self.launch.client_token()?),
        };
        let rehearsal = FailbackRecoveryInstanceRequest {
            client_token: None,
            dry_run: true,
            ..request.clone()
        };
        // Where it goes home to is what its session says: a person confirms that, not what they believe.
        let would = desk.client.call::<FailbackRecoveryInstance>(&rehearsal);
        let session = SessionRequest {
            session_id: would.await?.read()?.session_id,
        };
        let session = desk.client.call::<GetFailoverSession>(&session);
        let home = session.await?.read()?.direction.primary;
        let what = request.recovery_instance_id.to_string();
        let subject = Subject::failback(what, &home);
        launch::<FailbackRecoveryInstance>(desk, &self.launch, &subject, &rehearsal, &request).await
    }
}

impl Terminate {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let preview = TerminateRecoveryInstanceRequest {
            recovery_instance_id: self.instance,
            account_id: self.place.account,
            region: self.place.region,
            confirm: None,
            dry_run: true,
        };
        let answer = desk
            .client
            .call::<TerminateRecoveryInstance>(&preview)
            .await?;
        let would = answer.read()?;
        let is_refused = would.refused.iter().any(|check| !check.passed);
        if !desk.screen.is_json() {
            draw_termination(desk.screen, &would)?;
        } else if self.preview || is_refused {
            desk.screen.answer(&answer.raw)?;
        }
        if is_refused {
            desk.screen
                .note("It cannot be done: nothing was terminated.")?;
            return Ok(Outcome::ChecksFailed);
        }
        if self.preview {
            return Ok(Outcome::Done);
        }
        let what = format!("the termination of {}", preview.recovery_instance_id);
        match &would.confirmation {
            Some(words) => desk.agree_in_words(&what, words, self.confirm.as_deref())?,
            None => {
                let question = format!("Terminate {}?", preview.recovery_instance_id);
                desk.agree(&question, self.yes)?;
            }
        }
        let confirm = would.confirmation.map(Line::try_from).transpose();
        let request = TerminateRecoveryInstanceRequest {
            confirm: confirm.map_err(|error| Failure::Usage(error.to_string()))?,
            dry_run: false,
            ..preview
        };
        let answer = desk
            .client
            .call::<TerminateRecoveryInstance>(&request)
            .await?;
        desk.judge(&answer, draw_termination, |done| {
            match done.refused.iter().any(|check| !check.passed) {
                true => Outcome::Incomplete,
                false => Outcome::Done,
            }
        })
    }
}

fn draw_termination(screen: &mut Screen, result: &TerminatedRecoveryInstance) -> io::Result<()> {
    let rows = result
        .losses
        .iter()
        .map(|loss| {
            let kind = match loss.is_drill {
                true => Cell::from("drill"),
                false => Cell::toned("REAL RECOVERY", Tone::Bad),
            };
            row![
                &loss.instance_id,
                &loss.source_server_id,
                kind,
                text::or_dash(loss.launched_at.map(text::time)),
                &loss.why,
            ]
        })
        .collect();
    let heading = if result.dry_run { "would lose" } else { "lost" };
    let headings = [heading, "server", "launched by", "launched", "why"];
    screen.table(&headings, rows, "Nothing that anybody would miss is lost.")?;
    failed(screen, &result.refused)?;
    match &result.job_id {
        Some(job) => screen.line(&format!("DRS terminates it: {job}")),
        None => Ok(()),
    }
}

impl Points {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListRecoveryPointsRequest {
            source_server_id: self.server,
            account_id: self.place.account,
            region: self.place.region,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListRecoveryPoints>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list
                .recovery_points
                .iter()
                .map(|point| {
                    row![
                        point
                            .at
                            .map_or_else(|| "being taken".to_owned(), text::time),
                        text::or_dash(point.expected_at.map(text::time)),
                        &point.id,
                        point.ebs_snapshots.join(" "),
                    ]
                })
                .collect();
            let headings = ["taken", "due", "id", "snapshots"];
            screen.table(&headings, rows, "No point in time.")?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}
