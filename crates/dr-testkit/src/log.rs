//! What the product logs: the lines that its functions write in Lambda, kept in a test's hands.

use std::cell::RefCell;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::Once;

use serde_json::Value;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Beginnings of the names of our own crates and functions.
const OURS: [&str; 4] = ["dr_", "data_management", "execution", "query"];

thread_local! {
    static KEPT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Keeps what is logged on this thread, which is where `#[tokio::test]` runs a test and all that it starts: our own
/// lines at every level, those of others from `info` on, which is what Lambda shows unless it is told otherwise.
#[derive(Debug)]
pub struct Log {
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Log {
    /// Begins to keep it.
    #[must_use]
    pub fn start() -> Self {
        static STARTED: Once = Once::new();
        // One for the whole process: what is set for one thread alone may be missed by code that another ran first.
        STARTED.call_once(|| {
            let layer = fmt::layer()
                .json()
                .flatten_event(true)
                .without_time()
                .with_writer(|| Here)
                .with_filter(dynamic_filter_fn(|line, _| is_kept(line)));
            tracing_subscriber::registry().with(layer).init();
        });
        KEPT.set(Some(Vec::new()));
        Self {
            thread: PhantomData,
        }
    }

    /// Everything, as it was written.
    #[must_use]
    pub fn text(&self) -> String {
        KEPT.with_borrow(|kept| {
            String::from_utf8_lossy(kept.as_deref().unwrap_or_default()).into_owned()
        })
    }

    /// Everything, a value a line.
    ///
    /// # Panics
    /// When a line is not JSON.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        let parsed = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {line}"),
        };
        self.text().lines().map(parsed).collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        KEPT.set(None);
    }
}

fn is_kept(line: &Metadata<'_>) -> bool {
    let is_listened_to = KEPT.with_borrow(Option::is_some);
    let is_ours = || OURS.iter().any(|name| line.target().starts_with(name));
    is_listened_to && (*line.level() <= Level::INFO || is_ours())
}

/// The thread's own lines.
struct Here;

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        KEPT.with_borrow_mut(|kept| {
            if let Some(kept) = kept {
                kept.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
