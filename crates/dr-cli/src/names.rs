//! From what a person calls a thing to the thing: groups and plans by id or unique name; executions, failover
//! sessions and agent installations by id or `latest`; servers of a session, and of the estate, by id or unique name.

use std::collections::BTreeSet;

use dr_api::accounts::ListRequest;
use dr_api::agents::ListAgentInstallations;
use dr_api::bounded::{Limit, Servers};
use dr_api::executions::{ListExecutions, ListExecutionsRequest};
use dr_api::groups::{GetProtectionGroup, ListProtectionGroups, ProtectionGroupRequest};
use dr_api::plans::{GetRecoveryPlan, ListRecoveryPlans, RecoveryPlanRequest};
use dr_api::replication::{
    EstateServer, ListReplicationRequest, ListReplicationStatus, ServerRequest,
};
use dr_api::sessions::{
    ListFailoverSessionServers, ListFailoverSessions, ListSessionServersRequest,
    ListSessionsRequest, SessionServerView,
};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{
    AccountId, ExecutionId, GroupId, InstallationId, PlanId, Region, SessionId, SourceServerId,
};
use dr_model::plan::RecoveryPlan;
use dr_model::replication::ReplicationDirection;

use crate::client::{Client, Paging};
use crate::failure::Failure;

/// Names less alike than this (Damerau-Levenshtein over the length, 0 to 1) are not suggested: two of five
/// letters may be wrong.
const LEAST_LIKENESS: f64 = 0.6;

/// Servers of one name that are listed at most.
const CANDIDATES: usize = 20;

/// What the newest of a kind can be called.
const LATEST: &str = "latest";

/// The group.
///
/// # Errors
/// [`Failure::Usage`] when no group, or more than one, has the name.
pub async fn group(client: &Client, given: &str) -> Result<ProtectionGroup, Failure> {
    if let Ok(group_id) = given.parse() {
        let request = ProtectionGroupRequest { group_id };
        return client.call::<GetProtectionGroup>(&request).await?.read();
    }
    one("group", given, groups(client).await?, |group| &group.name)
}

/// The group's id.
///
/// # Errors
/// As [`group`].
pub async fn group_id(client: &Client, given: &str) -> Result<GroupId, Failure> {
    match given.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(group(client, given).await?.id),
    }
}

/// The ids of groups, in the order given. Lists groups once, however many names there are.
///
/// # Errors
/// As [`group`].
pub async fn group_ids(client: &Client, given: &[&str]) -> Result<Vec<GroupId>, Failure> {
    let mut known: Option<Vec<ProtectionGroup>> = None;
    let mut ids = Vec::with_capacity(given.len());
    for name in given {
        if let Ok(id) = name.parse() {
            ids.push(id);
            continue;
        }
        let all = match &mut known {
            Some(all) => all,
            unknown => unknown.insert(groups(client).await?),
        };
        ids.push(one("group", name, all.clone(), |group| &group.name)?.id);
    }
    Ok(ids)
}

/// Every group.
///
/// # Errors
/// Those of the call.
pub async fn groups(client: &Client) -> Result<Vec<ProtectionGroup>, Failure> {
    let request = ListRequest::default();
    let answer = client.list::<ListProtectionGroups>(&request, Paging::ALL);
    Ok(answer.await?.read()?.protection_groups)
}

/// The plan.
///
/// # Errors
/// [`Failure::Usage`] when no plan, or more than one, has the name.
pub async fn plan(client: &Client, given: &str) -> Result<RecoveryPlan, Failure> {
    if let Ok(plan_id) = given.parse() {
        let request = RecoveryPlanRequest { plan_id };
        return client.call::<GetRecoveryPlan>(&request).await?.read();
    }
    let request = ListRequest::default();
    let answer = client.list::<ListRecoveryPlans>(&request, Paging::ALL);
    let plans = answer.await?.read()?.recovery_plans;
    one("plan", given, plans, |plan| &plan.name)
}

/// The plan's id.
///
/// # Errors
/// As [`plan`].
pub async fn plan_id(client: &Client, given: &str) -> Result<PlanId, Failure> {
    match given.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(plan(client, given).await?.id),
    }
}

/// The execution: by id, or the one that was started last.
///
/// # Errors
/// [`Failure::Usage`] when it is neither.
pub async fn execution_id(client: &Client, given: &str) -> Result<ExecutionId, Failure> {
    if given != LATEST {
        return given.parse().map_err(neither);
    }
    let request = ListExecutionsRequest::default();
    let list = client.list::<ListExecutions>(&request, newest()).await?;
    match list.read()?.executions.into_iter().next() {
        Some(execution) => Ok(execution.execution_id),
        None => Err(Failure::Usage("There is no execution yet".to_owned())),
    }
}

/// The failover session: by id, or the one that was made last.
///
/// # Errors
/// [`Failure::Usage`] when it is neither.
pub async fn session_id(client: &Client, given: &str) -> Result<SessionId, Failure> {
    if given != LATEST {
        return given.parse().map_err(neither);
    }
    let request = ListSessionsRequest::default();
    let list = client.list::<ListFailoverSessions>(&request, newest());
    match list.await?.read()?.sessions.into_iter().next() {
        Some(session) => Ok(session.session_id),
        None => Err(Failure::Usage(
            "There is no failover session yet: a real recovery makes one".to_owned(),
        )),
    }
}

/// The run of agent installations: by id, or the one that was asked for last.
///
/// # Errors
/// [`Failure::Usage`] when it is neither.
pub async fn installation_id(client: &Client, given: &str) -> Result<InstallationId, Failure> {
    if given != LATEST {
        return given.parse().map_err(neither);
    }
    let request = ListRequest::default();
    let list = client.list::<ListAgentInstallations>(&request, newest());
    match list.await?.read()?.installations.into_iter().next() {
        Some(installation) => Ok(installation.installation_id),
        None => Err(Failure::Usage("There is no installation yet".to_owned())),
    }
}

/// Servers of a session, by id or name; none where none was given. Lists them once, and only for names.
///
/// # Errors
/// [`Failure::Usage`] when no server, or more than one, has a name.
pub async fn servers(
    client: &Client,
    session_id: &SessionId,
    given: &[String],
) -> Result<Option<Servers>, Failure> {
    if given.is_empty() {
        return Ok(None);
    }
    let mut known: Option<Vec<SessionServerView>> = None;
    let mut ids = BTreeSet::new();
    for name in given {
        if let Ok(id) = name.parse() {
            ids.insert(id);
            continue;
        }
        let all = match &mut known {
            Some(all) => all,
            unknown => unknown.insert(session_servers(client, session_id).await?),
        };
        let server = one("server", name, all.clone(), |server| &server.name)?;
        ids.insert(server.source_server_id);
    }
    let servers = Servers::try_from(ids).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Some(servers))
}

/// A replicating server, by id or name, and where it lives. Looked for in the inventory, unless all of that is given.
///
/// # Errors
/// [`Failure::Usage`] when no server, or more than one, has the id or the name there: then with each of them.
pub async fn replicating(
    client: &Client,
    given: &str,
    account: Option<AccountId>,
    region: Option<Region>,
) -> Result<ServerRequest, Failure> {
    let id: Option<SourceServerId> = given.parse().ok();
    if let (Some(source_server_id), Some(account_id), Some(region)) = (&id, &account, &region) {
        return Ok(ServerRequest {
            source_server_id: source_server_id.clone(),
            account_id: account_id.clone(),
            region: region.clone(),
        });
    }
    let request = ListReplicationRequest {
        account_id: account,
        region,
        ..Default::default()
    };
    let answer = client.list::<ListReplicationStatus>(&request, Paging::ALL);
    let all = answer.await?.read()?.servers;
    let found = match id {
        Some(id) => {
            let mut all = all;
            all.retain(|one| one.server.source_server_id == id);
            distinct(given, all)?
        }
        None => {
            let alike = named(given, &all);
            match alike.len() {
                0 => one("server", given, all, |one| &one.server.name)?,
                _ => distinct(given, alike)?,
            }
        }
    };
    Ok(ServerRequest {
        source_server_id: found.server.source_server_id,
        account_id: found.place.account_id,
        region: found.place.region,
    })
}

/// Those with that name: equal, or, when none is, equal but for upper and lower case.
fn named(given: &str, all: &[EstateServer]) -> Vec<EstateServer> {
    let lower = given.to_lowercase();
    let by = |is_it: &dyn Fn(&str) -> bool| -> Vec<EstateServer> {
        let it = all.iter().filter(|one| is_it(&one.server.name));
        it.cloned().collect()
    };
    let equal = by(&|name| name == given);
    if equal.is_empty() {
        by(&|name| name.to_lowercase() == lower)
    } else {
        equal
    }
}

/// The only one of some.
fn distinct(given: &str, mut found: Vec<EstateServer>) -> Result<EstateServer, Failure> {
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            found.push(last);
            let mut candidates: Vec<String> = found.iter().map(candidate).collect();
            candidates.sort();
            let more = candidates.len().saturating_sub(CANDIDATES);
            candidates.truncate(CANDIDATES);
            if more > 0 {
                candidates.push(format!("and {more} more"));
            }
            Err(Failure::Usage(format!(
                "{} servers have the name {given:?}: give the id, or --account and --region. They are\n  {}",
                found.len(),
                candidates.join("\n  ")
            )))
        }
        (None, _) => Err(Failure::Usage(format!(
            "There is no server with the id or name {given:?} in the inventory: `dr replication refresh` reads it again"
        ))),
    }
}

fn candidate(one: &EstateServer) -> String {
    let way = match one.server.direction {
        ReplicationDirection::Failback => "on the way back",
        _ => "on the way out",
    };
    let EstateServer { place, server, .. } = one;
    format!("{} in {place}, {way}", server.source_server_id)
}

async fn session_servers(
    client: &Client,
    session_id: &SessionId,
) -> Result<Vec<SessionServerView>, Failure> {
    let request = ListSessionServersRequest {
        session_id: session_id.clone(),
        stage: None,
        has_error: None,
        limit: Limit::default(),
        next_token: None,
    };
    let answer = client.list::<ListFailoverSessionServers>(&request, Paging::ALL);
    Ok(answer.await?.read()?.servers)
}

fn newest() -> Paging {
    let limit = Limit::try_from(1).ok();
    Paging { limit, all: false }
}

fn neither(error: dr_model::ids::InvalidId) -> Failure {
    Failure::Usage(format!("{error}, or `{LATEST}`"))
}

/// The one with that name: equal, or, when none is, equal but for upper and lower case.
fn one<T>(
    kind: &str,
    given: &str,
    all: Vec<T>,
    name: impl Fn(&T) -> &String,
) -> Result<T, Failure> {
    let lower = given.to_lowercase();
    let suggestion = suggestion(given, all.iter().map(&name));
    let (mut equal, other): (Vec<T>, Vec<T>) = all.into_iter().partition(|t| name(t) == given);
    if equal.is_empty() {
        equal = other
            .into_iter()
            .filter(|one| name(one).to_lowercase() == lower)
            .collect();
    }
    match (equal.pop(), equal.len()) {
        (Some(found), 0) => Ok(found),
        (Some(_), more) => Err(Failure::Usage(format!(
            "{} {kind}s have the name {given:?}: give the id",
            more + 1
        ))),
        (None, _) => {
            let hint = suggestion
                .map(|name| format!("; did you mean {name:?}?"))
                .unwrap_or_default();
            Err(Failure::Usage(format!(
                "There is no {kind} with the id or name {given:?}{hint}"
            )))
        }
    }
}

fn suggestion<'a>(given: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    names
        .map(|name| (strsim::normalized_damerau_levenshtein(given, name), name))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::one;

    fn found(given: &str, names: &[&str]) -> Result<String, String> {
        let all: Vec<String> = names.iter().map(ToString::to_string).collect();
        one("group", given, all, |name| name).map_err(|failure| failure.to_string())
    }

    #[test]
    fn an_equal_name_comes_before_one_that_differs_in_case() {
        assert_eq!(found("web", &["Web", "web"]), Ok("web".to_owned()));
        assert_eq!(found("WEB", &["Web", "db"]), Ok("Web".to_owned()));
    }

    #[test]
    fn a_name_that_two_have_asks_for_the_id() {
        assert!(
            found("web", &["web", "web"])
                .unwrap_err()
                .contains("2 groups")
        );
    }

    #[test]
    fn a_name_that_nobody_has_suggests_the_nearest() {
        let error = found("web-teir", &["database", "web-tier"]).unwrap_err();
        assert!(error.contains("did you mean \"web-tier\""), "{error}");
        assert!(!found("xyz", &["web"]).unwrap_err().contains("did you mean"));
    }
}
