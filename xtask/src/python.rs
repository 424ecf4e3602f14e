//! Virtual environments for the checks that are written in Python, one per file of pinned requirements.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::prepare::{PYTHON, tools};
use crate::problem::{Problem, Result, read, write};
use crate::process::{capture, run};
use crate::tree::Tree;

/// An environment that has what its requirements name.
#[derive(Debug)]
pub struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The environment for `<folder>/requirements.txt`, made when it is not there. Its name holds a hash of
    /// the requirements and of the Python version, so a change of either makes another one.
    pub fn of(tree: &Tree, folder: &str) -> Result<Self> {
        let requirements = tree.at(folder).join("requirements.txt");
        Self::from_requirements(tree, &read(&requirements)?, &requirements)
    }

    fn from_requirements(tree: &Tree, text: &str, file: &Path) -> Result<Self> {
        tools(&[PYTHON])?;
        let version = capture(Command::new("python3").arg("--version"))?;
        let venv = Self {
            folder: tree
                .target()
                .join(format!("venv-{}", short_hash(&[text, &version]))),
        };
        let ready = venv.folder.join("ready");
        if ready.exists() {
            return Ok(venv);
        }
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv.folder))?;
        run(Command::new(venv.program("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--requirement")
            .arg(file))?;
        write(&ready, "")?;
        Ok(venv)
    }

    /// A program in it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// A command that runs a program in it, in the root of the repository, with no AWS account in reach.
    pub fn command(&self, tree: &Tree, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command
            .current_dir(tree.root())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    /// Its `bin`, in front of the search path: for tools that start other tools of the same environment.
    pub fn search_path(&self) -> Result<std::ffi::OsString> {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.folder.join("bin")]
            .into_iter()
            .chain(std::env::split_paths(&rest));
        std::env::join_paths(folders)
            .map_err(|error| Problem::new(format!("the search path is broken: {error}")))
    }
}

/// Twelve hex digits of the SHA-256 of some texts.
pub fn short_hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize(), 6)
}

/// The first bytes in hex.
pub fn hex(bytes: &[u8], count: usize) -> String {
    bytes
        .iter()
        .take(count)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
