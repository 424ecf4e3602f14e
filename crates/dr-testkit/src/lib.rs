//! The product in a test's hands: the real doors, the real functions and the real simulator over a
//! temporary state directory, with time moved by hand. What a test leaves hanging fails it.
//!
//! Everything here panics with a message where a test would have to: this is test code.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit: what goes wrong here must fail the test that caused it"
)]

mod app;
mod between;
mod builder;
mod cut;
mod hanging;
mod log;
mod redact;
mod secrets;

pub use dr_model::role::Role;

pub use app::{Answered, TestApp};
pub use builder::{Connect, TestAppBuilder};
pub use cut::{Cut, When};
pub use log::Log;
pub use redact::redacted;
pub use secrets::Secrets;
