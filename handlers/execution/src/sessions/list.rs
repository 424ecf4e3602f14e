//! Lists failover sessions, newest first.

use dr_api::sessions::{ListSessionsRequest, SessionList};
use dr_engine::App;
use dr_error::Result;
use dr_invoke::page::slice;
use dr_model::session::FailoverSession;
use dr_store::{PageRequest, SessionFilter};

use super::view;

/// Pages that are read for one answer when a region is asked for: then the answer may be short and has a token.
const PAGES_PER_ANSWER: usize = 5;

pub async fn serve(app: &App, request: ListSessionsRequest) -> Result<SessionList> {
    let (sessions, next_token) = match &request.execution_id {
        Some(id) => {
            let mut all = app.store().sessions_of_execution(id).await?;
            all.retain(|session| is_wanted(&request, session));
            all.reverse();
            slice(all, request.limit.get(), request.next_token.as_deref())?
        }
        None => listed(app, &request).await?,
    };
    let now = app.clock().now();
    Ok(SessionList {
        sessions: sessions
            .into_iter()
            .map(|session| view::header(session, now))
            .collect(),
        next_token,
    })
}

async fn listed(
    app: &App,
    request: &ListSessionsRequest,
) -> Result<(Vec<FailoverSession>, Option<String>)> {
    let filter = request
        .status
        .map_or(SessionFilter::All, SessionFilter::Status);
    let limit = usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE);
    let mut sessions = Vec::new();
    let mut token = request.next_token.clone();
    for _ in 0..PAGES_PER_ANSWER {
        let page = PageRequest {
            limit: limit - sessions.len(),
            next_token: token,
        };
        let found = app.store().sessions(&filter, &page).await?;
        token = found.next_token;
        let wanted = found
            .items
            .into_iter()
            .filter(|one| is_wanted(request, one));
        sessions.extend(wanted);
        if token.is_none() || sessions.len() >= limit {
            break;
        }
    }
    Ok((sessions, token))
}

fn is_wanted(request: &ListSessionsRequest, session: &FailoverSession) -> bool {
    let regions = [
        &session.direction.primary.region,
        &session.direction.recovery.region,
    ];
    request.status.is_none_or(|status| session.status == status)
        && request
            .region
            .as_ref()
            .is_none_or(|region| regions.contains(&region))
}
