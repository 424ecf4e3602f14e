//! What runs in the recovery region, and whether it can replicate back.

pub mod list;
pub mod validate_reverse;
