//! Starting an execution: everything is decided in `plan`, which is pure; `run` looks and stores, `set_off` starts its
//! state machine.

pub mod plan;
pub mod run;
pub mod set_off;
