//! Groups and plan for the way home.
