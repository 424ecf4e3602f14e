//! Asking for a clean-up: the words, what is named, and what forbids it.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{Error, FieldProblem, Result};
use dr_model::check::{Check, Severity};
use dr_model::execution::LaunchInto;
use dr_model::ids::{InstanceId, SessionId, SourceServerId};
use dr_model::session::{
    Action, Cleanup, CleanupStep, FailoverSession, SessionServer, Stage, StageEvent,
};

use crate::app::App;
use crate::sessions::live::{self, Live};
use crate::sessions::{Accepted, Chosen, change, re_protect};

/// What a person says who lets the fleet go without protection.
pub const ACCEPT_UNPROTECTED: &str = "the fleet may stay unprotected";

/// What is to be cleaned up.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// B1 of the servers; none means all that came home.
    pub chosen: Option<BTreeSet<SourceServerId>>,
    /// [`confirmation`].
    pub confirm: String,
    /// Pre-provisioned instances to terminate instead of handing them back.
    pub terminate: BTreeSet<InstanceId>,
    /// Delete the volumes that launches left detached.
    pub delete_volumes: bool,
    /// [`ACCEPT_UNPROTECTED`], where forward replication need not be continuous.
    pub accept_unprotected: Option<String>,
}

/// The words that confirm the clean-up of so many servers.
#[must_use]
pub fn confirmation(servers: usize) -> String {
    format!("clean up {servers} servers")
}

/// The servers that a clean-up would take.
pub(super) fn taken<'a>(
    servers: impl Iterator<Item = &'a SessionServer>,
    chosen: Chosen<'_>,
) -> Vec<&'a SessionServer> {
    servers
        .filter(|server| Action::Cleanup.takes().contains(&server.stage))
        .filter(|server| chosen.is_none_or(|ids| ids.contains(&server.source_server_id)))
        .collect()
}

/// EC2 states of what came home.
pub(super) async fn homes(
    app: &App,
    session: &FailoverSession,
    servers: &[&SessionServer],
) -> Result<BTreeMap<InstanceId, String>> {
    let ids: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| server.returned.as_ref()?.instance_id.clone())
        .collect();
    let here = app.cloud(&session.direction.primary).await?;
    let found = here.ec2.instances(&ids).await?;
    Ok(found.into_iter().map(|one| (one.id, one.state)).collect())
}

/// What came home still exists: otherwise the recovery region holds the only copy. Pure.
pub(super) fn is_home_alive(server: &SessionServer, homes: &BTreeMap<InstanceId, String>) -> bool {
    let state = server
        .returned
        .as_ref()
        .and_then(|returned| homes.get(returned.instance_id.as_ref()?));
    state.is_some_and(|state| !matches!(state.as_str(), "terminated" | "shutting-down"))
}

/// What forbids the clean-up of these servers. Pure. `is_accepted`: the fleet may stay unprotected.
pub(super) fn refusals(
    servers: &[&SessionServer],
    live: &Live,
    homes: &BTreeMap<InstanceId, String>,
    threshold_seconds: u64,
    is_accepted: bool,
) -> Vec<Check> {
    let mut refused = Vec::new();
    for server in servers {
        let subject = &server.source_server_id;
        let is_begun = |cleanup: &Cleanup| cleanup.step > CleanupStep::EndRecoveryInstance;
        if server.cleanup.as_ref().is_some_and(is_begun) {
            // Its copy is gone already: only the rest is left to do.
            continue;
        }
        if !is_home_alive(server, homes) {
            refused.push(Check::fail(
                "failed_back_instance_exists",
                Severity::Critical,
                subject,
                format!(
                    "{}: the instance that came home is gone, so that the recovery region may hold its only copy",
                    server.name
                ),
                "Keep the recovery instance; bring the server home again, or split it off and clean up the others",
            ));
        }
        let is_protected = matches!(server.stage, Stage::ReProtected | Stage::CleaningUp)
            && live
                .b1(server)
                .is_some_and(|b1| re_protect::is_level(b1, threshold_seconds));
        if !is_protected && !is_accepted {
            let state = live
                .b1(server)
                .map_or("gone", |b1| b1.replication_state.as_str());
            let lag = live
                .b1(server)
                .and_then(|b1| b1.replication.lag_seconds)
                .unwrap_or(0);
            refused.push(
                Check::fail(
                    "forward_replication_level",
                    Severity::Critical,
                    subject,
                    format!(
                        "{}: what came home is not protected: it is {:?}, forward replication is {state}, {lag} s behind",
                        server.name, server.stage
                    ),
                    format!(
                        "Re-protect it and wait until it is CONTINUOUS without lag, or give accept_unprotected = {ACCEPT_UNPROTECTED:?}"
                    ),
                )
                .seen("RE_PROTECTED, CONTINUOUS, no lag", format!("{state}, {lag} s")),
            );
        }
    }
    refused
}

/// Asks for a clean-up, or for another try where it failed. Requirement 001, 8.2.
///
/// # Errors
/// `Invalid` for words that are not those asked for; `PrerequisitesNotMet` while what came home is not protected;
/// `NOT_ALLOWED`; what AWS or the store answers.
pub async fn start(app: &App, id: &SessionId, wanted: Wanted) -> Result<Accepted> {
    let session = change::fold(app, id).await?;
    change::allowed(&session, Action::Cleanup)?;
    let parts = app.store().session_parts(&session).await?;
    let all = || parts.iter().flat_map(|part| &part.servers);
    let servers = taken(all(), wanted.chosen.as_ref());
    words(&wanted, &servers)?;
    let live = live::look(app, &session, &servers).await?;
    let homes = homes(app, &session, &servers).await?;
    let refused = refusals(
        &servers,
        &live,
        &homes,
        session.lag_threshold_seconds,
        wanted.accept_unprotected.is_some(),
    );
    if !refused.is_empty() {
        return Err(Error::PrerequisitesNotMet(refused));
    }
    let accepted = change::mark(app, id, Action::Cleanup, wanted.chosen.as_ref(), |server| {
        server.stage = server
            .stage
            .after(StageEvent::CleanUp)
            .map_err(|illegal| illegal.to_string())?;
        let is_named = server
            .recovered
            .as_ref()
            .is_some_and(|b2| wanted.terminate.contains(&b2.instance_id));
        let mut cleanup = server.cleanup.take().unwrap_or_default();
        cleanup.terminate |= is_named;
        cleanup.delete_volumes = wanted.delete_volumes;
        cleanup.accept_unprotected |= wanted.accept_unprotected.is_some();
        server.cleanup = Some(cleanup);
        server.error = None;
        server.intent = None;
        Ok(())
    })
    .await?;
    tracing::warn!(session = %id, servers = accepted.servers.len(), "clean-up is asked for");
    Ok(accepted)
}

/// The request itself: confirmation, acceptance, and named instances. Pure.
fn words(wanted: &Wanted, servers: &[&SessionServer]) -> Result<()> {
    let mut problems = Vec::new();
    let expected = confirmation(servers.len());
    if wanted.confirm.trim() != expected {
        problems.push(
            FieldProblem::new("confirm", format!("the words {expected:?}")).got(&wanted.confirm),
        );
    }
    if let Some(words) = &wanted.accept_unprotected
        && words.trim() != ACCEPT_UNPROTECTED
    {
        let expected = format!("the words {ACCEPT_UNPROTECTED:?}, or nothing");
        problems.push(FieldProblem::new("accept_unprotected", expected).got(words));
    }
    let pre_provisioned: BTreeSet<&InstanceId> = servers
        .iter()
        .filter_map(|server| match &server.launched_into {
            LaunchInto::Target { instance_id, .. } => Some(instance_id),
            LaunchInto::NewInstance => None,
        })
        .collect();
    for (index, id) in wanted.terminate.iter().enumerate() {
        if !pre_provisioned.contains(id) {
            let field = format!("terminate_instance_ids[{index}]");
            let expected = "a pre-provisioned instance in which one of these servers runs; new ones are terminated anyway";
            problems.push(FieldProblem::new(field, expected).got(id));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(problems))
    }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
