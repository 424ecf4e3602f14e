//! What goes wrong on request: on one machine, with its next commands.

use serde::{Deserialize, Serialize};

use super::command::Failure;
use super::documents::INSTALL;

/// A fault of one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Fault {
    /// Its next commands fail.
    CommandFails {
        /// Standard error.
        stderr: String,
        /// Exit code.
        #[serde(default = "one_code")]
        exit_code: i32,
        /// How many commands.
        #[serde(default = "once")]
        times: u32,
        /// Only commands of this document.
        #[serde(default)]
        document: Option<String>,
    },
    /// Its next installations of the replication agent fail.
    InstallFails {
        /// Standard error.
        stderr: String,
        /// How many installations.
        #[serde(default = "once")]
        times: u32,
    },
    /// Its next commands do not reach it.
    DeliveryTimesOut {
        /// How many commands.
        #[serde(default = "once")]
        times: u32,
    },
    /// It does not come back from its next reboot, until it is stopped and started.
    NeverReturns,
    /// Its Systems Manager agent falls silent.
    Silent,
}

fn once() -> u32 {
    1
}

fn one_code() -> i32 {
    1
}

/// What the faults of a machine do to its next command, counted down.
pub(super) fn strike(faults: &mut Vec<Fault>, document: &str) -> (bool, Option<Failure>) {
    let mut undelivered = false;
    let mut fails = None;
    for fault in faults.iter_mut() {
        match fault {
            Fault::DeliveryTimesOut { times } if !undelivered && *times > 0 => {
                *times -= 1;
                undelivered = true;
            }
            Fault::CommandFails {
                stderr,
                exit_code,
                times,
                document: only,
            } if fails.is_none()
                && *times > 0
                && only.as_deref().is_none_or(|only| only == document) =>
            {
                *times -= 1;
                fails = Some(Failure {
                    stderr: stderr.clone(),
                    exit_code: *exit_code,
                });
            }
            Fault::InstallFails { stderr, times }
                if fails.is_none() && *times > 0 && document == INSTALL =>
            {
                *times -= 1;
                fails = Some(Failure {
                    stderr: stderr.clone(),
                    exit_code: 1,
                });
            }
            _ => {}
        }
    }
    faults.retain(|fault| match fault {
        Fault::CommandFails { times, .. }
        | Fault::InstallFails { times, .. }
        | Fault::DeliveryTimesOut { times } => *times > 0,
        Fault::NeverReturns | Fault::Silent => true,
    });
    (undelivered, fails)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_fails_as_often_as_told_and_nothing_else_does() {
        let mut faults = vec![Fault::InstallFails {
            stderr: "no room".to_owned(),
            times: 2,
        }];
        let mut fails = |document| strike(&mut faults, document).1.is_some();
        assert!(fails(INSTALL));
        assert!(!fails("AWS-RunShellScript"));
        assert!(fails(INSTALL));
        assert!(!fails(INSTALL));
    }

    #[test]
    fn a_command_that_is_lost_is_lost_once() {
        let mut faults = vec![Fault::DeliveryTimesOut { times: 1 }, Fault::NeverReturns];
        assert!(strike(&mut faults, INSTALL).0);
        assert!(!strike(&mut faults, INSTALL).0);
        assert_eq!(faults, [Fault::NeverReturns]);
    }
}
