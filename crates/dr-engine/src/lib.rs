//! The operations: each decides purely from what was looked up, then carries the decision out.
//!
//! Layout: `plan` modules are pure; `run`, `step` and the like do the IO. Nothing destructive is reachable except
//! through [`guard`]. Nothing here knows of HTTP, of events, or of which side (AWS or one machine) it runs on.

pub mod accounts;
pub mod agents;
pub mod app;
pub mod cloud;
pub mod commands;
pub mod configuration;
pub mod control;
pub mod guard;
pub mod instances;
pub mod matching;
pub mod pairs;
pub mod plans;
pub mod recovery;
pub mod replication;
#[cfg(test)]
mod samples;
pub mod servers;
pub mod sessions;
pub mod start;
pub mod termination;
pub mod validation;
pub mod wiring;

pub use dr_aws::Quota;

pub use crate::app::{App, Settings};
