//! The rules of the house that no compiler knows, each with what to do about a breach.

mod crates;
mod guard;
mod iam;
mod licences;
mod markdown;
mod sources;

use crate::problem::{Result, none};
use crate::tree::Tree;

/// Who may depend on whom, how files look, the table of IAM actions, and that nothing destructive passes by the guard.
pub fn rules(tree: &Tree) -> Result {
    let mut findings = crates::breaches(&tree.metadata()?);
    findings.extend(sources::breaches(tree)?);
    findings.extend(iam::breaches(tree)?);
    findings.extend(guard::breaches(tree)?);
    none("rules of the house", &findings)
}

/// Licences of everything that we build with.
pub fn licences(tree: &Tree) -> Result {
    none("licences", &licences::breaches(tree)?)
}

/// Paths and links in Markdown.
pub fn docs(tree: &Tree) -> Result {
    none("docs", &markdown::breaches(tree)?)
}
