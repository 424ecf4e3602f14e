//! What the server has, kept fresh while it is looked at: asked again every 3 s, only while the page is shown and its
//! tab is seen. A refresh that fails keeps the last good value and shows how old it is.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ui::{ErrorPanel, Loading, Problem, Stale};

use crate::doing::{Then, Work};

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
    let value = RwSignal::new(None);
    let ask = move || -> Work {
        let answer = fetch();
        Box::pin(async move {
            let answer = answer.await?;
            Ok(Box::new(move || take(value, answer)) as Then)
        })
    };
    let (problem, age_seconds, again) = keep_asking(Box::new(ask));
    Live {
        value,
        problem,
        age_seconds,
        again,
    }
}

/// What is the same as before is not drawn again.
fn take<T: PartialEq + Send + Sync + 'static>(value: RwSignal<Option<Arc<T>>>, answer: T) {
    if value.with_untracked(|known| known.as_deref() != Some(&answer)) {
        value.set(Some(Arc::new(answer)));
    }
}

/// The signals of a question that is asked again and again: its problem, the age of its answer, and what asks it now.
fn keep_asking(
    fetch: Box<dyn Fn() -> Work>,
) -> (RwSignal<Option<Problem>>, RwSignal<u64>, Trigger) {
    let problem = RwSignal::new(None);
    let age_seconds = RwSignal::new(0);
    let again = Trigger::new();
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
                untrack(&*fetch),
                Arc::clone(&is_gone),
                Arc::clone(&under_way),
            );
            spawn_local(async move {
                let answer = answer.await;
                under_way.store(false, Ordering::Relaxed);
                if is_gone.load(Ordering::Relaxed) {
                    return;
                }
                match answer {
                    Ok(take) => {
                        good_at.set_value(now_ms());
                        take();
                        if problem.with_untracked(Option::is_some) {
                            problem.set(None);
                        }
                    }
                    Err(why) => {
                        let age_ms = (now_ms() - good_at.get_value()).max(0.0);
                        age_seconds.set((age_ms / 1000.0) as u64);
                        problem.set(Some(why));
                    }
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
        again.track();
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
    (problem, age_seconds, again)
}

fn now_ms() -> f64 {
    js_sys::Date::now()
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
    let is_there = Signal::derive(move || live.value.with(Option::is_some));
    let content = ViewFn::from(move || content(live, view));
    watched(
        live.problem,
        live.age_seconds,
        is_there,
        live.retry(),
        loading,
        content,
    )
}

fn watched(
    problem: RwSignal<Option<Problem>>,
    age_seconds: RwSignal<u64>,
    is_there: Signal<bool>,
    on_retry: Callback<()>,
    loading: String,
    content: ViewFn,
) -> AnyView {
    let is_there = Memo::new(move |_| is_there.get());
    let face = move || {
        if is_there.get() {
            content.run()
        } else {
            match problem.get() {
                Some(problem) => {
                    view! { <ErrorPanel problem=problem on_retry=on_retry /> }.into_any()
                }
                None => view! { <Loading text=loading.clone() /> }.into_any(),
            }
        }
    };
    let stale = Signal::derive(move || problem.get().filter(|_| is_there.get()));
    view! { <Stale problem=stale age_seconds=age_seconds />{face} }.into_any()
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
