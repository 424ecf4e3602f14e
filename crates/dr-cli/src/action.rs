//! SSM actions of a plan's waves as they are written on the command line, and what becomes of those that a plan has.

use dr_model::action::{
    ACTION_TIMEOUT_SECONDS, ActionSide, ActionTarget, DEFAULT_ACTION_TIMEOUT_SECONDS,
    OnActionFailure, SsmAction,
};
use dr_model::ids::InstanceId;
use dr_model::plan::Wave;

use crate::failure::Failure;
use crate::given;

/// How one is written.
const FORM: &str = "wave=WAVE,when=before|after,document=NAME[,name=NAME][,on=wave|INSTANCE[,INSTANCE]]\
                        [,parameter=KEY=VALUE][,timeout=15m][,on-failure=continue|pause|stop][,drills=run|skip]";
const KEYS: [&str; 9] = [
    "wave",
    "when",
    "document",
    "name",
    "on",
    "parameter",
    "timeout",
    "on-failure",
    "drills",
];

/// An action with its place. Its name is empty where none was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionText {
    wave: String,
    side: ActionSide,
    action: SsmAction,
}

/// Reads one. A comma that no key follows belongs to the value before it, so that commands may hold commas.
///
/// # Errors
/// In words.
pub fn parse(text: &str) -> Result<ActionText, String> {
    let mut fields = fields(text)?;
    let wave =
        one(&mut fields, "wave")?.ok_or("wave=WAVE is missing: the wave that it belongs to")?;
    let side = match one(&mut fields, "when")?.as_deref() {
        Some("before") => ActionSide::Before,
        Some("after") => ActionSide::After,
        _ => return Err("expected when=before or when=after".to_owned()),
    };
    let document_name =
        one(&mut fields, "document")?.ok_or("document=NAME is missing: the SSM document")?;
    let name = one(&mut fields, "name")?.unwrap_or_default();
    let on = target(side, one(&mut fields, "on")?.as_deref())?;
    let timeout_seconds = match one(&mut fields, "timeout")? {
        None => DEFAULT_ACTION_TIMEOUT_SECONDS,
        Some(text) => timeout(&text)?,
    };
    let on_failure = match one(&mut fields, "on-failure")? {
        None => OnActionFailure::default(),
        Some(word) => given::word(&word).map_err(|error| format!("on-failure: {error}"))?,
    };
    let skip_in_drills = match one(&mut fields, "drills")?.as_deref() {
        None | Some("run") => false,
        Some("skip") => true,
        Some(_) => return Err("expected drills=run or drills=skip".to_owned()),
    };
    let mut action = SsmAction {
        name,
        document_name,
        parameters: Default::default(),
        on,
        timeout_seconds,
        on_failure,
        skip_in_drills,
    };
    for (_, parameter) in fields {
        let (key, value) = given::tag(&parameter)
            .map_err(|_| "expected parameter=KEY=VALUE such as parameter=commands=true")?;
        action.parameters.entry(key).or_default().push(value);
    }
    Ok(ActionText { wave, side, action })
}

/// Keys and values in their order.
fn fields(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let mut fields: Vec<(&'static str, String)> = Vec::new();
    for piece in text.split(',') {
        let given = piece.split_once('=').and_then(|(key, value)| {
            let known = KEYS.into_iter().find(|known| *known == key.trim())?;
            Some((known, value.to_owned()))
        });
        match (given, fields.last_mut()) {
            (Some(field), _) => fields.push(field),
            (None, Some((_, value))) => {
                value.push(',');
                value.push_str(piece);
            }
            (None, None) => return Err(format!("expected {FORM}")),
        }
    }
    Ok(fields)
}

/// Takes the value of a key that may be there once.
fn one(fields: &mut Vec<(&'static str, String)>, key: &str) -> Result<Option<String>, String> {
    let mut found = fields.extract_if(.., |(known, _)| *known == key);
    let value = found.next().map(|(_, value)| value.trim().to_owned());
    match (value, found.next()) {
        (_, Some(_)) => Err(format!("{key} is given twice")),
        (Some(value), None) if value.is_empty() => Err(format!("{key} has no value")),
        (value, None) => Ok(value),
    }
}

fn target(side: ActionSide, text: Option<&str>) -> Result<ActionTarget, String> {
    match (side, text) {
        (ActionSide::After, None | Some("wave")) => Ok(ActionTarget::Wave),
        (ActionSide::Before, None | Some("wave")) => Err(
            "before a wave none of its instances is launched: expected on=INSTANCE[,INSTANCE]"
                .to_owned(),
        ),
        (_, Some(ids)) => ids
            .split(',')
            .map(|id| id.trim().parse::<InstanceId>().map_err(|e| e.to_string()))
            .collect::<Result<_, _>>()
            .map(ActionTarget::Instances),
    }
}

fn timeout(text: &str) -> Result<u32, String> {
    u32::try_from(given::seconds(text)?)
        .ok()
        .filter(|seconds| ACTION_TIMEOUT_SECONDS.contains(seconds))
        .ok_or_else(|| "expected a timeout of 30s to 20h".to_owned())
}

/// Gives waves the actions that waves of the same name had. Says whose actions have no wave any more.
#[must_use]
pub fn keep(waves: &mut [Wave], before: Vec<Wave>) -> Vec<String> {
    let mut lost = Vec::new();
    for old in before {
        match waves.iter_mut().find(|wave| wave.name == old.name) {
            Some(wave) => {
                wave.actions_before.extend(old.actions_before);
                wave.actions_after.extend(old.actions_after);
            }
            None if old.actions_before.is_empty() && old.actions_after.is_empty() => {}
            None => lost.push(old.name),
        }
    }
    lost
}

/// Takes the actions of these waves away.
///
/// # Errors
/// When there is no such wave.
pub fn clear(waves: &mut [Wave], names: &[String]) -> Result<(), Failure> {
    for name in names {
        let wave = found(waves, name)?;
        wave.actions_before.clear();
        wave.actions_after.clear();
    }
    Ok(())
}

/// Puts actions at their places, in the order given. Those given for one side of a wave replace what stood there.
///
/// # Errors
/// When there is no such wave.
pub fn place(waves: &mut [Wave], given: &[ActionText]) -> Result<(), Failure> {
    for one in given {
        side(found(waves, &one.wave)?, one.side).clear();
    }
    for one in given {
        let wave = found(waves, &one.wave)?;
        let mut action = one.action.clone();
        if action.name.is_empty() {
            action.name = free_name(wave, one.side);
        }
        side(wave, one.side).push(action);
    }
    Ok(())
}

fn found<'a>(waves: &'a mut [Wave], name: &str) -> Result<&'a mut Wave, Failure> {
    let names: Vec<String> = waves.iter().map(|wave| wave.name.clone()).collect();
    waves
        .iter_mut()
        .find(|wave| wave.name == name)
        .ok_or_else(|| {
            Failure::Usage(format!(
                "There is no wave {name:?} for an action: the plan has {}",
                names.join(", ")
            ))
        })
}

fn side(wave: &mut Wave, side: ActionSide) -> &mut Vec<SsmAction> {
    match side {
        ActionSide::Before => &mut wave.actions_before,
        ActionSide::After => &mut wave.actions_after,
    }
}

/// `after-1`, or the next that no action of the wave has.
fn free_name(wave: &Wave, side: ActionSide) -> String {
    let is_free = |name: &String| {
        let all = wave.actions_before.iter().chain(&wave.actions_after);
        all.into_iter().all(|action| action.name != *name)
    };
    (1_usize..)
        .map(|number| format!("{}-{number}", side.as_str()))
        .find(is_free)
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
