//! `/_sim/...` on the product's own port: what the console's page of the simulator shows and does. The rest of the
//! simulator's control (dumps, calls by hand, the list of calls) stays on the simulator's port.
//!
//! This is no operation: it is served on one machine alone, by this crate, behind the same sign-in.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use chrono::TimeDelta;
use dr_model::role::{Permission, Role};
use dr_sim::Control;
use dr_sim::control::{Aimed, Command};
use dr_sim::error::ServiceError;
use dr_sim::registry::{SERVICES, service};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::answer::{self, Refusal};
use super::{Door, content};

/// A day: who wants to see more of it asks again.
const LONGEST_JUMP: u32 = 24 * 60 * 60;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Summary,
    Servers,
    Operations,
    SetSpeed,
    Jump,
    InjectFault,
    EndFault(u64),
    EndFaults,
    Command,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pace {
    speed: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jump {
    seconds: u32,
}

/// What a path has, method by method.
fn methods(path: &str) -> Option<Vec<(Method, Asked)>> {
    let fault = |id: &str| id.parse().ok().map(Asked::EndFault);
    Some(match path {
        "/_sim/summary" => vec![(Method::GET, Asked::Summary)],
        "/_sim/servers" => vec![(Method::GET, Asked::Servers)],
        "/_sim/operations" => vec![(Method::GET, Asked::Operations)],
        "/_sim/clock" => vec![(Method::PUT, Asked::SetSpeed), (Method::POST, Asked::Jump)],
        "/_sim/faults" => vec![
            (Method::POST, Asked::InjectFault),
            (Method::DELETE, Asked::EndFaults),
        ],
        "/_sim/commands" => vec![(Method::POST, Asked::Command)],
        other => vec![(Method::DELETE, fault(other.strip_prefix("/_sim/faults/")?)?)],
    })
}

impl Asked {
    /// Who may look at anything may look at this; what moves or breaks the simulated estate is for who may also
    /// register and remove its accounts: administrators.
    fn needs(self) -> Permission {
        match self {
            Self::Summary | Self::Servers | Self::Operations => Permission::Read,
            Self::SetSpeed
            | Self::Jump
            | Self::InjectFault
            | Self::EndFault(_)
            | Self::EndFaults
            | Self::Command => Permission::ManageAccounts,
        }
    }
}

/// One call, in the order in which the API's are looked at: path, method, token, permission, body.
pub(super) async fn serve(door: &Door, request: Request) -> Result<Response, Refusal> {
    let control = door.inner.simulator.as_ref();
    let control = control.ok_or_else(Refusal::no_such_path)?;
    let (parts, body) = request.into_parts();
    let methods = methods(parts.uri.path()).ok_or_else(Refusal::no_such_path)?;
    let names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    let allowed = format!("{}, OPTIONS", names.join(", "));
    if parts.method == Method::OPTIONS {
        return Ok(answer::options(&allowed));
    }
    let found = methods.iter().find(|(method, _)| *method == parts.method);
    let (_, asked) = found.ok_or_else(|| Refusal::method(&allowed))?;
    let claims = door.claims(&parts.headers)?;
    let needed = asked.needs();
    let mut roles = claims.groups.iter().filter_map(|name| Role::named(name));
    if !roles.any(|role| role.allows(needed)) {
        return Err(Refusal::forbidden(needed));
    }
    let body = content::read(&parts.headers, body).await?;
    let done = carry_out(control, *asked, &body.unwrap_or_default())?;
    if needed != Permission::Read {
        tracing::info!(user = claims.username, ?asked, "the simulator was told");
    }
    Ok(done)
}

fn carry_out(control: &Control, asked: Asked, body: &str) -> Result<Response, Refusal> {
    let told = match asked {
        Asked::Summary => return shown(&control.summary()),
        Asked::Servers => return shown(&control.servers()),
        Asked::Operations => return shown(&operations()),
        Asked::SetSpeed => control.set_speed(parse::<Pace>(body)?.speed),
        Asked::Jump => {
            let Jump { seconds } = parse(body)?;
            if !(1..=LONGEST_JUMP).contains(&seconds) {
                let message = format!("seconds: expected 1 to {LONGEST_JUMP}");
                return Err(Refusal::invalid(message));
            }
            control.advance(TimeDelta::seconds(i64::from(seconds)));
            Ok(())
        }
        Asked::InjectFault => {
            let fault = parse(body)?;
            check(&fault)?;
            control.inject(fault);
            Ok(())
        }
        Asked::EndFault(id) => control.end_fault(id),
        Asked::EndFaults => {
            control.clear_faults();
            Ok(())
        }
        Asked::Command => control.run(parse::<Command>(body)?).map(|_| ()),
    };
    told.map(|()| answer::empty())
        .map_err(|error| refused(&error))
}

/// A fault that names what is not there would stand for ever and hit nothing.
fn check(Aimed { fault, .. }: &Aimed) -> Result<(), Refusal> {
    let any = |name: &str| name == "*";
    let is_known = match service(&fault.service) {
        Some(found) => {
            any(&fault.operation)
                || found.operations().is_empty()
                || found.operations().contains(&fault.operation.as_str())
        }
        None => any(&fault.service) && any(&fault.operation),
    };
    if !is_known {
        let message = format!(
            "service, operation: expected those of GET /_sim/operations or *, got {} {}",
            fault.service, fault.operation
        );
        return Err(Refusal::invalid(message));
    }
    if fault.nth == 0 || fault.times == 0 {
        return Err(Refusal::invalid(
            "nth, times: expected 1 or more".to_owned(),
        ));
    }
    Ok(())
}

fn operations() -> Map<String, serde_json::Value> {
    SERVICES
        .iter()
        .filter(|service| !service.operations().is_empty())
        .map(|service| (service.name.to_owned(), json!(service.operations())))
        .collect()
}

fn shown(value: &impl Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "the simulator cannot be shown");
        Refusal::internal()
    })?;
    Ok(answer::json(StatusCode::OK, body))
}

fn refused(error: &ServiceError) -> Refusal {
    match error.status {
        404 => Refusal::not_found(error.message.clone()),
        409 => Refusal::conflict(error.message.clone()),
        _ => Refusal::invalid(error.message.clone()),
    }
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Refusal> {
    serde_json::from_str(body).map_err(|error| Refusal::invalid(error.to_string()))
}

#[cfg(test)]
#[path = "simulator_tests.rs"]
mod tests;
