//! A pre-provisioned instance in the recovery region, as EC2 sees it, in our words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::InstanceId;
use crate::server::{Architecture, BootMode, Platform};

/// The tag that allows DRS to launch into an instance.
pub const ALLOW_TAG_KEY: &str = "AWSDRS";
/// Its value.
pub const ALLOW_TAG_VALUE: &str = "AllowLaunchingIntoThisInstance";

/// An EC2 instance that a server may be launched into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetInstance {
    /// Its id.
    pub id: InstanceId,
    /// EC2 state: `stopped`, `running`, ...
    pub state: String,
    /// All tags, `Name` among them.
    pub tags: BTreeMap<String, String>,
    /// Primary private IP.
    pub private_ip: Option<String>,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Security groups.
    pub security_group_ids: Vec<String>,
    /// Instance type such as `m5.large`.
    pub instance_type: String,
    /// CPU architecture.
    pub architecture: Architecture,
    /// Operating system family.
    pub platform: Platform,
    /// Firmware it boots with.
    pub boot_mode: BootMode,
    /// `ebs` or `instance-store`.
    pub root_device_type: String,
    /// `hvm` or `paravirtual`.
    pub virtualization: String,
    /// Volumes attached now.
    pub volume_ids: Vec<String>,
    /// Name of its IAM instance profile.
    pub instance_profile: Option<String>,
}

impl TargetInstance {
    /// The Name tag.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.tags.get("Name").map(String::as_str)
    }

    /// Whether it carries the tag that allows DRS to launch into it.
    #[must_use]
    pub fn allows_launching(&self) -> bool {
        self.tags
            .get(ALLOW_TAG_KEY)
            .is_some_and(|v| v == ALLOW_TAG_VALUE)
    }
}
