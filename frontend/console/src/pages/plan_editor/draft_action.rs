//! An SSM action while it is edited: what stands in its fields, and back.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::action::{
    ACTION_TIMEOUT_SECONDS, ActionSide, ActionTarget, DEFAULT_ACTION_TIMEOUT_SECONDS,
    OnActionFailure, SsmAction,
};
use dr_model::ids::InstanceId;
use ui::{Choice, Finding};

use super::view_model::{amount, seconds};

/// It runs on what the wave launched.
pub const ON_WAVE: &str = "WAVE";
/// It runs on instances that it names.
pub const ON_INSTANCES: &str = "INSTANCES";
const MINUTES: &str = "60";
const HOURS: &str = "3600";

/// An action that is edited. The key stays when it is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftAction {
    /// What it is known by in its wave while the page is shown.
    pub key: usize,
    /// Its name.
    pub name: String,
    /// The SSM document.
    pub document: String,
    /// Its parameters, a line for each value; as JSON where lines could not say it.
    pub parameters: String,
    /// `WAVE` or `INSTANCES`.
    pub on: String,
    /// The instances that it names.
    pub instances: String,
    /// How long it may take.
    pub timeout: String,
    /// In what: so many seconds.
    pub unit: String,
    /// What its failure does.
    pub on_failure: String,
    /// Leave it out of drills.
    pub skip_in_drills: bool,
}

impl DraftAction {
    /// The fields of an action.
    #[must_use]
    pub fn of(key: usize, action: &SsmAction) -> Self {
        let unit = if action.timeout_seconds.is_multiple_of(3600) {
            HOURS
        } else {
            MINUTES
        };
        let (on, instances) = match &action.on {
            ActionTarget::Wave => (ON_WAVE, String::new()),
            ActionTarget::Instances(ids) => {
                let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
                (ON_INSTANCES, ids.join(", "))
            }
        };
        Self {
            key,
            name: action.name.clone(),
            document: action.document_name.clone(),
            parameters: parameter_text(&action.parameters),
            on: on.to_owned(),
            instances,
            timeout: amount(u64::from(action.timeout_seconds), unit_seconds(unit)),
            unit: unit.to_owned(),
            on_failure: failure_word(action.on_failure).to_owned(),
            skip_in_drills: action.skip_in_drills,
        }
    }

    /// A new one.
    #[must_use]
    pub fn new(key: usize, side: ActionSide) -> Self {
        let on = match side {
            ActionSide::Before => ActionTarget::Instances(BTreeSet::new()),
            ActionSide::After => ActionTarget::Wave,
        };
        let action = SsmAction {
            name: format!("action-{}", key + 1),
            document_name: "AWS-RunShellScript".to_owned(),
            parameters: BTreeMap::new(),
            on,
            timeout_seconds: DEFAULT_ACTION_TIMEOUT_SECONDS,
            on_failure: OnActionFailure::default(),
            skip_in_drills: false,
        };
        Self::of(key, &action)
    }

    /// The action of the fields. What no action can have is added to the findings under its path; the rest is the
    /// server's to refuse.
    #[must_use]
    pub fn read(&self, path: &str, findings: &mut Vec<Finding>) -> SsmAction {
        let mut refuse = |field: &str, expected: String| {
            findings.push(Finding {
                subject: format!("{path}.{field}"),
                message: format!("expected {expected}"),
                remediation: None,
            });
        };
        let parameters = parameters(&self.parameters).unwrap_or_else(|expected| {
            refuse("parameters", expected);
            BTreeMap::new()
        });
        let limits = ACTION_TIMEOUT_SECONDS;
        let given = u32::try_from(seconds(&self.timeout, unit_seconds(&self.unit))).ok();
        let timeout_seconds = given.filter(|given| limits.contains(given));
        if timeout_seconds.is_none() {
            refuse("timeout_seconds", "half a minute to 20 hours".to_owned());
        }
        let on = if self.on == ON_WAVE {
            ActionTarget::Wave
        } else {
            let mut ids = BTreeSet::new();
            let texts = self.instances.split([',', ';', ' ', '\n', '\t']);
            for text in texts.filter(|text| !text.is_empty()) {
                match text.parse::<InstanceId>() {
                    Ok(id) => drop(ids.insert(id)),
                    Err(_) => refuse("on.instance_ids", format!("instance ids, got {text}")),
                }
            }
            ActionTarget::Instances(ids)
        };
        SsmAction {
            name: self.name.clone(),
            document_name: self.document.trim().to_owned(),
            parameters,
            on,
            timeout_seconds: timeout_seconds.unwrap_or(DEFAULT_ACTION_TIMEOUT_SECONDS),
            on_failure: match self.on_failure.as_str() {
                "PAUSE" => OnActionFailure::Pause,
                "STOP" => OnActionFailure::Stop,
                _ => OnActionFailure::Continue,
            },
            skip_in_drills: self.skip_in_drills,
        }
    }
}

fn failure_word(what: OnActionFailure) -> &'static str {
    match what {
        OnActionFailure::Continue => "CONTINUE",
        OnActionFailure::Pause => "PAUSE",
        OnActionFailure::Stop => "STOP",
    }
}

fn unit_seconds(unit: &str) -> f64 {
    if unit == HOURS { 3600.0 } else { 60.0 }
}

/// Units of a timeout.
#[must_use]
pub fn units() -> Vec<Choice> {
    vec![Choice::new(MINUTES, "minutes"), Choice::new(HOURS, "hours")]
}

/// Where an action after a wave may run.
#[must_use]
pub fn targets() -> Vec<Choice> {
    vec![
        Choice::new(ON_WAVE, "What the wave launched"),
        Choice::new(ON_INSTANCES, "Instances by id"),
    ]
}

/// What the failure of an action may do.
#[must_use]
pub fn failures() -> Vec<Choice> {
    use OnActionFailure::{Continue, Pause, Stop};
    [Continue, Pause, Stop]
        .into_iter()
        .map(|what| {
            let text = crate::pages::recovery_plan::on_action_failure(what);
            Choice::new(failure_word(what), text)
        })
        .collect()
}

/// A line for each value; JSON where lines would not give the same again.
fn parameter_text(all: &BTreeMap<String, Vec<String>>) -> String {
    let lines: Vec<String> = all
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")))
        .collect();
    let text = lines.join("\n");
    if !text.contains('\r') && parameters(&text).as_ref() == Ok(all) {
        text
    } else {
        serde_json::to_string_pretty(all).unwrap_or_default()
    }
}

/// Parameters as they are written. An error says what is expected.
fn parameters(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| format!("JSON such as {{\"commands\": [\"true\"]}}: {error}"));
    }
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| format!("NAME=VALUE in each line, got {line}"))?;
        let values = all.entry(name.trim().to_owned()).or_default();
        values.push(value.to_owned());
    }
    Ok(all)
}

#[cfg(test)]
#[path = "draft_action_tests.rs"]
mod tests;
