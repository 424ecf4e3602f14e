//! Checks from outside, in Python: tools that others wrote, against programs that run.

use std::process::Command;

use crate::prepare::{NODE, tools};
use crate::problem::{Problem, Result};
use crate::process::{build, run};
use crate::python::Venv;
use crate::server::{Product, Server, free_port, scratch};
use crate::tree::Tree;

/// cfn-lint and statelint, then our own checks of the templates.
pub fn templates(tree: &Tree) -> Result {
    // CloudFront's function is JavaScript.
    tools(&[NODE])?;
    let venv = Venv::of(tree, "tests/cfn")?;
    let templates = tree.matching("cfn", ".yaml")?;
    let machines = tree.matching("statemachine", ".asl.json")?;
    if templates.is_empty() || machines.is_empty() {
        return Err(Problem::new(
            "there are no templates in cfn, or no machines in statemachine",
        ));
    }
    run(venv
        .command(tree, "cfn-lint")
        .args(["--non-zero-exit-code", "informational", "--"])
        .args(&templates))?;
    for machine in &machines {
        run(venv.command(tree, "statelint").arg(machine))?;
    }
    run(venv.command(tree, "python").args([
        "-m",
        "unittest",
        "discover",
        "--start-directory",
        "tests/cfn",
        "--top-level-directory",
        "tests/cfn",
    ]))
}

/// The simulator's wire, by boto3.
pub fn wire(tree: &Tree) -> Result {
    let venv = Venv::of(tree, "tests/wire")?;
    build(tree, &["dr-sim"], false)?;
    let port = free_port()?;
    let server = Server::start(
        Command::new(tree.built("debug", "dr-sim"))
            .args(["--servers", "24", "--seed", "1", "--speed", "manual"])
            .args(["--port", &port.to_string()]),
        port,
        "http://",
        &scratch(tree, "wire")?,
    )?;
    run(venv
        .command(tree, "python")
        .args(["-m", "pytest", "-p", "no:cacheprovider", "tests/wire"])
        .env("DR_SIM_URL", server.url()))
}

/// The interpreter of the states language, against ministack's.
pub fn oracle(tree: &Tree) -> Result {
    let venv = Venv::of(tree, "tests/oracle")?;
    build(tree, &[], false)?;
    run(venv
        .command(tree, "python")
        .arg("tests/oracle/compare.py")
        .arg(tree.built("debug", "examples").join("run_machine"))
        .env("PATH", venv.search_path()?))
}

/// Checks of the one-machine server: each a folder with `run.py` and its requirements.
const OF_THE_SERVER: [&str; 2] = ["tests/schemathesis", "tests/lambda"];

/// The one-machine server, by schemathesis and by boto3. Each check gets a server of its own.
pub fn api(tree: &Tree) -> Result {
    if let Some(folder) = OF_THE_SERVER
        .iter()
        .find(|folder| !tree.at(folder).join("run.py").is_file())
    {
        return Err(Problem::new(format!("{folder}/run.py is missing")));
    }
    build(tree, &["dr-local"], false)?;
    for folder in OF_THE_SERVER {
        let venv = Venv::of(tree, folder)?;
        let product = Product::start(tree, folder.trim_start_matches("tests/"), &[])?;
        run(product
            .known_to(&mut venv.command(tree, "python"))
            .arg(format!("{folder}/run.py"))
            .env("PATH", venv.search_path()?))?;
    }
    Ok(())
}
