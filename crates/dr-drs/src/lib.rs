//! AWS Elastic Disaster Recovery behind our words. DRS's words stop here: what goes out is `dr-model`.
//!
//! Determinations:
//! - A word of DRS that we do not know is carried as text; it never fails a call. An entry of a list whose
//!   id cannot be read is left out and logged, because nothing could be done with it.
//! - To launch into a new instance again, `launchIntoEC2InstanceID` is set to the empty string: the service
//!   model allows a length of 0 for it, and AWS's own sample tool for DRS settings clears it so. Leaving
//!   the structure out would leave the target as it was.
//! - `StartRecovery` and `TerminateRecoveryInstances` have no client token, so a lost answer is reported
//!   and never repeated here: the caller looks for the job first.

mod client;
mod convert;
mod time;

pub use crate::client::Drs;
