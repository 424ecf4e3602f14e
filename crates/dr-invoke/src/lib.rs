//! Doors in and out of a handler: API Gateway, direct invocation, Step Functions task, EventBridge. Which
//! operation, by whom, with what; permission checked in one place; the answer's envelope; one log line.

pub mod caller;
pub mod event;
pub mod handle;
pub mod lambda;
pub mod page;
pub mod request;
pub mod respond;
pub mod view;

pub use crate::caller::Caller;
pub use crate::event::{Background, Call, Door};
pub use crate::handle::{Context, Failure, Handler, handle, run};
