//! Shows which servers a selection resolves to now.

use dr_api::groups::{AlsoInGroup, PreviewSelectionRequest, SelectionPreview};
use dr_api::infrastructure::SourceServerView;
use dr_engine::{App, plans, servers};
use dr_error::Result;

use super::check_direction;

pub async fn serve(app: &App, request: PreviewSelectionRequest) -> Result<SelectionPreview> {
    check_direction(&request.direction)?;
    plans::check_selection(&request.selection)?;
    let (found, unknown_server_ids) =
        servers::resolve(app, &request.direction, &request.selection).await?;
    let groups = plans::all_groups(app).await?;
    let also_in_groups = groups
        .iter()
        .filter(|group| group.direction == request.direction)
        .flat_map(|group| {
            found
                .iter()
                .filter(|server| group.selection.holds(server))
                .map(|server| AlsoInGroup {
                    source_server_id: server.id.clone(),
                    group_id: group.id.clone(),
                    group_name: group.name.clone(),
                })
        })
        .collect();
    let servers: Vec<SourceServerView> = found
        .into_iter()
        .map(dr_invoke::view::source_server)
        .collect();
    Ok(SelectionPreview {
        total: servers.len(),
        servers,
        unknown_server_ids,
        also_in_groups,
    })
}
