//! Simulated STS: who a caller is, and roles assumed for a time, with trust and external id really
//! checked.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{ServiceError, ServiceResult};
use crate::iam::{self, Role, Trust};
use crate::service::{Answer, Call, Caller};
use crate::wire::query::{self, Params};
use crate::world::World;

/// XML namespace of the API version.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// Length of a session unless the caller says otherwise: one hour (API reference).
const DEFAULT_SECONDS: u32 = 3600;
/// Shortest session: 15 minutes (API reference).
const LEAST_SECONDS: u32 = 900;
/// Longest session that any role may have: 12 hours (API reference).
const MOST_SECONDS: u32 = 43_200;
/// Longest session of a role assumed with a role: one hour (IAM user guide, role chaining).
const CHAINED_SECONDS: u32 = 3600;
/// How long an expired session is remembered, to tell "expired" from "unknown".
const REMEMBERED_DAYS: i64 = 1;

/// Sessions of the account's roles.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By access key id.
    pub sessions: BTreeMap<String, Session>,
}

/// Temporary credentials that were handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// ARN of the session.
    pub arn: String,
    /// When it ends.
    pub expires: DateTime<Utc>,
}

fn find<'a>(world: &'a World, access_key_id: &str) -> Option<(&'a str, &'a Session)> {
    world.accounts.iter().find_map(|(account, state)| {
        let session = state.sts.sessions.get(access_key_id)?;
        Some((account.as_str(), session))
    })
}

/// Who a session's key stands for, also when the session is over: see [`session_expired`].
#[must_use]
pub fn session(world: &World, access_key_id: &str) -> Option<Caller> {
    find(world, access_key_id).map(|(account, session)| Caller {
        account: account.to_owned(),
        arn: session.arn.clone(),
    })
}

/// Whether a known session is over.
#[must_use]
pub fn session_expired(world: &World, access_key_id: &str, now: DateTime<Utc>) -> bool {
    find(world, access_key_id).is_some_and(|(_, session)| session.expires <= now)
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &["AssumeRole", "GetCallerIdentity"];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    carry_out(world, call).unwrap_or_else(|error| query::error(call, &error))
}

fn carry_out(world: &mut World, call: &Call) -> ServiceResult<Answer> {
    let params = Params::parse(call)?;
    match call.operation.as_str() {
        "AssumeRole" => assume_role(world, call, &params),
        "GetCallerIdentity" => Ok(caller_identity(call)),
        other => Err(ServiceError::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version 2011-06-15"),
        )),
    }
}

/// `GetCallerIdentity`, which nothing can forbid.
fn caller_identity(call: &Call) -> Answer {
    let Caller { account, arn } = &call.caller;
    let id = match iam::parse_role(arn) {
        Some((_, name)) => {
            let role = format!("arn:aws:iam::{account}:role/{name}");
            let session = arn.rsplit('/').next().unwrap_or_default();
            format!("{}:{session}", iam::unique_id("AROA", &role))
        }
        None if arn.ends_with(":root") => account.clone(),
        None => iam::unique_id("AIDA", arn),
    };
    query::ok(call, NAMESPACE, |xml| {
        xml.text("Arn", arn)
            .text("UserId", id)
            .text("Account", account);
    })
}

/// What a caller asks for with `AssumeRole`.
struct Wanted<'a> {
    role_arn: &'a str,
    session: &'a str,
    seconds: u32,
    external_id: Option<&'a str>,
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "ValidationError", message)
}

fn constraint(name: &str, value: &str, what: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {what}"
    ))
}

fn read<'a>(params: &'a Params, chained: bool) -> ServiceResult<Wanted<'a>> {
    let required = |name: &str, at: &str| {
        params
            .get(name)
            .ok_or_else(|| constraint(at, "null", "Member must not be null"))
    };
    let role_arn = required("RoleArn", "roleArn")?;
    let session = required("RoleSessionName", "roleSessionName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&session.len()) || !session.chars().all(allowed) {
        let what = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
        return Err(constraint("roleSessionName", session, what));
    }
    if role_arn.len() < 20 || !role_arn.starts_with("arn:") {
        return Err(invalid(format!("{role_arn} is invalid")));
    }
    let seconds = match params.get("DurationSeconds") {
        None => DEFAULT_SECONDS,
        Some(text) => text
            .parse()
            .map_err(|_| constraint("durationSeconds", text, "Member must be a number"))?,
    };
    if seconds < LEAST_SECONDS {
        let what = format!("Member must have value greater than or equal to {LEAST_SECONDS}");
        return Err(constraint("durationSeconds", &seconds.to_string(), &what));
    }
    if seconds > MOST_SECONDS {
        let what = format!("Member must have value less than or equal to {MOST_SECONDS}");
        return Err(constraint("durationSeconds", &seconds.to_string(), &what));
    }
    if chained && seconds > CHAINED_SECONDS {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let external_id = params.get("ExternalId");
    if let Some(id) = external_id.filter(|id| !(2..=1224).contains(&id.len())) {
        return Err(constraint(
            "externalId",
            id,
            "Member must have length between 2 and 1224",
        ));
    }
    Ok(Wanted {
        role_arn,
        session,
        seconds,
        external_id,
    })
}

/// Whether one statement of a trust policy lets this caller in.
fn lets_in(trust: &Trust, caller: &Caller, external_id: Option<&str>) -> bool {
    let principal = trust.principal.as_str();
    let whole_account =
        principal == caller.account || principal == format!("arn:aws:iam::{}:root", caller.account);
    let same_role = match (iam::parse_role(principal), iam::parse_role(&caller.arn)) {
        (Some(trusted), Some(calling)) => trusted == calling,
        _ => false,
    };
    let known = principal == "*" || principal == caller.arn || whole_account || same_role;
    known
        && trust
            .external_id
            .as_deref()
            .is_none_or(|id| external_id == Some(id))
}

/// The role, if it exists, trusts the caller, and the caller may ask. One answer for all three, as
/// the real one, so that nobody learns which roles there are.
fn admitted(world: &World, call: &Call, wanted: &Wanted<'_>) -> ServiceResult<Role> {
    let may_ask = iam::allowed(world, &call.caller.arn, "sts:AssumeRole");
    iam::role(world, wanted.role_arn)
        .filter(|role| may_ask && role.arn == wanted.role_arn)
        .filter(|role| {
            role.trust
                .iter()
                .any(|t| lets_in(t, &call.caller, wanted.external_id))
        })
        .cloned()
        .ok_or_else(|| {
            ServiceError::new(
                403,
                "AccessDenied",
                format!(
                    "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                    call.caller.arn, wanted.role_arn
                ),
            )
        })
}

/// `AssumeRole`.
fn assume_role(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let chained = iam::parse_role(&call.caller.arn).is_some();
    let wanted = read(params, chained)?;
    let role = admitted(world, call, &wanted)?;
    if wanted.seconds > role.max_session_seconds {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let account = iam::parse_role(&role.arn)
        .map(|(account, _)| account.to_owned())
        .unwrap_or_default();
    let arn = format!(
        "arn:aws:sts::{account}:assumed-role/{}/{}",
        role.name, wanted.session
    );
    let expires = call.now + Duration::seconds(i64::from(wanted.seconds));
    let key = format!("ASIA{}", world.dice.hex(16).to_uppercase());
    let (secret, token) = (world.dice.hex(40), world.dice.hex(120));
    let forgotten = call.now - Duration::days(REMEMBERED_DAYS);
    let sessions = &mut world.account(&account).sts.sessions;
    sessions.retain(|_, session| session.expires > forgotten);
    sessions.insert(
        key.clone(),
        Session {
            arn: arn.clone(),
            expires,
        },
    );
    Ok(query::ok(call, NAMESPACE, |xml| {
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &key)
                .text("SecretAccessKey", &secret)
                .text("SessionToken", &token);
            xml.text(
                "Expiration",
                expires.to_rfc3339_opts(SecondsFormat::Secs, true),
            );
        });
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", format!("{}:{}", role.id, wanted.session))
                .text("Arn", &arn);
        });
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(arn: &str) -> Caller {
        Caller {
            account: "111122223333".into(),
            arn: arn.into(),
        }
    }

    fn trust(principal: &str, external_id: Option<&str>) -> Trust {
        Trust {
            principal: principal.into(),
            external_id: external_id.map(str::to_owned),
        }
    }

    #[test]
    fn a_wrong_or_missing_external_id_is_refused() {
        let t = trust("arn:aws:iam::111122223333:root", Some("right"));
        let user = caller("arn:aws:iam::111122223333:user/op");
        assert!(lets_in(&t, &user, Some("right")));
        assert!(!lets_in(&t, &user, Some("wrong")));
        assert!(!lets_in(&t, &user, None));
    }

    #[test]
    fn a_role_is_trusted_through_its_sessions() {
        let t = trust("arn:aws:iam::111122223333:role/orchestrator", None);
        assert!(lets_in(
            &t,
            &caller("arn:aws:sts::111122223333:assumed-role/orchestrator/run"),
            None
        ));
        assert!(!lets_in(
            &t,
            &caller("arn:aws:sts::111122223333:assumed-role/other/run"),
            None
        ));
        assert!(!lets_in(
            &t,
            &caller("arn:aws:iam::111122223333:root"),
            None
        ));
    }

    #[test]
    fn another_account_is_a_stranger() {
        let t = trust("arn:aws:iam::999999999999:root", None);
        assert!(!lets_in(
            &t,
            &caller("arn:aws:iam::111122223333:root"),
            None
        ));
    }
}
