//! Waves of a plan as they are written on the command line and in a plan file.

use dr_model::plan::{OnFailure, Wave};
use serde_json::Value;

use crate::client::Client;
use crate::failure::Failure;
use crate::names;

/// `NAME=GROUP[,GROUP...][:pause][:pause-on-failure]`, its groups not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveText {
    name: String,
    groups: Vec<String>,
    pause_before: bool,
    on_failure: OnFailure,
}

/// Reads one. A group whose name holds `,` or `=` can be given by its id.
///
/// # Errors
/// In words.
pub fn parse(text: &str) -> Result<WaveText, String> {
    const FORM: &str = "expected NAME=GROUP[,GROUP...][:pause][:pause-on-failure]";
    let (name, mut rest) = text.split_once('=').ok_or(FORM)?;
    let mut wave = WaveText {
        name: name.trim().to_owned(),
        groups: Vec::new(),
        pause_before: false,
        on_failure: OnFailure::Continue,
    };
    // From the end, so that a colon in a group's name is left alone.
    while let Some((before, option)) = rest.rsplit_once(':') {
        match option.trim() {
            "pause" => wave.pause_before = true,
            "pause-on-failure" => wave.on_failure = OnFailure::Pause,
            option if option.starts_with("pause") => {
                return Err(format!(
                    "there is no option {option:?}: there are :pause and :pause-on-failure"
                ));
            }
            _ => break,
        }
        rest = before;
    }
    wave.groups = rest.split(',').map(|name| name.trim().to_owned()).collect();
    if wave.name.is_empty() || wave.groups.iter().any(String::is_empty) {
        return Err(FORM.to_owned());
    }
    Ok(wave)
}

/// Looks up the groups of all waves.
///
/// # Errors
/// Those of looking up a group.
pub async fn resolve(client: &Client, waves: &[WaveText]) -> Result<Vec<Wave>, Failure> {
    let given: Vec<&str> = waves
        .iter()
        .flat_map(|wave| wave.groups.iter().map(String::as_str))
        .collect();
    let mut ids = names::group_ids(client, &given).await?.into_iter();
    Ok(waves
        .iter()
        .map(|wave| Wave {
            name: wave.name.clone(),
            group_ids: ids.by_ref().take(wave.groups.len()).collect(),
            pause_before: wave.pause_before,
            on_failure: wave.on_failure,
            actions_before: Vec::new(),
            actions_after: Vec::new(),
        })
        .collect())
}

/// Puts ids where a plan file names groups in `waves[].group_ids`.
///
/// # Errors
/// Those of looking up a group.
pub async fn resolve_in_file(client: &Client, plan: &mut Value) -> Result<(), Failure> {
    let Some(waves) = plan.get_mut("waves").and_then(Value::as_array_mut) else {
        return Ok(());
    };
    let mut slots: Vec<&mut Value> = waves
        .iter_mut()
        .filter_map(|wave| wave.get_mut("group_ids")?.as_array_mut())
        .flatten()
        .filter(|slot| slot.is_string())
        .collect();
    let given: Vec<String> = slots
        .iter()
        .filter_map(|slot| slot.as_str().map(ToOwned::to_owned))
        .collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let ids = names::group_ids(client, &given).await?;
    for (slot, id) in slots.iter_mut().zip(ids) {
        **slot = Value::String(id.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use dr_model::plan::OnFailure;

    use super::parse;

    #[test]
    fn a_wave_has_a_name_and_groups() {
        let wave = parse("Web tier = web , db").unwrap();
        assert_eq!(wave.name, "Web tier");
        assert_eq!(wave.groups, ["web", "db"]);
        assert!(!wave.pause_before);
        assert_eq!(wave.on_failure, OnFailure::Continue);
    }

    #[test]
    fn options_stand_at_the_end_in_any_order() {
        for text in ["w=g:pause:pause-on-failure", "w=g:pause-on-failure:pause"] {
            let wave = parse(text).unwrap();
            assert!(wave.pause_before, "{text}");
            assert_eq!(wave.on_failure, OnFailure::Pause, "{text}");
            assert_eq!(wave.groups, ["g"], "{text}");
        }
        assert!(!parse("w=g:pause-on-failure").unwrap().pause_before);
    }

    #[test]
    fn a_colon_in_a_groups_name_is_part_of_the_name() {
        let wave = parse("w=prod:web,prod:db:pause").unwrap();
        assert_eq!(wave.groups, ["prod:web", "prod:db"]);
        assert!(wave.pause_before);
    }

    #[test]
    fn what_is_no_wave_is_refused_in_words() {
        for bad in [
            "web",
            "=web",
            "w=",
            "w=a,,b",
            "w=:pause",
            "w=g:pause-on-failures",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let error = parse("w=g:pauze-on").map(|wave| wave.groups);
        assert_eq!(error, Ok(vec!["g:pauze-on".to_owned()]));
        assert!(
            parse("w=g:paused")
                .unwrap_err()
                .contains(":pause-on-failure")
        );
    }
}
