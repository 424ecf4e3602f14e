//! What DRS jobs are doing: one observation of all jobs of a place per call, and pure functions that take it
//! over into what we know.

pub mod look;
pub mod observe;
pub mod progress;
pub mod room;
#[cfg(test)]
mod samples;
