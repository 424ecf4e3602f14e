//! Replication agents on machines that SSM reaches: first installations, and what the repair of agents shares with them.

mod candidates;
pub mod command;
mod install;
mod look;
pub mod progress;
mod script;

pub use candidates::{Candidate, Protection, candidates};
pub use install::{Wanted, install, poll, retry, step};
pub use look::SsmView;
pub use progress::percent;
