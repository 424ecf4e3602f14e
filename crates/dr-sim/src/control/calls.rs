//! The list of every call that was made.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Calls that are kept; counts go on.
const KEPT: usize = 200_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Signing name of the service.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Account of the caller.
    pub account: String,
    /// Region.
    pub region: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With this status.
    Answered(u16),
    /// Throttled.
    Throttled,
    /// With an injected error of this status.
    Injected(u16),
    /// Not at all.
    Unanswered,
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    records: VecDeque<CallRecord>,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl CallLog {
    pub fn push(&mut self, record: CallRecord) {
        let of_service = self.counts.entry(record.service.clone()).or_default();
        *of_service.entry(record.operation.clone()).or_default() += 1;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    pub fn all(&self) -> Vec<CallRecord> {
        self.records.iter().cloned().collect()
    }

    pub fn counts(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        self.counts.clone()
    }
}
