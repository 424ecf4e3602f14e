//! Every operation is in every room it belongs to: its handler, the OpenAPI document, the API Gateway body, the IAM
//! table, the table of tests, the docs; and the tasks of the state machines are those of the execution function.

#![expect(
    clippy::unwrap_used,
    reason = "tests: what goes wrong must fail the test that it is in"
)]

mod docs;
mod gateway;
mod machines;
mod rooms;

use std::path::{Path, PathBuf};

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join(path)
}

fn read(path: &str) -> String {
    let file = file(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
