//! The repository: where it is, which files it has, and what cargo knows of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::problem::{Problem, Result};
use crate::process::{capture, cargo, on_ci};

/// The repository.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
}

/// What `cargo metadata` says, as far as we ask.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Every package, ours and others'.
    pub packages: Vec<Package>,
    /// Ids of ours.
    pub workspace_members: Vec<String>,
    /// Who depends on whom.
    pub resolve: Resolve,
}

/// A package.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Name.
    pub name: String,
    /// Id within this answer.
    pub id: String,
    /// Version.
    pub version: String,
    /// SPDX expression.
    pub license: Option<String>,
    /// What its manifest names.
    pub dependencies: Vec<Dependency>,
}

/// A dependency as the manifest names it.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// Name of the package.
    pub name: String,
    /// None: normal.
    pub kind: Option<String>,
}

/// The resolved graph.
#[derive(Debug, Deserialize)]
pub struct Resolve {
    /// One node per package.
    pub nodes: Vec<Node>,
}

/// A package and what it is linked with.
#[derive(Debug, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its dependencies.
    pub deps: Vec<Edge>,
}

/// One dependency of a node.
#[derive(Debug, Deserialize)]
pub struct Edge {
    /// Id of the package.
    pub pkg: String,
    /// Why it is there.
    pub dep_kinds: Vec<EdgeKind>,
}

/// Why a dependency is there.
#[derive(Debug, Deserialize)]
pub struct EdgeKind {
    /// None: normal.
    pub kind: Option<String>,
}

impl Metadata {
    /// Our own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }
}

impl Tree {
    /// The repository that this program was built in.
    pub fn here() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            root: own.parent().unwrap_or(own).to_path_buf(),
        }
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path in it.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// What cargo knows of the workspace at the root.
    pub fn metadata(&self) -> Result<Metadata> {
        self.metadata_of(".")
    }

    /// What cargo knows of the workspace in a folder. CI refuses a lock file that is not up to date.
    pub fn metadata_of(&self, folder: &str) -> Result<Metadata> {
        let mut command = cargo(self);
        command
            .current_dir(self.at(folder))
            .args(["metadata", "--format-version", "1"]);
        if on_ci() {
            command.arg("--locked");
        }
        let text = capture(&mut command)?;
        serde_json::from_str(&text)
            .map_err(|error| Problem::new(format!("`cargo metadata` cannot be read: {error}")))
    }

    /// Where builds go: `CARGO_TARGET_DIR` is honoured. Relative, as cargo takes it: to the folder it runs in.
    pub fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.at(PathBuf::from(folder)),
            None => self.at("target"),
        }
    }

    /// A program that cargo built.
    pub fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target().join(profile).join(name)
    }

    /// Every file that git knows or would add, as paths from the root, in order; deleted ones are left out.
    pub fn files(&self) -> Result<Vec<String>> {
        let mut command = Command::new("git");
        command.current_dir(&self.root).args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ]);
        let text = capture(&mut command)?;
        let mut files: Vec<String> = text
            .split('\0')
            .filter(|path| !path.is_empty() && self.at(path).is_file())
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Files directly in `folder` whose name ends with `end`.
    pub fn matching(&self, folder: &str, end: &str) -> Result<Vec<String>> {
        let prefix = format!("{folder}/");
        Ok(self
            .files()?
            .into_iter()
            .filter(|path| {
                path.strip_prefix(&prefix)
                    .is_some_and(|name| !name.contains('/') && name.ends_with(end))
            })
            .collect())
    }
}
