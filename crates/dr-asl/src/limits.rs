//! The service's quotas that an execution can run into ("Step Functions service quotas").

use chrono::TimeDelta;
use serde_json::Value;

use crate::failure::Failure;

/// The longest input, result or output: 256 KiB as UTF-8.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// The longest history of an execution of a standard workflow, in events.
pub const MAX_HISTORY_EVENTS: usize = 25_000;

/// The longest name of a state, in characters.
pub(crate) const MAX_STATE_NAME: usize = 80;

/// The longest wait or timeout, in seconds (a little over three years).
pub(crate) const MAX_SECONDS: u64 = 99_999_999;

/// Seconds as a span of time, at most `MAX_SECONDS`.
pub(crate) fn span(seconds: u64) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(seconds.min(MAX_SECONDS)).unwrap_or_default())
}

pub(crate) fn payload_bytes(value: &Value) -> usize {
    value.to_string().len()
}

/// Refuses a value over the payload quota with `States.DataLimitExceeded`.
pub(crate) fn within_payload_limit(value: Value, state: &str) -> Result<Value, Failure> {
    if payload_bytes(&value) <= MAX_PAYLOAD_BYTES {
        return Ok(value);
    }
    Err(Failure::new(
        Failure::DATA_LIMIT,
        format!(
            "The state/task '{state}' returned a result with a size exceeding the maximum number \
             of bytes service limit."
        ),
    ))
}
