//! Many trips on every core: each is one thread's, for its time is moved by hand.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

/// The runtime of one trip.
pub fn runtime() -> Runtime {
    let builder = Builder::new_current_thread().enable_all().build();
    builder.expect("a runtime")
}

/// Does all of it, and hands on each result; none where it panicked, which has been printed by then.
pub fn on_every_core<T: Sync, R>(
    work: &[T],
    one: impl AsyncFn(&T) -> R + Sync,
    ended: impl Fn(&T, Option<R>) + Sync,
) {
    let next = AtomicUsize::new(0);
    let worker = || {
        let runtime = runtime();
        while let Some(item) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(one(item))));
            ended(item, result.ok());
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(worker);
        }
    });
}
