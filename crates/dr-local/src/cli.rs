//! The command line.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

use crate::local::Local;

/// Most servers of an estate.
const MOST_SERVERS: i64 = 10_000;

/// The disaster-recovery orchestrator on one machine, over a simulated AWS.
#[derive(Debug, Clone, Parser)]
#[command(name = "dr-local", version)]
pub struct Options {
    /// Protected servers of a new estate.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=MOST_SERVERS))]
    pub servers: u32,
    /// Simulated seconds per real second.
    #[arg(long, default_value_t = 60.0, value_parser = speed)]
    pub speed: f64,
    /// Seed of a new estate: the same seed makes the same estate.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where everything is kept.
    #[arg(long, default_value = ".dr-local")]
    pub state: PathBuf,
    /// Empty the state directory first.
    #[arg(long)]
    pub reset: bool,
    /// New passwords for all users; all sessions end.
    #[arg(long)]
    pub reset_users: bool,
    /// Loopback address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Port of the product; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of the simulated AWS; 0 takes a free one.
    #[arg(long, default_value_t = 8081)]
    pub sim_port: u16,
    /// The console's files, as `cargo xtask console` writes them; nothing is served where there are none.
    #[arg(long, default_value = "target/console")]
    pub console: PathBuf,
    /// Prepare the state, print what would be served, and end.
    #[arg(long)]
    pub print_only: bool,
}

/// Faster than this, a minute of real time is more than two months.
const FASTEST: f64 = 100_000.0;

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= FASTEST => Ok(speed),
        _ => Err(format!("a number above 0 and up to {FASTEST}")),
    }
}

/// What is printed when everything is ready.
#[must_use]
pub fn ready(local: &Local, options: &Options, (api, sim): (SocketAddr, SocketAddr)) -> String {
    let mut text = String::new();
    let installation = &local.installation;
    for note in &installation.notes {
        let _ = writeln!(text, "Note: {note}");
    }
    let estate = &installation.estate;
    let (primary, recovery) = (&estate.primary, &estate.recovery);
    let _ = writeln!(
        text,
        "\nReady: {} protected servers, {} in {} -> {} in {}, {} simulated s per s, state in {}\n\n  \
         API and sign-in   http://{api}\n  \
         simulated AWS     http://{sim}   (control: http://{sim}/_sim)\n  \
         access key id     {}   (any secret)\n",
        estate.servers,
        primary.account,
        primary.region,
        recovery.account,
        recovery.region,
        options.speed,
        options.state.display(),
        installation.access_key_id,
    );
    if local.has_console() {
        let _ = writeln!(text, "  console           http://{api}/\n");
    }
    users(&mut text, local);
    try_next(&mut text, local, api);
    text
}

fn users(text: &mut String, local: &Local) {
    if local.new_users.is_empty() {
        let _ = writeln!(
            text,
            "Users: {}. Their passwords were printed at the first start; --reset-users makes new ones.",
            local.user_names.join(", ")
        );
        return;
    }
    let _ = writeln!(
        text,
        "Users (the passwords are shown only now; --reset-users makes new ones):"
    );
    for user in &local.new_users {
        let _ = writeln!(text, "  {:<18}{}", user.username, user.password);
    }
}

fn try_next(text: &mut String, local: &Local, api: SocketAddr) {
    let admin = local.new_users.iter().find(|user| user.username == "admin");
    let password = admin.map_or("<password>", |user| user.password.as_str());
    let key = &local.installation.access_key_id;
    let _ = writeln!(
        text,
        "\nTry next:\n  \
         TOKEN=$(curl -s http://{api}/auth/sign-in -H 'content-type: application/json' \\\n    \
         -d '{{\"username\":\"admin\",\"password\":\"{password}\"}}' | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"id_token\"])')\n  \
         curl -s http://{api}/target-accounts -H \"authorization: Bearer $TOKEN\"\n  \
         AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION={region} \\\n    \
         aws --endpoint-url http://{api} lambda invoke --function-name data-management --cli-binary-format raw-in-base64-out \\\n    \
         --payload '{{\"operation\":\"list_target_accounts\",\"body\":{{}}}}' /dev/stdout\n\n\
         Ctrl-C ends; what is under way goes on at the next start.",
        region = crate::local::HOME_REGION,
    );
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Options;

    #[test]
    fn sizes_and_speeds_out_of_range_are_refused() {
        for bad in [
            ["--servers", "0"],
            ["--servers", "10001"],
            ["--speed", "0"],
            ["--speed", "-1"],
            ["--speed", "NaN"],
            ["--host", "everywhere"],
        ] {
            let line = ["dr-local", bad[0], bad[1]];
            assert!(Options::try_parse_from(line).is_err(), "{bad:?}");
        }
        let options = Options::try_parse_from(["dr-local"]).unwrap();
        assert_eq!((options.servers, options.seed), (24, 1));
        assert!(options.host.is_loopback());
    }
}
