//! `cargo xtask trip`: 24 servers fail over, come home, and do it again; what happens is printed as it happens. And the same
//! with trouble, `bench --crash` and `bench --faults`, and with a thousand servers, `bench --fleet`.

use crate::prepare::toolchain;
use crate::problem::Result;
use crate::process::{self, cargo};
use crate::tree::Tree;

/// Prints the round trip.
pub fn run() -> Result {
    let tree = Tree::here();
    toolchain(&tree)?;
    room(&tree, "trip", "round::", &[])
}

/// Dies at every AWS call of the round trip, on both sides of it; or at every nth.
pub fn crash(tree: &Tree, every: u32) -> Result {
    let every = ("DR_CRASH_EVERY", every.to_string());
    room(tree, "trip", "crash::", &[every])
}

/// Random trouble, with this many seeds.
pub fn faults(tree: &Tree, seeds: u32) -> Result {
    let seeds = ("DR_CHAOS_SEEDS", format!("0..{seeds}"));
    room(tree, "trip", "chaos::", &[seeds])
}

/// A thousand servers.
pub fn fleet(tree: &Tree) -> Result {
    room(tree, "scale", "home::", &[])
}

/// The binary of the test command: what lies below our code is optimised in it, and it is built already.
fn room(tree: &Tree, binary: &str, tests: &str, more: &[(&str, String)]) -> Result {
    let mut command = cargo(tree);
    command.args([
        "test",
        "-p",
        "dr-tests",
        "--test",
        binary,
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
