//! Step Functions' API and what holds its executions, around the pure interpreter `dr-asl`.
//!
//! Every change is stored before anybody hears of it; after `kill -9` the executions go on from the
//! last change, and tasks whose invocation had not returned are invoked again. An execution keeps
//! the definition it was started with, as in AWS, whatever the file says after a restart.

mod api;
mod error;
mod history;
mod machines;
mod shell;
mod store;

pub use api::OPERATIONS;
pub use error::ApiError;
pub use machines::{MachineError, MachineSpec, Machines, substitute};
pub use shell::{Invocation, Shell, Summary};
