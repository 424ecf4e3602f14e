//! DRS's types into ours, in one place.

use std::str::FromStr;

pub(crate) mod job;
pub(crate) mod launch;
pub(crate) mod recovery;
pub(crate) mod replication;
pub(crate) mod server;

/// What stands where DRS should have said something and did not.
pub(crate) const UNSAID: &str = "UNKNOWN";

/// An id that must be there. An entry without one is left out of its list, and logged.
pub(crate) fn required<T: FromStr>(kind: &str, text: Option<&str>) -> Option<T> {
    let id = optional(text);
    if id.is_none() {
        tracing::warn!(kind, ?text, "left out: its id cannot be read");
    }
    id
}

/// An id that may be missing; DRS words "none" as an empty string in places.
pub(crate) fn optional<T: FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

/// A text that may be missing or empty.
pub(crate) fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
        .map(ToOwned::to_owned)
}
