//! `cargo xtask trip`: 24 servers fail over, come home, and do it again; what happens is printed as it happens. And the same
//! with trouble: `bench --crash` and `bench --faults`.

use crate::prepare::toolchain;
use crate::problem::Result;
use crate::process::{self, cargo};
use crate::tree::Tree;

/// Prints the round trip.
pub fn run() -> Result {
    let tree = Tree::here();
    toolchain(&tree)?;
    room(&tree, "round::", &[])
}

/// Dies at every AWS call of the round trip, on both sides of it; or at every nth.
pub fn crash(tree: &Tree, every: u32) -> Result {
    room(tree, "crash::", &[("DR_CRASH_EVERY", every.to_string())])
}

/// Random trouble, with this many seeds.
pub fn faults(tree: &Tree, seeds: u32) -> Result {
    room(
        tree,
        "chaos::",
        &[("DR_CHAOS_SEEDS", format!("0..{seeds}"))],
    )
}

/// Optimised: a trip makes thousands of AWS calls.
fn room(tree: &Tree, tests: &str, more: &[(&str, String)]) -> Result {
    let mut command = cargo(tree);
    command.args([
        "test",
        "--release",
        "-p",
        "dr-tests",
        "--test",
        "trip",
        "--",
        tests,
        "--nocapture",
        "--include-ignored",
    ]);
    for (name, value) in more {
        command.env(name, value);
    }
    process::run(&mut command)
}
