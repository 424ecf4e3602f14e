//! What one process remembers of the places that it read, so that several callers in a row do not all look. It holds
//! nothing that a decision to change something rests on: the next process begins without it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use dr_model::place::Place;

/// When each place was last tried.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<Place, DateTime<Utc>>>);

impl Memory {
    /// Whether nobody in this process tried a place within `pause`; whoever is answered true has it.
    pub fn claim(&self, place: &Place, pause: Duration, now: DateTime<Utc>) -> bool {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = tried.get(place).is_none_or(|at| now - *at >= pause);
        if is_free {
            tried.insert(place.clone(), now);
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::Memory;
    use crate::samples::{at, direction};

    #[test]
    fn a_place_is_claimed_once_per_pause() {
        let memory = Memory::default();
        let (here, there) = (direction().primary, direction().recovery);
        let minute = Duration::seconds(60);
        assert!(memory.claim(&here, minute, at(0)));
        assert!(!memory.claim(&here, minute, at(59)));
        assert!(memory.claim(&there, minute, at(59)));
        assert!(memory.claim(&here, minute, at(60)));
    }
}
