//! Licences of everything in the lock file, against the list in `deny.toml` (which cargo-deny reads as well).

use serde::Deserialize;
use spdx::{Expression, LicenseReq};

use crate::problem::{Problem, Result, read};
use crate::tree::Tree;

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
    let metadata = tree.metadata()?;
    println!("{} packages", metadata.packages.len());
    Ok(metadata
        .packages
        .iter()
        .filter_map(|package| {
            refused(package.license.as_deref(), &deny.licenses.allow)
                .map(|why| format!("{} {}: {why}", package.name, package.version))
        })
        .collect())
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
    use super::refused;

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
