//! What we say on the wire: the table of operations, the request and response of each, the error body, and
//! the OpenAPI document that follows from them. No IO; builds for wasm32.

pub mod accounts;
pub mod agents;
pub mod bounded;
pub mod cleanup;
pub mod configuration;
pub mod endpoint;
pub mod error_body;
pub mod executions;
pub mod failback;
pub mod groups;
pub mod iam;
pub mod infrastructure;
pub mod matching;
pub mod mirror;
pub mod openapi;
pub mod operation;
pub mod pairs;
pub mod plans;
pub mod recovery_instances;
pub mod replication;
pub mod sessions;
pub mod split;
pub mod start;

pub use crate::endpoint::Endpoint;
pub use crate::error_body::{ErrorBody, ErrorDetails, ErrorEnvelope};
pub use crate::operation::{HandlerName, Method, Operation, Route};
