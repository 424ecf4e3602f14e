//! The pages: a folder each, with its view and its view model.

pub mod agent_installation;
pub mod agents;
pub mod components;
pub mod dashboard;
pub mod execution;
pub mod executions;
pub mod failback;
pub mod failover;
pub mod failover_session;
pub mod failover_sessions;
pub mod getting_started;
pub mod not_found;
pub mod plan_editor;
pub mod protection_group;
pub mod protection_groups;
pub mod quotas;
pub mod recovery_instances;
pub mod recovery_plan;
pub mod recovery_plans;
pub mod replication;
pub mod session_steps;
pub mod settings;
pub mod sign_in;
pub mod simulator;
pub mod source_server;
pub mod source_servers;
