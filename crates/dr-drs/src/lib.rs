//! AWS Elastic Disaster Recovery behind our words. DRS's words stop here: what goes out is `dr-model`.
//!
//! Determinations:
//! - A word of DRS that we do not know is carried as text; it never fails a call. An entry of a list whose
//!   id cannot be read is left out and logged, because nothing could be done with it.
//! - To launch into a new instance again, `launchIntoEC2InstanceID` is set to the empty string: the service
//!   model allows a length of 0 for it, and AWS's own sample tool for DRS settings clears it so. Leaving
//!   the structure out would leave the target as it was.
//! - `StartRecovery`, `TerminateRecoveryInstances` and `ReverseReplication` have no client token, so a lost
//!   answer is reported and never repeated here: the caller looks at what is there first.

mod client;
mod convert;
mod points;
mod replication;
mod settings;
mod time;

pub use crate::client::Drs;
pub use crate::points::RecoveryPoint;
pub use crate::settings::ReplicationSettings;
