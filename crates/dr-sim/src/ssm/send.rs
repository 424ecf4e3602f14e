//! `SendCommand` and `CancelCommand`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::command::{Command, Invocation, Status};
use super::documents::{self, Parameters};
use super::run::{self, Step};
use super::{fault, ids, node};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::wire::aws_json;
use crate::world::World;

/// Machines of one command (API reference).
const MOST_INSTANCES: usize = 50;
/// `TimeoutSeconds` (API reference): its limits, and what it is where none is given.
const TIMEOUT_SECONDS: (u32, u32, u32) = (30, 2_592_000, 3_600);
/// Longest comment (API reference).
const COMMENT: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Send {
    #[serde(default)]
    instance_ids: Vec<String>,
    #[serde(default)]
    targets: Vec<Value>,
    document_name: Option<String>,
    document_version: Option<String>,
    timeout_seconds: Option<u32>,
    comment: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    max_concurrency: Option<String>,
    max_errors: Option<String>,
}

fn constraint(field: &str, value: &str, rule: &str) -> ServiceError {
    ServiceError::validation(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: \
         Member must {rule}"
    ))
}

fn permitted(world: &World, call: &Call) -> ServiceResult<()> {
    let (who, action) = (&call.caller.arn, format!("ssm:{}", call.operation));
    if crate::iam::allowed(world, who, &action) {
        return Ok(());
    }
    let message = format!("User: {who} is not authorized to perform: {action}");
    Err(ServiceError::new(400, "AccessDeniedException", message))
}

fn no_twins(ids: &[String]) -> ServiceResult<()> {
    let mut seen = BTreeSet::new();
    match ids.iter().find(|id| !seen.insert(id.as_str())) {
        None => Ok(()),
        Some(id) => Err(ServiceError::new(
            400,
            "DuplicateInstanceId",
            format!("The instance ID {id} is specified more than once."),
        )),
    }
}

/// What can be said of a request without looking at the machines.
fn check(request: &Send) -> ServiceResult<u32> {
    let count = request.instance_ids.len();
    if count > MOST_INSTANCES {
        let list = format!("[{}]", request.instance_ids.join(", "));
        let rule = format!("have length less than or equal to {MOST_INSTANCES}");
        return Err(constraint("instanceIds", &list, &rule));
    }
    if count == 0 {
        return Err(ServiceError::new(
            400,
            "InvalidInstanceId",
            "No instances specified in the request.",
        ));
    }
    for id in &request.instance_ids {
        ids::instance(id)?;
    }
    no_twins(&request.instance_ids)?;
    let seconds = request.timeout_seconds.unwrap_or(TIMEOUT_SECONDS.2);
    if seconds < TIMEOUT_SECONDS.0 {
        let rule = format!("have value greater than or equal to {}", TIMEOUT_SECONDS.0);
        return Err(constraint("timeoutSeconds", &seconds.to_string(), &rule));
    }
    if seconds > TIMEOUT_SECONDS.1 {
        let rule = format!("have value less than or equal to {}", TIMEOUT_SECONDS.1);
        return Err(constraint("timeoutSeconds", &seconds.to_string(), &rule));
    }
    let long = |comment: &&String| comment.chars().count() > COMMENT;
    if let Some(comment) = request.comment.as_ref().filter(long) {
        let rule = format!("have length less than or equal to {COMMENT}");
        return Err(constraint("comment", comment, &rule));
    }
    Ok(seconds)
}

/// An invocation per machine, if every machine is there and online.
fn invocations(
    world: &World,
    call: &Call,
    ids: &[String],
    document: &documents::Document,
) -> ServiceResult<BTreeMap<String, Invocation>> {
    let (account, region) = (&call.caller.account, &call.region);
    let mut found = BTreeMap::new();
    let (mut absent, mut unfit) = (Vec::new(), Vec::new());
    for id in ids {
        match node::find(world, account, region, id, call.now).filter(|node| node.online) {
            None => absent.push(id.as_str()),
            Some(node) if !document.runs_on(node.windows()) => unfit.push(id.as_str()),
            Some(node) => {
                found.insert(id.clone(), Invocation::new(node.name(), node.windows()));
            }
        }
    }
    if !absent.is_empty() {
        let list = absent.join(", ");
        let message = format!("Instances [[{list}]] not in a valid state for account {account}");
        return Err(ServiceError::new(400, "InvalidInstanceId", message));
    }
    if !unfit.is_empty() {
        let message = format!(
            "Document {} does not support the platform of instances [[{}]]",
            document.name,
            unfit.join(", ")
        );
        return Err(ServiceError::new(400, "UnsupportedPlatformType", message));
    }
    Ok(found)
}

/// `SendCommand`. There is no client token: twice sent is done twice.
pub(super) fn send(world: &mut World, call: &Call) -> ServiceResult<Map<String, Value>> {
    permitted(world, call)?;
    let request: Send = aws_json::parse(call)?;
    if !request.targets.is_empty() {
        return Err(ServiceError::new(
            501,
            "NotSimulated",
            "dr-sim simulates SendCommand with InstanceIds, not with Targets",
        ));
    }
    let timeout_seconds = check(&request)?;
    let name = request
        .document_name
        .as_deref()
        .ok_or_else(|| ServiceError::validation("DocumentName is missing"))?;
    let document = documents::find(name, request.document_version.as_deref())?;
    document.check(&request.parameters)?;
    let mut invocations = invocations(world, call, &request.instance_ids, document)?;
    let (account, region) = (&call.caller.account, &call.region);
    let id = world.dice.uuid();
    for instance in &request.instance_ids {
        // An agent asks for work every few seconds.
        let seconds = world.dice.between(1, 4);
        let step = Step::Deliver {
            command: id.clone(),
            instance: instance.clone(),
        };
        run::schedule(world, account, region, call.now, seconds, step);
    }
    let ssm = &mut world.place(account, region).ssm;
    for (instance, invocation) in &mut invocations {
        if let Some(faults) = ssm.faults.get_mut(instance) {
            (invocation.undelivered, invocation.fails) = fault::strike(faults, document.name);
        }
    }
    ssm.faults.retain(|_, faults| !faults.is_empty());
    let command = Command {
        id: id.clone(),
        document: document.name.to_owned(),
        comment: request.comment,
        parameters: request.parameters,
        timeout_seconds,
        requested: call.now,
        instance_ids: request.instance_ids,
        invocations,
        // Defaults of the API.
        max_concurrency: request.max_concurrency.unwrap_or_else(|| "50".to_owned()),
        max_errors: request.max_errors.unwrap_or_else(|| "0".to_owned()),
    };
    let view = command.view();
    ssm.commands_by_time.insert((call.now, id.clone()));
    ssm.commands.insert(id, command);
    Ok(Map::from_iter([("Command".to_owned(), view)]))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cancel {
    command_id: Option<String>,
    #[serde(default)]
    instance_ids: Vec<String>,
}

/// `CancelCommand`: what waits is cancelled at once, what runs is stopped within seconds.
pub(super) fn cancel(world: &mut World, call: &Call) -> ServiceResult<Map<String, Value>> {
    permitted(world, call)?;
    let request: Cancel = aws_json::parse(call)?;
    let id = ids::command(request.command_id.as_deref())?.to_owned();
    for instance in &request.instance_ids {
        ids::instance(instance)?;
    }
    no_twins(&request.instance_ids)?;
    let (account, region) = (&call.caller.account, &call.region);
    let commands = &mut world.place(account, region).ssm.commands;
    let command = commands.get_mut(&id).ok_or_else(ids::unknown_command)?;
    let foreign = |id: &&String| !command.invocations.contains_key(*id);
    if let Some(instance) = request.instance_ids.iter().find(foreign) {
        return Err(ids::bad_instance(instance));
    }
    let mut stopping = Vec::new();
    for (instance, invocation) in &mut command.invocations {
        if !request.instance_ids.is_empty() && !request.instance_ids.contains(instance) {
            continue;
        }
        match invocation.status {
            Status::Pending => invocation.end(Status::Cancelled, call.now),
            Status::InProgress => {
                invocation.status = Status::Cancelling;
                stopping.push(instance.clone());
            }
            _ => {}
        }
    }
    for instance in stopping {
        let seconds = world.dice.between(2, 5);
        let step = Step::Stop {
            command: id.clone(),
            instance,
        };
        run::schedule(world, account, region, call.now, seconds, step);
    }
    Ok(Map::new())
}
