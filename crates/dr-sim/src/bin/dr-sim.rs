//! Serves the simulator on loopback, for boto3 and the AWS CLI.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use dr_sim::scenario::Estate;
use dr_sim::{Home, Sim, SimOptions, Speed};

/// A simulated AWS on loopback.
#[derive(Debug, Parser)]
struct Options {
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Protected servers of the estate; 0: an empty world.
    #[arg(long, default_value_t = 24)]
    servers: usize,
    /// Seed of ids, durations and the estate.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `manual`, or simulated seconds per real second.
    #[arg(long, default_value = "60", value_parser = speed)]
    speed: Speed,
    /// Simulated time at which a new world begins.
    #[arg(long, default_value = "2026-11-21T08:00:00Z")]
    start: chrono::DateTime<chrono::Utc>,
    /// Folder in which world and tables are kept; none: in memory.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The home account.
    #[arg(long, default_value = "999988887777")]
    home_account: String,
}

fn speed(text: &str) -> Result<Speed, String> {
    match text {
        "manual" => Ok(Speed::Manual),
        number => number
            .parse()
            .ok()
            .filter(|factor: &f64| factor.is_finite() && *factor > 0.0)
            .map(Speed::Scaled)
            .ok_or_else(|| format!("'{number}' is neither 'manual' nor a positive number")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let in_state = |name: &str| options.state.as_ref().map(|folder| folder.join(name));
    let world = in_state("world.json");
    let kept = world.as_ref().is_some_and(|path| path.exists());
    if let Some(folder) = &options.state {
        std::fs::create_dir_all(folder)?;
    }
    let account = options.home_account;
    let sim = Sim::open(SimOptions {
        seed: options.seed,
        start: options.start,
        speed: options.speed,
        tables: in_state("tables.sqlite"),
        world,
        home: Home {
            principal_arn: format!("arn:aws:sts::{account}:assumed-role/dr-orchestrator/dr-sim"),
            account,
            region: "us-east-1".to_owned(),
        },
    })?;
    if !kept && options.servers > 0 {
        let estate = Estate {
            servers: options.servers,
            seed: options.seed,
            ..Estate::default()
        };
        sim.control()
            .scenario(&estate)
            .map_err(|error| error.message)?;
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = tokio::net::TcpListener::bind(address).await?;
    announce(listener.local_addr()?);
    let service = sim
        .http_router()
        .into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async {
            // Without a signal handler there is nothing to wait for but the end of the process.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a script reads the address from here")]
fn announce(address: SocketAddr) {
    println!("http://{address}");
}
