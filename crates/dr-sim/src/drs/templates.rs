//! The account's templates, and the replication configuration of a source server.

use serde::Deserialize;
use serde_json::{Value, json};

use super::state::{LaunchTemplate, ReplicationTemplate};
use super::{Reply, find, input, ok, servers, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    #[serde(rename = "launchConfigurationTemplateIDs")]
    launch_ids: Option<Vec<String>>,
    #[serde(rename = "replicationConfigurationTemplateIDs")]
    replication_ids: Option<Vec<String>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Describe {
    /// There is one template at most, so that the first page is the last.
    fn check_page(&self) -> ServiceResult<()> {
        let page = input::Page {
            max_results: self.max_results,
            next_token: self.next_token.as_deref(),
        };
        page.size()?;
        page.after().map(|_| ())
    }
}

/// Keeps the template if its id was asked for (or none was).
///
/// # Errors
/// `ResourceNotFoundException` for an id that does not exist.
fn chosen<T>(
    template: Option<T>,
    id: impl Fn(&T) -> &str,
    asked: Option<&[String]>,
    kind: &str,
) -> ServiceResult<Option<T>> {
    let asked = asked.unwrap_or_default();
    for wanted in asked {
        if template.as_ref().is_none_or(|found| id(found) != wanted) {
            return Err(find::not_found(kind, wanted));
        }
    }
    Ok(template)
}

/// `DescribeLaunchConfigurationTemplates`.
pub fn describe_launch(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Describe = rest_json::parse(call)?;
    request.check_page()?;
    let asked = request.launch_ids.as_deref();
    let field = "launchConfigurationTemplateIDs";
    input::count(field, asked.unwrap_or_default(), 0, 1)?;
    for id in asked.unwrap_or_default() {
        input::drs_id(field, "lct-", id)?;
    }
    let template = find::state(world, call).launch_template.clone();
    let kind = "LaunchConfigurationTemplate";
    let found = chosen(template, |found| found.id.as_str(), asked, kind)?;
    let items: Vec<Value> = found.iter().map(|found| launch_view(call, found)).collect();
    ok(json!({ "items": items }))
}

fn launch_view(call: &Call, template: &LaunchTemplate) -> Value {
    let defaults = &template.defaults;
    let kind = "launch-configuration-template";
    json!({
        "launchConfigurationTemplateID": template.id,
        "arn": words::arn(&call.region, &call.caller.account, kind, &template.id),
        "tags": template.tags,
        "launchDisposition": defaults.disposition,
        "targetInstanceTypeRightSizingMethod": defaults.right_sizing,
        "copyPrivateIp": defaults.copy_private_ip,
        "copyTags": defaults.copy_tags,
        "licensing": { "osByol": defaults.os_byol },
        "postLaunchEnabled": defaults.post_launch_enabled,
        "launchIntoSourceInstance": template.launch_into_source_instance,
        "recoveryMode": defaults.recovery_mode,
    })
}

/// `DescribeReplicationConfigurationTemplates`.
pub fn describe_replication(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Describe = rest_json::parse(call)?;
    request.check_page()?;
    let asked = request.replication_ids.as_deref();
    let field = "replicationConfigurationTemplateIDs";
    input::count(field, asked.unwrap_or_default(), 0, 200)?;
    for id in asked.unwrap_or_default() {
        input::drs_id(field, "rct-", id)?;
    }
    let template = find::state(world, call).replication_template.clone();
    let kind = "ReplicationConfigurationTemplate";
    let found = chosen(template, |found| found.id.as_str(), asked, kind)?;
    let items: Vec<Value> = found
        .iter()
        .map(|found| replication_view(call, found))
        .collect();
    ok(json!({ "items": items }))
}

fn replication_view(call: &Call, template: &ReplicationTemplate) -> Value {
    let kind = "replication-configuration-template";
    let mut view = replication_defaults(template);
    if let Value::Object(members) = &mut view {
        members.insert(
            "replicationConfigurationTemplateID".to_owned(),
            json!(template.id),
        );
        let arn = words::arn(&call.region, &call.caller.account, kind, &template.id);
        members.insert("arn".to_owned(), json!(arn));
        members.insert("tags".to_owned(), json!(template.tags));
    }
    view
}

/// Settings that a template gives and a source server's own configuration repeats.
fn replication_defaults(template: &ReplicationTemplate) -> Value {
    json!({
        "stagingAreaSubnetId": template.subnet_id,
        "associateDefaultSecurityGroup": true,
        "replicationServersSecurityGroupsIDs": [],
        "replicationServerInstanceType": "t3.small",
        "useDedicatedReplicationServer": false,
        "defaultLargeStagingDiskType": "GP3",
        "ebsEncryption": template.ebs_encryption,
        "ebsEncryptionKeyArn": template.ebs_encryption_key_arn,
        "bandwidthThrottling": 0,
        "dataPlaneRouting": "PRIVATE_IP",
        "createPublicIP": false,
        "stagingAreaTags": {},
        // All three rules, or DRS refuses the policy.
        "pitPolicy": [
            { "ruleID": 1, "units": "MINUTE", "interval": 10, "retentionDuration": 60, "enabled": true },
            { "ruleID": 2, "units": "HOUR", "interval": 1, "retentionDuration": 24, "enabled": true },
            { "ruleID": 3, "units": "DAY", "interval": 1, "retentionDuration": 7, "enabled": true },
        ],
        "autoReplicateNewDisks": false,
    })
}

/// `GetReplicationConfiguration`.
pub fn replication_configuration(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = servers::requested(call)?;
    let state = find::state(world, call);
    let server = state
        .servers
        .get(&id)
        .ok_or_else(|| find::not_found("SourceServer", &id))?;
    let mut view = match &state.replication_template {
        Some(template) => replication_defaults(template),
        None => json!({ "ebsEncryption": "DEFAULT" }),
    };
    let disks: Vec<Value> = server
        .machine
        .disks
        .iter()
        .enumerate()
        .map(|(n, disk)| {
            json!({
                "deviceName": disk.device,
                "isBootDisk": n == 0,
                "stagingDiskType": "AUTO",
                "iops": 0,
                "throughput": 0,
                "optimizedStagingDiskType": "GP3",
            })
        })
        .collect();
    if let Value::Object(members) = &mut view {
        members.insert("sourceServerID".to_owned(), json!(id));
        members.insert("name".to_owned(), json!(server.machine.hostname));
        members.insert("replicatedDisks".to_owned(), json!(disks));
    }
    ok(view)
}
