//! Control beside the simulated AWS, never inside it: faults, throttles, the clock, the call log,
//! dumps. In process through [`Control`], from outside through `/_sim`.

mod by_hand;
mod calls;
mod command;
mod fault;
mod inventory;
mod outage;
mod replications;
mod routes;
mod ssm;
mod summary;
mod throttle;

pub use calls::{CallRecord, Outcome};
pub use command::{Command, Done};
pub use fault::{Aimed, Fault, FaultKind, Standing};
pub use summary::{PlaceSummary, ServerSummary, Stall, Summary};
pub use throttle::Rate;

pub(crate) use calls::CallLog;
pub(crate) use command::apply;
pub(crate) use fault::{Faults, Target};
pub(crate) use outage::is_away;
pub(crate) use routes::router;
pub(crate) use throttle::{Throttles, throttled};

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use crate::clock::Speed;
use crate::error::ServiceError;
use crate::events::Rules;
use crate::scenario::Estate;
use crate::sim::Sim;
use crate::world::World;

/// Faster than this, a minute of real time is more than two months.
const FASTEST: f64 = 100_000.0;

/// What is held beside the world: it is neither dumped nor journaled.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub faults: Faults,
    pub throttles: Throttles,
    pub calls: CallLog,
}

/// What `/_sim` offers, in process.
#[derive(Debug, Clone)]
pub struct Control {
    sim: Sim,
}

impl Control {
    pub(crate) fn new(sim: Sim) -> Self {
        Self { sim }
    }

    /// Carries out one command; commands that change the world are journaled.
    ///
    /// # Errors
    /// What the command names does not exist.
    pub fn run(&self, command: Command) -> Result<Done, ServiceError> {
        self.sim.command(command)
    }

    /// Injects a fault into calls from now on: a [`Fault`], or an [`Aimed`] one for one account or
    /// region. Gives the number to end it by.
    pub fn inject(&self, fault: impl Into<Aimed>) -> u64 {
        let fault = fault.into();
        self.sim.held(|held| held.faults.inject(fault))
    }

    /// The injected faults of calls that have not hit all of theirs yet.
    #[must_use]
    pub fn faults(&self) -> Vec<Standing> {
        self.sim.held(|held| held.faults.all())
    }

    /// Takes one injected fault of calls away.
    ///
    /// # Errors
    /// There is no such fault, or it has hit all its calls.
    pub fn end_fault(&self, id: u64) -> Result<(), ServiceError> {
        let was_there = self.sim.held(|held| held.faults.end(id));
        was_there
            .then_some(())
            .ok_or_else(|| command::missing("fault", &id.to_string()))
    }

    /// Takes all injected faults away, and all throttle settings.
    pub fn clear_faults(&self) {
        self.sim.held(|held| {
            held.faults.clear();
            held.throttles = Throttles::default();
        });
    }

    /// Sets the token buckets of an operation, or of all operations of a service.
    pub fn throttle(&self, service: &str, operation: Option<&str>, rate: Rate) {
        self.sim
            .held(|held| held.throttles.set(service, operation, rate));
    }

    /// Stalls the replication of a source server.
    ///
    /// # Errors
    /// There is no such server.
    pub fn stall_server(&self, id: &str) -> Result<(), ServiceError> {
        let server = id.to_owned();
        self.run(Command::StallServer { server }).map(|_| ())
    }

    /// Ends a stall.
    ///
    /// # Errors
    /// There is no such server.
    pub fn resume_server(&self, id: &str) -> Result<(), ServiceError> {
        let server = id.to_owned();
        self.run(Command::ResumeServer { server }).map(|_| ())
    }

    /// Lets the next launch of a source server fail with this raw error.
    ///
    /// # Errors
    /// There is no such server.
    pub fn fail_launch(&self, id: &str, raw_error: &str) -> Result<(), ServiceError> {
        self.run(Command::FailLaunch {
            server: id.to_owned(),
            raw_error: raw_error.to_owned(),
        })
        .map(|_| ())
    }

    /// What goes wrong with events from now on.
    ///
    /// # Errors
    /// None that is known; the signature is that of all commands.
    pub fn events(&self, rules: Rules) -> Result<(), ServiceError> {
        self.run(Command::Events { rules }).map(|_| ())
    }

    /// Sets the applied value of a service quota.
    ///
    /// # Errors
    /// None that is known; the signature is that of all commands.
    pub fn set_quota(
        &self,
        account: &str,
        region: &str,
        quota_code: &str,
        value: f64,
    ) -> Result<(), ServiceError> {
        self.run(Command::SetQuota {
            account: account.to_owned(),
            region: region.to_owned(),
            service: "drs".to_owned(),
            quota_code: quota_code.to_owned(),
            value,
        })
        .map(|_| ())
    }

    /// Lets a principal assume a role, with an external id.
    ///
    /// # Errors
    /// There is no such role.
    pub fn trust(
        &self,
        role_arn: &str,
        principal_arn: &str,
        external_id: Option<&str>,
    ) -> Result<(), ServiceError> {
        self.run(Command::Trust {
            role_arn: role_arn.to_owned(),
            principal_arn: principal_arn.to_owned(),
            external_id: external_id.map(str::to_owned),
        })
        .map(|_| ())
    }

    /// Builds an estate into the world.
    ///
    /// # Errors
    /// The estate asks for what there are no addresses for.
    pub fn scenario(&self, estate: &Estate) -> Result<Done, ServiceError> {
        self.run(Command::Scenario {
            estate: estate.clone(),
        })
    }

    /// How simulated time passes from now on.
    ///
    /// # Errors
    /// A speed below 0, or so fast that a minute is more than two months.
    pub fn set_speed(&self, speed: f64) -> Result<(), ServiceError> {
        if !(0.0..=FASTEST).contains(&speed) {
            let message = format!("speed: expected 0 to {FASTEST} simulated seconds per second");
            return Err(ServiceError::validation(message));
        }
        self.sim.clock().set_speed(Speed::Scaled(speed));
        Ok(())
    }

    /// Moves the clock forward and brings the world along.
    pub fn advance(&self, by: Duration) -> DateTime<Utc> {
        self.sim.clock().advance(by);
        self.sim.bring_forward()
    }

    /// Every call that was made (the latest 200,000), oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.sim.held(|held| held.calls.all())
    }

    /// How many calls were made, by service and operation.
    #[must_use]
    pub fn call_counts(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        self.sim.held(|held| held.calls.counts())
    }

    /// Begins a new list of calls.
    pub fn reset_calls(&self) {
        self.sim.held(|held| held.calls = CallLog::default());
    }

    /// The whole world.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn dump(&self) -> Result<Value, serde_json::Error> {
        self.sim.world(|world| serde_json::to_value(world))
    }

    /// Replaces the world, clock included.
    ///
    /// # Errors
    /// The dump is not one.
    pub fn load(&self, dump: Value) -> Result<(), serde_json::Error> {
        let world: World = serde_json::from_value(dump)?;
        self.sim.replace(world);
        Ok(())
    }

    /// A look at the world, brought forward to now.
    pub fn inspect<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.sim.world(look)
    }
}
