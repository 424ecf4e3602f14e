//! Licences of everything in the lock files, against the list in `deny.toml` (which cargo-deny reads as well).

use std::collections::BTreeSet;

use serde::Deserialize;
use spdx::{Expression, LicenseReq};

use crate::problem::{Problem, Result, read};
use crate::tree::Tree;

/// Folders with a lock file of their own: the product's, and the console's.
const WORKSPACES: [&str; 2] = [".", "frontend"];

#[derive(Debug, Deserialize)]
struct Deny {
    licenses: Allowed,
}

#[derive(Debug, Deserialize)]
struct Allowed {
    allow: Vec<String>,
}

/// Breaches, in words.
pub fn breaches(tree: &Tree) -> Result<Vec<String>> {
    let deny: Deny = toml::from_str(&read(&tree.at("deny.toml"))?)
        .map_err(|error| Problem::new(format!("deny.toml: {error}")))?;
    // What both workspaces use is told once.
    let mut found = BTreeSet::new();
    for folder in WORKSPACES {
        let lock = format!("{folder}/Cargo.lock");
        if !tree.at(&lock).is_file() {
            return Err(Problem::new(format!("{lock} is missing")));
        }
        let packages = tree.metadata_of(folder)?.packages;
        println!("{lock}: {} packages", packages.len());
        found.extend(packages.iter().filter_map(|package| {
            refused(package.license.as_deref(), &deny.licenses.allow)
                .map(|why| format!("{} {}: {why}", package.name, package.version))
        }));
    }
    Ok(found.into_iter().collect())
}

/// Why a licence is refused.
fn refused(licence: Option<&str>, allowed: &[String]) -> Option<String> {
    let Some(licence) = licence else {
        return Some("names no licence".to_owned());
    };
    let expression = match Expression::parse_mode(licence, spdx::ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => return Some(format!("`{licence}` is no licence expression: {error}")),
    };
    let allows = |wanted: &LicenseReq| allowed.iter().any(|name| *name == wanted.to_string());
    (!expression.evaluate(allows)).then(|| {
        format!("`{licence}` is not allowed by deny.toml: take another crate, or decide and add it there")
    })
}

#[cfg(test)]
mod tests {
    use super::{WORKSPACES, refused};
    use crate::tree::Tree;

    #[test]
    fn every_lock_file_of_the_repository_is_looked_at() {
        let mut locks: Vec<String> = Tree::here()
            .files()
            .unwrap()
            .into_iter()
            .filter(|path| path.rsplit('/').next() == Some("Cargo.lock"))
            .map(|path| format!("./{path}"))
            .collect();
        locks.sort_by_key(String::len);
        let looked_at = WORKSPACES.map(|folder| match folder {
            "." => "./Cargo.lock".to_owned(),
            folder => format!("./{folder}/Cargo.lock"),
        });
        assert_eq!(locks, looked_at);
    }

    #[test]
    fn one_allowed_alternative_is_enough_and_all_parts_of_a_conjunction_are_needed() {
        let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned()];
        assert_eq!(refused(Some("MIT OR GPL-3.0-only"), &allowed), None);
        assert_eq!(refused(Some("MIT/Apache-2.0"), &allowed), None);
        assert!(refused(Some("MIT AND GPL-3.0-only"), &allowed).is_some());
        assert!(refused(Some("GPL-3.0-only"), &allowed).is_some());
        assert!(refused(None, &allowed).is_some());
    }
}
