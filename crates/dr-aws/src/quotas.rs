//! DRS's quotas: live where Service Quotas may be read, as documented otherwise. A recovery never waits
//! for Service Quotas.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use dr_error::{Clock, Result};
use dr_model::place::Place;

use dr_error::sdk::{Caller, once_only};

/// The most that `ListServiceQuotas` gives per page.
const PAGE: i32 = 100;

// Codes and documented values: AWS General Reference, "AWS Elastic Disaster Recovery endpoints and quotas".
const SERVERS_PER_JOB: (&str, u32) = ("L-B827C881", 100);
const CONCURRENT_JOBS: (&str, u32) = ("L-D88FAC3A", 20);
const SERVERS_IN_JOBS: (&str, u32) = ("L-05AFA8C6", 500);
const REPLICATING_SERVERS: (&str, u32) = ("L-C1D14A2B", 300);
const SOURCE_SERVERS: (&str, u32) = ("L-E28BE5E0", 4_000);

/// One quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub value: u32,
    /// Its code in Service Quotas.
    pub code: &'static str,
    /// Read from Service Quotas; otherwise the documented default.
    pub live: bool,
}

/// The quotas that a recovery meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrsQuotas {
    /// Servers in one job.
    pub servers_per_job: Quota,
    /// Jobs at the same time.
    pub concurrent_jobs: Quota,
    /// Servers in all jobs together.
    pub servers_in_jobs: Quota,
    /// Servers that replicate into this account and region.
    pub replicating_servers: Quota,
    /// Source servers.
    pub source_servers: Quota,
}

impl DrsQuotas {
    /// Takes what is live by code, and the documented value for the rest.
    fn from_live(live: &BTreeMap<String, f64>) -> Self {
        let quota = |(code, documented): (&'static str, u32)| match live.get(code) {
            // Service Quotas answers counts as floating point; `as` cuts and saturates.
            Some(value) if value.is_finite() && *value >= 0.0 => Quota {
                value: *value as u32,
                code,
                live: true,
            },
            _ => Quota {
                value: documented,
                code,
                live: false,
            },
        };
        Self {
            servers_per_job: quota(SERVERS_PER_JOB),
            concurrent_jobs: quota(CONCURRENT_JOBS),
            servers_in_jobs: quota(SERVERS_IN_JOBS),
            replicating_servers: quota(REPLICATING_SERVERS),
            source_servers: quota(SOURCE_SERVERS),
        }
    }
}

/// Service Quotas in one account and region.
#[derive(Debug, Clone)]
pub struct Quotas {
    client: aws_sdk_servicequotas::Client,
    caller: Caller,
}

impl Quotas {
    /// Service Quotas in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_servicequotas::Client::new(&once_only(config)),
            caller: Caller {
                service: "servicequotas",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// DRS's quotas. Never fails: what cannot be read is the documented default and says so.
    /// IAM: `servicequotas:ListServiceQuotas`.
    pub async fn drs_quotas(&self) -> DrsQuotas {
        let live = self.live().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "quotas not readable; taking the documented ones");
            BTreeMap::new()
        });
        DrsQuotas::from_live(&live)
    }

    async fn live(&self) -> Result<BTreeMap<String, f64>> {
        let quotas = self
            .caller
            .pages("ListServiceQuotas", |token| {
                let call = self
                    .client
                    .list_service_quotas()
                    .service_code("drs")
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.quotas.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        Ok(quotas
            .into_iter()
            .filter_map(|quota| Some((quota.quota_code?, quota.value?)))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::DrsQuotas;

    #[test]
    fn a_quota_that_cannot_be_read_is_the_documented_one_and_says_so() {
        let live = BTreeMap::from([
            ("L-B827C881".to_owned(), 50.0),
            ("L-D88FAC3A".to_owned(), f64::NAN),
        ]);
        let quotas = DrsQuotas::from_live(&live);
        assert_eq!(
            (quotas.servers_per_job.value, quotas.servers_per_job.live),
            (50, true)
        );
        assert_eq!(
            (quotas.concurrent_jobs.value, quotas.concurrent_jobs.live),
            (20, false)
        );
        assert_eq!(
            (quotas.servers_in_jobs.value, quotas.servers_in_jobs.live),
            (500, false)
        );
    }
}
