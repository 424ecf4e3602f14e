//! The DRS launch configuration of a source server, and the change that launching into an instance needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{InstanceId, SourceServerId};

/// The part of a launch configuration that decides where and how a server is launched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchConfiguration {
    /// Whose it is.
    pub source_server_id: SourceServerId,
    /// Copy the private IP of the source. Must be off to launch into an instance.
    pub copy_private_ip: bool,
    /// Copy the tags of the source. Must be off to launch into an instance.
    pub copy_tags: bool,
    /// `NONE`, `BASIC`, `IN_AWS`, or a word that we do not know.
    pub right_sizing: String,
    /// `STARTED` or `STOPPED`, or a word that we do not know.
    pub launch_disposition: String,
    /// The EC2 launch template that DRS uses for a new instance.
    pub launch_template_id: Option<String>,
    /// The instance to launch into; absent launches a new one.
    pub target_instance_id: Option<InstanceId>,
}

impl LaunchConfiguration {
    /// What this configuration must become to launch into `target`.
    #[must_use]
    pub fn into_target(&self, target: &InstanceId) -> LaunchConfiguration {
        LaunchConfiguration {
            copy_private_ip: false,
            copy_tags: false,
            right_sizing: "NONE".to_owned(),
            target_instance_id: Some(target.clone()),
            ..self.clone()
        }
    }

    /// The settings in which two configurations differ, worded for a person.
    #[must_use]
    pub fn changes_to(&self, wanted: &LaunchConfiguration) -> Vec<SettingChange> {
        let target = |c: &LaunchConfiguration| {
            c.target_instance_id
                .as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        let settings = [
            (
                "copy_private_ip",
                self.copy_private_ip.to_string(),
                wanted.copy_private_ip.to_string(),
            ),
            (
                "copy_tags",
                self.copy_tags.to_string(),
                wanted.copy_tags.to_string(),
            ),
            (
                "right_sizing",
                self.right_sizing.clone(),
                wanted.right_sizing.clone(),
            ),
            ("target_instance_id", target(self), target(wanted)),
        ];
        settings
            .into_iter()
            .filter(|(_, from, to)| from != to)
            .map(|(setting, from, to)| SettingChange {
                setting: setting.to_owned(),
                from,
                to,
            })
            .collect()
    }
}

/// One setting that would change, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingChange {
    /// Name of the setting.
    pub setting: String,
    /// Value before.
    pub from: String,
    /// Value after.
    pub to: String,
}

/// What launching a new instance from the DRS launch template would use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// Template id.
    pub id: String,
    /// Instance type.
    pub instance_type: Option<String>,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Security groups.
    pub security_group_ids: Vec<String>,
    /// Instance profile name or ARN.
    pub instance_profile: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{LaunchConfiguration, SettingChange};

    const TARGET: &str = "i-0000000000000000b";

    /// As DRS makes it for a new server.
    fn fresh() -> LaunchConfiguration {
        LaunchConfiguration {
            source_server_id: "s-11111111111111111".parse().unwrap(),
            copy_private_ip: true,
            copy_tags: true,
            right_sizing: "BASIC".into(),
            launch_disposition: "STARTED".into(),
            launch_template_id: Some("lt-1".into()),
            target_instance_id: None,
        }
    }

    fn change(setting: &str, from: &str, to: &str) -> SettingChange {
        SettingChange {
            setting: setting.into(),
            from: from.into(),
            to: to.into(),
        }
    }

    #[test]
    fn launching_into_an_instance_switches_off_what_conflicts_and_leaves_the_rest() {
        // Requirement 004: test_disable_conflicting_settings, test_configure_launch_into_properties.
        let target = TARGET.parse().unwrap();
        let wanted = fresh().into_target(&target);
        assert!(!wanted.copy_private_ip && !wanted.copy_tags);
        assert_eq!(wanted.right_sizing, "NONE");
        assert_eq!(wanted.target_instance_id, Some(target));
        assert_eq!(wanted.source_server_id, fresh().source_server_id);
        assert_eq!(wanted.launch_disposition, "STARTED");
        assert_eq!(wanted.launch_template_id.as_deref(), Some("lt-1"));
    }

    #[test]
    fn every_setting_that_changes_is_named_with_before_and_after() {
        let wanted = fresh().into_target(&TARGET.parse().unwrap());
        assert_eq!(
            fresh().changes_to(&wanted),
            [
                change("copy_private_ip", "true", "false"),
                change("copy_tags", "true", "false"),
                change("right_sizing", "BASIC", "NONE"),
                change("target_instance_id", "none", TARGET),
            ]
        );
        // And the way back, which is what reverting does.
        assert_eq!(
            wanted.changes_to(&fresh()),
            [
                change("copy_private_ip", "false", "true"),
                change("copy_tags", "false", "true"),
                change("right_sizing", "NONE", "BASIC"),
                change("target_instance_id", TARGET, "none"),
            ]
        );
    }

    #[test]
    fn what_is_as_it_must_be_needs_no_change() {
        let target = TARGET.parse().unwrap();
        let wanted = fresh().into_target(&target);
        assert!(wanted.changes_to(&wanted.into_target(&target)).is_empty());
        assert_eq!(wanted.into_target(&target), wanted);
    }

    #[test]
    fn another_instance_is_one_change() {
        let wanted = fresh().into_target(&TARGET.parse().unwrap());
        let other = wanted.into_target(&"i-0000000000000000c".parse().unwrap());
        assert_eq!(
            wanted.changes_to(&other),
            [change("target_instance_id", TARGET, "i-0000000000000000c")]
        );
    }

    #[test]
    fn settings_that_do_not_concern_the_launch_into_an_instance_are_no_change() {
        let mut other = fresh();
        other.launch_disposition = "STOPPED".into();
        other.launch_template_id = None;
        assert!(fresh().changes_to(&other).is_empty());
    }
}
