//! Something that a person set off: whether it is under way, and what went wrong.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ui::Problem;

/// Something that a person set off. Copy it freely.
#[derive(Debug, Clone, Copy)]
pub struct Doing {
    /// It is under way: for `busy` of a button.
    pub busy: RwSignal<bool>,
    /// What went wrong the last time.
    pub problem: RwSignal<Option<Problem>>,
}

impl Default for Doing {
    fn default() -> Self {
        Self {
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
        }
    }
}

impl Doing {
    /// Does it, unless it is under way already; then `done` with what came of it. What goes wrong is kept in `problem`.
    pub fn run<T: 'static>(
        self,
        work: impl Future<Output = Result<T, Problem>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let result = work.await;
            // The page may be gone; what was done is done.
            let _ = self.busy.try_set(false);
            match result {
                Ok(value) => done(value),
                Err(problem) => {
                    let _ = self.problem.try_set(Some(problem));
                }
            }
        });
    }
}
