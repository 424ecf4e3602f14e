//! The web console in a real browser, against the one-machine server.

use std::process::Command;

use crate::console;
use crate::prepare::{CHROMIUM, NODE, tools};
use crate::problem::Result;
use crate::process::{build, run};
use crate::server::Product;
use crate::tree::Tree;

/// What drives the browser.
const FOLDER: &str = "tests/browser";
/// Simulated seconds per real second: a launch of ten minutes takes five seconds.
const SPEED: &str = "120";

/// Tests, each against a server of its own: what one does to the estate is in no other's way.
const SCRIPTS: [&str; 6] = [
    "test.mjs",
    "failover.mjs",
    "failback.mjs",
    "keyboard.mjs",
    "simulator.mjs",
    "recovery.mjs",
];

/// Uses the console as a person would.
pub fn test(tree: &Tree) -> Result {
    ready(tree)?;
    SCRIPTS.iter().try_for_each(|script| drive(tree, script))
}

/// Measures it: sizes, paints, long tasks.
pub fn bench(tree: &Tree) -> Result {
    ready(tree)?;
    drive(tree, "bench.mjs")
}

/// Takes a picture of every page.
pub fn shots(tree: &Tree) -> Result {
    ready(tree)?;
    drive(tree, "shots.mjs")
}

/// What every script needs.
fn ready(tree: &Tree) -> Result {
    tools(&[CHROMIUM, NODE])?;
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(tree.at(FOLDER)))?;
    console::ready(tree)?;
    build(tree, &["dr-local"], false)
}

/// Runs a script against a server of its own.
fn drive(tree: &Tree, script: &str) -> Result {
    let console = console::folder(tree);
    let options = [
        "--speed".as_ref(),
        SPEED.as_ref(),
        "--console".as_ref(),
        console.as_os_str(),
    ];
    let product = Product::start(tree, "browser", &options)?;
    run(product
        .known_to(&mut Command::new("node"))
        .arg(script)
        .current_dir(tree.at(FOLDER))
        .env("DR_CONSOLE", &console)
        .env("DR_SHOTS", tree.target().join("shots")))
}
