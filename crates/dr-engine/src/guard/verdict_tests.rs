//! The guard, operation by operation and state by state.

use std::fmt::Write;
use std::path::Path;

use super::{Destruction as D, Hit as H, Verdict, Words, verdict};

fn cell(verdict: Verdict) -> String {
    match verdict {
        Verdict::Allowed => "yes".to_owned(),
        Verdict::NeedsConfirmation(Words::InstanceId) => "type its id".to_owned(),
        Verdict::NeedsConfirmation(words) => {
            format!(
                "say \"{}\"",
                words.text(&"i-0000000000000000b".parse().unwrap())
            )
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
fn nothing_can_be_lost_where_there_is_nothing() {
    for what in D::ALL {
        assert_eq!(verdict(what, H::Nothing), Verdict::Allowed);
    }
}
