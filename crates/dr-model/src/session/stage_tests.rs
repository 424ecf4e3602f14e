//! The stages of a server, by an exhaustive table.

use super::{Stage, StageEvent};
use crate::execution::ExecutionType::{Drill, Recovery};

const fn ended(is_recovery: bool, launched: bool) -> StageEvent {
    StageEvent::FailbackEnded {
        execution_type: if is_recovery { Recovery } else { Drill },
        launched,
    }
}

/// Every event, with its name in the table.
const EVENTS: [(&str, StageEvent); 18] = [
    ("Seen", StageEvent::Seen),
    ("Lost", StageEvent::Lost),
    ("Repair", StageEvent::Repair),
    ("Repaired", StageEvent::Repaired),
    ("Reverse", StageEvent::Reverse),
    ("BecameReady", StageEvent::BecameReady),
    ("LostReadiness", StageEvent::LostReadiness),
    ("FailbackStarted", StageEvent::FailbackStarted),
    ("DrillLaunched", ended(false, true)),
    ("DrillFailed", ended(false, false)),
    ("RecoveryLaunched", ended(true, true)),
    ("RecoveryFailed", ended(true, false)),
    ("GoBack", StageEvent::GoBack),
    ("WentBack", StageEvent::WentBack),
    ("ReProtect", StageEvent::ReProtect),
    ("ReProtected", StageEvent::ReProtected),
    ("CleanUp", StageEvent::CleanUp),
    ("CleanedUp", StageEvent::CleanedUp),
];

/// Every legal pair: stage, event, next stage. All others are refused.
const TABLE: &str = "
    LeftOut       Lost              LeftOut
    Pending       Seen              Recovered
    Pending       Lost              LeftOut
    Recovered     Seen              Recovered
    Recovered     Lost              LeftOut
    Recovered     Repair            Repairing
    Recovered     Reverse           Reversing
    Repairing     Lost              LeftOut
    Repairing     Repair            Repairing
    Repairing     Repaired          Reversing
    Repairing     Reverse           Reversing
    Reversing     Lost              LeftOut
    Reversing     Repair            Repairing
    Reversing     Repaired          Reversing
    Reversing     Reverse           Reversing
    Reversing     BecameReady       Ready
    Reversing     LostReadiness     Reversing
    Reversing     DrillLaunched     Reversing
    Reversing     DrillFailed       Reversing
    Reversing     RecoveryFailed    Reversing
    Reversing     WentBack          Reversing
    Ready         Lost              LeftOut
    Ready         Repair            Repairing
    Ready         BecameReady       Ready
    Ready         LostReadiness     Reversing
    Ready         FailbackStarted   FailingBack
    FailingBack   FailbackStarted   FailingBack
    FailingBack   DrillLaunched     Reversing
    FailingBack   DrillFailed       Reversing
    FailingBack   RecoveryLaunched  FailedBack
    FailingBack   RecoveryFailed    Reversing
    FailedBack    RecoveryLaunched  FailedBack
    FailedBack    GoBack            GoingBack
    FailedBack    ReProtect         ReProtecting
    FailedBack    CleanUp           CleaningUp
    GoingBack     GoBack            GoingBack
    GoingBack     WentBack          Reversing
    ReProtecting  ReProtect         ReProtecting
    ReProtecting  ReProtected       ReProtected
    ReProtecting  CleanUp           CleaningUp
    ReProtected   ReProtected       ReProtected
    ReProtected   CleanUp           CleaningUp
    CleaningUp    CleanUp           CleaningUp
    CleaningUp    CleanedUp         Home
    Home          CleanedUp         Home
";

fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    TABLE
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.try_into().unwrap()
        })
}

#[test]
fn every_pair_of_stage_and_event_is_decided_as_the_table_says() {
    let mut legal = 0;
    for stage in Stage::ALL {
        for (name, event) in EVENTS {
            let stated = rows().find(|row| row[0] == format!("{stage:?}") && row[1] == name);
            let next = stage.after(event).ok().map(|next| format!("{next:?}"));
            assert_eq!(
                next.as_deref(),
                stated.map(|row| row[2]),
                "{stage:?} {name}"
            );
            legal += usize::from(next.is_some());
        }
    }
    // A row with a misspelled word would never be looked at.
    assert_eq!(legal, rows().count());
}

#[test]
fn a_refused_step_names_the_stage_and_the_event() {
    let refused = Stage::Home.after(StageEvent::Reverse).unwrap_err();
    assert_eq!(refused.stage, Stage::Home);
    assert_eq!(refused.to_string(), "a server that is Home cannot Reverse");
}

#[test]
fn repeating_an_event_changes_nothing() {
    for stage in Stage::ALL {
        for (name, event) in EVENTS {
            if let Ok(next) = stage.after(event) {
                assert_eq!(next.after(event), Ok(next), "{stage:?} {name}");
            }
        }
    }
}

/// Stages that events of `allowed` lead to from a fresh server. No sequence of events leads further, however long,
/// because the next stage depends on nothing but the stage.
fn reached(allowed: impl Fn(StageEvent) -> bool) -> Vec<Stage> {
    let mut reached = vec![Stage::Pending];
    let mut looked_at = 0;
    while let Some(stage) = reached.get(looked_at).copied() {
        looked_at += 1;
        for (_, event) in EVENTS.into_iter().filter(|(_, event)| allowed(*event)) {
            match stage.after(event) {
                Ok(next) if !reached.contains(&next) => reached.push(next),
                _ => {}
            }
        }
    }
    reached
}

#[test]
fn nothing_is_home_protected_again_or_cleaned_up_without_a_failback_that_launched_for_real() {
    let all = reached(|_| true);
    assert_eq!(all.len(), Stage::ALL.len());
    let without = reached(|event| event != ended(true, true));
    for stage in [
        Stage::FailedBack,
        Stage::GoingBack,
        Stage::ReProtecting,
        Stage::ReProtected,
        Stage::CleaningUp,
        Stage::Home,
    ] {
        assert!(!without.contains(&stage), "{stage:?}");
    }
    // Drills are among what was tried.
    assert!(without.contains(&Stage::FailingBack));
}

#[test]
fn no_sequence_of_seven_events_with_drills_only_protects_again() {
    // The same by walking sequences, so that it does not hang on the reasoning of `reached`.
    fn walk(stage: Stage, depth: usize) {
        assert!(!matches!(stage, Stage::ReProtected | Stage::Home));
        if depth == 0 {
            return;
        }
        for (_, event) in EVENTS {
            if event != ended(true, true)
                && let Ok(next) = stage.after(event)
            {
                walk(next, depth - 1);
            }
        }
    }
    walk(Stage::Pending, 7);
}

#[test]
fn a_server_that_is_left_out_stays_left_out() {
    for (name, event) in EVENTS {
        if let Ok(next) = Stage::LeftOut.after(event) {
            assert_eq!(next, Stage::LeftOut, "{name}");
        }
    }
}

#[test]
fn a_server_that_is_home_is_never_thought_lost() {
    for stage in [
        Stage::FailingBack,
        Stage::FailedBack,
        Stage::GoingBack,
        Stage::ReProtecting,
        Stage::ReProtected,
        Stage::CleaningUp,
        Stage::Home,
    ] {
        assert!(stage.after(StageEvent::Lost).is_err(), "{stage:?}");
    }
}

#[test]
fn the_poller_follows_what_goes_on_and_nothing_else() {
    let active: Vec<_> = Stage::ALL.into_iter().filter(|s| s.is_active()).collect();
    assert_eq!(
        active,
        [
            Stage::Pending,
            Stage::Repairing,
            Stage::Reversing,
            Stage::Ready,
            Stage::FailingBack,
            Stage::GoingBack,
            Stage::ReProtecting,
            Stage::CleaningUp,
        ]
    );
}
