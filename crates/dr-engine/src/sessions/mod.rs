//! Failover sessions: bringing a fleet home.
//!
//! One rule for every step: look at the live state ([`live`]), take at most one action per server, store, return.
//! Requests only mark servers ([`change::mark`]); [`step`] does the rest, by whoever calls it: the poller, an event, a
//! person who refreshes. Each stage has a pure `decide` and a `perform`.

pub mod change;
pub mod cleanup;
pub mod commit;
pub mod create;
pub mod failback;
pub mod go_back;
pub mod live;
pub mod mirror;
pub mod probe;
pub mod re_protect;
pub mod readiness;
pub mod repair;
pub mod reverse;
#[cfg(test)]
pub(crate) mod samples;
pub mod split;
pub mod step;
pub mod tell;

use std::collections::BTreeSet;

use dr_error::Result;
use dr_model::ids::SourceServerId;
use dr_model::session::{FailoverSession, SessionServer, Stage, StageEvent, StepError};

/// Which servers of a session; none means all that the action takes.
pub type Chosen<'a> = Option<&'a BTreeSet<SourceServerId>>;

/// What a request came to.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The session as it is now.
    pub session: FailoverSession,
    /// Servers that the request took, B1 by B1.
    pub servers: Vec<SourceServerId>,
    /// Servers that it did not take, and why.
    pub refused: Vec<(SourceServerId, String)>,
}

/// What a look at one server came to: what is now known of it, and what is to be done, if anything.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The server as it is now known.
    pub server: SessionServer,
    /// The one thing to do.
    pub act: Option<Act>,
}

impl Decision {
    /// Nothing is to be done.
    #[must_use]
    pub fn wait(server: SessionServer) -> Self {
        Self { server, act: None }
    }

    /// Something is to be done.
    #[must_use]
    pub fn act(server: SessionServer, act: Act) -> Self {
        Self {
            server,
            act: Some(act),
        }
    }
}

/// The one thing to do for a server. Every act may be done twice without harm: whoever does it looks first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Reverse replication.
    Reverse(reverse::Act),
    /// Agent repair.
    Repair(repair::Act),
    /// Undo a failback.
    GoBack(go_back::Act),
    /// Re-protection.
    ReProtect(re_protect::Act),
    /// Clean-up.
    Cleanup(cleanup::Act),
}

impl Act {
    /// Its name, in intents, errors and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reverse(act) => act.name(),
            Self::Repair(act) => act.name(),
            Self::GoBack(act) => act.name(),
            Self::ReProtect(act) => act.name(),
            Self::Cleanup(act) => act.name(),
        }
    }
}

/// What an act came to for one server: writes what was answered into the server. It may be applied more than once, to
/// newer states of the server.
pub type Done = Box<dyn Fn(&mut SessionServer) + Send + Sync>;

/// What acts came to, server by server.
pub type Outcomes = Vec<(SourceServerId, Result<Done>)>;

/// An act that answered nothing to keep.
#[must_use]
pub fn done() -> Done {
    Box::new(|_| {})
}

/// The server after an event that its stage allows; unchanged, where it does not: the look came too late.
#[must_use]
pub fn moved(mut server: SessionServer, event: StageEvent) -> SessionServer {
    if let Ok(stage) = server.stage.after(event)
        && stage != server.stage
    {
        server.stage = stage;
        server.intent = None;
        // That a failback failed stands until it is tried again, though the server replicates home all the while.
        let is_told = |error: &StepError| {
            error.step == failback::STEP && matches!(stage, Stage::Reversing | Stage::Ready)
        };
        server.error = server.error.filter(is_told);
    }
    server
}

/// The server left out, with the reason.
#[must_use]
pub(crate) fn lost(server: SessionServer, why: &str) -> SessionServer {
    let mut server = moved(server, StageEvent::Lost);
    if server.stage == Stage::LeftOut {
        server.left_out = Some(why.to_owned());
    }
    server
}
