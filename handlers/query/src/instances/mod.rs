//! Matching and validating instances.

pub mod matching;
pub mod validate;
pub mod validate_ip;
