//! What must be on the machine: a toolchain that is new enough, and Debian packages, installed when they are
//! missing and we may.

use std::process::Command;

use crate::problem::{Problem, Result, read};
use crate::process::{capture, cargo, run, works};
use crate::tree::Tree;

/// A program and the Debian package that brings it.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// How to see that it works.
    pub probe: (&'static str, &'static [&'static str]),
    /// Debian packages that bring it.
    pub packages: &'static [&'static str],
    /// What it is for.
    pub purpose: &'static str,
}

/// SQLite and ring are compiled from C.
pub const C_COMPILER: Tool = Tool {
    probe: ("cc", &["--version"]),
    packages: &["build-essential"],
    purpose: "compiles SQLite and the cryptography of the sign-in",
};

/// The checks from outside are written in Python.
pub const PYTHON: Tool = Tool {
    probe: ("python3", &["-c", "import venv, ensurepip"]),
    packages: &["python3", "python3-venv"],
    purpose: "runs boto3, ministack, schemathesis and cfn-lint",
};

/// The console is used in a real browser.
pub const CHROMIUM: Tool = Tool {
    probe: ("chromium", &["--version"]),
    packages: &["chromium"],
    purpose: "uses the web console as a person would",
};

/// The browser is driven from Node.js.
pub const NODE: Tool = Tool {
    probe: ("npm", &["--version"]),
    packages: &["nodejs", "npm"],
    purpose: "drives the browser",
};

/// Makes sure that tools are there; installs them with apt-get when they are not and we are root.
pub fn tools(wanted: &[Tool]) -> Result {
    let missing: Vec<&Tool> = wanted
        .iter()
        .filter(|tool| !works(tool.probe.0, tool.probe.1))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|tool| tool.packages)
        .copied()
        .collect();
    let by_hand = format!("apt-get install -y {}", packages.join(" "));
    for tool in &missing {
        println!("missing: {} ({})", tool.probe.0, tool.purpose);
    }
    if !works("apt-get", &["--version"]) || !is_root() {
        return Err(Problem::new(format!(
            "install what is missing, then try again; on Debian as root: {by_hand}"
        )));
    }
    run(apt().arg("update").arg("-q"))?;
    run(apt()
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(&packages))?;
    match missing
        .iter()
        .find(|tool| !works(tool.probe.0, tool.probe.1))
    {
        None => Ok(()),
        Some(tool) => Err(Problem::new(format!(
            "`{} {}` still fails after `{by_hand}`",
            tool.probe.0,
            tool.probe.1.join(" ")
        ))),
    }
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Makes sure that rustc is at least the version that the workspace names.
pub fn toolchain(tree: &Tree) -> Result {
    let manifest = read(&tree.at("Cargo.toml"))?;
    let wanted = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .map(|version| version.trim().trim_matches('"'))
        .ok_or_else(|| Problem::new("Cargo.toml names no rust-version"))?;
    let said = capture(cargo(tree).arg("--version"))?;
    let present = said.split_whitespace().nth(1).unwrap_or_default();
    if numbers(present) < numbers(wanted) {
        return Err(Problem::new(format!(
            "the AWS SDK needs Rust {wanted} or newer and this is {present}: run `rustup update stable`"
        )));
    }
    Ok(())
}

/// `1.94.1` as numbers, for comparison; what follows a hyphen is left out.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('-')
        .next()
        .unwrap_or_default()
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// Makes sure that a component of the toolchain, such as clippy, is there.
pub fn component(tree: &Tree, name: &str) -> Result {
    let works = |command: &str| capture(cargo(tree).args([command, "--version"])).is_ok();
    let command = if name == "rustfmt" { "fmt" } else { name };
    if works(command) {
        return Ok(());
    }
    run(Command::new("rustup").args(["component", "add", name]))?;
    if works(command) {
        Ok(())
    } else {
        Err(Problem::new(format!(
            "`cargo {command}` is missing: install the component {name} of your toolchain"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.94.1"));
        assert!(numbers("1.94.0") < numbers("1.94.1"));
        assert_eq!(numbers("1.95.0-nightly"), numbers("1.95.0"));
    }
}
