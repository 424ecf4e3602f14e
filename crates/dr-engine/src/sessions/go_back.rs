//! Undoing a failback.

use dr_model::session::{FailoverSession, SessionServer};

use crate::app::App;
use crate::sessions::live::Live;
use crate::sessions::{Decision, Outcomes};

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {}

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {}
    }
}

/// What a look shows.
#[must_use]
pub fn decide(server: SessionServer, _live: &Live, _session: &FailoverSession) -> Decision {
    Decision::wait(server)
}

/// Does it.
pub async fn perform(
    _app: &App,
    _session: &FailoverSession,
    _live: &Live,
    _acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    Vec::new()
}
