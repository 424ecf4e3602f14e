//! What the list says of a session.

use dr_api::sessions::SessionView;
use dr_model::session::{Stage, StageTally};

use crate::words;

/// What it brings home.
#[must_use]
pub fn title(session: &SessionView) -> String {
    session
        .plan_name
        .clone()
        .unwrap_or_else(|| "Chosen pairs".to_owned())
}

/// Servers by stage, furthest back first: `4 replicating back, 20 ready for failback`.
#[must_use]
pub fn stages(tally: StageTally) -> String {
    let parts: Vec<String> = Stage::ALL
        .into_iter()
        .map(|stage| (stage, tally.of(stage)))
        .filter(|(_, count)| *count > 0)
        .map(|(stage, count)| format!("{count} {}", words::stage(stage).1.to_lowercase()))
        .collect();
    if parts.is_empty() {
        "no servers".to_owned()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use dr_model::session::{Stage, StageTally};

    use super::stages;

    #[test]
    fn stages_are_counted_in_the_order_of_the_way_home_and_those_without_a_server_are_not_said() {
        let tally =
            StageTally::count([Stage::Ready, Stage::LeftOut, Stage::Ready, Stage::Reversing]);
        assert_eq!(
            stages(tally),
            "1 left out, 1 replicating back, 2 ready for failback"
        );
        assert_eq!(stages(StageTally::default()), "no servers");
    }
}
