//! Tags of DRS resources, by ARN. These calls work before the account is initialised.

use serde::Deserialize;
use serde_json::{Value, json};

use super::state::Tags;
use super::{Reply, find, input, ok, status, words};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

/// The members of all three requests; the router puts those of path and query into the body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    resource_arn: Option<String>,
    tags: Option<Tags>,
    tag_keys: Option<Vec<String>>,
}

fn of<'a>(world: &'a mut World, call: &Call, arn: &str) -> ServiceResult<&'a mut Tags> {
    let (region, account, kind, id) = words::parse_arn(arn)
        .ok_or_else(|| input::invalid("resourceArn", format!("'{arn}' is not an ARN of DRS")))?;
    if region != call.region || account != call.caller.account {
        return Err(ServiceError::new(
            403,
            "AccessDeniedException",
            format!("{} is not authorized on {arn}", call.caller.arn),
        ));
    }
    let missing = || find::not_found(kind, id);
    let state = find::state(world, call);
    match kind {
        "source-server" => state.servers.get_mut(id).map(|found| &mut found.tags),
        "recovery-instance" => state.instances.get_mut(id).map(|found| &mut found.tags),
        "job" => state.jobs.get_mut(id).map(|found| &mut found.tags),
        "launch-configuration-template" => state
            .launch_template
            .as_mut()
            .filter(|found| found.id == id)
            .map(|found| &mut found.tags),
        "replication-configuration-template" => state
            .replication_template
            .as_mut()
            .filter(|found| found.id == id)
            .map(|found| &mut found.tags),
        _ => None,
    }
    .ok_or_else(missing)
}

/// `TagResource`.
pub fn tag(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let arn = input::required("resourceArn", request.resource_arn)?;
    let new = input::required("tags", request.tags)?;
    input::tags(&new)?;
    of(world, call, &arn)?.extend(new);
    status(200, Value::Null)
}

/// `UntagResource`.
pub fn untag(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let arn = input::required("resourceArn", request.resource_arn)?;
    let keys = input::required("tagKeys", request.tag_keys)?;
    let tags = of(world, call, &arn)?;
    for key in keys {
        tags.remove(&key);
    }
    status(200, Value::Null)
}

/// `ListTagsForResource`.
pub fn list(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let arn = input::required("resourceArn", request.resource_arn)?;
    ok(json!({ "tags": of(world, call, &arn)? }))
}
