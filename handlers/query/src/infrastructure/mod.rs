//! What AWS holds.

pub mod get_quotas;
pub mod list_source_servers;
