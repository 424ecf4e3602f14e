//! Faults: what goes wrong with which call.

use serde::{Deserialize, Serialize};

/// A fault for some of the calls of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Signing name of the service; `*` is any.
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

/// A fault that hits the calls of one account or region alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aimed {
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// Account of the caller; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl From<Fault> for Aimed {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            account: None,
            region: None,
        }
    }
}

/// A call as faults see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub service: &'a str,
    pub operation: &'a str,
    pub account: &'a str,
    pub region: &'a str,
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

/// A fault that was injected and has not hit all its calls yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its number, to take it away by.
    pub id: u64,
    /// The fault, with the calls that are left to it.
    #[serde(flatten)]
    pub aimed: Aimed,
}

/// The faults that stand.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    standing: Vec<Standing>,
    last: u64,
}

impl Faults {
    /// Adds a fault; gives its number.
    pub fn inject(&mut self, aimed: Aimed) -> u64 {
        self.last += 1;
        let id = self.last;
        self.standing.push(Standing { id, aimed });
        id
    }

    pub fn all(&self) -> Vec<Standing> {
        self.standing.clone()
    }

    /// Takes one away; whether it was there.
    pub fn end(&mut self, id: u64) -> bool {
        let before = self.standing.len();
        self.standing.retain(|standing| standing.id != id);
        self.standing.len() < before
    }

    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// The fault that hits this call, if any; counts the call for all faults that watch it.
    pub fn strike(&mut self, call: Target<'_>) -> Option<FaultKind> {
        let mut struck = None;
        let fits = |wanted: &Option<String>, have: &str| wanted.as_ref().is_none_or(|w| w == have);
        for Standing { aimed, .. } in &mut self.standing {
            let fault = &mut aimed.fault;
            let watches = (fault.service == call.service || fault.service == "*")
                && (fault.operation == call.operation || fault.operation == "*")
                && fits(&aimed.account, call.account)
                && fits(&aimed.region, call.region);
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
        self.standing
            .retain(|standing| standing.aimed.fault.times > 0);
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(operation: &'a str, region: &'a str) -> Target<'a> {
        Target {
            service: "drs",
            operation,
            account: "111122223333",
            region,
        }
    }

    fn fault(nth: u32, times: u32) -> Fault {
        Fault {
            service: "drs".to_owned(),
            operation: "DescribeJobs".to_owned(),
            nth,
            times,
            kind: FaultKind::Throttle,
        }
    }

    fn standing(aimed: impl Into<Aimed>) -> Faults {
        let mut faults = Faults::default();
        faults.inject(aimed.into());
        faults
    }

    #[test]
    fn a_fault_is_taken_away_by_its_number_and_no_other_goes() {
        let mut faults = standing(fault(1, 2));
        let second = faults.inject(fault(1, 3).into());
        assert!(faults.end(1));
        assert!(!faults.end(1));
        let left: Vec<u64> = faults.all().iter().map(|standing| standing.id).collect();
        assert_eq!(left, [second]);
    }

    #[test]
    fn the_nth_call_fails_and_no_other() {
        let mut faults = standing(fault(2, 2));
        let mut hits = |operation| faults.strike(call(operation, "us-west-2")).is_some();
        assert!(!hits("DescribeJobs"));
        assert!(!hits("StartRecovery"));
        assert!(hits("DescribeJobs"));
        assert!(hits("DescribeJobs"));
        assert!(!hits("DescribeJobs"));
    }

    #[test]
    fn a_region_can_be_away_altogether() {
        let mut faults = standing(Aimed {
            account: Some("111122223333".to_owned()),
            region: Some("us-east-1".to_owned()),
            fault: Fault {
                service: "*".to_owned(),
                operation: "*".to_owned(),
                kind: FaultKind::NoAnswer,
                ..fault(1, u32::MAX)
            },
        });
        let elsewhere = faults.strike(call("DescribeJobs", "us-west-2"));
        assert_eq!(elsewhere, None);
        for operation in ["DescribeJobs", "StartRecovery"] {
            let struck = faults.strike(call(operation, "us-east-1"));
            assert_eq!(struck, Some(FaultKind::NoAnswer));
        }
    }

    #[test]
    fn a_fault_of_a_region_leaves_other_regions_alone() {
        let mut faults = standing(Aimed {
            region: Some("us-east-1".to_owned()),
            ..fault(1, 1).into()
        });
        let mut hits = |region| faults.strike(call("DescribeJobs", region)).is_some();
        assert!(!hits("us-west-2"));
        assert!(hits("us-east-1"));
        assert!(!hits("us-east-1"));
    }
}
