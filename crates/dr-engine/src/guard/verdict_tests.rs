//! The guard, operation by operation and state by state.

use std::fmt::Write;
use std::path::Path;

use super::{Destruction as D, Hit as H, Verdict, Words, verdict};

fn cell(verdict: Verdict) -> String {
    match verdict {
        Verdict::Allowed => "yes".to_owned(),
        Verdict::NeedsConfirmation(Words::InstanceId) => "type its id".to_owned(),
        Verdict::NeedsConfirmation(words) => {
            format!("say \"{}\"", words.text("i-0000000000000000b"))
        }
        Verdict::Refused(why) => format!("no: {why}"),
    }
}

fn table() -> String {
    let mut text = String::from(
        "# What the guard allows\nEvery destructive operation against whatever it could hit. `crates/dr-engine/src/guard/verdict.rs` decides; \
         this table is\ncompared with it by its tests, and written by them with `DR_WRITE_TABLES=1 cargo test -p dr-engine --lib verdict`.\n\n| it would hit |",
    );
    for what in D::ALL {
        write!(text, " {what:?} |").unwrap();
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(D::ALL.len()));
    for hit in H::ALL {
        write!(text, "\n| {} |", hit.what()).unwrap();
        for what in D::ALL {
            write!(text, " {} |", cell(verdict(what, hit))).unwrap();
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_table_of_the_guard_is_the_one_that_is_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tables/guard.md");
    if std::env::var_os("DR_WRITE_TABLES").is_some() {
        std::fs::write(&path, table()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table());
}

#[test]
fn a_drill_never_hits_production_and_no_word_overrides_that() {
    for hit in [
        H::Production,
        H::OnItsWayHome,
        H::HomeUnprotected,
        H::Home,
        H::Replaced,
        H::ReplacedUnprotected,
    ] {
        for what in [D::LaunchDrill, D::LaunchRecovery] {
            assert!(
                matches!(verdict(what, hit), Verdict::Refused(_)),
                "{what:?} {hit:?}"
            );
        }
    }
}

#[test]
fn the_live_primary_is_never_terminated_or_cut_off() {
    for hit in [H::Home, H::HomeUnprotected] {
        for what in [D::Terminate, D::Disconnect, D::UninstallAgent] {
            assert!(
                matches!(verdict(what, hit), Verdict::Refused(_)),
                "{what:?} {hit:?}"
            );
        }
    }
}

#[test]
fn what_protects_production_and_the_only_way_home_are_never_stopped_or_deleted() {
    for hit in [H::Protecting, H::OnlyWayHome] {
        for what in [D::StopReplication, D::DeleteSourceServer] {
            assert!(
                matches!(verdict(what, hit), Verdict::Refused(_)),
                "{what:?} {hit:?}"
            );
        }
    }
    for what in [D::StopReplication, D::DeleteSourceServer] {
        assert_eq!(verdict(what, H::SpentWayHome), Verdict::Allowed);
    }
}

#[test]
fn what_came_home_is_stopped_and_forgotten_by_going_back_alone() {
    let go_back = Verdict::NeedsConfirmation(Words::GoBack);
    assert_eq!(verdict(D::Stop, H::HomeUnprotected), go_back);
    assert_eq!(verdict(D::DeleteRecord, H::TakenBack), go_back);
    // Re-protected, or all that is left.
    assert!(matches!(verdict(D::Stop, H::Home), Verdict::Refused(_)));
    // B2 replicates to it.
    assert!(matches!(
        verdict(D::Disconnect, H::TakenBack),
        Verdict::Refused(_)
    ));
}

#[test]
fn a_drill_is_never_re_protected() {
    for hit in [H::Drill, H::DrillInTarget, H::DrillReversed] {
        assert!(matches!(
            verdict(D::ReverseReplication, hit),
            Verdict::Refused(_)
        ));
    }
    for hit in [H::OnItsWayHome, H::HomeUnprotected] {
        assert_eq!(verdict(D::ReverseReplication, hit), Verdict::Allowed);
    }
}

#[test]
fn an_agent_is_removed_only_from_what_is_on_its_way_home_and_at_the_price_of_a_full_copy() {
    for hit in H::ALL.into_iter().filter(|hit| *hit != H::Nothing) {
        let found = verdict(D::UninstallAgent, hit);
        if hit == H::OnItsWayHome {
            assert_eq!(found, Verdict::NeedsConfirmation(Words::FullCopy));
        } else {
            assert!(matches!(found, Verdict::Refused(_)), "{hit:?}");
        }
    }
}

#[test]
fn of_volumes_only_those_go_that_launches_left() {
    for hit in H::ALL.into_iter().filter(|hit| *hit != H::Nothing) {
        let is_allowed = verdict(D::DeleteVolume, hit) == Verdict::Allowed;
        assert_eq!(is_allowed, hit == H::LeftVolume, "{hit:?}");
    }
}

#[test]
fn nothing_can_be_lost_where_there_is_nothing() {
    for what in D::ALL {
        assert_eq!(verdict(what, H::Nothing), Verdict::Allowed);
    }
}
