//! The table of IAM actions (`dr_api::iam`) against the calls: the `IAM:` lines that stand beside them and, in
//! the store, the calls themselves.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::HandlerName;
use dr_api::iam::{forwarded, own_actions, target_actions};

use crate::problem::{Result, read};
use crate::tree::Tree;

/// Crates whose functions call AWS.
const CALLERS: [&str; 3] = [
    "crates/dr-drs/src/",
    "crates/dr-aws/src/",
    "crates/dr-store/src/",
];
/// What the store says to the SDK, and the right that it takes; a transaction takes those of its parts.
const STORE_CALLS: [(&str, &str); 11] = [
    (".batch_get_item()", "dynamodb:BatchGetItem"),
    (".batch_write_item()", "dynamodb:BatchWriteItem"),
    ("ConditionCheck::builder()", "dynamodb:ConditionCheckItem"),
    (".delete_item()", "dynamodb:DeleteItem"),
    (" Delete::builder()", "dynamodb:DeleteItem"),
    (".get_item()", "dynamodb:GetItem"),
    (".put_item()", "dynamodb:PutItem"),
    (" Put::builder()", "dynamodb:PutItem"),
    (".query()", "dynamodb:Query"),
    (".scan()", "dynamodb:Scan"),
    (".update_item()", "dynamodb:UpdateItem"),
];
/// Calls that only the one-machine server makes, where it has no CloudFormation.
const LOCAL_ONLY: [&str; 3] = [
    "dynamodb:CreateTable",
    "dynamodb:DescribeTable",
    "dynamodb:UpdateTimeToLive",
];

/// Breaches, in words.
pub fn breaches(tree: &Tree) -> Result<Vec<String>> {
    let mut beside_calls: BTreeMap<String, String> = BTreeMap::new();
    for path in tree.files()? {
        let calls = CALLERS.iter().any(|folder| path.starts_with(folder));
        if calls && path.ends_with(".rs") {
            let text = read(&tree.at(&path))?;
            let mut actions = actions_named(&text);
            if path.starts_with("crates/dr-store/") {
                actions.extend(actions_called(&text));
            }
            for action in actions {
                beside_calls.entry(action).or_insert_with(|| path.clone());
            }
        }
    }
    let table: BTreeSet<&'static str> = HandlerName::ALL
        .into_iter()
        .flat_map(|handler| [own_actions(handler), target_actions(handler)])
        .flatten()
        .collect();
    Ok(compare(&table, &forwarded(&table), &beside_calls))
}

fn compare(
    table: &BTreeSet<&str>,
    forwarded: &BTreeSet<&str>,
    beside_calls: &BTreeMap<String, String>,
) -> Vec<String> {
    let granted = |action: &str| table.contains(action) || forwarded.contains(action);
    let lacking = beside_calls
        .iter()
        .filter(|(action, _)| !granted(action))
        .filter(|(action, _)| !LOCAL_ONLY.contains(&action.as_str()))
        .map(|(action, path)| {
            format!(
                "{path} needs {action}, which no operation has in crates/dr-api/src/iam.rs: the function would be refused"
            )
        });
    let needless = table
        .iter()
        .filter(|action| !beside_calls.contains_key(**action))
        .map(|action| {
            format!(
                "crates/dr-api/src/iam.rs grants {action}, which no call needs: take it away, or write the `IAM:` line beside the call"
            )
        });
    lacking.chain(needless).collect()
}

/// Rights that the store's calls take.
fn actions_called(text: &str) -> impl Iterator<Item = String> {
    STORE_CALLS
        .iter()
        .filter(|(call, _)| text.contains(call))
        .map(|(_, action)| (*action).to_owned())
}

/// Actions in doc comments, from `IAM:` to the end of its paragraph: `` `ec2:StopInstances` ``.
fn actions_named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut within = false;
    for line in text.lines() {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            within = false;
            continue;
        };
        let comment = comment.trim_start_matches(['/', '!']).trim();
        let said = match comment.find("IAM:") {
            Some(at) => {
                within = true;
                comment.split_at(at).1
            }
            None if comment.is_empty() => {
                within = false;
                continue;
            }
            None => comment,
        };
        if within {
            found.extend(
                said.split('`')
                    .skip(1)
                    .step_by(2)
                    .filter(|code| is_action(code))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// `service:Action`.
fn is_action(code: &str) -> bool {
    code.split_once(':').is_some_and(|(service, action)| {
        !service.is_empty()
            && service
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && action.starts_with(|c: char| c.is_ascii_uppercase())
            && action.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{actions_named, compare};

    #[test]
    fn actions_are_read_from_a_line_and_from_the_lines_that_it_goes_on_in() {
        let text = "/// Stops. IAM: `ec2:StopInstances`,\n/// `ec2:DescribeInstances`.\n///\n/// `a:B` no.\nfn f() {}\n// `c:D`\n";
        let named: Vec<String> = actions_named(text).into_iter().collect();
        assert_eq!(named, ["ec2:DescribeInstances", "ec2:StopInstances"]);
    }

    #[test]
    fn a_call_without_a_right_and_a_right_without_a_call_are_breaches() {
        let beside = BTreeMap::from([("ec2:RunInstances".to_owned(), "file.rs".to_owned())]);
        let found = compare(&BTreeSet::from(["sns:Publish"]), &BTreeSet::new(), &beside);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("file.rs needs ec2:RunInstances"));
        assert!(found[1].contains("grants sns:Publish"));
    }

    #[test]
    fn what_drs_does_for_us_may_be_named_beside_the_call_and_need_not_be() {
        let beside = BTreeMap::from([("ec2:DeleteVolume".to_owned(), "file.rs".to_owned())]);
        let forwarded = BTreeSet::from(["ec2:DeleteVolume", "ec2:RunInstances"]);
        assert!(compare(&BTreeSet::new(), &forwarded, &beside).is_empty());
    }
}
