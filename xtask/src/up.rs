//! `cargo xtask up`: the product on this machine.

use std::process::Command;

use crate::console;
use crate::prepare::{C_COMPILER, toolchain, tools};
use crate::problem::{Problem, Result};
use crate::process::{build, words};
use crate::tree::Tree;

/// Options of `up`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Optimise: a longer build, for fleets of thousands and for measuring.
    #[arg(long)]
    release: bool,
    /// Passed on to the server; `cargo xtask up --help-server` lists what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds and runs the server, in the place of this process where the system can.
pub fn run(options: &Options) -> Result {
    let tree = Tree::here();
    toolchain(&tree)?;
    tools(&[C_COMPILER])?;
    let profile = if options.release { "release" } else { "debug" };
    if !tree.built(profile, "dr-local").exists() {
        println!(
            "First build: the AWS SDK alone takes about 5 minutes on 2 cores. The next start takes seconds."
        );
    }
    build(&tree, &["dr-local", "dr"], options.release)?;
    if let Err(problem) = console::ready(&tree) {
        // Everything but the console works without it.
        println!("The console is not built: {problem}");
    }
    let mut server = Command::new(tree.built(profile, "dr-local"));
    server.current_dir(tree.root());
    server.arg("--console").arg(console::folder(&tree));
    for argument in &options.arguments {
        server.arg(if argument == "--help-server" {
            "--help"
        } else {
            argument
        });
    }
    println!("$ {}", words(&server));
    become_it(&mut server)
}

/// The server takes our place, so that signals and the terminal are its own.
#[cfg(unix)]
fn become_it(server: &mut Command) -> Result {
    use std::os::unix::process::CommandExt as _;
    let error = server.exec();
    Err(Problem::new(format!(
        "cannot start `{}`: {error}",
        words(server)
    )))
}

#[cfg(not(unix))]
fn become_it(server: &mut Command) -> Result {
    let status = server
        .status()
        .map_err(|error| Problem::new(format!("cannot start `{}`: {error}", words(server))))?;
    if status.success() {
        Ok(())
    } else {
        Err(Problem::new(format!("the server ended ({status})")))
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::Options;

    fn parsed(line: &[&str]) -> Options {
        let matches = Options::augment_args(Command::new("up")).get_matches_from(line);
        Options::from_arg_matches(&matches).unwrap()
    }

    #[test]
    fn what_follows_our_own_options_is_the_servers() {
        let options = parsed(&["up", "--release", "--servers", "1000", "--reset"]);
        assert!(options.release);
        assert_eq!(options.arguments, ["--servers", "1000", "--reset"]);
        assert_eq!(
            parsed(&["up", "--help-server"]).arguments,
            ["--help-server"]
        );
        assert_eq!(
            parsed(&["up", "--", "--port", "0"]).arguments,
            ["--port", "0"]
        );
    }
}
