//! Turning a replication round, stopping it, and taking a source server out of DRS.

use dr_error::{AwsClass, Error, Result};
use dr_model::ids::{RecoveryInstanceId, SourceServerId};

use crate::client::Drs;
use crate::convert::filled;

impl Drs {
    /// Lets a recovery instance replicate back to where it came from, and answers the ARN of the source server
    /// that does it; it lives in the region and account of the original. **Called once**: after an error of class
    /// `Unavailable`, look at the recovery instance and at the source servers of the other side.
    /// IAM: `drs:ReverseReplication`, `drs:DescribeReplicationConfigurationTemplates`, `drs:DescribeSourceServers`,
    /// `ec2:DescribeInstances`.
    ///
    /// # Errors
    /// `Error::Aws`, of class `Conflict` while the agent of the instance initialises: ask again later.
    /// `Error::Corrupt` where DRS accepted but named no source server.
    pub async fn reverse_replication(&self, id: &RecoveryInstanceId) -> Result<String> {
        let call = self
            .client
            .reverse_replication()
            .recovery_instance_id(id.as_str())
            .send();
        let answer = self.caller.once("ReverseReplication", call).await?;
        filled(answer.reversed_direction_source_server_arn()).ok_or_else(|| Error::Corrupt {
            kind: "reversed source server",
            detail: format!("ReverseReplication of {id} was accepted but answered no ARN"),
        })
    }

    /// Stops a replication. **Takes away the points in time of the server**: the caller has judged that.
    /// Stopping what is stopped changes nothing. IAM: `drs:StopReplication`.
    ///
    /// # Errors
    /// `Error::Aws`; class `Conflict` while a job holds the server.
    pub async fn stop_replication(&self, id: &SourceServerId) -> Result<()> {
        self.caller
            .send("StopReplication", || {
                self.client
                    .stop_replication()
                    .source_server_id(id.as_str())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Starts a stopped replication again, with a full copy. Starting what runs changes nothing.
    /// IAM: `drs:StartReplication`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn start_replication(&self, id: &SourceServerId) -> Result<()> {
        self.caller
            .send("StartReplication", || {
                self.client
                    .start_replication()
                    .source_server_id(id.as_str())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Cuts a source server off from DRS: its staging resources go, its record stays.
    /// IAM: `drs:DisconnectSourceServer`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn disconnect_source_server(&self, id: &SourceServerId) -> Result<()> {
        self.caller
            .send("DisconnectSourceServer", || {
                self.client
                    .disconnect_source_server()
                    .source_server_id(id.as_str())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Removes the record of a disconnected source server. One that is not there is removed already.
    /// IAM: `drs:DeleteSourceServer`.
    ///
    /// # Errors
    /// `Error::Aws`; class `Conflict` for one that is not disconnected.
    pub async fn delete_source_server(&self, id: &SourceServerId) -> Result<()> {
        let deleted = self
            .caller
            .send("DeleteSourceServer", || {
                self.client
                    .delete_source_server()
                    .source_server_id(id.as_str())
                    .send()
            })
            .await;
        match deleted {
            Err(error) if error.aws_class() != Some(AwsClass::NotFound) => Err(error),
            _ => Ok(()),
        }
    }
}
