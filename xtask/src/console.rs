//! `cargo xtask console`: the web console, compiled for the browser and bundled, in `target/console`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::prepare::toolchain;
use crate::problem::{Problem, Result};
use crate::process::{capture, cargo, run};
use crate::tree::Tree;

/// What is compiled for.
const TARGET: &str = "wasm32-unknown-unknown";
/// The WASM that a page needs may be so large, gzipped, in kB: that of the app's first part and of its own.
const LIMIT_KB: &str = "600";
/// What the console is made of.
const SOURCES: [&str; 8] = [
    "frontend/.cargo",
    "frontend/Cargo.lock",
    "frontend/Cargo.toml",
    "frontend/bundle",
    "frontend/ui",
    "frontend/console",
    "crates/dr-model/src",
    "crates/dr-api/src",
];

/// Options of `console`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// Do not make it small: a build of seconds, for working on pages.
    #[arg(long)]
    dev: bool,
}

/// Where the files of the console are.
pub fn folder(tree: &Tree) -> PathBuf {
    tree.target().join("console")
}

/// Builds and bundles it.
pub fn run_command(options: Options) -> Result {
    build(&Tree::here(), options.dev)
}

/// Builds it when it is missing or older than what it is made of.
pub fn ready(tree: &Tree) -> Result {
    let built = fs::metadata(folder(tree).join("index.html")).and_then(|page| page.modified());
    let is_fresh = match built {
        Ok(built) => SOURCES.iter().all(|path| newest(&tree.at(path)) <= built),
        Err(_) => false,
    };
    if is_fresh { Ok(()) } else { build(tree, false) }
}

/// When the newest file below a path was changed.
fn newest(path: &Path) -> SystemTime {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::metadata(path)
            .and_then(|file| file.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH);
    };
    entries
        .flatten()
        .map(|entry| newest(&entry.path()))
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Builds it, small unless for development, and fails where it is too large.
pub fn build(tree: &Tree, is_dev: bool) -> Result {
    toolchain(tree)?;
    target()?;
    let profile = if is_dev { "dev" } else { "console" };
    run(frontend(tree).args([
        "build",
        "--locked",
        "--package",
        "console",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]))?;
    run(frontend(tree).args(["build", "--locked", "--package", "bundle"]))?;
    let built = if is_dev { "debug" } else { "console" };
    let wasm = target_folder(tree)
        .join(TARGET)
        .join(built)
        .join("console.wasm");
    let mut bundle = Command::new(target_folder(tree).join("debug").join("bundle"));
    bundle.arg(wasm).arg(tree.at("frontend")).arg(folder(tree));
    if !is_dev {
        bundle.arg(LIMIT_KB);
    }
    run(&mut bundle)
}

/// Host tests and lints in one build: clippy compiles as rustc does, so that what it built is run.
pub fn check(tree: &Tree) -> Result {
    run(frontend(tree).args(["fmt", "--all", "--check"]))?;
    let clippy = capture(Command::new("rustup").args(["which", "clippy-driver"]))?;
    let mut tests = frontend(tree);
    tests
        .args(["test", "--locked", "--workspace"])
        .env("RUSTC_WORKSPACE_WRAPPER", clippy.trim())
        // How `cargo clippy -- -D warnings` hands its words on.
        .env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
    run(&mut tests)?;
    build(tree, false)
}

/// Cargo in the workspace of the frontend, with a target folder of its own: another target, other features.
fn frontend(tree: &Tree) -> Command {
    let mut command = cargo(tree);
    command
        .current_dir(tree.at("frontend"))
        .env("CARGO_TARGET_DIR", target_folder(tree));
    command
}

fn target_folder(tree: &Tree) -> PathBuf {
    tree.target().join("frontend")
}

/// Adds the target to the toolchain when it is missing.
fn target() -> Result {
    let root =
        capture(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(root.trim()).is_dir() {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", TARGET])).map_err(|problem| {
        Problem::new(format!(
            "the console needs Rust's standard library for {TARGET}, and it cannot be added here ({problem}); where rustup \
             reaches its server: rustup target add {TARGET}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{SOURCES, newest};
    use crate::tree::Tree;

    #[test]
    fn what_the_console_is_made_of_is_there() {
        let tree = Tree::here();
        for path in SOURCES {
            assert!(
                newest(&tree.at(path)) > std::time::SystemTime::UNIX_EPOCH,
                "{path}"
            );
        }
    }
}
