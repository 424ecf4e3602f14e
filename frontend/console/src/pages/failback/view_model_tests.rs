//! Which step the wizard opens on, by a table of every status.

use dr_api::sessions::SessionView;
use dr_model::session::{Action, SessionStatus, Stage, StageTally};

use super::{
    AGENTS, EXECUTE, Last, MIRROR, MONITOR, REVERSE, REVIEW, after, last, opens_on, why_not_after,
};
use crate::pages::session_steps::samples::session;

fn at(stages: &[Stage], is_mirrored: bool, is_uncommitted: bool) -> SessionView {
    let tally = StageTally::count(stages.iter().copied());
    SessionView {
        stages: tally,
        is_mirrored,
        total_servers: tally.counted(),
        status: SessionStatus::of(tally, is_mirrored, is_uncommitted),
        ..session()
    }
}

#[test]
fn the_wizard_opens_where_the_session_stands() {
    use Stage as S;
    let table: [(&[Stage], bool, bool, usize); 15] = [
        (&[S::Pending, S::Recovered], false, false, REVIEW),
        (&[S::LeftOut], false, false, REVIEW),
        (&[S::Recovered, S::Recovered], false, false, REVIEW),
        (&[S::Recovered, S::Reversing], false, false, REVERSE),
        (&[S::Recovered, S::Ready], true, false, REVERSE),
        (&[S::Repairing, S::Reversing], false, false, AGENTS),
        (&[S::Reversing, S::Ready], false, false, MIRROR),
        (&[S::Ready, S::Ready], false, false, MIRROR),
        (&[S::Reversing, S::Ready], true, false, MONITOR),
        (&[S::Ready, S::Ready], true, false, EXECUTE),
        (&[S::FailingBack, S::Ready], true, false, EXECUTE),
        (&[S::FailedBack], true, true, EXECUTE),
        (&[S::GoingBack], true, true, EXECUTE),
        (&[S::FailedBack, S::ReProtected], true, false, EXECUTE),
        (&[S::Home, S::CleaningUp], true, false, EXECUTE),
    ];
    for (stages, is_mirrored, is_uncommitted, step) in table {
        let session = at(stages, is_mirrored, is_uncommitted);
        assert_eq!(
            opens_on(&session),
            step,
            "{stages:?} is {:?}",
            session.status
        );
    }
}

#[test]
fn every_step_before_the_one_that_it_opens_on_may_be_left() {
    for first in Stage::ALL {
        for second in Stage::ALL {
            for is_mirrored in [false, true] {
                let session = at(&[first, second], is_mirrored, false);
                // A session whose servers are home was mirrored; one that says otherwise does not exist.
                if !is_mirrored && opens_on(&session) > MIRROR {
                    continue;
                }
                for step in 0..opens_on(&session) {
                    assert_eq!(
                        why_not_after(&session, step),
                        None,
                        "{first:?} {second:?} {is_mirrored} step {step}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_step_that_lacks_what_the_next_needs_says_so() {
    use Stage as S;
    let table: [(&[Stage], bool, usize, &str); 6] = [
        (&[S::LeftOut], false, REVIEW, "No server of this session"),
        (&[S::Pending], false, REVIEW, "still being looked up"),
        (&[S::Repairing], false, AGENTS, "being repaired"),
        (
            &[S::Recovered],
            false,
            REVERSE,
            "start reverse replication first",
        ),
        (&[S::Ready], false, MIRROR, "mirror the configuration first"),
        (&[S::Reversing], true, MONITOR, "No server is ready yet"),
    ];
    for (stages, is_mirrored, step, part) in table {
        let reason = why_not_after(&at(stages, is_mirrored, false), step).unwrap_or_default();
        assert!(reason.contains(part), "{stages:?}: {reason}");
    }
    assert_eq!(
        why_not_after(&at(&[S::Recovered], false, false), AGENTS),
        None
    );
}

#[test]
fn the_last_step_asks_for_what_the_session_waits_for() {
    assert_eq!(last(SessionStatus::ReadyForFailback), Last::Launch);
    assert_eq!(last(SessionStatus::FailbackInProgress), Last::Running);
    assert_eq!(last(SessionStatus::FailbackUncommitted), Last::Decide);
    assert_eq!(last(SessionStatus::ReProtected), Last::Home);
}

#[test]
fn after_reverse_replication_comes_mirroring_and_then_watching() {
    assert_eq!(after(Action::StartReverseReplication), Some(MIRROR));
    assert_eq!(after(Action::MirrorConfig), Some(MONITOR));
    assert_eq!(after(Action::FailbackDrill), None);
}
