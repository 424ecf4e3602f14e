//! Launch configurations of source servers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::state::LaunchConfiguration;
use super::{Reply, find, input, ok, servers};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

/// `GetLaunchConfiguration`.
pub fn get(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = servers::requested(call)?;
    let server = find::server(world, call, &id)?;
    ok(view(&id, &server.launch))
}

fn view(id: &str, launch: &LaunchConfiguration) -> Value {
    json!({
        "sourceServerID": id,
        "name": launch.name,
        "ec2LaunchTemplateID": launch.launch_template_id,
        "launchDisposition": launch.disposition,
        "targetInstanceTypeRightSizingMethod": launch.right_sizing,
        "copyPrivateIp": launch.copy_private_ip,
        "copyTags": launch.copy_tags,
        "licensing": { "osByol": launch.os_byol },
        "postLaunchEnabled": launch.post_launch_enabled,
        "launchIntoInstanceProperties": launch.launch_into.as_ref().map(|id| json!({
            "launchIntoEC2InstanceID": id,
        })),
        "recoveryMode": launch.recovery_mode,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    #[serde(rename = "sourceServerID")]
    source_server_id: Option<String>,
    name: Option<String>,
    launch_disposition: Option<String>,
    target_instance_type_right_sizing_method: Option<String>,
    copy_private_ip: Option<bool>,
    copy_tags: Option<bool>,
    licensing: Option<Licensing>,
    post_launch_enabled: Option<bool>,
    launch_into_instance_properties: Option<LaunchInto>,
    recovery_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Licensing {
    os_byol: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct LaunchInto {
    #[serde(rename = "launchIntoEC2InstanceID")]
    instance_id: Option<String>,
}

impl Update {
    fn check(&self) -> ServiceResult<()> {
        if let Some(name) = &self.name {
            input::length("name", name, 128)?;
        }
        let words = [
            (
                "launchDisposition",
                &self.launch_disposition,
                &["STOPPED", "STARTED"][..],
            ),
            (
                "targetInstanceTypeRightSizingMethod",
                &self.target_instance_type_right_sizing_method,
                &["NONE", "BASIC", "IN_AWS"][..],
            ),
            (
                "recoveryMode",
                &self.recovery_mode,
                &["FAST", "OPTIMAL"][..],
            ),
        ];
        for (field, value, allowed) in words {
            if let Some(value) = value {
                input::word(field, value, allowed)?;
            }
        }
        Ok(())
    }

    fn apply(self, launch: &mut LaunchConfiguration) {
        fn set<T>(slot: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *slot = value;
            }
        }
        set(&mut launch.name, self.name);
        set(&mut launch.disposition, self.launch_disposition);
        set(
            &mut launch.right_sizing,
            self.target_instance_type_right_sizing_method,
        );
        set(&mut launch.copy_private_ip, self.copy_private_ip);
        set(&mut launch.copy_tags, self.copy_tags);
        set(
            &mut launch.os_byol,
            self.licensing.and_then(|licensing| licensing.os_byol),
        );
        set(&mut launch.post_launch_enabled, self.post_launch_enabled);
        set(&mut launch.recovery_mode, self.recovery_mode);
        if let Some(into) = self.launch_into_instance_properties {
            launch.launch_into = into.instance_id.filter(|id| !id.is_empty());
        }
    }
}

/// `UpdateLaunchConfiguration`: members that are not given stay as they are; an empty
/// `launchIntoEC2InstanceID` takes the target away.
pub fn update(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Update = rest_json::parse(call)?;
    let id = input::required("sourceServerID", request.source_server_id.clone())?;
    input::drs_id("sourceServerID", "s-", &id)?;
    request.check()?;
    let before = find::server(world, call, &id)?.launch.clone();
    find::idle(find::state(world, call), &id)?;
    let names_target = request.launch_into_instance_properties.is_some();
    let mut after = before;
    request.apply(&mut after);
    if let Some(target) = &after.launch_into {
        if names_target {
            target_fits(world, call, target)?;
        }
        // Launching into an instance keeps its own address and tags.
        for (field, on) in [
            ("copyPrivateIp", after.copy_private_ip),
            ("copyTags", after.copy_tags),
        ] {
            if on {
                return Err(input::invalid(
                    field,
                    "must be off when launching into an existing instance",
                ));
            }
        }
    }
    let server = find::server(world, call, &id)?;
    server.launch = after;
    ok(view(&id, &server.launch))
}

fn target_fits(world: &World, call: &Call, target: &str) -> ServiceResult<()> {
    let field = "launchIntoInstanceProperties.launchIntoEC2InstanceID";
    input::instance_id(field, target)?;
    let state = crate::ec2::state_of(world, &call.caller.account, &call.region, target)
        .filter(|state| *state != "terminated")
        .ok_or_else(|| input::invalid(field, format!("instance {target} does not exist")))?;
    if state == "stopped" {
        Ok(())
    } else {
        Err(find::conflict(
            "Instance",
            target,
            format!("Instance {target} is {state}; an instance to launch into must be stopped."),
        ))
    }
}
