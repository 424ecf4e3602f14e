//! Where a session stands, for every combination of stages.

use super::{SessionStatus, StageTally};
use crate::session::Stage;

/// A session whose servers are all at one stage: not mirrored, mirrored. Uncommitted changes one of them only.
const ONE_STAGE: [(Stage, &str, &str); 13] = [
    (Stage::LeftOut, "FAILOVER_COMPLETE", "FAILOVER_COMPLETE"),
    (Stage::Pending, "PENDING", "PENDING"),
    (Stage::Recovered, "FAILOVER_COMPLETE", "FAILOVER_COMPLETE"),
    (Stage::Repairing, "INSTALLING_AGENTS", "INSTALLING_AGENTS"),
    (Stage::Reversing, "REVERSE_REPLICATING", "CONFIG_MIRRORED"),
    (Stage::Ready, "REVERSE_REPLICATING", "READY_FOR_FAILBACK"),
    (
        Stage::FailingBack,
        "FAILBACK_IN_PROGRESS",
        "FAILBACK_IN_PROGRESS",
    ),
    (Stage::FailedBack, "FAILBACK_COMPLETE", "FAILBACK_COMPLETE"),
    (Stage::GoingBack, "GOING_BACK", "GOING_BACK"),
    (Stage::ReProtecting, "RE_PROTECTING", "RE_PROTECTING"),
    (Stage::ReProtected, "RE_PROTECTED", "RE_PROTECTED"),
    (Stage::CleaningUp, "CLEANING_UP", "CLEANING_UP"),
    (Stage::Home, "CLEANUP_COMPLETE", "CLEANUP_COMPLETE"),
];

/// Of two stages the one named first decides: what is being looked up, what runs, then who is least far.
const DECIDES: [Stage; 13] = [
    Stage::Pending,
    Stage::Repairing,
    Stage::FailingBack,
    Stage::GoingBack,
    Stage::Recovered,
    Stage::Reversing,
    Stage::Ready,
    Stage::FailedBack,
    Stage::ReProtecting,
    Stage::ReProtected,
    Stage::CleaningUp,
    Stage::Home,
    Stage::LeftOut,
];

/// How many of [`DECIDES`] come before a failback on trial.
const BEFORE_TRIAL: usize = 4;

fn stated(stages: &[Stage], is_mirrored: bool, is_uncommitted: bool) -> &'static str {
    let place = DECIDES
        .iter()
        .position(|stage| stages.contains(stage))
        .unwrap();
    if is_uncommitted && place >= BEFORE_TRIAL && stages.contains(&Stage::FailedBack) {
        return "FAILBACK_UNCOMMITTED";
    }
    let (_, plain, mirrored) = ONE_STAGE
        .into_iter()
        .find(|(stage, ..)| *stage == DECIDES[place])
        .unwrap();
    if is_mirrored { mirrored } else { plain }
}

#[test]
fn every_combination_of_one_or_two_stages_stands_where_it_is_stated() {
    let mut looked_at = 0;
    for first in Stage::ALL {
        for second in Stage::ALL {
            for (is_mirrored, is_uncommitted) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                // Neither the order nor the number of servers matters.
                for stages in [vec![first, second], vec![second, first, first]] {
                    let tally = StageTally::count(stages.iter().copied());
                    assert_eq!(
                        SessionStatus::of(tally, is_mirrored, is_uncommitted).as_str(),
                        stated(&stages, is_mirrored, is_uncommitted),
                        "{stages:?} mirrored {is_mirrored} uncommitted {is_uncommitted}"
                    );
                    looked_at += 1;
                }
            }
        }
    }
    assert_eq!(looked_at, 13 * 13 * 4 * 2);
}

#[test]
fn a_mirrored_configuration_is_not_readiness_and_readiness_is_not_a_mirrored_configuration() {
    // Requirements 001, 4.5 and 5.5: two different things, and a session is ready by both.
    let of = |stages: &[Stage], is_mirrored| {
        SessionStatus::of(
            StageTally::count(stages.iter().copied()),
            is_mirrored,
            false,
        )
    };
    assert_eq!(
        of(&[Stage::Ready], false),
        SessionStatus::ReverseReplicating
    );
    assert_eq!(of(&[Stage::Reversing], true), SessionStatus::ConfigMirrored);
    assert_eq!(
        of(&[Stage::Ready, Stage::Reversing], true),
        SessionStatus::ConfigMirrored
    );
    assert_eq!(of(&[Stage::Ready], true), SessionStatus::ReadyForFailback);
}

#[test]
fn servers_that_are_left_out_hold_nobody_up() {
    for stage in Stage::ALL {
        let alone = StageTally::count([stage]);
        let together = StageTally::count([stage, Stage::LeftOut, Stage::LeftOut]);
        for flags in [(false, false), (true, false), (true, true)] {
            assert_eq!(
                SessionStatus::of(together, flags.0, flags.1),
                SessionStatus::of(alone, flags.0, flags.1),
                "{stage:?}"
            );
        }
    }
}

#[test]
fn every_status_is_reached_and_has_a_word_of_its_own() {
    let mut words = std::collections::BTreeSet::new();
    for status in SessionStatus::ALL {
        let word = status.as_str();
        assert!(words.insert(word), "{word}");
        // The word in errors is the word on the wire.
        assert_eq!(serde_json::to_value(status).unwrap(), word);
        let is_reached = Stage::ALL.into_iter().any(|stage| {
            [(false, false), (true, false), (true, true)]
                .into_iter()
                .any(|(m, u)| SessionStatus::of(StageTally::count([stage]), m, u) == status)
        });
        assert!(is_reached, "{word}");
    }
}

#[test]
fn a_tally_counts_every_stage_once() {
    let tally = StageTally::count(Stage::ALL.into_iter().chain([Stage::Ready]));
    for stage in Stage::ALL {
        let expected = if stage == Stage::Ready { 2 } else { 1 };
        assert_eq!(tally.of(stage), expected, "{stage:?}");
    }
    assert_eq!(tally.counted(), 13);
    let fields = serde_json::to_value(tally).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), Stage::ALL.len());
}
