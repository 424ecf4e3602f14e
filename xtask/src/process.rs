//! Running other programs: shown before they run, their output straight to the terminal.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::problem::{Problem, Result};
use crate::tree::Tree;

/// The words of a command, as one would type them.
pub fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command and fails when it does. It never reads from our standard input.
pub fn run(command: &mut Command) -> Result {
    println!("$ {}", words(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Problem::new(format!("cannot start `{}`: {error}", words(command))))?;
    if status.success() {
        Ok(())
    } else {
        Err(Problem::new(format!(
            "`{}` failed ({status})",
            words(command)
        )))
    }
}

/// Runs a command silently and gives its standard output.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Problem::new(format!("cannot start `{}`: {error}", words(command))))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Problem::new(format!(
            "`{}` failed ({}): {}",
            words(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )))
    }
}

/// Whether a program can be started and says that all is well.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Cargo, in the root of the repository.
pub fn cargo(tree: &Tree) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(tree.root());
    if on_ci() {
        // Incremental data is written for a rebuild that CI never makes.
        command.env("CARGO_INCREMENTAL", "0");
    }
    // Cargo sets these for us, and they would leak into build scripts of what we build.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds programs of ours with the features that `cargo test --workspace` gives to what they depend on.
///
/// Cargo unites features over the packages that it is asked for, and over their dev-dependencies when a test or
/// an example is among the targets. `-p dr-local` alone would get another `getrandom`, hence another `uuid`, hence
/// the whole SDK once more: 5 minutes. So everybody asks for the whole workspace and an example.
pub fn build(tree: &Tree, programs: &[&str], release: bool) -> Result {
    let mut command = cargo(tree);
    command.args(["build", "--workspace", "--example", "run_machine"]);
    for program in programs {
        command.args(["--bin", program]);
    }
    if release {
        command.arg("--release");
    }
    run(&mut command)
}

/// Whether this is CI.
pub fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}
