//! What a command touches beside the server: the environment, the person, time, and the Ctrl-C key. Tests
//! bring their own.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use console::Term;

use crate::screen::Screen;

/// A future that gives `T`.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Variables of the environment, as `dr --help` lists them. An empty one is one that is not set.
#[derive(Clone, Default)]
pub struct Environment {
    /// `DR_URL`.
    pub url: Option<String>,
    /// `DR_TOKEN`.
    pub token: Option<String>,
    /// `DR_USERNAME`.
    pub username: Option<String>,
    /// `DR_PASSWORD`.
    pub password: Option<String>,
    /// `$XDG_CONFIG_HOME`, or `$HOME/.config`.
    pub config_dir: Option<PathBuf>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither token nor password.
        f.debug_struct("Environment")
            .field("url", &self.url)
            .field("username", &self.username)
            .field("config_dir", &self.config_dir)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let config_dir = read("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| read("HOME").map(|home| PathBuf::from(home).join(".config")));
        Self {
            url: read("DR_URL"),
            token: read("DR_TOKEN"),
            username: read("DR_USERNAME"),
            password: read("DR_PASSWORD"),
            config_dir,
        }
    }
}

/// Who can be asked.
pub trait Person: Send {
    /// There is somebody at a terminal.
    fn is_there(&self) -> bool;
    /// Asks for a line.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn line(&mut self, question: &str) -> io::Result<String>;
    /// Asks for something that must not be seen.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn secret(&mut self, question: &str) -> io::Result<String>;
    /// All of standard input.
    ///
    /// # Errors
    /// When it cannot be read, or is not UTF-8.
    fn standard_input(&mut self) -> io::Result<String>;
}

/// The person at this terminal. Questions go to standard error: standard output is for results.
#[derive(Debug)]
pub struct AtTerminal;

impl Person for AtTerminal {
    fn is_there(&self) -> bool {
        io::IsTerminal::is_terminal(&io::stdin()) && Term::stderr().is_term()
    }

    fn line(&mut self, question: &str) -> io::Result<String> {
        let terminal = Term::stderr();
        terminal.write_str(question)?;
        terminal.read_line()
    }

    fn secret(&mut self, question: &str) -> io::Result<String> {
        let terminal = Term::stderr();
        terminal.write_str(question)?;
        terminal.read_secure_line()
    }

    fn standard_input(&mut self) -> io::Result<String> {
        io::read_to_string(io::stdin())
    }
}

/// Time.
pub trait Time: Send + Sync {
    /// Seconds since 1970.
    fn now(&self) -> i64;
    /// Waits.
    fn wait(&self, duration: Duration) -> Later<()>;
}

/// Real time.
#[derive(Debug, Clone, Copy)]
pub struct RealTime;

impl Time for RealTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command's one door to the time of day: it stands outside the product"
    )]
    fn now(&self) -> i64 {
        chrono::Utc::now().timestamp()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "polling and backoff at a terminal: there is no other way to wait for a server"
    )]
    fn wait(&self, duration: Duration) -> Later<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// All of it.
pub struct World {
    /// Variables.
    pub environment: Environment,
    /// Where results go.
    pub screen: Screen,
    /// Who can be asked.
    pub person: Box<dyn Person>,
    /// Time.
    pub time: Arc<dyn Time>,
    /// Ends when Ctrl-C is pressed. Looked at only while watching; otherwise Ctrl-C ends the process.
    pub interrupt: fn() -> Later<()>,
}

impl World {
    /// The real one.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            environment: Environment::of_process(),
            screen: Screen::of_process(),
            person: Box::new(AtTerminal),
            time: Arc::new(RealTime),
            interrupt: || {
                Box::pin(async {
                    if tokio::signal::ctrl_c().await.is_err() {
                        // No handler could be set: Ctrl-C ends the process as ever.
                        std::future::pending::<()>().await;
                    }
                })
            },
        }
    }
}
