//! What was sent: `ListCommands`, `ListCommandInvocations`, `GetCommandInvocation`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::command::{Command, Status};
use super::{documents, ids};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::wire::aws_json;
use crate::world::World;

/// Largest page (API reference).
const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    command_id: Option<String>,
    instance_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    details: bool,
}

#[derive(Debug, Deserialize)]
struct Filter {
    key: String,
    value: String,
}

/// A filter that makes sense.
#[derive(Debug)]
enum Wanted {
    After(DateTime<Utc>),
    Before(DateTime<Utc>),
    Status(String),
    Document(String),
}

fn read_filter(filter: &Filter) -> ServiceResult<Wanted> {
    let time = || {
        filter.value.parse().map_err(|_| {
            let message = format!("{}: {} is no time.", filter.key, filter.value);
            ServiceError::new(400, "InvalidFilterKey", message)
        })
    };
    match filter.key.as_str() {
        "InvokedAfter" => Ok(Wanted::After(time()?)),
        "InvokedBefore" => Ok(Wanted::Before(time()?)),
        "Status" => Ok(Wanted::Status(filter.value.clone())),
        "DocumentName" => Ok(Wanted::Document(filter.value.clone())),
        other => Err(ServiceError::new(
            400,
            "InvalidFilterKey",
            format!("The filter key {other} is not valid."),
        )),
    }
}

impl Wanted {
    fn fits(&self, command: &Command, status: Status) -> bool {
        match self {
            Self::After(at) => command.requested > *at,
            Self::Before(at) => command.requested < *at,
            Self::Status(word) => status.word() == word || status.details() == word,
            Self::Document(name) => command.document == *name,
        }
    }
}

/// A request whose parts are checked.
struct Query {
    command: Option<String>,
    instance: Option<String>,
    wanted: Vec<Wanted>,
    size: usize,
    /// Command and machine of the last line of the page before.
    after: Option<(String, String)>,
    details: bool,
}

fn bad_token() -> ServiceError {
    ServiceError::new(400, "InvalidNextToken", "The specified token isn't valid.")
}

fn read(call: &Call) -> ServiceResult<Query> {
    let request: Request = aws_json::parse(call)?;
    if let Some(id) = &request.command_id {
        ids::command(Some(id))?;
    }
    if let Some(id) = &request.instance_id {
        ids::instance(id)?;
    }
    let size = request.max_results.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        let message = format!("MaxResults must be between 1 and {PAGE}");
        return Err(ServiceError::validation(message));
    }
    let after = request.next_token.map(|token| {
        let plain = STANDARD.decode(token).ok();
        let plain = plain.and_then(|bytes| String::from_utf8(bytes).ok());
        let (command, instance) = plain.as_deref()?.split_once('|')?;
        Some((command.to_owned(), instance.to_owned()))
    });
    let after = match after {
        Some(None) => return Err(bad_token()),
        Some(some) => some,
        None => None,
    };
    Ok(Query {
        command: request.command_id,
        instance: request.instance_id,
        wanted: request
            .filters
            .iter()
            .map(read_filter)
            .collect::<Result<_, _>>()?,
        size,
        after,
        details: request.details,
    })
}

impl Query {
    /// The commands that it is about, newest first, from the one where the page before ended.
    fn commands<'a>(&self, world: &'a World, call: &Call) -> ServiceResult<Vec<&'a Command>> {
        let Some(place) = world.at(&call.caller.account, &call.region) else {
            return Ok(Vec::new());
        };
        let ssm = &place.ssm;
        let from = match &self.after {
            None => None,
            Some((id, _)) => {
                let last = ssm.commands.get(id).ok_or_else(bad_token)?;
                Some((last.requested, id.clone()))
            }
        };
        let newest_first = ssm.commands_by_time.iter().rev();
        Ok(newest_first
            .skip_while(|entry| from.as_ref().is_some_and(|from| *entry > from))
            .filter_map(|(_, id)| ssm.commands.get(id))
            .filter(|command| self.command.as_ref().is_none_or(|id| command.id == *id))
            .filter(|command| {
                let of = |id: &String| command.invocations.contains_key(id);
                self.instance.as_ref().is_none_or(of)
            })
            .collect())
    }
}

/// A page of lines: each with the command and machine that a token names.
fn page(mut lines: Vec<(String, Value)>, size: usize, name: &str) -> Map<String, Value> {
    let mut body = Map::new();
    if lines.len() > size {
        lines.truncate(size);
        let last = lines.last().map(|(key, _)| STANDARD.encode(key));
        body.insert("NextToken".to_owned(), json!(last));
    }
    let list = lines.into_iter().map(|(_, line)| line).collect();
    body.insert(name.to_owned(), Value::Array(list));
    body
}

/// `ListCommands`: newest first.
pub(super) fn commands(world: &World, call: &Call) -> ServiceResult<Map<String, Value>> {
    let query = read(call)?;
    let last = query.after.as_ref().map(|(id, _)| id);
    let lines = query
        .commands(world, call)?
        .into_iter()
        .filter(|command| last != Some(&command.id))
        .filter(|command| {
            let status = command.status();
            query.wanted.iter().all(|w| w.fits(command, status))
        })
        .take(query.size + 1)
        .map(|command| (format!("{}|", command.id), command.view()))
        .collect();
    Ok(page(lines, query.size, "Commands"))
}

/// `ListCommandInvocations`: newest command first, then by machine.
pub(super) fn invocations(world: &World, call: &Call) -> ServiceResult<Map<String, Value>> {
    let query = read(call)?;
    let mut lines = Vec::new();
    for command in query.commands(world, call)? {
        for (instance, invocation) in &command.invocations {
            let seen = query
                .after
                .as_ref()
                .is_some_and(|(id, last)| *id == command.id && instance <= last);
            let other = query.instance.as_ref().is_some_and(|id| id != instance);
            let fits = query
                .wanted
                .iter()
                .all(|w| w.fits(command, invocation.status));
            if seen || other || !fits {
                continue;
            }
            let line = command.listed(instance, invocation, query.details);
            lines.push((format!("{}|{instance}", command.id), line));
        }
        if lines.len() > query.size {
            break;
        }
    }
    Ok(page(lines, query.size, "CommandInvocations"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    command_id: Option<String>,
    instance_id: Option<String>,
    plugin_name: Option<String>,
}

/// `GetCommandInvocation`.
pub(super) fn invocation(world: &World, call: &Call) -> ServiceResult<Value> {
    let request: Get = aws_json::parse(call)?;
    let id = ids::command(request.command_id.as_deref())?;
    let instance = request.instance_id.unwrap_or_default();
    ids::instance(&instance)?;
    let found = world
        .at(&call.caller.account, &call.region)
        .and_then(|place| place.ssm.commands.get(id))
        .and_then(|command| Some((command, command.invocations.get(&instance)?)));
    let Some((command, invocation)) = found else {
        return Err(ServiceError::new(
            400,
            "InvocationDoesNotExist",
            format!("There is no invocation of command {id} for instance {instance}."),
        ));
    };
    let plugin = documents::plugin(&command.document, invocation.windows);
    if let Some(name) = request.plugin_name.filter(|name| name != plugin) {
        return Err(ServiceError::new(
            400,
            "InvalidPluginName",
            format!("The plugin {name} is not part of the command."),
        ));
    }
    Ok(command.detail(&instance, invocation))
}
