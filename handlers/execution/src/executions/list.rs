//! Lists executions, newest first.

use dr_api::executions::{ExecutionList, ListExecutionsRequest};
use dr_engine::App;
use dr_error::Result;
use dr_store::{ExecutionFilter, PageRequest};

use super::view;

/// Pages that are read for one answer when a status is asked for: then the answer may be short and has a token.
const PAGES_PER_ANSWER: usize = 5;

pub async fn serve(app: &App, request: ListExecutionsRequest) -> Result<ExecutionList> {
    let filter = request
        .execution_type
        .map_or(ExecutionFilter::All, ExecutionFilter::Type);
    let limit = usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE);
    let now = app.clock().now();
    let mut executions = Vec::new();
    let mut token = request.next_token;
    for _ in 0..PAGES_PER_ANSWER {
        let page = PageRequest {
            limit: limit - executions.len(),
            next_token: token,
        };
        let found = app.store().executions(&filter, &page).await?;
        token = found.next_token;
        let wanted = found.items.into_iter().filter(|execution| {
            request
                .status
                .is_none_or(|status| execution.status == status)
        });
        executions.extend(wanted.map(|execution| view(execution, now)));
        if token.is_none() || executions.len() >= limit {
            break;
        }
    }
    Ok(ExecutionList {
        executions,
        next_token: token,
    })
}
