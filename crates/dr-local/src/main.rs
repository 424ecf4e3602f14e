//! The one-machine server: reads the command line, opens the product, serves it.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use dr_error::Clock;
use dr_error::clock::SystemClock;
use dr_error::ids::RandomIds;
use dr_local::cli::{Options, ready};
use dr_local::console::Console;
use dr_local::server::{Ports, asked_to_stop, serve};
use dr_local::{Local, LocalOptions, SignIn, wiring};
use dr_sim::Speed;
use tracing_subscriber::EnvFilter;

/// The environment in the names of tables, functions and machines.
const ENVIRONMENT: &str = "local";

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a terminal that cannot be written to.
            let _ = complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // The ports first: two servers must not both believe that they start.
    let ports = Ports::open(options.host, options.port, options.sim_port).await?;
    let local = Local::open(local_options(&options)?, wiring::product)
        .await?
        .with_console(Console::in_folder(options.console.clone()));
    let text = ready(&local, &options, (ports.api()?, ports.sim()?));
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    if options.print_only {
        local.sim.save()?;
        return Ok(());
    }
    let stop = async {
        if let Err(error) = asked_to_stop().await {
            // Without signals only kill -9 ends this process, and that is survived.
            tracing::error!(%error, "signals cannot be heard");
            std::future::pending::<()>().await;
        }
    };
    serve(&local, ports, stop).await?;
    Ok(())
}

fn local_options(options: &Options) -> Result<LocalOptions, Box<dyn Error>> {
    Ok(LocalOptions {
        state: options.state.clone(),
        reset: options.reset,
        servers: usize::try_from(options.servers)?,
        seed: options.seed,
        speed: Speed::Scaled(options.speed),
        start: SystemClock.now(),
        environment: ENVIRONMENT.to_owned(),
        sign_in: if options.reset_users {
            SignIn::Reset
        } else {
            SignIn::Keep
        },
        wall: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        machines: wiring::machines(ENVIRONMENT)?,
    })
}

fn complain(error: &dyn Error) -> io::Result<()> {
    let mut out = io::stderr();
    write!(out, "dr-local: {error}")?;
    let mut source = error.source();
    while let Some(cause) = source {
        write!(out, ": {cause}")?;
        source = cause.source();
    }
    writeln!(out)
}
