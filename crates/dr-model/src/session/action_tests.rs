//! What may be done with a session, by an exhaustive table that people can read: `tests/tables/session_actions.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Action;
use crate::session::{SessionStatus, Stage, StageTally};

/// Mirrored, uncommitted.
const FLAGS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/tables/session_actions.md"
));

#[derive(Default)]
struct Reasons(Vec<String>);

impl Reasons {
    fn number(&mut self, reason: &str) -> usize {
        let known = self.0.iter().position(|known| known == reason);
        known.unwrap_or_else(|| {
            self.0.push(reason.to_owned());
            self.0.len() - 1
        }) + 1
    }
}

/// One row per stage and flags, rows that say the same made one.
fn table() -> String {
    let mut reasons = Reasons::default();
    let mut text = String::from(concat!(
        "# What may be done with a failover session\n",
        "Two servers, both at the stage; *yes*, or the number of the reason why not. `crates/dr-model/src/session` decides; this\n",
        "table is compared with it by its tests, and written by them with `WRITE_TABLES=1 cargo test -p dr-model`.\n\n",
        "| stage | mirrored | on trial | status |",
    ));
    for action in Action::ALL {
        write!(text, " {} |", action.as_str()).unwrap();
    }
    text.push('\n');
    text.push_str(&"| --- ".repeat(4 + Action::ALL.len()));
    text.push_str("|\n");
    for stage in Stage::ALL {
        let tally = StageTally::count([stage, stage]);
        let mut rows: BTreeMap<usize, (String, Vec<(bool, bool)>)> = BTreeMap::new();
        for (is_mirrored, is_uncommitted) in FLAGS {
            let status = SessionStatus::of(tally, is_mirrored, is_uncommitted);
            let mut cells = format!(" {} |", status.as_str());
            for action in Action::ALL {
                match action.allowed(tally, is_mirrored, is_uncommitted) {
                    Ok(count) => {
                        assert_eq!(count, 2);
                        cells.push_str(" yes |");
                    }
                    Err(no) => write!(cells, " {} |", reasons.number(&no.reason)).unwrap(),
                }
            }
            let same = rows.values_mut().find(|(known, _)| *known == cells);
            match same {
                Some((_, flags)) => flags.push((is_mirrored, is_uncommitted)),
                None => {
                    rows.insert(rows.len(), (cells, vec![(is_mirrored, is_uncommitted)]));
                }
            }
        }
        let stage = serde_json::to_value(stage).unwrap();
        for (cells, flags) in rows.into_values() {
            let mirrored = one_word(flags.iter().map(|flag| flag.0));
            let on_trial = one_word(flags.iter().map(|flag| flag.1));
            let stage = stage.as_str().unwrap();
            writeln!(text, "| {stage} | {mirrored} | {on_trial} |{cells}").unwrap();
        }
    }
    text.push_str("\n## Reasons\n");
    for (index, reason) in reasons.0.iter().enumerate() {
        writeln!(text, "{}. {reason}", index + 1).unwrap();
    }
    text
}

fn one_word(values: impl Iterator<Item = bool>) -> &'static str {
    let values: std::collections::BTreeSet<bool> = values.collect();
    match (values.contains(&true), values.contains(&false)) {
        (true, true) => "any",
        (true, false) => "yes",
        _ => "no",
    }
}

#[test]
fn every_state_and_action_is_allowed_or_refused_as_the_table_says() {
    let now = table();
    if std::env::var_os("WRITE_TABLES").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/tables/session_actions.md"
        );
        std::fs::write(path, &now).unwrap();
        return;
    }
    for (line, (is, stated)) in now.lines().zip(TABLE.lines()).enumerate() {
        assert_eq!(is, stated, "line {}", line + 1);
    }
    assert_eq!(now, TABLE);
}

/// Stages that each action takes, written down a second time on purpose.
fn stated(action: Action) -> &'static str {
    match action {
        Action::InstallAgents => "RECOVERED REPAIRING REVERSING READY",
        Action::StartReverseReplication => "RECOVERED REVERSING",
        Action::MirrorConfig => "REVERSING READY",
        Action::FailbackDrill | Action::FailbackRecovery => "READY",
        Action::Commit => "FAILED_BACK",
        Action::GoBack => "FAILED_BACK GOING_BACK",
        Action::ReProtect => "FAILED_BACK RE_PROTECTING",
        Action::Cleanup => "FAILED_BACK RE_PROTECTING RE_PROTECTED CLEANING_UP",
        Action::Split => "LEFT_OUT RECOVERED REVERSING READY FAILED_BACK RE_PROTECTED",
    }
}

#[test]
fn an_action_takes_the_stages_it_is_stated_to_take() {
    for action in Action::ALL {
        let takes: Vec<String> = action
            .takes()
            .iter()
            .map(|stage| serde_json::to_string(stage).unwrap().replace('"', ""))
            .collect();
        assert_eq!(takes.join(" "), stated(action), "{action:?}");
        assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
    }
}

#[test]
fn of_a_mixed_session_an_action_takes_those_servers_that_it_can() {
    for first in Stage::ALL {
        for second in Stage::ALL {
            let tally = StageTally::count([first, second]);
            for (is_mirrored, is_uncommitted) in FLAGS {
                for action in Action::ALL {
                    let Ok(count) = action.allowed(tally, is_mirrored, is_uncommitted) else {
                        continue;
                    };
                    let takes = [first, second]
                        .iter()
                        .filter(|stage| action.takes().contains(stage))
                        .count();
                    assert_eq!(count, takes, "{action:?} {first:?} {second:?}");
                }
            }
        }
    }
}

#[test]
fn while_a_failback_runs_or_is_undone_nothing_else_may_begin() {
    for busy in [Stage::Pending, Stage::FailingBack, Stage::GoingBack] {
        for other in Stage::ALL {
            for (is_mirrored, is_uncommitted) in FLAGS {
                for action in Action::ALL {
                    // Going back may be asked for again where it failed.
                    if action == Action::GoBack && is_uncommitted && busy == Stage::GoingBack {
                        continue;
                    }
                    let tally = StageTally::count([busy, other]);
                    assert!(
                        action.allowed(tally, is_mirrored, is_uncommitted).is_err(),
                        "{action:?} {busy:?} {other:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_failback_on_trial_is_committed_or_undone_before_anything_else() {
    let tally = StageTally::count([Stage::FailedBack, Stage::Ready]);
    for action in Action::ALL {
        let is_decision = matches!(action, Action::Commit | Action::GoBack);
        assert_eq!(
            action.allowed(tally, true, true).is_ok(),
            is_decision,
            "{action:?}"
        );
        if is_decision {
            assert!(action.allowed(tally, true, false).is_err(), "{action:?}");
        }
    }
}

#[test]
fn what_a_status_promises_may_be_done() {
    // Requirements 001, 6.1, 7.1 and 8.1: the actions that statuses enable.
    let promised = [
        (SessionStatus::ReadyForFailback, Action::FailbackDrill),
        (SessionStatus::ReadyForFailback, Action::FailbackRecovery),
        (SessionStatus::FailbackComplete, Action::ReProtect),
        (SessionStatus::FailbackComplete, Action::Cleanup),
        (SessionStatus::FailbackUncommitted, Action::Commit),
        (SessionStatus::FailbackUncommitted, Action::GoBack),
        (SessionStatus::ReProtected, Action::Cleanup),
    ];
    for first in Stage::ALL {
        for second in Stage::ALL {
            let tally = StageTally::count([first, second]);
            for (is_mirrored, is_uncommitted) in FLAGS {
                let status = SessionStatus::of(tally, is_mirrored, is_uncommitted);
                // On trial without anybody home: the window is closed with the failback, so it is no state.
                if is_uncommitted && !status_is_of_trial(status) {
                    continue;
                }
                for (of, action) in promised {
                    if of == status {
                        let allowed = action.allowed(tally, is_mirrored, is_uncommitted);
                        assert!(allowed.is_ok(), "{action:?} {first:?} {second:?}");
                    }
                }
            }
        }
    }
}

fn status_is_of_trial(status: SessionStatus) -> bool {
    status == SessionStatus::FailbackUncommitted
}

#[test]
fn a_session_of_one_server_is_not_split() {
    // Requirement: a session of many servers may be split; one server has nothing to be split from.
    let alone = StageTally::count([Stage::Ready]);
    let no = Action::Split.allowed(alone, true, false).unwrap_err();
    assert!(no.to_string().contains("one server"), "{no}");
    let with_one_left_out = StageTally::count([Stage::Ready, Stage::LeftOut]);
    assert_eq!(Action::Split.allowed(with_one_left_out, true, false), Ok(2));
}
