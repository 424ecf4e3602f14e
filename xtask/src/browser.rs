//! The web console in a real browser, against the one-machine server.

use std::process::Command;

use crate::console;
use crate::prepare::{CHROMIUM, NODE, tools};
use crate::problem::Result;
use crate::process::{build, run};
use crate::server::{Server, free_port, scratch};
use crate::tree::Tree;

/// What drives the browser.
const FOLDER: &str = "tests/browser";
/// Simulated seconds per real second: a launch of ten minutes takes five seconds.
const SPEED: &str = "120";

/// Tests, each against a server of its own: what one does to the estate is in no other's way.
const SCRIPTS: [&str; 2] = ["test.mjs", "failover.mjs"];

/// Uses the console as a person would.
pub fn test(tree: &Tree) -> Result {
    SCRIPTS.iter().try_for_each(|script| drive(tree, script))
}

/// Takes a picture of every page.
pub fn shots(tree: &Tree) -> Result {
    drive(tree, "shots.mjs")
}

/// Runs a script against a server of its own with a new estate of 24 servers: `DR_URL`, and in `DR_LOG` what the server
/// printed at its start, users and passwords included.
fn drive(tree: &Tree, script: &str) -> Result {
    tools(&[CHROMIUM, NODE])?;
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(tree.at(FOLDER)))?;
    console::ready(tree)?;
    build(tree, &["dr-local"], false)?;
    let scratch = scratch(tree, "browser")?;
    let (port, sim_port) = (free_port()?, free_port()?);
    let server = Server::start(
        Command::new(tree.built("debug", "dr-local"))
            .current_dir(tree.root())
            .args(["--port", &port.to_string()])
            .args(["--sim-port", &sim_port.to_string()])
            .args(["--speed", SPEED])
            .arg("--console")
            .arg(console::folder(tree))
            .arg("--state")
            .arg(scratch.join("state")),
        port,
        "Ctrl-C ends",
        &scratch,
    )?;
    run(Command::new("node")
        .arg(script)
        .current_dir(tree.at(FOLDER))
        .env("DR_URL", server.url())
        .env("DR_SIM_URL", format!("http://127.0.0.1:{sim_port}"))
        .env("DR_LOG", server.log())
        .env("DR_PROFILE", scratch.join("profile"))
        .env("DR_SHOTS", tree.target().join("shots")))
}
