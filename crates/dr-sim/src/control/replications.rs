//! What can go wrong with replications, agents and networks, as methods.

use super::{Command, Control};
use crate::error::ServiceError;

impl Control {
    /// Stalls the replication of a source server, in either direction, for some seconds.
    ///
    /// # Errors
    /// There is no such server.
    pub fn stall_for(&self, id: &str, seconds: u32) -> Result<(), ServiceError> {
        let server = id.to_owned();
        self.run(Command::StallFor { server, seconds }).map(|_| ())
    }

    /// Stalls the replication of a source server with an error of DRS, until it is resumed.
    ///
    /// # Errors
    /// There is no such server, or DRS has no such error.
    pub fn break_replication(&self, id: &str, error: &str) -> Result<(), ServiceError> {
        self.run(Command::BreakReplication {
            server: id.to_owned(),
            error: error.to_owned(),
        })
        .map(|_| ())
    }

    /// Takes the agent away from the machine of a source server: AGENT_NOT_SEEN after some minutes,
    /// until a new agent is there.
    ///
    /// # Errors
    /// There is no such server.
    pub fn lose_agent(&self, id: &str) -> Result<(), ServiceError> {
        let server = id.to_owned();
        self.run(Command::LoseAgent { server }).map(|_| ())
    }

    /// Disconnects the agent of a source server from DRS.
    ///
    /// # Errors
    /// There is no such server.
    pub fn disconnect_agent(&self, id: &str) -> Result<(), ServiceError> {
        let server = id.to_owned();
        self.run(Command::DisconnectAgent { server }).map(|_| ())
    }

    /// Lets the machine of a source server write this much from now on; 14 MiB/s and less do not
    /// make it lag.
    ///
    /// # Errors
    /// There is no such server.
    pub fn write_load(&self, id: &str, bytes_per_second: u64) -> Result<(), ServiceError> {
        self.run(Command::WriteLoad {
            server: id.to_owned(),
            bytes_per_second,
        })
        .map(|_| ())
    }

    /// Lets ReverseReplication of a recovery instance conflict for some seconds.
    ///
    /// # Errors
    /// There is no such recovery instance.
    pub fn hold_reversal(&self, instance: &str, seconds: u32) -> Result<(), ServiceError> {
        self.run(Command::HoldReversal {
            instance: instance.to_owned(),
            seconds,
        })
        .map(|_| ())
    }

    /// How long the agents of recovery instances launched from now on initialise.
    ///
    /// # Errors
    /// None that is known; the signature is that of all commands.
    pub fn agent_takes(
        &self,
        account: &str,
        region: &str,
        seconds: Option<u32>,
    ) -> Result<(), ServiceError> {
        self.run(Command::AgentTakes {
            account: account.to_owned(),
            region: region.to_owned(),
            seconds,
        })
        .map(|_| ())
    }

    /// How fast data is copied by replications into a place that begin from now on: tests of fleets
    /// with large disks need not wait for days. Rescans are eight times as fast.
    ///
    /// # Errors
    /// None that is known; the signature is that of all commands.
    pub fn copy_speed(
        &self,
        account: &str,
        region: &str,
        bytes_per_second: Option<u64>,
    ) -> Result<(), ServiceError> {
        self.run(Command::CopySpeed {
            account: account.to_owned(),
            region: region.to_owned(),
            bytes_per_second,
        })
        .map(|_| ())
    }

    /// Takes the default route and the egress rules of a place's networks away, or gives them back.
    ///
    /// # Errors
    /// None that is known; the signature is that of all commands.
    pub fn network(
        &self,
        account: &str,
        region: &str,
        default_route: bool,
        egress: bool,
    ) -> Result<(), ServiceError> {
        self.run(Command::Network {
            account: account.to_owned(),
            region: region.to_owned(),
            default_route,
            egress,
        })
        .map(|_| ())
    }
}
