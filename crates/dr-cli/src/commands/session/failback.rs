//! `dr session failback`: the way home with the mirrored plan, for practice or for real.

use clap::Args;
use dr_api::failback::{ExecuteFailback, ExecuteFailbackRequest};
use dr_api::sessions::{GetFailoverSession, SessionRequest};

use super::Chosen;
use crate::commands::start::{LaunchArgs, SkipArgs, Subject, launch};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::text;

/// Shown by its help.
pub const EXAMPLES: &str = "\
Examples:
  dr session failback latest --drill --dry-run
  dr session failback latest --drill --yes --watch
  dr session failback latest --recovery --confirm us-east-1 --watch
  dr session failback latest --recovery --server web-01 --token homeward-4711 --confirm us-east-1 --json";

/// Fails back.
#[derive(Debug, Args)]
pub struct Failback {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    launch: LaunchArgs,
    #[command(flatten)]
    skip: SkipArgs,
}

impl Failback {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let asked = SessionRequest {
            session_id: session_id.clone(),
        };
        let session = desk
            .client
            .call::<GetFailoverSession>(&asked)
            .await?
            .read()?;
        let what = match &source_server_ids {
            Some(servers) => text::count(servers.get().len(), "server"),
            None => session
                .plan_name
                .unwrap_or_else(|| "the session".to_owned()),
        };
        let request = ExecuteFailbackRequest {
            session_id,
            execution_type: self.launch.execution_type(),
            source_server_ids,
            skip_invalid_servers: self.skip.skip_invalid,
            dry_run: false,
            client_token: Some(self.launch.client_token()?),
        };
        let rehearsal = ExecuteFailbackRequest {
            client_token: None,
            dry_run: true,
            ..request.clone()
        };
        let mut subject = Subject::failback(what, &session.direction.primary);
        subject.hint = "--skip-invalid leaves those servers out.";
        launch::<ExecuteFailback>(desk, &self.launch, &subject, &rehearsal, &request).await
    }
}
