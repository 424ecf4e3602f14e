//! `cargo xtask`: everything that is done to this repository. One folder or file per command.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its terminal"
)]

mod bench;
mod browser;
mod console;
mod generate;
mod house;
mod package;
mod prepare;
mod problem;
mod process;
mod python;
mod server;
mod test;
mod tree;
mod trip;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, runs, tests and packages the orchestrator.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the one-machine server and run it; what follows is passed on (`up --servers 1000 --reset`).
    Up(up::Options),
    /// Run every check, or some: formatting, generated files, lints, tests, wire, oracle, templates, docs.
    Test(test::Options),
    /// Write the files that follow from the tables in the code, or compare them.
    Gen(generate::Options),
    /// Cross-build the three functions for arm64 and lay out what CloudFormation deploys.
    Package(package::Options),
    /// Build the web console into `target/console`, and say how large it is.
    Console(console::Options),
    /// Take a picture of every page of the console, wide and narrow, light and dark, into `target/shots`.
    Shots,
    /// Fail 24 servers over, bring them home, and do it again; print what happens.
    Trip,
    /// Run the benchmarks and print one table; or the round trip with a crash at every call, or with random faults.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Up(options) => up::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Gen(options) => generate::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Console(options) => console::run_command(options),
        Command::Shots => browser::shots(&tree::Tree::here()),
        Command::Trip => trip::run(),
        Command::Bench(options) => bench::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
