//! EC2 in one account and region.

mod convert;
mod lifecycle;
mod network;
mod templates;
mod volumes;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ec2::types as sdk;
use dr_error::{Clock, Result};
use dr_model::ids::InstanceId;
use dr_model::place::Place;
use dr_model::server::OriginInstance;
use dr_model::target::{ALLOW_TAG_KEY, ALLOW_TAG_VALUE, TargetInstance};

use dr_error::sdk::{Caller, once_only};

pub use lifecycle::InstanceHealth;
pub use network::{RouteTable, Rule, SecurityGroup, Subnet};
pub use volumes::{Volume, VolumeFilter};

/// Values that one filter takes (EC2 API reference, "Filter").
const VALUES_PER_FILTER: usize = 200;
/// Entries per page of most listings: the most that EC2 gives.
const PAGE: i32 = 1_000;

/// How new volumes are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbsEncryption {
    /// Whether they are without being asked.
    pub by_default: bool,
    /// The key: `alias/aws/ebs` or the ARN of a key of the customer's.
    pub key_id: Option<String>,
}

/// EC2 in one account and region.
#[derive(Debug, Clone)]
pub struct Ec2 {
    client: aws_sdk_ec2::Client,
    caller: Caller,
}

impl Ec2 {
    /// EC2 in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_ec2::Client::new(&once_only(config)),
            caller: Caller {
                service: "ec2",
                place: place.to_string(),
                clock,
            },
        }
    }

    async fn listing(&self, filters: Vec<sdk::Filter>) -> Result<Vec<sdk::Instance>> {
        self.caller
            .pages("DescribeInstances", |token| {
                let call = self
                    .client
                    .describe_instances()
                    .set_filters(Some(filters.clone()))
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    let instances = page
                        .reservations
                        .unwrap_or_default()
                        .into_iter()
                        .flat_map(|reservation| reservation.instances.unwrap_or_default())
                        .collect();
                    Ok((instances, page.next_token))
                }
            })
            .await
    }

    async fn by_id(&self, ids: &[InstanceId]) -> Result<Vec<sdk::Instance>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(VALUES_PER_FILTER) {
            found.append(&mut self.listing(vec![filter("instance-id", ids)]).await?);
        }
        Ok(found)
    }

    /// Instances by id; one that does not exist is absent. IAM: `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn instances(&self, ids: &[InstanceId]) -> Result<Vec<TargetInstance>> {
        Ok(self
            .by_id(ids)
            .await?
            .iter()
            .filter_map(convert::target)
            .collect())
    }

    /// Every instance that is not terminated or about to be. IAM: `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn all_instances(&self) -> Result<Vec<TargetInstance>> {
        let states = ["pending", "running", "stopping", "stopped"];
        let found = self
            .listing(vec![filter("instance-state-name", &states)])
            .await?;
        Ok(found.iter().filter_map(convert::target).collect())
    }

    /// Original instances by id; one that does not exist is absent. IAM: `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn origin_instances(&self, ids: &[InstanceId]) -> Result<Vec<OriginInstance>> {
        Ok(self
            .by_id(ids)
            .await?
            .iter()
            .filter_map(convert::origin)
            .collect())
    }

    /// Every instance that could be a target or nearly is: all that are stopped, and those that carry the
    /// tag but are not stopped. Two listings with nothing in common, so that a fleet of stopped and tagged
    /// instances comes over the wire once. IAM: `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn candidate_targets(&self) -> Result<Vec<TargetInstance>> {
        let stopped = vec![filter("instance-state-name", &["stopped"])];
        let tagged = vec![
            filter(&format!("tag:{ALLOW_TAG_KEY}"), &[ALLOW_TAG_VALUE]),
            filter("instance-state-name", &["pending", "running", "stopping"]),
        ];
        let (stopped, tagged) = futures::try_join!(self.listing(stopped), self.listing(tagged))?;
        // An instance that changed its state between the two answers may be in both.
        let mut seen = BTreeSet::new();
        Ok(stopped
            .iter()
            .chain(&tagged)
            .filter_map(convert::target)
            .filter(|instance| seen.insert(instance.id.clone()))
            .collect())
    }

    /// Those of these instance types that the region offers. IAM: `ec2:DescribeInstanceTypeOfferings`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn instance_type_exists(&self, types: &[String]) -> Result<BTreeSet<String>> {
        let mut offered = BTreeSet::new();
        for types in types.chunks(VALUES_PER_FILTER) {
            let page = |token| {
                let call = self
                    .client
                    .describe_instance_type_offerings()
                    .location_type(sdk::LocationType::Region)
                    .filters(filter("instance-type", types))
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.instance_type_offerings.unwrap_or_default(),
                        page.next_token,
                    ))
                }
            };
            let offerings = self
                .caller
                .pages("DescribeInstanceTypeOfferings", page)
                .await?;
            offered.extend(
                offerings
                    .iter()
                    .filter_map(|offering| offering.instance_type())
                    .map(|kind| kind.as_str().to_owned()),
            );
        }
        Ok(offered)
    }

    /// How new volumes are encrypted. IAM: `ec2:GetEbsEncryptionByDefault`, `ec2:GetEbsDefaultKmsKeyId`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn ebs_encryption(&self) -> Result<EbsEncryption> {
        let by_default = self.caller.send("GetEbsEncryptionByDefault", || {
            self.client.get_ebs_encryption_by_default().send()
        });
        let key = self.caller.send("GetEbsDefaultKmsKeyId", || {
            self.client.get_ebs_default_kms_key_id().send()
        });
        let (by_default, key) = futures::try_join!(by_default, key)?;
        Ok(EbsEncryption {
            by_default: by_default.ebs_encryption_by_default().unwrap_or(false),
            key_id: key.kms_key_id,
        })
    }
}

fn filter<T: ToString>(name: &str, values: &[T]) -> sdk::Filter {
    sdk::Filter::builder()
        .name(name)
        .set_values(Some(values.iter().map(ToString::to_string).collect()))
        .build()
}
