//! What runs in the recovery region, and whether it can replicate back.

pub mod validate_reverse;
