//! Nothing destructive is asked of AWS but by the hands of the guard.

use std::collections::BTreeSet;

use super::sources::is_test;
use crate::problem::{Result, read};
use crate::tree::Tree;

/// Crates whose functions call AWS.
const CALLERS: [&str; 2] = ["crates/dr-drs/src/", "crates/dr-aws/src/"];
/// How the names of functions begin that cannot be taken back.
const DESTRUCTIVE: [&str; 6] = [
    "start_recovery",
    "terminate_",
    "stop_",
    "disconnect_",
    "delete_",
    "reverse_",
];
/// Where they are called.
const HANDS: &str = "crates/dr-engine/src/guard/carry_out.rs";

/// Breaches, in words.
pub fn breaches(tree: &Tree) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut texts = Vec::new();
    for path in tree.files()? {
        let is_code = path.starts_with("crates/") || path.starts_with("handlers/");
        if !path.ends_with(".rs") || !is_code || is_test(&path) {
            continue;
        }
        let text = read(&tree.at(&path))?;
        if CALLERS.iter().any(|room| path.starts_with(room)) {
            names.extend(destructive(&text));
        } else if path != HANDS {
            texts.push((path, text));
        }
    }
    let mut found: Vec<String> = texts
        .iter()
        .flat_map(|(path, text)| beside_the_guard(path, text, &names))
        .collect();
    if names.is_empty() {
        found.push(format!(
            "no destructive function was found in {CALLERS:?}: the rule looks in the wrong place"
        ));
    }
    Ok(found)
}

/// Public functions that cannot be taken back.
fn destructive(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub async fn "))
        .filter(|rest| DESTRUCTIVE.iter().any(|word| rest.starts_with(word)))
        .filter_map(|rest| rest.split(['(', '<']).next())
        .map(str::to_owned)
        .collect()
}

fn beside_the_guard(path: &str, text: &str, names: &BTreeSet<String>) -> Vec<String> {
    names
        .iter()
        .filter(|name| text.contains(&format!(".{name}(")))
        .map(|name| format!("{path} calls `{name}` beside the guard: call it through {HANDS}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{beside_the_guard, destructive};

    #[test]
    fn what_cannot_be_taken_back_is_known_by_its_name() {
        let text = "pub async fn instances(&self) {}\n    pub async fn stop_instances(&self) {}\n\
                    pub async fn start_recovery_at(\n async fn delete_all() {}";
        let expected = ["stop_instances", "start_recovery_at"];
        assert_eq!(destructive(text), expected);
    }

    #[test]
    fn a_call_beside_the_guard_is_a_breach() {
        let names = ["stop_instances".to_owned()].into();
        let call = "cloud\n    .ec2\n    .stop_instances(&ids)";
        assert_eq!(beside_the_guard("a.rs", call, &names).len(), 1);
        assert!(beside_the_guard("a.rs", "carry_out::stop(cloud, &ids)", &names).is_empty());
    }
}
