//! The only source of new ids.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Makes ids: random in the product, counted in tests.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A fresh UUID.
    fn uuid(&self) -> Uuid;
}

/// Version 4 UUIDs.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// UUIDs that count up from a seed: the same run makes the same ids.
#[derive(Debug)]
pub struct CountedIds {
    seed: u64,
    next: AtomicU64,
}

impl CountedIds {
    /// Counts from a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self {
            seed,
            next: AtomicU64::new(1),
        }
    }
}

impl IdSource for CountedIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(self.seed, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// The UUID that a text always gives under a purpose: retries of one request find what the first made.
#[must_use]
pub fn derived(purpose: &str, text: &str) -> Uuid {
    Uuid::new_v5(
        &Uuid::new_v5(&Uuid::NAMESPACE_OID, purpose.as_bytes()),
        text.as_bytes(),
    )
}
