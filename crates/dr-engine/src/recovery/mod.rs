//! Carrying an execution out: the tasks of the recovery state machine, and the poller that moves what waits.
//! Each looks at the live state, takes at most one action per resource, stores, and returns.

pub mod actions;
pub mod configure;
pub mod decide;
pub mod finish;
pub mod header;
pub mod identity;
pub mod launch;
pub mod next;
pub mod poll;
pub mod tell;
pub mod tick;
pub mod validate;
