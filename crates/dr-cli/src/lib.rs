//! The `dr` command: everything the REST API offers, for people at a terminal and for scripts.

pub mod action;
pub mod client;
pub mod commands;
pub mod desk;
pub mod failure;
pub mod given;
pub mod names;
pub mod screen;
pub mod session;
pub mod text;
pub mod watch;
pub mod wave;
pub mod world;

use std::ffi::OsString;

use clap::Parser;

use crate::commands::Cli;
use crate::failure::Failure;
use crate::world::World;

/// Runs a command line and gives its exit code.
pub async fn run<A>(arguments: impl IntoIterator<Item = A>, mut world: World) -> u8
where
    A: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return not_parsed(&error, &mut world),
    };
    world.screen.for_scripts(cli.json);
    match commands::run(cli, &mut world).await {
        Ok(outcome) => outcome.exit_code(),
        Err(failure) => {
            let text = match &failure {
                Failure::Api { raw, .. } if world.screen.is_json() => format!("{}\n", raw.trim()),
                other => other.for_a_person(),
            };
            if failure.exit_code() != 0 {
                // Where even this cannot be written, the exit code still says it.
                let _ = world.screen.failure(&text);
            }
            failure.exit_code()
        }
    }
}

/// Help is a result, a wrong argument is a failure.
fn not_parsed(error: &clap::Error, world: &mut World) -> u8 {
    let text = error.render().to_string();
    let written = if error.use_stderr() {
        world.screen.failure(&text)
    } else {
        world.screen.block(&text)
    };
    match written {
        Ok(()) => u8::try_from(error.exit_code()).unwrap_or(2),
        Err(error) => Failure::Output(error).exit_code(),
    }
}
