//! The store over the real SDK, against an in-memory DynamoDB.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod claims;
mod door;
mod executions;
mod faults;
mod installations;
mod inventory;
mod leases;
mod pages;
mod records;
mod samples;
mod sessions;
