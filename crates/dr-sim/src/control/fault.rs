//! Faults: what goes wrong with which call.

use serde::{Deserialize, Serialize};

/// A fault for some of the calls of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Signing name of the service.
    pub service: String,
    /// Operation; `*` is any.
    pub operation: String,
    /// Which call from now on is the first to fail: 1 is the next.
    #[serde(default = "first")]
    pub nth: u32,
    /// How many calls fail from there.
    #[serde(default = "first")]
    pub times: u32,
    /// How.
    pub kind: FaultKind,
}

fn first() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum FaultKind {
    /// The service answers an error and does nothing.
    Error {
        /// HTTP status.
        status: u16,
        /// Name of the error.
        code: String,
        /// Message.
        message: String,
    },
    /// The service's way to say "slow down".
    Throttle,
    /// No answer comes and nothing is done: the client sees a timeout.
    NoAnswer,
    /// The call takes effect, but its answer is lost.
    DropAfter,
}

/// The fault that hits this call, if any; counts the call for all faults that watch it.
pub(crate) fn strike(faults: &mut Vec<Fault>, service: &str, operation: &str) -> Option<FaultKind> {
    let mut struck = None;
    for fault in faults.iter_mut() {
        let watches =
            fault.service == service && (fault.operation == operation || fault.operation == "*");
        if !watches {
            continue;
        }
        if fault.nth > 1 {
            fault.nth -= 1;
        } else if fault.times > 0 && struck.is_none() {
            fault.times -= 1;
            struck = Some(fault.kind.clone());
        }
    }
    faults.retain(|fault| fault.times > 0);
    struck
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_call_fails_and_no_other() {
        let mut faults = vec![Fault {
            service: "drs".to_owned(),
            operation: "DescribeJobs".to_owned(),
            nth: 2,
            times: 2,
            kind: FaultKind::Throttle,
        }];
        let mut hits = |operation| strike(&mut faults, "drs", operation).is_some();
        assert!(!hits("DescribeJobs"));
        assert!(!hits("StartRecovery"));
        assert!(hits("DescribeJobs"));
        assert!(hits("DescribeJobs"));
        assert!(!hits("DescribeJobs"));
    }
}
