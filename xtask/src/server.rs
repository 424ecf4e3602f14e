//! A server of ours, started for a test on a free loopback port and ended with it.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::problem::{Problem, Result};
use crate::process::words;
use crate::tree::Tree;

/// How often, at most, and how long apart we look whether a server is ready: 2 minutes.
const LOOKS: u32 = 1_200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

/// A loopback port that nobody uses now.
pub fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Problem::new(format!("no free loopback port: {error}")))
}

/// An empty folder for one run of a test.
pub fn scratch(tree: &Tree, name: &str) -> Result<PathBuf> {
    let folder = tree
        .target()
        .join("xtask")
        .join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)
        .map_err(|error| Problem::new(format!("cannot make {}: {error}", folder.display())))?;
    Ok(folder)
}

/// The one-machine server on free ports, with a new estate of 24 servers in a state folder that is new.
#[derive(Debug)]
pub struct Product {
    server: Server,
    sim_port: u16,
}

impl Product {
    /// Starts it with options beside ports and state; it must have been built for debugging. `name` is part of the
    /// name of its folder.
    pub fn start(tree: &Tree, name: &str, options: &[&OsStr]) -> Result<Self> {
        let scratch = scratch(tree, name)?;
        let (port, sim_port) = (free_port()?, free_port()?);
        let server = Server::start(
            Command::new(tree.built("debug", "dr-local"))
                .current_dir(tree.root())
                .args(["--port", &port.to_string()])
                .args(["--sim-port", &sim_port.to_string()])
                .args(options)
                .arg("--state")
                .arg(scratch.join("state")),
            port,
            "Ctrl-C ends",
            &scratch,
        )?;
        Ok(Self { server, sim_port })
    }

    /// Tells a program where it is: `DR_URL`, `DR_SIM_URL`, and in `DR_LOG` what it printed at its start, users and
    /// passwords included.
    pub fn known_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DR_URL", self.server.url())
            .env("DR_SIM_URL", format!("http://127.0.0.1:{}", self.sim_port))
            .env("DR_LOG", self.server.log())
    }
}

impl Server {
    /// Starts a command that will listen on `port`, its output in a file in `folder`, and waits until it listens
    /// and has said `ready`.
    pub fn start(command: &mut Command, port: u16, ready: &str, folder: &Path) -> Result<Self> {
        let log = folder.join("server.log");
        let file = File::create(&log)
            .map_err(|error| Problem::new(format!("cannot write {}: {error}", log.display())))?;
        let again = file
            .try_clone()
            .map_err(|error| Problem::new(format!("cannot write {}: {error}", log.display())))?;
        println!("$ {} &", words(command));
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(again)
            .spawn()
            .map_err(|error| Problem::new(format!("cannot start `{}`: {error}", words(command))))?;
        let mut server = Self { child, port, log };
        server.wait(ready)?;
        Ok(server)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its output so far, in a file.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// A real process needs real time to start.
    fn wait(&mut self, ready: &str) -> Result {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        for _ in 0..LOOKS {
            let said = std::fs::read_to_string(&self.log).is_ok_and(|log| log.contains(ready));
            if said && TcpStream::connect_timeout(&address, BETWEEN_LOOKS).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.failed(&format!("ended before it was ready ({status})")));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(self.failed("was not ready within 2 minutes"))
    }

    fn failed(&self, how: &str) -> Problem {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.split_at(lines.len().saturating_sub(20)).1.join("\n");
        Problem::new(format!("the server {how}; the end of its output:\n{last}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
