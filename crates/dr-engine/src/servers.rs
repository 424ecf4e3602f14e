//! Source servers of a direction, with the names that people know them by.

use std::collections::BTreeMap;

use dr_error::Result;
use dr_model::group::Selection;
use dr_model::ids::{InstanceId, SourceServerId};
use dr_model::place::Direction;
use dr_model::server::SourceServer;

use crate::app::App;
use crate::validation::gather::origin_instances;

/// Whether a server's original instance is in the primary place. Servers that come from elsewhere than EC2
/// belong to any primary place.
#[must_use]
pub fn is_of_direction(server: &SourceServer, direction: &Direction) -> bool {
    server
        .origin_account_id
        .as_ref()
        .is_none_or(|account| *account == direction.primary.account_id)
        && server
            .origin_region
            .as_ref()
            .is_none_or(|region| *region == direction.primary.region)
}

/// The server's own name: Name tag of the source server, or host name.
#[must_use]
pub fn own_name(server: &SourceServer) -> Option<&str> {
    server
        .tags
        .get("Name")
        .map(String::as_str)
        .or(server.hostname.as_deref())
}

/// Every server of a direction, from DRS in the recovery place.
///
/// # Errors
/// When the recovery place cannot be looked at.
pub async fn all(app: &App, direction: &Direction) -> Result<Vec<SourceServer>> {
    let cloud = app.cloud(&direction.recovery).await?;
    let mut servers = cloud.drs.source_servers().await?;
    servers.retain(|server| is_of_direction(server, direction));
    Ok(servers)
}

/// What a selection resolves to now, and the chosen ids that DRS does not know.
///
/// # Errors
/// When the recovery place cannot be looked at.
pub async fn resolve(
    app: &App,
    direction: &Direction,
    selection: &Selection,
) -> Result<(Vec<SourceServer>, Vec<SourceServerId>)> {
    match selection {
        Selection::ServerIds(ids) => {
            let wanted: Vec<_> = ids.iter().cloned().collect();
            let found = app
                .cloud(&direction.recovery)
                .await?
                .drs
                .source_servers_by_id(&wanted)
                .await?;
            let unknown = wanted
                .into_iter()
                .filter(|id| !found.iter().any(|server| server.id == *id))
                .collect();
            Ok((found, unknown))
        }
        Selection::Tags(_) => {
            let mut servers = all(app, direction).await?;
            servers.retain(|server| selection.holds(server));
            Ok((servers, Vec::new()))
        }
    }
}

/// Name tags of the original instances, which is what people match by. Where the primary place cannot be
/// looked at, as on the worst day, the servers' own names stand in and the second value says why.
pub async fn origin_names(
    app: &App,
    direction: &Direction,
    servers: &[SourceServer],
) -> (BTreeMap<InstanceId, String>, Option<String>) {
    let ids: Vec<_> = servers
        .iter()
        .filter_map(|server| server.origin_instance_id.clone())
        .collect();
    if ids.is_empty() {
        return (BTreeMap::new(), None);
    }
    match origin_instances(app, &direction.primary, &ids).await {
        Ok(found) => {
            let names = found
                .into_iter()
                .filter_map(|origin| Some((origin.id, origin.name?)))
                .collect();
            (names, None)
        }
        Err(error) => {
            tracing::warn!(%error, "names of the original instances cannot be read");
            (BTreeMap::new(), Some(error.to_string()))
        }
    }
}

/// The name to match a server by.
#[must_use]
pub fn name_of<'a>(
    server: &'a SourceServer,
    origin_names: &'a BTreeMap<InstanceId, String>,
) -> Option<&'a str> {
    server
        .origin_instance_id
        .as_ref()
        .and_then(|id| origin_names.get(id))
        .map(String::as_str)
        .or_else(|| server.own_name())
}
