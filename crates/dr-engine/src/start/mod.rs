//! Starting an execution: everything is decided in `plan`, which is pure; `run` looks, stores and sets off.

pub mod plan;
pub mod run;
