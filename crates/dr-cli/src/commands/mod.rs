//! The commands: their arguments, and what each does.

mod account;
mod agent;
mod configure;
mod connect;
mod execution;
mod failover;
mod group;
mod instance;
mod matching;
mod pair;
mod plan;
mod replication;
mod server;
mod session;
mod sign_in;
mod start;
mod terminate;
mod validate;

use clap::{Parser, Subcommand};

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::world::World;

const AFTER_HELP: &str = "\
Environment:
  DR_URL                     The server; a --url comes first
  DR_TOKEN                   A token to use instead of the session
  DR_USERNAME, DR_PASSWORD   Sign in with these where there is no session of that user; kept nowhere
  XDG_CONFIG_HOME            The session is dr/session.json under it [default: ~/.config]
  NO_COLOR                   No colours

Exit codes:
  0    Done
  1    The operation failed, or you said no
  2    The command line is wrong, or names something that there is not
  3    Not signed in, or not allowed
  4    Refused by the guard, or a check did not pass
  5    What was watched ended and some of its servers failed
  6    What was watched failed or was cancelled
  7    The server cannot be reached
  130  You stopped watching (what was watched goes on)

Wherever a group or a plan is asked for, its id or its unique name will do; for an execution, a failover session or
an agent installation its id or `latest`; for a server of a failover session its id or its unique name.

Examples:
  dr sign-in --url http://127.0.0.1:8080 --username ada
  dr group create web --from 111122223333/us-east-1 --to 444455556666/us-west-2 --tag Tier=web
  dr pair save web --tolerance 0.2
  dr plan create shop --wave 'Databases=db' --wave 'Web=web:pause'
  dr start shop --drill --watch
  dr session next latest";

/// Disaster recovery with AWS Elastic Disaster Recovery: match, validate, drill, recover, come home.
#[derive(Debug, Parser)]
#[command(name = "dr", version, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// The server [default: $DR_URL, then the one you signed in to, then http://127.0.0.1:8080].
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    pub url: Option<String>,
    /// Print the API's answers as JSON, one a line, and nothing else.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in; the session is kept for the next commands.
    SignIn(sign_in::SignIn),
    /// End the session.
    SignOut,
    /// Show who is signed in where, with which roles.
    Whoami,
    /// Target accounts.
    #[command(subcommand)]
    Account(account::Account),
    /// Protected servers, as DRS sees them.
    #[command(subcommand)]
    Server(server::Server),
    /// Quotas of DRS in an account and region, and how much is used.
    Quotas(server::Quotas),
    /// Protection groups: servers that are recovered together.
    #[command(subcommand)]
    Group(group::Group),
    /// Match servers to pre-provisioned instances by name; nothing is saved.
    Match(matching::Match),
    /// Instance pairs of a group.
    #[command(subcommand)]
    Pair(pair::Pair),
    /// Check everything that a launch into the paired instances needs.
    Validate(validate::Validate),
    /// Check whether private IPs will be, or were, kept.
    ValidateIp(validate::ValidateIp),
    /// DRS launch configuration of paired servers.
    #[command(subcommand)]
    Configure(configure::Configure),
    /// Recovery plans: groups in waves.
    #[command(subcommand)]
    Plan(plan::Plan),
    /// Start a drill or a recovery of a plan.
    Start(start::Start),
    /// Start a drill or a recovery of groups, or of pairs, without a plan.
    Failover(failover::Failover),
    /// Executions: watch them and steer them.
    #[command(subcommand)]
    Execution(execution::Execution),
    /// Failover sessions: from the end of a real recovery until the fleet is home and protected again.
    #[command(subcommand)]
    Session(session::Session),
    /// Recovery instances: what runs in a recovery region, and single steps for one of them.
    #[command(subcommand)]
    Instance(instance::Instance),
    /// Replication of one server live, and of the whole estate.
    #[command(subcommand)]
    Replication(replication::Replication),
    /// The replication agent on machines that have none.
    #[command(subcommand)]
    Agent(agent::Agent),
}

/// Runs a command.
///
/// # Errors
/// Any failure.
pub async fn run(cli: Cli, world: &mut World) -> Result<Outcome, Failure> {
    let url = cli.url.as_deref();
    match cli.command {
        Command::SignIn(command) => return command.run(url, world).await,
        Command::SignOut => return sign_in::sign_out(world).await,
        Command::Whoami => return sign_in::whoami(url, world).await,
        _ => {}
    }
    let client = connect::client(url, world)?;
    let desk = &mut Desk {
        client,
        screen: &mut world.screen,
        person: world.person.as_mut(),
        time: std::sync::Arc::clone(&world.time),
        interrupt: world.interrupt,
    };
    match cli.command {
        // Handled above: they are what makes a client possible.
        Command::SignIn(_) | Command::SignOut | Command::Whoami => Ok(Outcome::Done),
        Command::Account(command) => command.run(desk).await,
        Command::Server(command) => command.run(desk).await,
        Command::Quotas(command) => command.run(desk).await,
        Command::Group(command) => command.run(desk).await,
        Command::Match(command) => command.run(desk).await,
        Command::Pair(command) => command.run(desk).await,
        Command::Validate(command) => command.run(desk).await,
        Command::ValidateIp(command) => command.run(desk).await,
        Command::Configure(command) => command.run(desk).await,
        Command::Plan(command) => command.run(desk).await,
        Command::Start(command) => command.run(desk).await,
        Command::Failover(command) => command.run(desk).await,
        Command::Execution(command) => command.run(desk).await,
        Command::Session(command) => command.run(desk).await,
        Command::Instance(command) => command.run(desk).await,
        Command::Replication(command) => command.run(desk).await,
        Command::Agent(command) => command.run(desk).await,
    }
}

/// How many failed: none is nothing to look at.
fn count_of_failed(failed: usize) -> crate::screen::Cell {
    let tone = if failed > 0 {
        crate::screen::Tone::Bad
    } else {
        crate::screen::Tone::Plain
    };
    crate::screen::Cell::toned(failed, tone)
}

/// Says that a list goes on.
fn say_if_more(
    screen: &mut crate::screen::Screen,
    next_token: Option<&String>,
) -> std::io::Result<()> {
    match next_token {
        Some(_) => screen.note("There is more: add --all, or a higher --limit."),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed_and_every_command_shows_examples() {
        Cli::command().debug_assert();
        let mut stack = vec![Cli::command()];
        let mut leaves = 0;
        while let Some(command) = stack.pop() {
            let children: Vec<_> = command.get_subcommands().cloned().collect();
            if children.is_empty() {
                leaves += 1;
                let help = command.get_after_help().map(ToString::to_string);
                let is_plain = command.get_arguments().count() == 0;
                let shows = help.is_some_and(|text| text.contains("dr "));
                assert!(shows || is_plain, "{}", command.get_name());
            }
            stack.extend(children);
        }
        assert!(leaves > 75, "{leaves}");
    }
}
