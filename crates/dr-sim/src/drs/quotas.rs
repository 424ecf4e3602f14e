//! Service quotas of DRS, as applied in the account and region of a call.

use crate::error::{ServiceError, ServiceResult};
use crate::world::World;

/// A quota: its code, default and what a person reads when it is reached.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Code in Service Quotas.
    pub code: &'static str,
    default: u32,
    name: &'static str,
}

/// Servers in one job.
pub const SERVERS_PER_JOB: Quota = Quota {
    code: "L-B827C881",
    default: 100,
    name: "Max number of source servers in a single job",
};
/// Jobs at a time.
pub const JOBS: Quota = Quota {
    code: "L-D88FAC3A",
    default: 20,
    name: "Concurrent jobs in progress",
};
/// Servers in all jobs.
pub const SERVERS_IN_JOBS: Quota = Quota {
    code: "L-05AFA8C6",
    default: 500,
    name: "Max number of source servers in all jobs",
};
/// Replicating servers.
pub const REPLICATING: Quota = Quota {
    code: "L-C1D14A2B",
    default: 300,
    name: "Max number of replicating source servers",
};
/// Source servers.
pub const SOURCE_SERVERS: Quota = Quota {
    code: "L-E28BE5E0",
    default: 4_000,
    name: "Max Total source servers Per AWS Account",
};

impl Quota {
    /// The applied value.
    #[must_use]
    pub fn value(self, world: &World, account: &str, region: &str) -> f64 {
        crate::servicequotas::value(world, account, region, "drs", self.code)
            .unwrap_or_else(|| f64::from(self.default))
    }

    /// Refuses more than the applied value.
    ///
    /// # Errors
    /// `ServiceQuotaExceededException` (402) that names the quota.
    pub fn admit(
        self,
        world: &World,
        account: &str,
        region: &str,
        wanted: usize,
    ) -> ServiceResult<()> {
        let value = self.value(world, account, region);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        if f64::from(wanted) <= value {
            return Ok(());
        }
        Err(ServiceError::new(
            402,
            "ServiceQuotaExceededException",
            format!("{} exceeded: {wanted} of {value}.", self.name),
        )
        .with("code", "ServiceQuotaExceededException")
        .with("serviceCode", "drs")
        .with("quotaCode", self.code))
    }
}

/// Refuses one more replicating server where there is no room.
///
/// # Errors
/// `ServiceQuotaExceededException`.
pub fn room_to_replicate(world: &World, account: &str, region: &str) -> ServiceResult<()> {
    let now = world
        .at(account, region)
        .map_or(0, |place| place.drs.replicating());
    REPLICATING.admit(world, account, region, now + 1)
}

/// Refuses a job with this many servers where there is no room for it.
///
/// # Errors
/// `ServiceQuotaExceededException`.
pub fn room_for_job(
    world: &World,
    account: &str,
    region: &str,
    servers: usize,
) -> ServiceResult<()> {
    SERVERS_PER_JOB.admit(world, account, region, servers)?;
    let Some(place) = world.at(account, region) else {
        return Ok(());
    };
    JOBS.admit(world, account, region, place.drs.active_jobs.len() + 1)?;
    SERVERS_IN_JOBS.admit(world, account, region, place.drs.busy.len() + servers)
}
