//! Changing the header of an execution: read, change, write if nobody else did; otherwise again.

use dr_error::{Error, Result};
use dr_model::execution::Execution;
use dr_model::ids::ExecutionId;

use crate::app::App;

/// Tries before giving up: the poller, the state machine and people write the same header.
const TRIES: usize = 8;

/// Applies `change` to the stored header until it is written. `change` answers whether there is anything to
/// write; it must be safe to run again on a newer header.
///
/// # Errors
/// What `change` answers, or what the store answers.
pub async fn change<F>(app: &App, id: &ExecutionId, change: F) -> Result<Execution>
where
    F: Fn(&mut Execution) -> Result<bool>,
{
    for _ in 0..TRIES {
        let mut execution = app.store().execution(id).await?;
        if !change(&mut execution)? {
            return Ok(execution);
        }
        match app.store().update_execution(&mut execution).await {
            Ok(()) => return Ok(execution),
            Err(Error::VersionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::VersionConflict {
        kind: "execution",
        id: id.to_string(),
    })
}
