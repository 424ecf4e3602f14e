//! Watching an execution to its end, and a failover session or a run of agent installations until nothing is under
//! way: a live picture on a terminal, a line for each change elsewhere, an answer for each change to scripts.

mod bars;
mod follow;
mod installation;
mod line;
pub mod session;
pub mod view;

use std::collections::HashSet;
use std::time::Duration;

use dr_api::executions::{
    ActionView, ExecutionRequest, ExecutionServerView, ExecutionView, GetExecution,
    ListExecutionServers, ListExecutionServersRequest,
};
use dr_model::execution::{ExecutionStatus, ServerStatus};
use dr_model::ids::{ExecutionId, SourceServerId};

use crate::client::{Answer, Paging};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::text;
use crate::watch::bars::Bars;
use crate::watch::follow::{End, Watched, follow};
use crate::watch::line::Change;

pub use crate::watch::installation::watch as installation;

/// Watches until it is over, or until Ctrl-C.
///
/// # Errors
/// When the execution cannot be looked at, now or for long.
pub async fn watch(
    desk: &mut Desk<'_>,
    execution_id: &ExecutionId,
    interval: Duration,
) -> Result<Outcome, Failure> {
    let mut interrupt = (desk.interrupt)();
    let mut picture = Picture::new(desk, execution_id.clone());
    let last = match follow(desk, &mut picture, interval, &mut interrupt).await? {
        End::Over(view) => view,
        End::Stopped(last) => return stopped(desk, last.as_ref(), execution_id),
    };
    // The outcome is known: who does not want to wait for the table presses Ctrl-C once more.
    tokio::select! {
        () = &mut interrupt => {}
        told = summary(desk, &last) => told?,
    }
    Ok(Outcome::of(last.status).unwrap_or(Outcome::Incomplete))
}

impl Watched for Picture {
    type View = ExecutionView;

    async fn look(&mut self, desk: &mut Desk<'_>) -> Result<ExecutionView, Failure> {
        let request = ExecutionRequest {
            execution_id: self.execution_id.clone(),
        };
        let answer = desk.client.call::<GetExecution>(&request).await?;
        let view = answer.read()?;
        self.show(desk, &answer, &view)?;
        if !desk.screen.is_json() && view.servers.failed > self.told.len() {
            let failed = list(desk, &self.execution_id, Some(ServerStatus::Failed)).await?;
            self.tell_failures(desk, failed)?;
        }
        Ok(view)
    }

    fn is_over(&self, view: &ExecutionView) -> bool {
        view.status.is_terminal()
    }

    fn say(&self, desk: &mut Desk<'_>, text: &str) -> Result<(), Failure> {
        match &self.bars {
            Some(bars) => bars.above(text)?,
            None => desk.screen.note(text)?,
        }
        Ok(())
    }

    fn close(&self) {
        if let Some(bars) = &self.bars {
            bars.close();
        }
    }
}

async fn list(
    desk: &Desk<'_>,
    execution_id: &ExecutionId,
    status: Option<ServerStatus>,
) -> Result<Vec<ExecutionServerView>, Failure> {
    let request = ListExecutionServersRequest {
        execution_id: execution_id.clone(),
        wave: None,
        status,
        limit: Default::default(),
        next_token: None,
    };
    let answer = desk
        .client
        .list::<ListExecutionServers>(&request, Paging::ALL)
        .await?;
    Ok(answer.read()?.servers)
}

/// What is on the screen.
struct Picture {
    execution_id: ExecutionId,
    bars: Option<Bars>,
    last: Option<Change>,
    told: HashSet<SourceServerId>,
}

impl Picture {
    fn new(desk: &Desk<'_>, execution_id: ExecutionId) -> Self {
        Self {
            execution_id,
            bars: desk.screen.is_live().then(Bars::new),
            last: None,
            told: HashSet::new(),
        }
    }

    fn show(
        &mut self,
        desk: &mut Desk<'_>,
        answer: &Answer<ExecutionView>,
        view: &ExecutionView,
    ) -> Result<(), Failure> {
        if let Some(bars) = &mut self.bars {
            bars.show(view);
            return Ok(());
        }
        let change = Change::of(view);
        if self.last.as_ref() == Some(&change) {
            return Ok(());
        }
        if desk.screen.is_json() {
            desk.screen.answer(&answer.raw)?;
        } else {
            desk.screen.line(&line::line(view))?;
        }
        self.last = Some(change);
        Ok(())
    }

    fn tell_failures(
        &mut self,
        desk: &mut Desk<'_>,
        failed: Vec<ExecutionServerView>,
    ) -> Result<(), Failure> {
        for server in failed {
            let reason = text::or_dash(server.reason.as_ref());
            let text = format!(
                "failed: {} ({}) in wave {}: {reason}",
                server.name, server.source_server_id, server.wave
            );
            if self.told.insert(server.source_server_id) {
                match &self.bars {
                    Some(bars) => bars.above(&text)?,
                    None => desk.screen.line(&text)?,
                }
            }
        }
        Ok(())
    }
}

fn stopped(
    desk: &mut Desk<'_>,
    last: Option<&ExecutionView>,
    execution_id: &ExecutionId,
) -> Result<Outcome, Failure> {
    let paused = last.filter(|view| view.status == ExecutionStatus::Paused);
    let what = match paused.and_then(view::pause) {
        Some(pause) => format!("The execution {pause}"),
        None => format!("The execution goes on: dr execution watch {execution_id}"),
    };
    desk.screen.note(&format!("Stopped watching. {what}"))?;
    Ok(Outcome::StoppedWatching)
}

/// What came of it, server by server.
async fn summary(desk: &mut Desk<'_>, view: &ExecutionView) -> Result<(), Failure> {
    if desk.screen.is_json() {
        return Ok(());
    }
    let servers = list(desk, &view.execution_id, None).await?;
    desk.screen.line("")?;
    view::servers(desk.screen, &servers)?;
    view::actions(desk.screen, &view.actions)?;
    let target = match view.rto_met {
        true => "RTO target met",
        false => "RTO target missed",
    };
    let kept = servers
        .iter()
        .filter_map(|server| server.identity.as_ref())
        .filter(|identity| identity.instance_id_kept && identity.private_ip_kept)
        .count();
    desk.screen.line("")?;
    desk.screen.line(&format!(
        "{}: {}. {} kept instance id and private IP. Took {}, {target} ({}).",
        view.status.as_str(),
        view::counts(&view.servers),
        text::count(kept, "server"),
        text::seconds(view.elapsed_seconds),
        text::seconds(view.rto_target_seconds),
    ))?;
    let failed = |action: &&ActionView| action.state.is_failure();
    let failed = view.actions.iter().filter(failed).count();
    if failed > 0 {
        desk.screen
            .line(&format!("{} failed.", text::count(failed, "SSM action")))?;
    }
    if let Some(reason) = &view.reason {
        desk.screen.line(&format!("Why: {reason}"))?;
    }
    Ok(())
}
