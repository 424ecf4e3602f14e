//! The state machines that can be started: definitions with their placeholders filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_asl::{Machine, Refused};
use sha2::{Digest, Sha256};

/// A machine to load.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// Its name: the last part of its ARN.
    pub name: String,
    /// The definition, with placeholders filled in.
    pub definition: String,
    /// How many finished executions are kept, newest first; `None` keeps all.
    pub keep: Option<u32>,
}

/// A definition that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A `${...}` that nobody gave a value for.
    #[error("the definition has a placeholder without a value: ${{{0}}}")]
    Placeholder(String),
    /// The interpreter refuses it.
    #[error("the state machine {name} is refused")]
    Refused {
        /// The machine's name.
        name: String,
        /// Every problem.
        source: Refused,
    },
}

/// Fills in `${Name}` as CloudFormation's DefinitionSubstitutions do. The values stand within JSON
/// strings, so they are escaped.
///
/// # Errors
/// [`MachineError::Placeholder`] for one without a value.
pub fn substitute(text: &str, values: &BTreeMap<&str, String>) -> Result<String, MachineError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after
            .split_once('}')
            .ok_or_else(|| MachineError::Placeholder(after.chars().take(40).collect()))?;
        let value = values
            .get(name)
            .ok_or_else(|| MachineError::Placeholder(name.to_owned()))?;
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        filled.push_str(before);
        let inner = quoted
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        filled.push_str(inner.unwrap_or_default());
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// One machine, ready to start.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) name: String,
    pub(super) machine: Arc<Machine>,
    pub(super) definition: Arc<str>,
    /// Names the definition in the database: SHA-256 in hexadecimal.
    pub(super) hash: String,
    pub(super) keep: Option<u32>,
}

/// All machines of one account and region.
#[derive(Debug, Clone)]
pub struct Machines {
    pub(super) region: String,
    pub(super) account: String,
    by_arn: BTreeMap<String, Loaded>,
}

impl Machines {
    /// Parses them.
    ///
    /// # Errors
    /// [`MachineError::Refused`] for the first that is refused.
    pub fn load(
        region: &str,
        account: &str,
        specs: Vec<MachineSpec>,
    ) -> Result<Self, MachineError> {
        let mut by_arn = BTreeMap::new();
        for spec in specs {
            let machine = Machine::parse(&spec.definition).map_err(|source| {
                let name = spec.name.clone();
                MachineError::Refused { name, source }
            })?;
            let hash = Sha256::digest(spec.definition.as_bytes());
            let loaded = Loaded {
                machine: Arc::new(machine),
                hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
                definition: spec.definition.into(),
                keep: spec.keep,
                name: spec.name,
            };
            by_arn.insert(machine_arn(region, account, &loaded.name), loaded);
        }
        Ok(Self {
            region: region.to_owned(),
            account: account.to_owned(),
            by_arn,
        })
    }

    /// The ARN of a machine of that name here, loaded or not.
    #[must_use]
    pub fn arn(&self, name: &str) -> String {
        machine_arn(&self.region, &self.account, name)
    }

    pub(super) fn get(&self, arn: &str) -> Option<&Loaded> {
        self.by_arn.get(arn)
    }
}

fn machine_arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:states:{region}:{account}:stateMachine:{name}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{MachineError, Machines, substitute};

    #[test]
    fn placeholders_are_filled_in_and_escaped() {
        let values = BTreeMap::from([("A", "x".to_owned()), ("B", "say \"hi\"".to_owned())]);
        let filled = substitute(r#"["${A}-${B}", "$.a", "${A}"]"#, &values).unwrap();
        assert_eq!(filled, r#"["x-say \"hi\"", "$.a", "x"]"#);
    }

    #[test]
    fn a_placeholder_without_a_value_is_named() {
        let none = BTreeMap::new();
        for text in ["${Missing}", "${Missing"] {
            let refused = substitute(text, &none).unwrap_err();
            assert!(matches!(refused, MachineError::Placeholder(name) if name == "Missing"));
        }
    }

    #[test]
    fn a_machine_that_the_interpreter_refuses_is_refused_at_load() {
        let spec = super::MachineSpec {
            name: "bad".to_owned(),
            definition: r#"{"StartAt": "Nowhere", "States": {}}"#.to_owned(),
            keep: None,
        };
        let refused = Machines::load("us-east-1", "1", vec![spec]).unwrap_err();
        assert_eq!(refused.to_string(), "the state machine bad is refused");
    }
}
