//! The simulated world: accounts and regions, and what each service keeps in them.
//!
//! Everything is plain serde data, so that a world can be dumped, loaded and compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{cloudwatch, drs, ec2, iam, kms, servicequotas, sns, ssm, sts};

/// A 12-digit account id.
pub type AccountId = String;
/// A region name such as `us-west-2`.
pub type RegionName = String;

/// Everything that exists, and the randomness and clock that drive it.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    /// Simulated time up to which the world has been brought.
    pub now: DateTime<Utc>,
    /// Seeded source of ids and durations (part of the world, so that a dump replays).
    pub dice: crate::dice::Dice,
    /// Global (not regional) state per account.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Regional state. Accounts and regions never see one another's.
    pub places: BTreeMap<AccountId, BTreeMap<RegionName, Place>>,
    /// EventBridge events that became due and were not yet delivered.
    pub events: Vec<crate::events::Event>,
    /// What goes wrong with events that are emitted from now on.
    #[serde(default)]
    pub event_rules: crate::events::Rules,
    /// Regions that are away (injected), with the source servers whose replication that stalls.
    #[serde(default)]
    pub outages: BTreeMap<RegionName, BTreeSet<String>>,
}

/// What an account has once, not per region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// Roles, instance profiles, policies.
    pub iam: iam::State,
    /// Sessions that were handed out, with the role behind each.
    pub sts: sts::State,
}

/// What an account has in one region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// AWS Elastic Disaster Recovery.
    pub drs: drs::State,
    /// Instances, volumes, subnets, security groups, launch templates.
    pub ec2: ec2::State,
    /// Managed instances.
    pub ssm: ssm::State,
    /// Keys.
    pub kms: kms::State,
    /// Applied quota values.
    pub quotas: servicequotas::State,
    /// Metric data that was put.
    pub cloudwatch: cloudwatch::State,
    /// Topics and what was published.
    pub sns: sns::State,
}

impl World {
    /// An empty world.
    #[must_use]
    pub fn new(seed: u64, start: DateTime<Utc>) -> Self {
        Self {
            now: start,
            dice: crate::dice::Dice::new(seed),
            accounts: BTreeMap::new(),
            places: BTreeMap::new(),
            events: Vec::new(),
            event_rules: crate::events::Rules::default(),
            outages: BTreeMap::new(),
        }
    }

    /// When the next timed change of any service is due.
    #[must_use]
    pub fn next_change(&self) -> Option<DateTime<Utc>> {
        [
            drs::next_due(self),
            ec2::next_due(self),
            ssm::next_due(self),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The earliest of what `next` says of every place.
    pub(crate) fn next_of(
        &self,
        next: impl Fn(&Place) -> Option<DateTime<Utc>>,
    ) -> Option<DateTime<Utc>> {
        let regions = self.places.values();
        regions
            .flat_map(|regions| regions.values())
            .filter_map(next)
            .min()
    }

    /// The places of which `next` says a time up to `now`, account by account, region by region.
    pub(crate) fn due_of(
        &self,
        now: DateTime<Utc>,
        next: impl Fn(&Place) -> Option<DateTime<Utc>>,
    ) -> Vec<(AccountId, RegionName)> {
        let is_due = |place: &Place| next(place).is_some_and(|at| at <= now);
        let mut due = Vec::new();
        for (account, regions) in &self.places {
            let of_account = regions.iter().filter(|(_, place)| is_due(place));
            due.extend(of_account.map(|(region, _)| (account.clone(), region.clone())));
        }
        due
    }

    /// Brings the world forward: every change that is due by `now` happens, in time order.
    ///
    /// Splitting the way (`advance_to(a)` then `advance_to(b)`) makes the same world as going at
    /// once: the journal relies on it.
    pub fn advance_to(&mut self, now: DateTime<Utc>) {
        while let Some(due) = self.next_change().filter(|due| *due <= now) {
            let due = due.max(self.now);
            self.now = due;
            drs::advance(self, due);
            ec2::advance(self, due);
            ssm::advance(self, due);
        }
        self.now = self.now.max(now);
    }

    /// The regional state of an account, if anything was ever there. Reading calls use this.
    #[must_use]
    pub fn at(&self, account: &str, region: &str) -> Option<&Place> {
        self.places.get(account)?.get(region)
    }

    /// The regional state of an account, created empty on first sight.
    pub fn place(&mut self, account: &str, region: &str) -> &mut Place {
        self.places
            .entry(account.to_owned())
            .or_default()
            .entry(region.to_owned())
            .or_default()
    }

    /// The global state of an account, created empty on first sight.
    pub fn account(&mut self, account: &str) -> &mut Account {
        self.accounts.entry(account.to_owned()).or_default()
    }
}
