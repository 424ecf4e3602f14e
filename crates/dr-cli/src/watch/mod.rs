//! Watching an execution to its end: a live picture on a terminal, a line for each change elsewhere, an
//! answer for each change to scripts.

mod bars;
mod line;
pub mod view;

use std::collections::HashSet;
use std::time::Duration;

use dr_api::executions::{
    ExecutionRequest, ExecutionServerView, ExecutionView, GetExecution, ListExecutionServers,
    ListExecutionServersRequest,
};
use dr_model::execution::ServerStatus;
use dr_model::ids::{ExecutionId, SourceServerId};

use crate::client::{Answer, Paging};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::text;
use crate::watch::bars::Bars;
use crate::watch::line::Change;

/// Looks that may go wrong one after the other before watching ends: the server may be restarted meanwhile.
const MOST_MISSES: u32 = 15;

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
    let mut picture = Picture::new(desk);
    let mut misses = 0;
    let last = loop {
        let looked = tokio::select! {
            () = &mut interrupt => return stopped(desk, picture, execution_id),
            looked = look(desk, execution_id, &mut picture) => looked,
        };
        match looked {
            Ok(view) if view.status.is_terminal() => break view,
            Ok(_) => misses = 0,
            // The first look says whether there is anything to watch.
            Err(failure) if picture.seen && is_passing(&failure) && misses < MOST_MISSES => {
                misses += 1;
                picture.say(desk, &format!("{failure}. Looking again."))?;
            }
            Err(failure) => {
                picture.close();
                return Err(failure);
            }
        }
        let pause = desk.time.wait(interval);
        tokio::select! {
            () = &mut interrupt => return stopped(desk, picture, execution_id),
            () = pause => {}
        }
    };
    picture.close();
    // The outcome is known: who does not want to wait for the table presses Ctrl-C once more.
    tokio::select! {
        () = &mut interrupt => {}
        told = summary(desk, &last) => told?,
    }
    Ok(Outcome::of(last.status).unwrap_or(Outcome::Incomplete))
}

/// Whether the next look may go better.
fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable { .. } => true,
        Failure::Api { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// One look, and what it changes in the picture.
async fn look(
    desk: &mut Desk<'_>,
    execution_id: &ExecutionId,
    picture: &mut Picture,
) -> Result<ExecutionView, Failure> {
    let request = ExecutionRequest {
        execution_id: execution_id.clone(),
    };
    let answer = desk.client.call::<GetExecution>(&request).await?;
    let view = answer.read()?;
    picture.show(desk, &answer, &view)?;
    if !desk.screen.is_json() && view.servers.failed > picture.told.len() {
        let failed = list(desk, execution_id, Some(ServerStatus::Failed)).await?;
        picture.tell_failures(desk, failed)?;
    }
    Ok(view)
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
    bars: Option<Bars>,
    last: Option<Change>,
    told: HashSet<SourceServerId>,
    seen: bool,
}

impl Picture {
    fn new(desk: &Desk<'_>) -> Self {
        Self {
            bars: desk.screen.is_live().then(Bars::new),
            last: None,
            told: HashSet::new(),
            seen: false,
        }
    }

    fn show(
        &mut self,
        desk: &mut Desk<'_>,
        answer: &Answer<ExecutionView>,
        view: &ExecutionView,
    ) -> Result<(), Failure> {
        self.seen = true;
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

fn stopped(
    desk: &mut Desk<'_>,
    picture: Picture,
    execution_id: &ExecutionId,
) -> Result<Outcome, Failure> {
    picture.close();
    desk.screen.note(&format!(
        "Stopped watching. The execution goes on: dr execution watch {execution_id}"
    ))?;
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
    if let Some(reason) = &view.reason {
        desk.screen.line(&format!("Why: {reason}"))?;
    }
    Ok(())
}
