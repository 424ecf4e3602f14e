//! What the server has, kept fresh while it is looked at: asked again every 3 s, only while the page is shown and its
//! tab is seen. A refresh that fails keeps the last good value and shows how old it is.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ui::{ErrorPanel, Loading, Problem, Stale};

/// A change is on the screen within this time, plus that of the call.
const EVERY: Duration = Duration::from_secs(3);

/// A value of the server's. Copy it freely.
#[derive(Debug)]
pub struct Live<T: Send + Sync + 'static> {
    /// The last good value; none before the first.
    pub value: RwSignal<Option<Arc<T>>>,
    /// Why the last call failed; none when it worked.
    pub problem: RwSignal<Option<Problem>>,
    /// Seconds since the value was good.
    pub age_seconds: RwSignal<u64>,
    again: Trigger,
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl<T: Send + Sync + 'static> Live<T> {
    /// Asks now: after something was done, or when a person tries again.
    pub fn refresh(self) {
        self.again.notify();
    }

    /// The same, as a callback for `on_retry`.
    #[must_use]
    pub fn retry(self) -> Callback<()> {
        Callback::new(move |()| self.refresh())
    }
}

/// Asks `fetch` every 3 s while the page is shown. What `fetch` reads of signals before its first `await` is not
/// followed: make a new `poll` for another thing, or call `refresh`.
pub fn poll<T, F, Fut>(fetch: F) -> Live<T>
where
    T: PartialEq + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, Problem>> + 'static,
{
    let live = Live {
        value: RwSignal::new(None),
        problem: RwSignal::new(None),
        age_seconds: RwSignal::new(0),
        again: Trigger::new(),
    };
    let is_gone = Arc::new(AtomicBool::new(false));
    let under_way = Arc::new(AtomicBool::new(false));
    let good_at = StoredValue::new(now_ms());
    let ask = {
        let is_gone = Arc::clone(&is_gone);
        move || {
            if is_gone.load(Ordering::Relaxed)
                || document().hidden()
                || under_way.swap(true, Ordering::Relaxed)
            {
                return;
            }
            let (answer, is_gone, under_way) = (
                untrack(&fetch),
                Arc::clone(&is_gone),
                Arc::clone(&under_way),
            );
            spawn_local(async move {
                let answer = answer.await;
                under_way.store(false, Ordering::Relaxed);
                if !is_gone.load(Ordering::Relaxed) {
                    take(live, good_at, answer);
                }
            });
        }
    };
    let ask = StoredValue::new_local(ask);
    let tick = move || {
        // The page may be gone by the time that the browser calls.
        let _ = ask.try_with_value(|ask| ask());
    };
    Effect::new(move |_| {
        live.again.track();
        tick();
    });
    let timer = set_interval_with_handle(tick, EVERY).ok();
    let seen = window_event_listener_untyped("visibilitychange", move |_| tick());
    on_cleanup(move || {
        is_gone.store(true, Ordering::Relaxed);
        if let Some(timer) = timer {
            timer.clear();
        }
        seen.remove();
    });
    live
}

fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// What is the same as before is not drawn again.
fn take<T: PartialEq + Send + Sync + 'static>(
    live: Live<T>,
    good_at: StoredValue<f64>,
    answer: Result<T, Problem>,
) {
    match answer {
        Ok(value) => {
            good_at.set_value(now_ms());
            if live
                .value
                .with_untracked(|known| known.as_deref() != Some(&value))
            {
                live.value.set(Some(Arc::new(value)));
            }
            if live.problem.with_untracked(Option::is_some) {
                live.problem.set(None);
            }
        }
        Err(problem) => {
            live.age_seconds
                .set(((now_ms() - good_at.get_value()) / 1000.0).max(0.0) as u64);
            live.problem.set(Some(problem));
        }
    }
}

/// The faces of a live value: loading, error with retry, and its content with a remark when it is old. The content is
/// made once and given a signal; what it draws of it follows.
#[component]
pub fn Watched<T: PartialEq + Send + Sync + 'static>(
    /// The value.
    live: Live<T>,
    /// What is loaded: `Loading the dashboard`.
    #[prop(into)]
    loading: String,
    /// Draws it.
    view: fn(Signal<Arc<T>>) -> AnyView,
) -> impl IntoView {
    let is_there = Memo::new(move |_| live.value.with(Option::is_some));
    let face = move || {
        if is_there.get() {
            content(live, view)
        } else {
            match live.problem.get() {
                Some(problem) => {
                    view! { <ErrorPanel problem=problem on_retry=live.retry() /> }.into_any()
                }
                None => view! { <Loading text=loading.clone() /> }.into_any(),
            }
        }
    };
    let stale = Signal::derive(move || live.problem.get().filter(|_| is_there.get()));
    view! { <Stale problem=stale age_seconds=live.age_seconds />{face} }
}

fn content<T: PartialEq + Send + Sync + 'static>(
    live: Live<T>,
    view: fn(Signal<Arc<T>>) -> AnyView,
) -> AnyView {
    let first = live.value.get_untracked();
    first
        .map(|first| {
            let value = Memo::new(move |_| live.value.get().unwrap_or_else(|| Arc::clone(&first)));
            view(value.into())
        })
        .into_any()
}
