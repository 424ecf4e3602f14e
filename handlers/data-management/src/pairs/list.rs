//! Lists a group's pairs.

use dr_api::pairs::{ListPairsRequest, PairList};
use dr_engine::App;
use dr_error::Result;
use dr_store::PageRequest;

pub async fn serve(app: &App, request: ListPairsRequest) -> Result<PairList> {
    // A group that does not exist is not a group without pairs.
    let group = app.store().group(&request.group_id).await?;
    let page = PageRequest {
        limit: usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE),
        next_token: request.next_token,
    };
    let found = app.store().pairs(&group.id, &page).await?;
    Ok(PairList {
        pairs: found.items,
        next_token: found.next_token,
    })
}
