//! How source files look: they open with their purpose, stay short, and are named after what they hold.

use crate::problem::{Result, read};
use crate::tree::Tree;

/// The style sheet: no file over 500 lines; tests in their own files apart.
const MOST_LINES: usize = 500;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "manager", "common"];

/// Breaches, in words.
pub fn breaches(tree: &Tree) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in tree.files()? {
        if path.ends_with(".rs") {
            found.extend(of_file(&path, &read(&tree.at(&path))?));
        }
    }
    Ok(found)
}

fn of_file(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!(
            "{path} does not open with `//!`: say what it is for"
        ));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES && !is_test(path) {
        found.push(format!(
            "{path} has {lines} lines, more than {MOST_LINES}: divide it"
        ));
    }
    let named_badly = path
        .split('/')
        .map(|part| part.trim_end_matches(".rs"))
        .find(|part| EMPTY_NAMES.contains(part));
    if let Some(name) = named_badly {
        found.push(format!(
            "{path}: `{name}` says nothing; name it after what it holds"
        ));
    }
    found
}

/// Test code in its own file.
pub(super) fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/benches/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests {
    use super::of_file;

    #[test]
    fn a_file_of_501_lines_is_too_long_unless_it_is_a_test() {
        let text = "//! Purpose.\n".repeat(501);
        assert_eq!(of_file("crates/a/src/b.rs", &text).len(), 1);
        assert!(of_file("crates/a/tests/b.rs", &text).is_empty());
        assert!(of_file("crates/a/src/b/tests.rs", &text).is_empty());
    }

    #[test]
    fn a_file_says_first_what_it_is_for_and_has_a_name_that_says_something() {
        assert_eq!(of_file("a/src/b.rs", "use std::fmt;\n").len(), 1);
        assert_eq!(of_file("a/src/utils.rs", "//! Things.\n").len(), 1);
        assert_eq!(of_file("a/src/helpers/mod.rs", "//! Things.\n").len(), 1);
    }
}
