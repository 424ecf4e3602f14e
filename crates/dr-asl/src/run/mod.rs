//! A running execution: its door for the shell (`execution`), its state (`lane`), and the walk over
//! the machine (`walk`, with `task` and `fork` for the states that take time).

mod api;
mod execution;
mod fork;
mod lane;
mod states;
mod task;
mod walk;

pub use api::{Delivery, Identity, StartError, Status, TaskCall, TaskId, TokenError, UnknownTask};
pub use execution::Execution;
