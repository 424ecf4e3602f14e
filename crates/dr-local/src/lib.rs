//! The product on one machine: what API Gateway, Cognito, Step Functions, EventBridge and Lambda's
//! Invoke API do around the handlers in AWS, done here in one process over the simulator.
//!
//! The parts know the handlers only as [`Handlers`] and the simulated world only as [`World`], so
//! each is tested alone; `wiring` is the one place that names the real ones.

// The futures of the real functions nest deeper than the default of 128.
#![recursion_limit = "256"]

pub mod auth;
pub mod cli;
pub mod console;
pub mod db;
pub mod driver;
pub mod function;
pub mod installation;
pub mod invoke;
pub mod local;
pub mod rest;
pub mod server;
pub mod simulated;
pub mod state_dir;
pub mod states;
pub mod wiring;
pub mod world;

#[cfg(test)]
mod fakes;

pub use crate::function::{Failure, Function, Handlers};
pub use crate::local::{Connection, Local, LocalOptions, OpenError, Product, SignIn};
pub use crate::world::World;
