//! The front of the crate: what it is for stands in its README.
#![doc = include_str!("../README.md")]

mod choice;
mod context;
mod definition;
mod failure;
mod history;
mod intrinsic;
mod limits;
mod load;
mod path;
mod problem;
mod retry;
mod run;
mod template;
mod token;

pub use definition::Machine;
pub use failure::TaskError;
pub use history::{EventDetails, EventType, HistoryEvent};
pub use limits::{MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
pub use problem::{Problem, Refused};
pub use run::{
    Delivery, Execution, Identity, StartError, Status, TaskCall, TaskId, TokenError, UnknownTask,
};
pub use token::execution_of_token;
