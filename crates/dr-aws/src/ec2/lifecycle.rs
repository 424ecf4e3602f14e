//! Instances started, stopped, rebooted, terminated, and how they are.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as sdk;
use dr_error::{AwsClass, Result};
use dr_model::ids::InstanceId;

use super::convert::{UNSAID, readable};
use super::{Ec2, VALUES_PER_FILTER};

/// Ids that `DescribeInstanceStatus` takes (EC2 API reference).
const STATUS_IDS: usize = 100;

/// How an instance is, as EC2's own checks see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceHealth {
    /// The instance.
    pub id: InstanceId,
    /// EC2 state: `running`, `stopped`, ...
    pub state: String,
    /// The check of what it runs on has passed.
    pub system_ok: bool,
    /// The check of the instance itself has passed: its operating system answers.
    pub instance_ok: bool,
}

impl Ec2 {
    /// Stops instances; one that is stopped already stays so. IAM: `ec2:StopInstances`.
    ///
    /// # Errors
    /// `Error::Aws`; a call for an instance that does not exist stops none of its 200.
    pub async fn stop_instances(&self, ids: &[InstanceId]) -> Result<()> {
        for ids in ids.chunks(VALUES_PER_FILTER) {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            self.caller
                .send("StopInstances", || {
                    self.client
                        .stop_instances()
                        .set_instance_ids(Some(ids.clone()))
                        .send()
                })
                .await?;
        }
        Ok(())
    }

    /// How instances are, whatever their state; one that does not exist is absent.
    /// IAM: `ec2:DescribeInstanceStatus`, `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn instance_status(&self, ids: &[InstanceId]) -> Result<Vec<InstanceHealth>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(STATUS_IDS) {
            // No filter of this call takes ids, and with ids it gives everything in one page.
            let answer = self
                .of_those_that_exist(ids, |ids| async move {
                    self.caller
                        .send("DescribeInstanceStatus", || {
                            self.client
                                .describe_instance_status()
                                .set_instance_ids(Some(ids.clone()))
                                .include_all_instances(true)
                                .send()
                        })
                        .await
                })
                .await?;
            let statuses = answer.and_then(|answer| answer.instance_statuses);
            found.extend(statuses.unwrap_or_default().iter().filter_map(health));
        }
        Ok(found)
    }

    /// Puts tags on resources of any kind; what they have under the same keys is replaced.
    /// IAM: `ec2:CreateTags`.
    ///
    /// # Errors
    /// `Error::Aws`; a call for a resource that does not exist tags none of its 200.
    pub async fn tag(&self, ids: &[String], tags: &BTreeMap<String, String>) -> Result<()> {
        if tags.is_empty() {
            return Ok(());
        }
        let tags: Vec<_> = tags
            .iter()
            .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
            .collect();
        for ids in ids.chunks(VALUES_PER_FILTER) {
            self.caller
                .send("CreateTags", || {
                    self.client
                        .create_tags()
                        .set_resources(Some(ids.to_vec()))
                        .set_tags(Some(tags.clone()))
                        .send()
                })
                .await?;
        }
        Ok(())
    }

    /// A call that EC2 refuses as a whole because one id is unknown, made again for those that exist. `None`
    /// where none does.
    async fn of_those_that_exist<T, F, Fut>(&self, ids: &[InstanceId], call: F) -> Result<Option<T>>
    where
        F: Fn(Vec<String>) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        match call(texts(ids)).await {
            Err(error) if error.aws_class() == Some(AwsClass::NotFound) => {
                let there: BTreeSet<String> = self
                    .by_id(ids)
                    .await?
                    .into_iter()
                    .filter_map(|instance| instance.instance_id)
                    .collect();
                if there.is_empty() {
                    return Ok(None);
                }
                call(there.into_iter().collect()).await.map(Some)
            }
            answer => answer.map(Some),
        }
    }
}

fn texts(ids: &[InstanceId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn health(status: &sdk::InstanceStatus) -> Option<InstanceHealth> {
    let passed = |check: Option<&sdk::InstanceStatusSummary>| {
        check.and_then(|check| check.status()) == Some(&sdk::SummaryStatus::Ok)
    };
    Some(InstanceHealth {
        id: readable(status.instance_id())?,
        state: status
            .instance_state()
            .and_then(|state| state.name())
            .map_or(UNSAID, |name| name.as_str())
            .to_owned(),
        system_ok: passed(status.system_status()),
        instance_ok: passed(status.instance_status()),
    })
}
