//! How things go wrong and when to try again: the domain's errors, what AWS's errors mean, backoff, the
//! clock, the source of ids, and how the AWS SDK is called.

pub mod aws;
pub mod backoff;
pub mod clock;
pub mod error;
pub mod ids;
pub mod sdk;

pub use crate::aws::{AwsCall, AwsClass, AwsError};
pub use crate::backoff::{Backoff, retry};
pub use crate::clock::Clock;
pub use crate::error::{Error, FieldProblem, Result};
pub use crate::ids::IdSource;
