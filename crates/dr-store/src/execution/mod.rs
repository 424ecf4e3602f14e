//! Executions. One partition of the executions table holds an execution's header, its batches (what one
//! DRS job launches), its SSM actions and, apart from them, the batches' logs, which are long and seldom read.

mod actions;
mod batches;
mod header;
mod item;
mod log;
mod start;

pub use header::ExecutionFilter;
pub use start::Started;
