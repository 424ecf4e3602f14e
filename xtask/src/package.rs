//! `cargo xtask package`: the three functions, cross-built for arm64, and a folder to copy to a bucket.

use std::path::Path;
use std::process::Command;

use dr_api::HandlerName;
use sha2::{Digest, Sha256};

use crate::prepare::toolchain;
use crate::problem::{Problem, Result};
use crate::process;
use crate::python::{Venv, hex};
use crate::tree::Tree;

/// Options of `package`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Lay out what is built already.
    #[arg(long)]
    no_build: bool,
}

/// Builds, then lays out `target/deploy/<version>`: templates, machines and zips, as `cfn/main.yaml` expects
/// them below `ArtifactPrefix`. The version is a hash of all of them, so an upload never changes what a
/// running stack was made from.
pub fn run(options: &Options) -> Result {
    let tree = Tree::here();
    toolchain(&tree)?;
    if !options.no_build {
        build(&tree)?;
    }
    let files = files(&tree)?;
    let mut hash = Sha256::new();
    for (name, bytes) in &files {
        hash.update(name.as_bytes());
        hash.update(bytes);
    }
    let version = hex(&hash.finalize(), 6);
    let folder = tree.target().join("deploy").join(&version);
    for (name, bytes) in &files {
        let path = folder.join(name);
        save(&path, bytes)?;
        println!("{:>9} bytes  {name}", bytes.len());
    }
    println!("{}", next_steps(&folder, &version));
    Ok(())
}

fn build(tree: &Tree) -> Result {
    let venv = Venv::of(tree, "xtask/package")?;
    // The folder of the environment comes first in the search path: cargo-lambda looks there for zig.
    let mut cargo = Command::new(venv.program("cargo-lambda"));
    cargo
        .current_dir(tree.root())
        .env("PATH", venv.search_path()?)
        .args(["lambda", "build", "--release", "--arm64"])
        .args(["--output-format", "zip"])
        .arg("--lambda-dir")
        .arg(tree.target().join("lambda"));
    for handler in HandlerName::ALL {
        cargo.args(["--package", handler.as_str(), "--bin", handler.as_str()]);
    }
    process::run(&mut cargo)
}

/// Everything that a deployment reads, in order of name.
fn files(tree: &Tree) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in tree.matching("cfn", ".yaml")? {
        let bytes = load(&tree.at(&path))?;
        files.push((path.trim_start_matches("cfn/").to_owned(), bytes));
    }
    for path in tree.matching("statemachine", ".asl.json")? {
        let bytes = load(&tree.at(&path))?;
        files.push((path.trim_start_matches("statemachine/").to_owned(), bytes));
    }
    for handler in HandlerName::ALL {
        let name = handler.as_str();
        let zip = tree
            .target()
            .join("lambda")
            .join(name)
            .join("bootstrap.zip");
        if !zip.exists() {
            return Err(Problem::new(format!(
                "{} is not there: build it, without --no-build",
                zip.display()
            )));
        }
        files.push((format!("{name}.zip"), load(&zip)?));
    }
    files.sort();
    Ok(files)
}

fn load(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}

fn save(path: &Path, bytes: &[u8]) -> Result {
    let made = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    };
    made.and_then(|()| std::fs::write(path, bytes))
        .map_err(|error| Problem::new(format!("cannot write {}: {error}", path.display())))
}

fn next_steps(folder: &Path, version: &str) -> String {
    let folder = folder.display();
    format!(
        "\nTo deploy, with a bucket of yours in the region:\n  \
         aws s3 sync {folder} s3://BUCKET/dr/{version}\n  \
         aws cloudformation deploy --stack-name dr-dev --template-file {folder}/main.yaml \\\n    \
         --capabilities CAPABILITY_NAMED_IAM --parameter-overrides Environment=dev \\\n    \
         ArtifactBucket=BUCKET ArtifactPrefix=dr/{version} Regions=us-east-1,us-west-2\n\
         Then the console's files: cfn/README.md"
    )
}
