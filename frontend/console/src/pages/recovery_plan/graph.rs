//! The waves of a plan as a picture: boxes in the order they run, with the gates between them. A list, so that it is
//! read out in its order.

use std::collections::BTreeMap;

use dr_model::ids::GroupId;
use dr_model::plan::{OnFailure, Wave};
use leptos::prelude::*;

/// Names of groups by id.
pub type GroupNames = BTreeMap<GroupId, String>;

/// One wave of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveBox {
    /// `1. db`.
    pub title: String,
    /// Its groups by name.
    pub groups: Vec<String>,
    /// What stands before it: a pause, or none.
    pub gate: Option<&'static str>,
    /// What more there is to say.
    pub notes: Vec<String>,
}

/// The picture of waves. A group that is not known is shown by its id.
#[must_use]
pub fn boxes(waves: &[Wave], names: &GroupNames) -> Vec<WaveBox> {
    waves
        .iter()
        .enumerate()
        .map(|(at, wave)| WaveBox {
            title: format!("{}. {}", at + 1, wave.name),
            groups: wave
                .group_ids
                .iter()
                .map(|id| group_name(id, names))
                .collect(),
            gate: wave.pause_before.then_some("Waits for a person"),
            notes: notes(wave),
        })
        .collect()
}

/// A group's name; its id where there is none.
#[must_use]
pub fn group_name(id: &GroupId, names: &GroupNames) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_string())
}

fn notes(wave: &Wave) -> Vec<String> {
    let actions = |count: usize, side: &str| match count {
        0 => None,
        1 => Some(format!("1 SSM action {side}")),
        count => Some(format!("{count} SSM actions {side}")),
    };
    [
        actions(wave.actions_before.len(), "before"),
        actions(wave.actions_after.len(), "after"),
        (wave.on_failure == OnFailure::Pause)
            .then(|| "Waits after it when servers fail".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The waves as a picture.
#[component]
pub fn WaveGraph(
    /// The waves, in order.
    #[prop(into)]
    waves: Signal<Vec<WaveBox>>,
) -> impl IntoView {
    let one = |wave: WaveBox| {
        let groups: Vec<_> = wave
            .groups
            .into_iter()
            .map(|name| view! { <li class="ui-badge">{name}</li> })
            .collect();
        let notes: Vec<_> = wave
            .notes
            .into_iter()
            .map(|note| view! { <div class="ui-secondary">{note}</div> })
            .collect();
        let label = format!("Groups of {}", wave.title);
        view! {
            <li class="wave-graph__step">
                {wave.gate.map(|gate| view! { <span class="wave-graph__gate">{gate}</span> })}
                <div class="wave-graph__box">
                    <strong>{wave.title}</strong>
                    <ul class="wave-graph__groups" aria-label=label>{groups}</ul>
                    {notes}
                </div>
            </li>
        }
    };
    view! {
        <ol class="wave-graph" aria-label="Waves in the order they run">
            {move || waves.get().into_iter().map(one).collect::<Vec<_>>()}
        </ol>
    }
}

#[cfg(test)]
mod tests {
    use dr_model::plan::Wave;
    use serde_json::json;

    use super::{GroupNames, boxes};

    #[test]
    fn a_box_says_its_number_its_groups_its_gate_and_its_actions() {
        let group = "pg-00000000-0000-4000-8000-000000000001";
        let other = "pg-00000000-0000-4000-8000-000000000002";
        let action = json!({ "name": "dns", "document_name": "AWS-RunShellScript", "on": "WAVE" });
        let waves: Vec<Wave> = serde_json::from_value(json!([
            { "name": "db", "group_ids": [group] },
            { "name": "web", "group_ids": [other], "pause_before": true, "on_failure": "PAUSE", "actions_after": [action] },
        ]))
        .unwrap();
        let names: GroupNames = [(group.parse().unwrap(), "databases".to_owned())].into();
        let boxes = boxes(&waves, &names);
        assert_eq!(
            (
                boxes[0].title.as_str(),
                boxes[0].groups[0].as_str(),
                boxes[0].gate
            ),
            ("1. db", "databases", None)
        );
        assert_eq!(boxes[1].groups, [other]);
        assert_eq!(boxes[1].gate, Some("Waits for a person"));
        assert_eq!(
            boxes[1].notes,
            ["1 SSM action after", "Waits after it when servers fail"]
        );
    }
}
