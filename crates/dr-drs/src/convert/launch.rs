//! Launch configurations, there and back.

use aws_sdk_drs::operation::get_launch_configuration::GetLaunchConfigurationOutput;
use aws_sdk_drs::operation::update_launch_configuration::UpdateLaunchConfigurationOutput;
use aws_sdk_drs::operation::update_launch_configuration::builders::UpdateLaunchConfigurationInputBuilder;
use aws_sdk_drs::types as sdk;
use dr_model::ids::SourceServerId;
use dr_model::launch::LaunchConfiguration;

use super::{UNSAID, filled, optional};

/// The answers to reading and to updating have the same members in two types: this is what both hold.
struct Settings<'a> {
    copy_private_ip: Option<bool>,
    copy_tags: Option<bool>,
    right_sizing: Option<&'a sdk::TargetInstanceTypeRightSizingMethod>,
    disposition: Option<&'a sdk::LaunchDisposition>,
    template: Option<&'a str>,
    into: Option<&'a sdk::LaunchIntoInstanceProperties>,
}

fn configuration(id: &SourceServerId, settings: &Settings<'_>) -> LaunchConfiguration {
    LaunchConfiguration {
        source_server_id: id.clone(),
        copy_private_ip: settings.copy_private_ip.unwrap_or(false),
        copy_tags: settings.copy_tags.unwrap_or(false),
        right_sizing: settings
            .right_sizing
            .map_or(UNSAID, |method| method.as_str())
            .to_owned(),
        launch_disposition: settings
            .disposition
            .map_or(UNSAID, |disposition| disposition.as_str())
            .to_owned(),
        launch_template_id: filled(settings.template),
        target_instance_id: optional(settings.into.and_then(|i| i.launch_into_ec2_instance_id())),
    }
}

/// What `GetLaunchConfiguration` answers about a server.
pub(crate) fn read(
    id: &SourceServerId,
    answer: &GetLaunchConfigurationOutput,
) -> LaunchConfiguration {
    configuration(
        id,
        &Settings {
            copy_private_ip: answer.copy_private_ip(),
            copy_tags: answer.copy_tags(),
            right_sizing: answer.target_instance_type_right_sizing_method(),
            disposition: answer.launch_disposition(),
            template: answer.ec2_launch_template_id(),
            into: answer.launch_into_instance_properties(),
        },
    )
}

/// What `UpdateLaunchConfiguration` answers about a server.
pub(crate) fn updated(
    id: &SourceServerId,
    answer: &UpdateLaunchConfigurationOutput,
) -> LaunchConfiguration {
    configuration(
        id,
        &Settings {
            copy_private_ip: answer.copy_private_ip(),
            copy_tags: answer.copy_tags(),
            right_sizing: answer.target_instance_type_right_sizing_method(),
            disposition: answer.launch_disposition(),
            template: answer.ec2_launch_template_id(),
            into: answer.launch_into_instance_properties(),
        },
    )
}

/// The whole change in one request. A word that the SDK does not know is not sent: we only carry it, and
/// DRS keeps what it has.
pub(crate) fn update(wanted: &LaunchConfiguration) -> UpdateLaunchConfigurationInputBuilder {
    let known = |words: &[&str], word: &str| words.contains(&word);
    let right_sizing = known(
        sdk::TargetInstanceTypeRightSizingMethod::values(),
        &wanted.right_sizing,
    )
    .then(|| sdk::TargetInstanceTypeRightSizingMethod::from(wanted.right_sizing.as_str()));
    let disposition = known(sdk::LaunchDisposition::values(), &wanted.launch_disposition)
        .then(|| sdk::LaunchDisposition::from(wanted.launch_disposition.as_str()));
    let target = wanted
        .target_instance_id
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    UpdateLaunchConfigurationInputBuilder::default()
        .source_server_id(wanted.source_server_id.as_str())
        .copy_private_ip(wanted.copy_private_ip)
        .copy_tags(wanted.copy_tags)
        .set_target_instance_type_right_sizing_method(right_sizing)
        .set_launch_disposition(disposition)
        .launch_into_instance_properties(
            sdk::LaunchIntoInstanceProperties::builder()
                .launch_into_ec2_instance_id(target)
                .build(),
        )
}
