//! Whole failovers over the whole product.
//!
//! Comments name the tests of requirement 004 ("Integration Tests", "End-to-End Tests") that a test here covers.

#![expect(
    clippy::unwrap_used,
    reason = "tests: what goes wrong must fail the test that it is in"
)]

mod accounts;
mod actions;
mod cancel;
mod end_of_drill;
mod failover;
mod failures;
mod guard;
mod monitoring;
mod pause;
mod room;
mod starting;
mod watching;
mod waves;
