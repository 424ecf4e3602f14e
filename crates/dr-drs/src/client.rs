//! The DRS calls that we make, in one account and region.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_drs::types as sdk;
use chrono::{DateTime, Utc};
use dr_error::{AwsClass, Clock, Error, Result};
use dr_model::ids::{JobId, RecoveryInstanceId, SourceServerId};
use dr_model::job::{Job, JobLogEntry};
use dr_model::launch::LaunchConfiguration;
use dr_model::place::Place;
use dr_model::server::{RecoveryInstance, SourceServer};

use crate::convert::{job, launch, recovery, server};
use crate::time::instant_text;
use dr_error::sdk::{Caller, once_only};

/// Entries per page. The service model names no maximum for these listings; 200 is the most ids that a
/// filter of theirs takes (`DescribeSourceServersRequestFiltersIDs`).
pub(crate) const PAGE: i32 = 200;
/// Ids per filter: the same.
const IDS_PER_CALL: usize = 200;

/// AWS DRS in one account and region.
#[derive(Debug, Clone)]
pub struct Drs {
    pub(crate) client: aws_sdk_drs::Client,
    place: Place,
    pub(crate) caller: Caller,
}

impl Drs {
    /// DRS in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_drs::Client::new(&once_only(config)),
            caller: Caller {
                service: "drs",
                place: place.to_string(),
                clock,
            },
            place,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// All source servers. IAM: `drs:DescribeSourceServers`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn source_servers(&self) -> Result<Vec<SourceServer>> {
        self.servers(None).await
    }

    /// The source servers with these ids; an id that DRS does not know is absent. IAM: `drs:DescribeSourceServers`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn source_servers_by_id(&self, ids: &[SourceServerId]) -> Result<Vec<SourceServer>> {
        let mut found = Vec::with_capacity(ids.len());
        // No ids, no call: DRS takes an empty filter for "all".
        for ids in ids.chunks(IDS_PER_CALL) {
            let filters = sdk::DescribeSourceServersRequestFilters::builder()
                .set_source_server_ids(Some(texts(ids)))
                .build();
            found.append(&mut self.servers(Some(filters)).await?);
        }
        Ok(found)
    }

    async fn servers(
        &self,
        filters: Option<sdk::DescribeSourceServersRequestFilters>,
    ) -> Result<Vec<SourceServer>> {
        let servers = self
            .caller
            .pages("DescribeSourceServers", |token| {
                let call = self
                    .client
                    .describe_source_servers()
                    .set_filters(filters.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        let now = self.caller.clock.now();
        Ok(servers
            .iter()
            .filter_map(|server| server::source_server(server, self.place(), now))
            .collect())
    }

    /// All recovery instances. IAM: `drs:DescribeRecoveryInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn recovery_instances(&self) -> Result<Vec<RecoveryInstance>> {
        self.instances(None).await
    }

    /// The recovery instances of these servers, the live and the ended. IAM: `drs:DescribeRecoveryInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn recovery_instances_of(
        &self,
        servers: &[SourceServerId],
    ) -> Result<Vec<RecoveryInstance>> {
        let mut found = Vec::new();
        for ids in servers.chunks(IDS_PER_CALL) {
            let filters = sdk::DescribeRecoveryInstancesRequestFilters::builder()
                .set_source_server_ids(Some(texts(ids)))
                .build();
            found.append(&mut self.instances(Some(filters)).await?);
        }
        Ok(found)
    }

    /// The recovery instances with these ids; an id that DRS does not know is absent.
    /// IAM: `drs:DescribeRecoveryInstances`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn recovery_instances_by_id(
        &self,
        ids: &[RecoveryInstanceId],
    ) -> Result<Vec<RecoveryInstance>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS_PER_CALL) {
            let filters = sdk::DescribeRecoveryInstancesRequestFilters::builder()
                .set_recovery_instance_ids(Some(texts(ids)))
                .build();
            found.append(&mut self.instances(Some(filters)).await?);
        }
        Ok(found)
    }

    async fn instances(
        &self,
        filters: Option<sdk::DescribeRecoveryInstancesRequestFilters>,
    ) -> Result<Vec<RecoveryInstance>> {
        let instances = self
            .caller
            .pages("DescribeRecoveryInstances", |token| {
                let call = self
                    .client
                    .describe_recovery_instances()
                    .set_filters(filters.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        let now = self.caller.clock.now();
        Ok(instances
            .iter()
            .filter_map(|instance| recovery::recovery_instance(instance, now))
            .collect())
    }

    /// How a server would be launched. IAM: `drs:GetLaunchConfiguration`.
    ///
    /// # Errors
    /// `Error::Aws`; `NotFound` class for a server that is not there.
    pub async fn launch_configuration(&self, id: &SourceServerId) -> Result<LaunchConfiguration> {
        let answer = self
            .caller
            .send("GetLaunchConfiguration", || {
                self.client
                    .get_launch_configuration()
                    .source_server_id(id.as_str())
                    .send()
            })
            .await?;
        Ok(launch::read(id, &answer))
    }

    /// Sets how a server is launched, in one call, and answers what DRS says it is now: compare the two.
    /// A wanted target of `None` clears the target. IAM: `drs:UpdateLaunchConfiguration`.
    ///
    /// # Errors
    /// `Error::Aws`; `Conflict` class where DRS refuses the target.
    pub async fn update_launch_configuration(
        &self,
        wanted: &LaunchConfiguration,
    ) -> Result<LaunchConfiguration> {
        let answer = self
            .caller
            .send("UpdateLaunchConfiguration", || {
                launch::update(wanted).send_with(&self.client)
            })
            .await?;
        Ok(launch::updated(&wanted.source_server_id, &answer))
    }

    /// Starts one job for these servers, each from its newest point in time. **Called once, whatever happens**:
    /// there is no client token, so after an error of class `Unavailable` look in [`Drs::jobs_since`] before
    /// trying again. IAM: `drs:StartRecovery`, and with the caller's own rights everything that the launch does
    /// in EC2.
    ///
    /// # Errors
    /// `Error::Aws`; `Error::Corrupt` where the job was accepted but its id cannot be read.
    pub async fn start_recovery(
        &self,
        servers: &[SourceServerId],
        is_drill: bool,
        tags: &BTreeMap<String, String>,
    ) -> Result<Job> {
        let servers: Vec<_> = servers.iter().map(|id| (id.clone(), None)).collect();
        self.start_recovery_at(&servers, is_drill, tags).await
    }

    /// [`Drs::start_recovery`] with a point in time per server, as [`Drs::recovery_points`] names them; `None` is
    /// the newest. IAM: the same.
    ///
    /// # Errors
    /// The same; `Error::Aws` where a point in time is gone, too.
    pub async fn start_recovery_at(
        &self,
        servers: &[(SourceServerId, Option<String>)],
        is_drill: bool,
        tags: &BTreeMap<String, String>,
    ) -> Result<Job> {
        let sources = servers
            .iter()
            .map(|(id, point)| {
                sdk::StartRecoveryRequestSourceServer::builder()
                    .source_server_id(id.as_str())
                    .set_recovery_snapshot_id(point.clone())
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::internal)?;
        let tags = (!tags.is_empty()).then(|| tags.clone().into_iter().collect());
        let call = self
            .client
            .start_recovery()
            .set_source_servers(Some(sources))
            .is_drill(is_drill)
            .set_tags(tags)
            .send();
        let answer = self.caller.once("StartRecovery", call).await?;
        accepted(answer.job.as_ref())
    }

    /// Jobs created since a time, newest first as DRS lists them. IAM: `drs:DescribeJobs`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn jobs_since(&self, from: DateTime<Utc>) -> Result<Vec<Job>> {
        let filters = sdk::DescribeJobsRequestFilters::builder()
            .from_date(instant_text(from))
            .build();
        let jobs = self
            .caller
            .pages("DescribeJobs", |token| {
                let call = self
                    .client
                    .describe_jobs()
                    .filters(filters.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        Ok(jobs.iter().filter_map(job::job).collect())
    }

    /// The whole log of a job. IAM: `drs:DescribeJobLogItems`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn job_log(&self, id: &JobId) -> Result<Vec<JobLogEntry>> {
        let entries = self
            .caller
            .pages("DescribeJobLogItems", |token| {
                let call = self
                    .client
                    .describe_job_log_items()
                    .job_id(id.as_str())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        Ok(entries.iter().map(job::log_entry).collect())
    }

    /// Starts a job that terminates these recovery instances. Called once: a lost answer is reported, and
    /// what became of the instances is seen in [`Drs::recovery_instances`]. At most 200 ids.
    /// IAM: `drs:TerminateRecoveryInstances`, `ec2:TerminateInstances`, `ec2:DeleteVolume`.
    ///
    /// # Errors
    /// `Error::Aws`; `Error::Corrupt` where the job was accepted but its id cannot be read.
    pub async fn terminate_recovery_instances(&self, ids: &[RecoveryInstanceId]) -> Result<Job> {
        let call = self
            .client
            .terminate_recovery_instances()
            .set_recovery_instance_ids(Some(texts(ids)))
            .send();
        let answer = self.caller.once("TerminateRecoveryInstances", call).await?;
        accepted(answer.job.as_ref())
    }

    /// Cuts a recovery instance off from DRS; the instance runs on. IAM: `drs:DisconnectRecoveryInstance`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn disconnect_recovery_instance(&self, id: &RecoveryInstanceId) -> Result<()> {
        self.caller
            .send("DisconnectRecoveryInstance", || {
                self.client
                    .disconnect_recovery_instance()
                    .recovery_instance_id(id.as_str())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Removes DRS's record of a recovery instance; the instance runs on. One that is not there is
    /// removed already. IAM: `drs:DeleteRecoveryInstance`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn delete_recovery_instance(&self, id: &RecoveryInstanceId) -> Result<()> {
        let deleted = self
            .caller
            .send("DeleteRecoveryInstance", || {
                self.client
                    .delete_recovery_instance()
                    .recovery_instance_id(id.as_str())
                    .send()
            })
            .await;
        match deleted {
            Err(error) if error.aws_class() != Some(AwsClass::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether DRS was ever initialised here. IAM: `drs:DescribeSourceServers`.
    ///
    /// # Errors
    /// `Error::Aws` for anything else than an answer to the question.
    pub async fn is_initialized(&self) -> Result<bool> {
        let answer = self
            .caller
            .send("DescribeSourceServers", || {
                self.client.describe_source_servers().max_results(1).send()
            })
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn accepted(answer: Option<&sdk::Job>) -> Result<Job> {
    answer.and_then(job::job).ok_or_else(|| Error::Corrupt {
        kind: "DRS job",
        detail: format!("accepted, but with no readable id: {answer:?}"),
    })
}
