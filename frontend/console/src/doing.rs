//! Something that a person set off: whether it is under way, and what went wrong.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ui::{ErrorPanel, Loading, Problem};

/// What is done with an answer.
pub type Then = Box<dyn FnOnce()>;
/// A call whose answer's type is forgotten: what drives it is compiled once, not for each type.
pub type Work = Pin<Box<dyn Future<Output = Result<Then, Problem>>>>;

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
        self.carry_out(Box::pin(async move {
            let value = work.await?;
            Ok(Box::new(move || done(value)) as Then)
        }));
    }

    /// Whatever it is: compiled once.
    fn carry_out(self, work: Work) {
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
                Ok(then) => then(),
                Err(problem) => {
                    let _ = self.problem.try_set(Some(problem));
                }
            }
        });
    }
}

/// What is asked when a person wants it, for answers that cost too many calls to be asked every 3 s. Copy it freely.
#[derive(Debug)]
pub struct Once<T: Send + Sync + 'static> {
    /// The last good answer.
    pub value: RwSignal<Option<Arc<T>>>,
    /// It is being asked, and what went wrong.
    pub doing: Doing,
    /// Asks, unless it is being asked.
    pub ask: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Once<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Once<T> {}

impl<T: Send + Sync + 'static> Once<T> {
    /// Not asked yet.
    pub fn of<Fut: Future<Output = Result<T, Problem>> + 'static>(
        work: impl Fn() -> Fut + Send + Sync + 'static,
    ) -> Self {
        let value = RwSignal::new(None);
        let doing = Doing::default();
        let ask = Callback::new(move |()| {
            doing.run(work(), move |answer| {
                let _ = value.try_set(Some(Arc::new(answer)));
            });
        });
        Self { value, doing, ask }
    }

    /// Asked as the page opens.
    pub fn now<Fut: Future<Output = Result<T, Problem>> + 'static>(
        work: impl Fn() -> Fut + Send + Sync + 'static,
    ) -> Self {
        let once = Self::of(work);
        once.ask.run(());
        once
    }

    /// Its faces: loading, the error with retry, the content as it was last answered.
    pub fn faces(self, loading: &'static str, view: fn(Arc<T>) -> AnyView) -> AnyView {
        let problem = move || {
            self.doing
                .problem
                .get()
                .map(|problem| view! { <ErrorPanel problem=problem on_retry=self.ask /> })
        };
        let content = move || match self.value.get() {
            Some(value) => view(value),
            None if self.doing.problem.with(Option::is_some) => ().into_any(),
            None => view! { <Loading text=loading /> }.into_any(),
        };
        view! { {problem}{content} }.into_any()
    }
}

/// So long a question stays the same before it is asked: who ticks three boxes in a row asks once.
const SETTLES: Duration = Duration::from_millis(300);

/// What is asked anew when the question changes. Only the answer to the newest question counts. Copy it freely.
#[derive(Debug)]
pub struct Following<T: Send + Sync + 'static> {
    /// The last good answer, until the next one; none while there is no question.
    pub value: RwSignal<Option<Arc<T>>>,
    /// It is being asked, and what went wrong.
    pub doing: Doing,
    /// Asks now.
    pub ask: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Following<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Following<T> {}

impl<T: Send + Sync + 'static> Following<T> {
    /// Follows a question while the page is shown.
    pub fn of<Q, Fut>(
        question: Memo<Option<Q>>,
        answer: impl Fn(Q) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Q: Clone + PartialEq + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + 'static,
    {
        let value = RwSignal::new(None);
        let work = move || -> Option<Work> {
            let Some(question) = question.get_untracked() else {
                value.set(None);
                return None;
            };
            let answer = answer(question);
            Some(Box::pin(async move {
                let answer = answer.await?;
                Ok(Box::new(move || value.set(Some(Arc::new(answer)))) as Then)
            }))
        };
        let (doing, ask) = follow(Box::new(move || question.track()), Box::new(work));
        Self { value, doing, ask }
    }
}

/// Whatever is asked: compiled once.
fn follow(
    track: Box<dyn Fn()>,
    work: Box<dyn Fn() -> Option<Work> + Send + Sync>,
) -> (Doing, Callback<()>) {
    let doing = Doing::default();
    let newest = StoredValue::new(0_u64);
    let next = move || {
        newest.update_value(|turn| *turn += 1);
        newest.get_value()
    };
    let ask = Callback::new(move |()| {
        let turn = next();
        doing.problem.set(None);
        let work = work();
        doing.busy.set(work.is_some());
        let Some(work) = work else { return };
        spawn_local(async move {
            let answer = work.await;
            // The page may be gone, or the question another.
            if newest.try_get_value() != Some(turn) {
                return;
            }
            doing.busy.set(false);
            match answer {
                Ok(take) => take(),
                Err(problem) => doing.problem.set(Some(problem)),
            }
        });
    });
    Effect::new(move |_| {
        track();
        let turn = next();
        set_timeout(
            move || {
                if newest.try_get_value() == Some(turn) {
                    ask.run(());
                }
            },
            SETTLES,
        );
    });
    (doing, ask)
}
