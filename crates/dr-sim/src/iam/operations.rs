//! IAM's operations, all of which only look.

use chrono::{DateTime, SecondsFormat, Utc};

use super::permissions::{Decision, decide};
use super::{NAMESPACE, Role, State, parse_role, policy_name, profile_arn, profile_id, role};
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{self, Params, Xml};
use crate::world::World;

/// Elements of a page unless the caller wants fewer (API reference).
const PAGE: usize = 100;

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn missing(kind: &str, name: &str) -> ServiceError {
    ServiceError::new(
        404,
        "NoSuchEntity",
        format!("{kind} {name} cannot be found."),
    )
}

fn state<'a>(world: &'a World, call: &Call) -> Option<&'a State> {
    world.accounts.get(&call.caller.account).map(|a| &a.iam)
}

fn required<'a>(params: &'a Params, name: &str) -> ServiceResult<&'a str> {
    params.get(name).ok_or_else(|| {
        ServiceError::new(
            400,
            "ValidationError",
            format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must not be null"),
        )
    })
}

/// The role that a call names, by `RoleName`.
fn named<'a>(world: &'a World, call: &Call, params: &Params) -> ServiceResult<&'a Role> {
    let name = required(params, "RoleName")?;
    state(world, call)
        .and_then(|s| s.roles.get(name))
        .ok_or_else(|| missing("The role with name", name))
}

fn write_role(xml: &mut Xml, role: &Role) {
    let document = role.trust_document().to_string();
    xml.text("Path", "/")
        .text("RoleName", &role.name)
        .text("RoleId", &role.id);
    xml.text("Arn", &role.arn)
        .text("CreateDate", stamp(role.created));
    // IAM answers policy documents URL-encoded (RFC 3986), with %20 and not + for a space.
    let encoded = serde_urlencoded::to_string([("", document)]).unwrap_or_default();
    xml.text(
        "AssumeRolePolicyDocument",
        encoded.trim_start_matches('=').replace('+', "%20"),
    );
}

/// `GetRole`.
pub(super) fn get_role(world: &World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let role = named(world, call, params)?;
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.element("Role", |xml| {
            write_role(xml, role);
            xml.text("MaxSessionDuration", role.max_session_seconds);
        });
    }))
}

/// `GetInstanceProfile`.
pub(super) fn get_instance_profile(
    world: &World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let name = required(params, "InstanceProfileName")?;
    let iam = state(world, call);
    let profile = iam
        .and_then(|s| s.profiles.get(name))
        .ok_or_else(|| missing("Instance Profile", name))?;
    let role = iam.and_then(|s| s.roles.get(&profile.role));
    let account = &call.caller.account;
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.element("InstanceProfile", |xml| {
            xml.text("Path", "/")
                .text("InstanceProfileName", &profile.name);
            xml.text("InstanceProfileId", profile_id(account, name));
            xml.text("Arn", profile_arn(account, name));
            xml.text("CreateDate", stamp(profile.created));
            xml.list("Roles", "member", role, write_role);
        });
    }))
}

/// `ListAttachedRolePolicies`; the marker is the number of policies already listed.
pub(super) fn list_attached_policies(
    world: &World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let role = named(world, call, params)?;
    let invalid =
        |what: &str| ServiceError::new(400, "ValidationError", format!("Invalid {what}."));
    let size = match params.get("MaxItems") {
        None => PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=1000).contains(n))
            .ok_or_else(|| invalid("MaxItems"))?,
    };
    let start: usize = params
        .get("Marker")
        .map_or(Ok(0), str::parse)
        .map_err(|_| invalid("Marker"))?;
    let more = role.policies.len() > start + size;
    Ok(query::ok(call, NAMESPACE, |xml| {
        let page = role.policies.iter().skip(start).take(size);
        xml.list("AttachedPolicies", "member", page, |xml, arn| {
            xml.text("PolicyName", policy_name(arn))
                .text("PolicyArn", arn);
        });
        xml.text("IsTruncated", more);
        xml.maybe("Marker", more.then_some(start + size));
    }))
}

/// `SimulatePrincipalPolicy`: a role's lists, put to every action and resource of the call.
pub(super) fn simulate(world: &World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let source = required(params, "PolicySourceArn")?;
    let actions = params.members("ActionNames");
    if actions.is_empty() {
        required(params, "ActionNames")?;
    }
    let foreign = parse_role(source).is_none_or(|(account, _)| account != call.caller.account);
    let role = role(world, source)
        .filter(|_| !foreign)
        .ok_or_else(|| missing("The principal", source))?;
    if let Some(bad) = actions.iter().find(|a| !a.contains(':') && **a != "*") {
        return Err(ServiceError::new(
            400,
            "InvalidInput",
            format!("Invalid Entity Arn or action: {bad}"),
        ));
    }
    let mut resources = params.members("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    Ok(query::ok(call, NAMESPACE, |xml| {
        let pairs = actions
            .iter()
            .flat_map(|a| resources.iter().map(move |r| (*a, *r)));
        xml.list(
            "EvaluationResults",
            "member",
            pairs,
            |xml, (action, resource)| {
                let decision = decide(role, action);
                xml.text("EvalActionName", action)
                    .text("EvalResourceName", resource);
                xml.text("EvalDecision", decision.word());
                let matched = (decision != Decision::ImplicitDeny).then_some(&role.name);
                xml.list("MatchedStatements", "member", matched, |xml, name| {
                    xml.text("SourcePolicyId", format!("role_{name}_actions"));
                    xml.text("SourcePolicyType", "role");
                });
                xml.element("MissingContextValues", |_| ());
            },
        );
        xml.text("IsTruncated", false);
    }))
}
