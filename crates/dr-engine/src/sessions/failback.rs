//! Failback.

use dr_model::session::{FailoverSession, SessionServer};

use crate::sessions::Decision;
use crate::sessions::live::Live;

/// What a look shows of a server that a failback execution has.
#[must_use]
pub fn decide(server: SessionServer, _live: &Live, _session: &FailoverSession) -> Decision {
    Decision::wait(server)
}
