//! How an account and region is set up for DRS: where it stages, and which accounts stage for it.

use aws_sdk_drs::types as sdk;
use dr_error::{AwsClass, Result};

use crate::client::{Drs, PAGE};

/// How servers replicate into this account and region, unless one is set otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationSettings {
    /// The subnet of the replication servers; empty where none is chosen.
    pub staging_subnet_id: String,
    /// Security groups of the replication servers. DRS adds its own where it was told to.
    pub security_group_ids: Vec<String>,
    /// Data goes to private addresses, over VPN, peering or Direct Connect; otherwise over the internet.
    pub use_private_ip: bool,
    /// Replication servers get a public address.
    pub create_public_ip: bool,
    /// Most Mbps per server; 0 is no limit.
    pub bandwidth_mbps: u64,
}

impl Drs {
    /// The default replication settings; `None` where DRS was never initialised. An account and region has
    /// one template. IAM: `drs:DescribeReplicationConfigurationTemplates`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn replication_settings(&self) -> Result<Option<ReplicationSettings>> {
        let templates = self
            .caller
            .pages("DescribeReplicationConfigurationTemplates", |token| {
                let call = self
                    .client
                    .describe_replication_configuration_templates()
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await;
        match templates {
            Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => Ok(None),
            templates => Ok(templates?.first().map(settings)),
        }
    }
}

fn settings(template: &sdk::ReplicationConfigurationTemplate) -> ReplicationSettings {
    ReplicationSettings {
        staging_subnet_id: template
            .staging_area_subnet_id()
            .unwrap_or_default()
            .to_owned(),
        security_group_ids: template.replication_servers_security_groups_ids().to_vec(),
        use_private_ip: template.data_plane_routing()
            == Some(&sdk::ReplicationConfigurationDataPlaneRouting::PrivateIp),
        create_public_ip: template.create_public_ip().unwrap_or(false),
        bandwidth_mbps: u64::try_from(template.bandwidth_throttling()).unwrap_or(0),
    }
}
