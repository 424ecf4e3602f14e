//! Lists the protected servers of an account and region.

use dr_api::infrastructure::{ListSourceServersRequest, SourceServerList, SourceServerView};
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::page::slice;
use dr_invoke::view::source_server;
use dr_model::place::Place;

/// Characters of a filter at most: a Name tag has no more (EC2: 256).
const MAX_FILTER: usize = 256;

pub async fn serve(app: &App, request: ListSourceServersRequest) -> Result<SourceServerList> {
    check_filter("replication_state", request.replication_state.as_deref())?;
    check_filter("name_contains", request.name_contains.as_deref())?;
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let mut servers: Vec<SourceServerView> = app
        .cloud(&place)
        .await?
        .drs
        .source_servers()
        .await?
        .into_iter()
        .map(source_server)
        .collect();
    if let Some(state) = &request.replication_state {
        servers.retain(|server| {
            server
                .replication_state
                .as_str()
                .eq_ignore_ascii_case(state)
        });
    }
    if let Some(text) = request
        .name_contains
        .as_ref()
        .map(|text| text.to_lowercase())
    {
        servers.retain(|server| {
            [&server.name, &server.hostname]
                .into_iter()
                .flatten()
                .any(|name| name.to_lowercase().contains(&text))
        });
    }
    servers.sort_by(|a, b| (&a.name, &a.source_server_id).cmp(&(&b.name, &b.source_server_id)));
    let total = servers.len();
    let (source_servers, next_token) =
        slice(servers, request.limit.get(), request.next_token.as_deref())?;
    Ok(SourceServerList {
        source_servers,
        total,
        next_token,
    })
}

fn check_filter(field: &str, text: Option<&str>) -> Result<()> {
    let fits =
        |text: &str| text.chars().count() <= MAX_FILTER && !text.chars().any(char::is_control);
    if text.is_none_or(fits) {
        return Ok(());
    }
    let expected = format!("a text of at most {MAX_FILTER} characters without control characters");
    Err(Error::invalid(field, expected))
}
