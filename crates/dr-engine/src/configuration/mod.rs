//! The DRS launch configuration that launching into paired instances needs: preview, apply, revert.

pub mod plan;
pub mod revert;
pub mod run;

pub use crate::configuration::plan::{Outcome, ServerOutcome, Subject};
