//! What went wrong, in words for the person at the terminal: each message says what to do.

use std::path::Path;

/// A failure that ends a step.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Problem(String);

/// What steps answer.
pub type Result<T = ()> = std::result::Result<T, Problem>;

impl Problem {
    /// A problem, in words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Several findings, one a line.
    pub fn listing(title: &str, findings: &[String]) -> Self {
        Self(format!(
            "{title}: {} finding(s)\n  {}",
            findings.len(),
            findings.join("\n  ")
        ))
    }
}

/// `Ok` when there is no finding.
pub fn none(title: &str, findings: &[String]) -> Result {
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Problem::listing(title, findings))
    }
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}

/// Writes a text file, and the folder that it lies in.
pub fn write(path: &Path, text: &str) -> Result {
    let made = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    };
    made.and_then(|()| std::fs::write(path, text))
        .map_err(|error| Problem::new(format!("cannot write {}: {error}", path.display())))
}
