//! Looking again and again until something is over, or until Ctrl-C: the same whatever is watched.

use std::time::Duration;

use crate::desk::Desk;
use crate::failure::Failure;
use crate::world::Later;

/// Looks that may go wrong one after the other before watching ends: the server may be restarted meanwhile.
const MOST_MISSES: u32 = 15;

/// Something that can be watched.
pub(super) trait Watched {
    /// What one look gives.
    type View;

    /// One look, and what it changes on the screen.
    async fn look(&mut self, desk: &mut Desk<'_>) -> Result<Self::View, Failure>;

    /// Nothing more is to be seen.
    fn is_over(&self, view: &Self::View) -> bool;

    /// Something about the watching itself.
    fn say(&self, desk: &mut Desk<'_>, text: &str) -> Result<(), Failure>;

    /// Leaves the screen for what is printed next.
    fn close(&self);
}

/// How watching ended.
pub(super) enum End<V> {
    /// It is over: the last look.
    Over(V),
    /// Ctrl-C: the last look, if there was one.
    Stopped(Option<V>),
}

/// Looks until it is over. The first look says whether there is anything to watch; later ones may fail for a while.
pub(super) async fn follow<W: Watched>(
    desk: &mut Desk<'_>,
    watched: &mut W,
    interval: Duration,
    interrupt: &mut Later<()>,
) -> Result<End<W::View>, Failure> {
    let mut last = None;
    let mut misses = 0;
    loop {
        let looked = tokio::select! {
            () = &mut *interrupt => break,
            looked = watched.look(desk) => looked,
        };
        match looked {
            Ok(view) if watched.is_over(&view) => {
                watched.close();
                return Ok(End::Over(view));
            }
            Ok(view) => {
                misses = 0;
                last = Some(view);
            }
            Err(failure) if last.is_some() && is_passing(&failure) && misses < MOST_MISSES => {
                misses += 1;
                watched.say(desk, &format!("{failure}. Looking again."))?;
            }
            Err(failure) => {
                watched.close();
                return Err(failure);
            }
        }
        let pause = desk.time.wait(interval);
        tokio::select! {
            () = &mut *interrupt => break,
            () = pause => {}
        }
    }
    watched.close();
    Ok(End::Stopped(last))
}

/// Whether the next look may go better.
fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable { .. } => true,
        Failure::Api { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}
