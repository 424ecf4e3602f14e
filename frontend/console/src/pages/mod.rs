//! The pages: a folder each, with its view and its view model.

pub mod components;
pub mod dashboard;
pub mod failback;
pub mod failover_session;
pub mod failover_sessions;
pub mod not_found;
pub mod protection_group;
pub mod protection_groups;
pub mod session_steps;
pub mod sign_in;
