//! What every operation stands on: store, AWS by place, clock, ids.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use chrono::{DateTime, Duration, Utc};
use dr_aws::{Access, Accounts, CallerIdentity, Metrics, StateMachines, Topic};
use dr_error::{Clock, Error, IdSource, Result};
use dr_model::place::Place;
use dr_monitor::room::Limits;
use dr_store::Store;

use crate::cloud::Cloud;
use crate::matching::Looks;
use crate::replication::Memory;

/// How long quotas are taken as read: they change by a request to AWS.
const LIMITS_HOURS: i64 = 1;

/// What an environment decides.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Suffix of the tables.
    pub environment: String,
    /// Our own account and region.
    pub home: Place,
    /// The recovery state machine.
    pub recovery_state_machine_arn: String,
    /// Where notifications go, if anywhere.
    pub topic_arn: Option<String>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    store: Store,
    accounts: Accounts,
    state_machines: StateMachines,
    metrics: Metrics,
    topic: Topic,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    limits: Mutex<BTreeMap<Place, (DateTime<Utc>, Limits)>>,
    memory: Memory,
    looks: Looks,
}

/// What every operation stands on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

impl App {
    /// Puts it together.
    pub fn new(
        sdk: SdkConfig,
        settings: Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let home = settings.home.clone();
        Self(Arc::new(Shared {
            store: Store::new(&sdk, &settings.environment, Arc::clone(&clock)),
            state_machines: StateMachines::new(&sdk, home.clone(), Arc::clone(&clock)),
            metrics: Metrics::new(&sdk, home.clone(), Arc::clone(&clock)),
            topic: Topic::new(&sdk, home.clone(), Arc::clone(&clock)),
            accounts: Accounts::new(sdk, home, Arc::clone(&clock)),
            settings,
            clock,
            ids,
            limits: Mutex::default(),
            memory: Memory::default(),
            looks: Looks::default(),
        }))
    }

    /// The tables.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// What the environment decides.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Step Functions.
    #[must_use]
    pub fn state_machines(&self) -> &StateMachines {
        &self.0.state_machines
    }

    /// CloudWatch.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// What matching last looked at.
    #[must_use]
    pub(crate) fn looks(&self) -> &Looks {
        &self.0.looks
    }

    /// When this process last read each place.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.0.memory
    }

    /// SNS.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.0.topic
    }

    /// A fresh id: `prefix` and a UUID.
    ///
    /// # Errors
    /// Never for the prefixes in use; an internal error says that the registry of ids disagrees.
    pub fn new_id<T: std::str::FromStr>(&self, prefix: &str) -> Result<T>
    where
        T::Err: std::fmt::Display,
    {
        format!("{prefix}{}", self.0.ids.uuid())
            .parse()
            .map_err(Error::internal)
    }

    /// AWS in a registered account and region.
    ///
    /// # Errors
    /// When the account or the region is not registered, or its role cannot be assumed.
    pub async fn cloud(&self, place: &Place) -> Result<Cloud> {
        let access = self.access(place).await?;
        let config = self.0.accounts.config_for(&access).await?;
        Ok(Cloud::new(
            &config,
            place,
            Arc::clone(&self.0.clock),
            access.role_arn,
        ))
    }

    /// What DRS takes at most in a place: read live through Service Quotas once an hour, as documented where that
    /// may not be read.
    pub async fn limits(&self, cloud: &Cloud) -> Limits {
        let now = self.0.clock.now();
        let known = || self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read_at, limits)) = known().get(&cloud.place)
            && now - *read_at < Duration::hours(LIMITS_HOURS)
        {
            return *limits;
        }
        let quotas = cloud.quotas.drs_quotas().await;
        let whole = |quota: dr_aws::Quota| usize::try_from(quota.value).unwrap_or(usize::MAX);
        let limits = Limits {
            jobs: whole(quotas.concurrent_jobs),
            servers: whole(quotas.servers_in_jobs),
        };
        known().insert(cloud.place.clone(), (now, limits));
        limits
    }

    /// Who we are in a registered account and region, as STS says it.
    ///
    /// # Errors
    /// When the account or the region is not registered, or its role cannot be assumed.
    pub async fn identity(&self, place: &Place) -> Result<CallerIdentity> {
        let config = self
            .0
            .accounts
            .config_for(&self.access(place).await?)
            .await?;
        self.0.accounts.caller_identity(&config).await
    }

    async fn access(&self, place: &Place) -> Result<Access> {
        let account = match self.0.store.account(&place.account_id).await {
            Ok(account) => account,
            Err(Error::NotFound { .. }) => {
                return Err(Error::Conflict {
                    code: "ACCOUNT_NOT_REGISTERED",
                    message: format!(
                        "The account {} is not registered: register it as a target account first",
                        place.account_id
                    ),
                });
            }
            Err(error) => return Err(error),
        };
        if !account.regions.contains(&place.region) {
            return Err(Error::Conflict {
                code: "REGION_NOT_REGISTERED",
                message: format!(
                    "The region {} is not registered for the account {}: add it to the target account",
                    place.region, place.account_id
                ),
            });
        }
        Ok(Access {
            place: place.clone(),
            external_id: account.role_arn.is_some().then_some(account.external_id),
            role_arn: account.role_arn,
        })
    }
}
