//! The round trip: out, home, protected again, and once more, over the product's own doors.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test room: what goes wrong must fail the test, and what happened is printed"
)]

mod agents;
mod apart;
mod broken;
mod chaos;
mod crash;
mod dice;
mod drill;
mod left;
mod log;
mod pace;
mod round;
mod trial;
mod workers;
