//! The services over the real SDK: what goes out, what comes back, and how often.

#![expect(
    clippy::unwrap_used,
    reason = "tests: clippy exempts test functions, not their helpers"
)]

mod accounts;
mod instances;
mod network;
mod services;
mod ssm;

#[path = "../../../dr-drs/tests/script/mod.rs"]
mod script;
