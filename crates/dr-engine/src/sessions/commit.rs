//! The commit window of a failback.

use dr_error::Result;
use dr_model::session::FailoverSession;

use crate::app::App;

/// Looks at a failback on trial, and commits it or goes back when its time is over.
///
/// # Errors
/// What AWS or the store answers.
pub async fn look(_app: &App, _session: &FailoverSession) -> Result<()> {
    Ok(())
}
