//! What goes wrong with machines that Systems Manager manages.

use super::command::missing;
use super::{Command, Control};
use crate::error::ServiceError;
use crate::ssm::{self, Fault};
use crate::world::World;

/// Makes something go wrong on a machine.
pub(super) fn inject(world: &mut World, instance: &str, fault: &Fault) -> Result<(), ServiceError> {
    let known = ssm::inject(world, instance, fault);
    known
        .then_some(())
        .ok_or_else(|| missing("machine", instance))
}

/// Takes all of that away from a machine.
pub(super) fn heal(world: &mut World, instance: &str) -> Result<(), ServiceError> {
    let known = ssm::heal(world, instance);
    known
        .then_some(())
        .ok_or_else(|| missing("machine", instance))
}

impl Control {
    /// Makes something go wrong on a machine (`i-` or `mi-` id).
    ///
    /// # Errors
    /// There is no such machine.
    pub fn ssm_fault(&self, instance: &str, fault: Fault) -> Result<(), ServiceError> {
        let instance = instance.to_owned();
        self.run(Command::SsmFault { instance, fault }).map(|_| ())
    }

    /// Lets the next command on a machine fail, whatever it is.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn fail_next_command(
        &self,
        instance: &str,
        stderr: &str,
        exit_code: i32,
    ) -> Result<(), ServiceError> {
        let fault = Fault::CommandFails {
            stderr: stderr.to_owned(),
            exit_code,
            times: 1,
            document: None,
        };
        self.ssm_fault(instance, fault)
    }

    /// Lets the next installations of the replication agent on a machine fail.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn fail_agent_install(
        &self,
        instance: &str,
        stderr: &str,
        times: u32,
    ) -> Result<(), ServiceError> {
        let stderr = stderr.to_owned();
        self.ssm_fault(instance, Fault::InstallFails { stderr, times })
    }

    /// Lets the next command on a machine never arrive: its delivery times out.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn time_out_delivery(&self, instance: &str) -> Result<(), ServiceError> {
        self.ssm_fault(instance, Fault::DeliveryTimesOut { times: 1 })
    }

    /// Lets a machine stay away after its next reboot, until it is stopped and started.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn never_back_from_reboot(&self, instance: &str) -> Result<(), ServiceError> {
        self.ssm_fault(instance, Fault::NeverReturns)
    }

    /// Lets the Systems Manager agent of a machine fall silent: `ConnectionLost`.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn silence_agent(&self, instance: &str) -> Result<(), ServiceError> {
        self.ssm_fault(instance, Fault::Silent)
    }

    /// Takes all of this away from a machine.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn heal_machine(&self, instance: &str) -> Result<(), ServiceError> {
        let instance = instance.to_owned();
        self.run(Command::SsmHeal { instance }).map(|_| ())
    }
}
