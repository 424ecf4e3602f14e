//! Reads the replication of the estate again, now.

use dr_api::replication::{PlaceAge, RefreshInventoryRequest, RefreshedInventory};
use dr_engine::{App, replication};
use dr_error::{Error, Result};
use dr_model::inventory::{DEFAULT_RPO_SECONDS, Inventory};
use futures::{StreamExt, TryStreamExt, stream};

/// Places that are read at the same time.
const CONCURRENCY: usize = 8;

pub async fn serve(app: &App, request: RefreshInventoryRequest) -> Result<RefreshedInventory> {
    // Registered places only: an inventory is kept for good.
    let known = replication::dashboard(app, DEFAULT_RPO_SECONDS)
        .await?
        .places;
    let wanted: Vec<_> = known
        .into_iter()
        .map(|age| age.place)
        .filter(|place| {
            request
                .account_id
                .as_ref()
                .is_none_or(|id| *id == place.account_id)
                && request
                    .region
                    .as_ref()
                    .is_none_or(|region| *region == place.region)
        })
        .collect();
    if wanted.is_empty() && (request.account_id.is_some() || request.region.is_some()) {
        let expected = "an account that is registered with the region, if one is given";
        return Err(Error::invalid("account_id", expected));
    }
    let readings: Vec<_> = wanted
        .iter()
        .map(|place| replication::refresh(app, place))
        .collect();
    let read: Vec<Inventory> = stream::iter(readings)
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let now = app.clock().now();
    let age = |inventory: Inventory| PlaceAge {
        servers: inventory.servers.len(),
        refreshed_at: Some(inventory.refreshed_at),
        age_seconds: u64::try_from((now - inventory.refreshed_at).num_seconds()).ok(),
        error: inventory.error,
        place: inventory.place,
    };
    Ok(RefreshedInventory {
        places: read.into_iter().map(age).collect(),
    })
}
