//! From a path to a page and its parameters.

use std::collections::BTreeMap;

use leptos::prelude::use_context;
use ui::{Crumb, Problem};

use crate::config::BASE;

/// The parameters of a page's path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<&'static str, String>);

/// The address of a page, from its path: `link("/protection-groups")`.
#[must_use]
pub fn link(path: &str) -> String {
    format!("{BASE}{path}")
}

/// Where a page below the dashboard stands; a page below that one adds its own step.
#[must_use]
pub fn crumbs(title: &str, path: &str) -> Vec<Crumb> {
    vec![
        Crumb::new("Dashboard", link("/")),
        Crumb::new(title, link(path)),
    ]
}

/// The parameters, if the path is one of the pattern: `/protection-groups/:group_id`.
#[must_use]
pub fn matches(pattern: &'static str, path: &str) -> Option<Parameters> {
    let path = path.strip_prefix(BASE)?;
    let (wanted, given) = (parts(pattern), parts(path));
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix(':') {
            Some(name) => {
                let value = percent_encoding::percent_decode_str(given)
                    .decode_utf8()
                    .ok()?;
                parameters.insert(name, value.into_owned());
            }
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(Parameters(parameters))
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// A parameter of the page that is shown, read as what it must be: `parameter::<GroupId>("group_id")`.
///
/// # Errors
/// It is no such id.
pub fn parameter<T: std::str::FromStr>(name: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    let Parameters(parameters) = use_context().unwrap_or_default();
    let text = parameters.get(name).cloned().unwrap_or_default();
    text.parse().map_err(|error: T::Err| {
        Problem::new("BAD_LINK", format!("This link leads nowhere: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_path_gives_its_parameters_decoded() {
        let found = matches("/groups/:id/pairs", "/console/groups/a%20b/pairs").unwrap();
        assert_eq!(found.0["id"], "a b");
    }

    #[test]
    fn other_paths_are_not_matched_and_a_slash_at_the_end_is_nothing() {
        assert!(matches("/", "/console/").is_some());
        assert!(matches("/", "/console").is_some());
        assert!(matches("/groups", "/console/groups/").is_some());
        assert!(matches("/groups", "/groups").is_none());
        assert!(matches("/groups/:id", "/console/groups").is_none());
        assert!(matches("/groups", "/console/plans").is_none());
    }
}
