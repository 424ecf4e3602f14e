//! Every operation over both doors: answers, permissions, bad input, and what a user expects of each.

#![expect(
    clippy::unwrap_used,
    reason = "tests: what goes wrong must fail the test that it is in"
)]

mod accounts;
mod actions;
mod bad_input;
mod configuration;
mod doors;
mod expect;
mod groups;
mod http;
mod mutations;
mod pages;
mod pairs;
mod permissions;
mod requests;
mod round_trip;
mod same_answer;
mod way_home;
