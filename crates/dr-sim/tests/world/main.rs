//! The simulator from outside, over its HTTP door, in manual time.
#![expect(clippy::unwrap_used, reason = "tests")]

mod agents;
mod commands;
mod control;
mod durability;
mod estate;
mod harness;
mod jobs;
mod launching;
mod machines;
mod many;
mod outage;
mod replication;
mod requests;
mod reversal;
mod round_trip;
