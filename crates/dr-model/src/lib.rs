//! What things are: ids, places, servers, plans, executions and their transitions.
//!
//! No IO, no async, no clock, no AWS SDK: everything here is a value, and every change is a function.

pub mod account;
pub mod action;
pub mod check;
pub mod config_run;
pub mod execution;
pub mod group;
pub mod guard;
pub mod ids;
pub mod installation;
pub mod inventory;
pub mod job;
pub mod launch;
pub mod mirror;
pub mod pair;
pub mod place;
pub mod plan;
pub mod replication;
pub mod role;
pub mod server;
pub mod session;
pub mod target;
pub mod transition;
