//! A simulated AWS for a disaster-recovery orchestrator: DRS first, and just the calls of the
//! other services that such a product makes. Virtual clock, seeded ids, faults on request.
//!
//! Two doors lead to the same world: [`Sim::http_client`] in process, for the AWS SDKs, and
//! [`Sim::http_router`] over HTTP, for boto3 and the AWS CLI. [`Control`] stands beside both.

pub mod agenda;
pub mod agents;
mod backend;
mod clock;
pub mod cloudwatch;
mod connector;
pub mod control;
pub mod dice;
mod dispatch;
pub mod drs;
mod dynamodb;
pub mod ec2;
pub mod error;
pub mod events;
pub mod iam;
mod identity;
mod journal;
pub mod kms;
mod loopback;
pub mod registry;
mod request;
pub mod scenario;
pub mod service;
pub mod servicequotas;
mod sim;
pub mod sns;
pub mod ssm;
pub mod sts;
pub mod wire;
pub mod world;

pub use backend::{Backend, BackendError};
pub use clock::{SimClock, Speed};
pub use control::Control;
pub use identity::{HOME_KEY, Home};
pub use sim::{OpenError, Sim, SimOptions};
