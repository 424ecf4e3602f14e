//! The calls behind a step: what it would do, and doing it.

use dr_api::bounded::{ClientToken, Line, OutOfBounds};
use dr_api::cleanup::{Cleanup, CleanupInventoryRequest, CleanupRequest, GetCleanupInventory};
use dr_api::failback::{
    CommitFailback, ExecuteFailback, ExecuteFailbackRequest, GoBack, GoBackRequest, InstallAgents,
    InstallAgentsRequest, ReProtect, ReProtectRequest, StartReverseReplication,
    StartReverseReplicationRequest,
};
use dr_api::mirror::{MirrorConfig, MirrorConfigRequest};
use dr_api::sessions::{
    ListFailoverSessionServers, ListSessionServersRequest, SessionRequest, SplitFailoverSession,
    SplitSessionRequest,
};
use dr_model::execution::ExecutionType;
use dr_model::ids::ExecutionId;
use dr_model::session::Action;
use ui::Problem;

use super::previews;
use super::view_model::{Asked, Names, Preview, Wish, Wishes, done};
use crate::api::Authorised;

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The step.
    pub action: Action,
    /// What was done, in words.
    pub text: String,
    /// The execution that runs now.
    pub execution_id: Option<ExecutionId>,
}

fn refused(error: OutOfBounds) -> Problem {
    Problem::new("VALIDATION_FAILED", error.to_string())
}

fn line(text: &str) -> Result<Line, Problem> {
    Line::try_from(text.to_owned()).map_err(refused)
}

async fn names(api: Authorised, asked: &Asked) -> Result<Names, Problem> {
    let request = ListSessionServersRequest {
        session_id: asked.session_id.clone(),
        stage: None,
        has_error: None,
        limit: Default::default(),
        next_token: None,
    };
    let all = api
        .all::<ListFailoverSessionServers, _>(&request, |page| (page.servers, page.next_token))
        .await?;
    Ok(all
        .into_iter()
        .map(|server| (server.source_server_id, server.name))
        .collect())
}

/// What a step would do.
pub async fn look(api: Authorised, asked: &Asked, wishes: &Wishes) -> Result<Preview, Problem> {
    let session_id = asked.session_id.clone();
    let source_server_ids = asked.servers.clone();
    match asked.action {
        Action::InstallAgents => {
            let request = InstallAgentsRequest {
                session_id,
                source_server_ids,
                confirm: None,
                dry_run: true,
            };
            let would = api.call::<InstallAgents>(&request).await?;
            Ok(previews::of_repair(
                asked,
                &would,
                &names(api, asked).await?,
            ))
        }
        Action::StartReverseReplication => {
            let request = reverse(asked, wishes, true);
            let would = api.call::<StartReverseReplication>(&request).await?;
            Ok(previews::of_step(&would, wishes, &names(api, asked).await?))
        }
        Action::ReProtect => {
            let request = ReProtectRequest {
                session_id,
                source_server_ids,
                dry_run: true,
            };
            let would = api.call::<ReProtect>(&request).await?;
            Ok(previews::of_step(&would, wishes, &names(api, asked).await?))
        }
        Action::MirrorConfig => {
            let request = mirror(asked, wishes, true);
            Ok(previews::of_mirror(
                &api.call::<MirrorConfig>(&request).await?,
            ))
        }
        Action::FailbackDrill | Action::FailbackRecovery => {
            let would = api
                .call::<ExecuteFailback>(&failback(asked, wishes, None))
                .await?;
            Ok(previews::of_failback(asked, &would.started, wishes))
        }
        Action::Cleanup => {
            let request = CleanupInventoryRequest {
                session_id,
                source_server_ids,
            };
            Ok(previews::of_cleanup(
                &api.call::<GetCleanupInventory>(&request).await?,
            ))
        }
        Action::Commit | Action::GoBack => Ok(previews::of_decision(asked, &Names::new())),
        Action::Split => Ok(previews::of_decision(asked, &names(api, asked).await?)),
    }
}

fn reverse(asked: &Asked, wishes: &Wishes, dry_run: bool) -> StartReverseReplicationRequest {
    StartReverseReplicationRequest {
        session_id: asked.session_id.clone(),
        source_server_ids: asked.servers.clone(),
        skip_checks: wishes.contains(&Wish::SkipChecks),
        // A rehearsal checks all the same: a person sees what is skipped.
        dry_run,
    }
}

fn mirror(asked: &Asked, wishes: &Wishes, dry_run: bool) -> MirrorConfigRequest {
    MirrorConfigRequest {
        session_id: asked.session_id.clone(),
        reverse_waves: wishes.contains(&Wish::ReverseWaves),
        dry_run,
    }
}

/// Without a token it is a rehearsal.
fn failback(asked: &Asked, wishes: &Wishes, token: Option<ClientToken>) -> ExecuteFailbackRequest {
    ExecuteFailbackRequest {
        session_id: asked.session_id.clone(),
        execution_type: match asked.action {
            Action::FailbackRecovery => ExecutionType::Recovery,
            _ => ExecutionType::Drill,
        },
        source_server_ids: asked.servers.clone(),
        skip_invalid_servers: wishes.contains(&Wish::SkipInvalid),
        dry_run: token.is_none(),
        client_token: token,
    }
}

/// What a person has typed, and the token that makes a second try the same request.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The words that the preview asks for.
    pub word: String,
    /// The words that accept what otherwise forbids it.
    pub accepted: String,
    /// The token.
    pub token: String,
}

/// Does it.
pub async fn take(
    api: Authorised,
    asked: &Asked,
    wishes: &Wishes,
    given: &Given,
) -> Result<Taken, Problem> {
    let session_id = asked.session_id.clone();
    let source_server_ids = asked.servers.clone();
    let count = asked.count;
    let (taken, left) = match asked.action {
        Action::InstallAgents => {
            let confirm = Some(line(&given.word)?);
            let request = InstallAgentsRequest {
                session_id,
                source_server_ids,
                confirm,
                dry_run: false,
            };
            let answer = api.call::<InstallAgents>(&request).await?;
            (answer.source_server_ids.len(), answer.refused.len())
        }
        Action::StartReverseReplication => {
            let answer = api
                .call::<StartReverseReplication>(&reverse(asked, wishes, false))
                .await?;
            (answer.source_server_ids.len(), answer.refused.len())
        }
        Action::ReProtect => {
            let request = ReProtectRequest {
                session_id,
                source_server_ids,
                dry_run: false,
            };
            let answer = api.call::<ReProtect>(&request).await?;
            (answer.source_server_ids.len(), answer.refused.len())
        }
        Action::MirrorConfig => {
            api.call::<MirrorConfig>(&mirror(asked, wishes, false))
                .await?;
            (count, 0)
        }
        Action::FailbackDrill | Action::FailbackRecovery => {
            return fail_back(api, asked, wishes, given).await;
        }
        Action::Commit => {
            api.call::<CommitFailback>(&SessionRequest { session_id })
                .await?;
            (count, 0)
        }
        Action::GoBack => {
            let request = GoBackRequest {
                session_id,
                confirm: line(&given.word)?,
            };
            let answer = api.call::<GoBack>(&request).await?;
            (answer.source_server_ids.len(), answer.refused.len())
        }
        Action::Cleanup => {
            let answer = api.call::<Cleanup>(&cleanup(asked, wishes, given)?).await?;
            (answer.source_server_ids.len(), answer.refused.len())
        }
        Action::Split => {
            let source_server_ids = source_server_ids.ok_or_else(|| {
                Problem::new("VALIDATION_FAILED", "Choose the servers to split off")
            })?;
            api.call::<SplitFailoverSession>(&SplitSessionRequest {
                session_id,
                source_server_ids,
            })
            .await?;
            (count, 0)
        }
    };
    Ok(Taken {
        action: asked.action,
        text: done(asked.action, taken, left),
        execution_id: None,
    })
}

async fn fail_back(
    api: Authorised,
    asked: &Asked,
    wishes: &Wishes,
    given: &Given,
) -> Result<Taken, Problem> {
    let token = ClientToken::try_from(given.token.clone()).map_err(refused)?;
    let started = api
        .call::<ExecuteFailback>(&failback(asked, wishes, Some(token)))
        .await?
        .started;
    Ok(Taken {
        action: asked.action,
        text: done(asked.action, started.total_servers, 0),
        execution_id: started.execution_id,
    })
}

fn cleanup(asked: &Asked, wishes: &Wishes, given: &Given) -> Result<CleanupRequest, Problem> {
    Ok(CleanupRequest {
        session_id: asked.session_id.clone(),
        confirm: line(&given.word)?,
        source_server_ids: asked.servers.clone(),
        terminate_instance_ids: None,
        delete_detached_volumes: !wishes.contains(&Wish::KeepVolumes),
        accept_unprotected: match given.accepted.trim() {
            "" => None,
            words => Some(line(words)?),
        },
    })
}
