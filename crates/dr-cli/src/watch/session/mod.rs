//! Watching a failover session until nothing is under way. The last line says what to do next.

mod bars;
pub mod next;
pub mod view;

use std::collections::HashSet;
use std::time::Duration;

use dr_api::bounded::Limit;
use dr_api::sessions::{
    GetFailoverSession, ListFailoverSessionServers, ListSessionServersRequest, SessionRequest,
    SessionServerView, SessionView,
};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::session::{SessionStatus, Stage, StageTally};

use self::bars::Bars;
use self::view::Copying;
use super::follow::{End, Watched, follow};
use crate::client::Paging;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::text;

/// One look.
struct Look {
    session: SessionView,
    /// Servers whose last step failed.
    failed: Vec<SessionServerView>,
    /// Re-protection, while there is one.
    forward: Option<Copying>,
}

/// Watches until nothing is under way, or until Ctrl-C.
///
/// # Errors
/// When the session cannot be looked at, now or for long.
pub async fn watch(
    desk: &mut Desk<'_>,
    session_id: &SessionId,
    interval: Duration,
) -> Result<Outcome, Failure> {
    let mut interrupt = (desk.interrupt)();
    let mut picture = Picture {
        session_id: session_id.clone(),
        bars: desk.screen.is_live().then(Bars::new),
        last: None,
        told: HashSet::new(),
    };
    match follow(desk, &mut picture, interval, &mut interrupt).await? {
        End::Over(look) => {
            if !desk.screen.is_json() {
                desk.screen.line(&next::advice(&look.session))?;
            }
            Ok(outcome(&look.session))
        }
        End::Stopped(_) => {
            desk.screen.note(&format!(
                "Stopped watching. What is under way goes on: dr session watch {session_id}"
            ))?;
            Ok(Outcome::StoppedWatching)
        }
    }
}

/// What a session means in which nothing is under way any more.
fn outcome(session: &SessionView) -> Outcome {
    if session.failed_servers > 0 || session.last_error.is_some() {
        Outcome::CompletedWithFailures
    } else {
        Outcome::Done
    }
}

/// Nothing goes on with any server, or only with such as failed for good: they wait for a person.
fn is_over(look: &Look) -> bool {
    let is_stuck = |server: &&SessionServerView| {
        let is_final = server.error.as_ref().is_some_and(|error| error.is_final);
        // One that waits for a person at rest does not count among those that move.
        is_final && server.stage.is_active() && server.stage != Stage::Ready
    };
    let stuck = look.failed.iter().filter(is_stuck).count();
    next::moves(&look.session) <= stuck
}

/// What makes two looks differ: everything but the time that passed.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    status: SessionStatus,
    stages: StageTally,
    failed: usize,
    /// Whole percents of the copy back and of re-protection.
    percents: [Option<u64>; 2],
    in_error: usize,
}

impl Change {
    fn of(look: &Look) -> Self {
        let back = look.session.reverse.as_ref().map(Copying::back);
        let percent = |copy: Option<Copying>| copy.map(|copy| copy.tenths() / 10);
        Self {
            status: look.session.status,
            stages: look.session.stages,
            failed: look.session.failed_servers,
            percents: [percent(back), percent(look.forward)],
            in_error: back.map_or(0, |copy| copy.in_error),
        }
    }
}

fn line(look: &Look, now: i64) -> String {
    let session = &look.session;
    let mut parts = vec![
        format!("[{}]", text::seconds(session.elapsed_seconds)),
        session.status.as_str().to_owned(),
        view::stages(session.stages),
    ];
    let back = session.reverse.as_ref().map(Copying::back);
    for (name, copy) in [("back", back), ("forward", look.forward)] {
        if let Some(copy) = copy.filter(|copy| copy.total_bytes > 0) {
            parts.push(format!("{name} {}", copy.words(now)));
        }
    }
    parts.push(bars::foot(session));
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// What is on the screen.
struct Picture {
    session_id: SessionId,
    bars: Option<Bars>,
    last: Option<Change>,
    told: HashSet<(SourceServerId, String)>,
}

impl Watched for Picture {
    type View = Look;

    async fn look(&mut self, desk: &mut Desk<'_>) -> Result<Look, Failure> {
        let request = SessionRequest {
            session_id: self.session_id.clone(),
        };
        let answer = desk.client.call::<GetFailoverSession>(&request).await?;
        let session = answer.read()?;
        let failed = match session.failed_servers {
            0 => Vec::new(),
            _ => self.servers(desk, None, Some(true)).await?,
        };
        let forward = match session.stages.re_protecting {
            0 => None,
            _ => {
                let stage = Some(Stage::ReProtecting);
                Some(Copying::forward(&self.servers(desk, stage, None).await?))
            }
        };
        let look = Look {
            session,
            failed,
            forward,
        };
        self.show(desk, &answer.raw, &look)?;
        Ok(look)
    }

    fn is_over(&self, look: &Look) -> bool {
        is_over(look)
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

impl Picture {
    async fn servers(
        &self,
        desk: &Desk<'_>,
        stage: Option<Stage>,
        has_error: Option<bool>,
    ) -> Result<Vec<SessionServerView>, Failure> {
        let request = ListSessionServersRequest {
            session_id: self.session_id.clone(),
            stage,
            has_error,
            limit: Limit::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListFailoverSessionServers>(&request, Paging::ALL)
            .await?;
        Ok(answer.read()?.servers)
    }

    fn show(&mut self, desk: &mut Desk<'_>, raw: &str, look: &Look) -> Result<(), Failure> {
        let now = desk.time.now();
        let change = Change::of(look);
        let is_new = self.last.as_ref() != Some(&change);
        if let Some(bars) = &mut self.bars {
            bars.show(look, now);
        } else if is_new && desk.screen.is_json() {
            desk.screen.answer(raw)?;
        } else if is_new {
            desk.screen.line(&line(look, now))?;
        }
        self.last = Some(change);
        if desk.screen.is_json() {
            return Ok(());
        }
        for server in &look.failed {
            let Some(error) = &server.error else { continue };
            let text = format!(
                "failed: {} ({}): {}",
                server.name,
                server.source_server_id,
                view::problem(error)
            );
            // Another step, or another word, is told again; another try of the same is not.
            let told = (server.source_server_id.clone(), text.clone());
            if self.told.insert(told) {
                match &self.bars {
                    Some(bars) => bars.above(&text)?,
                    None => desk.screen.line(&text)?,
                }
            }
        }
        Ok(())
    }
}
