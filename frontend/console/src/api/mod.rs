//! The API's client, made from the table of operations: a request's type decides method, path, query, body and answer.

pub mod fetch;
pub mod problem;

pub use crate::auth::{Anonymous, Authorised, use_api};
