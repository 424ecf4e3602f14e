//! The servers of the whole estate, filtered, in order, page by page. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use dr_model::ids::{AccountId, Region};
use dr_model::inventory::{DEFAULT_RPO_SECONDS, Inventory, InventoryServer};
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;
use dr_store::{MAX_PAGE, PageRequest};

use crate::replication::alert::{Alert, alert};

/// Which servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Replicating into this account.
    pub account_id: Option<AccountId>,
    /// Replicating into this region.
    pub region: Option<Region>,
    /// In this state, in DRS's word.
    pub state: Option<String>,
    /// This way.
    pub direction: Option<ReplicationDirection>,
    /// Only those that need attention.
    pub alerts_only: bool,
    /// With this in their name, whatever the case.
    pub name_contains: Option<String>,
    /// Recovery point objective, by which a lag needs attention.
    pub rpo_seconds: u64,
    /// Which page.
    pub page: PageRequest,
}

impl Filter {
    /// All servers, and the first so many of them.
    #[must_use]
    pub fn all(limit: usize) -> Self {
        Self {
            account_id: None,
            region: None,
            state: None,
            direction: None,
            alerts_only: false,
            name_contains: None,
            rpo_seconds: DEFAULT_RPO_SECONDS,
            page: PageRequest::first(limit),
        }
    }

    fn takes_place(&self, place: &Place) -> bool {
        self.account_id
            .as_ref()
            .is_none_or(|id| *id == place.account_id)
            && self
                .region
                .as_ref()
                .is_none_or(|region| *region == place.region)
    }
}

/// A server, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where.
    pub place: Place,
    /// The server.
    pub server: InventoryServer,
    /// What is wrong with it, if anything is.
    pub alert: Option<Alert>,
}

/// How old what is known of a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceAge {
    /// The place.
    pub place: Place,
    /// When it was last read; none if never.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// How long ago.
    pub age_seconds: Option<u64>,
    /// Servers that are known.
    pub servers: usize,
    /// Why the last reading failed, if it did.
    pub error: Option<String>,
}

/// A page of servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    /// The servers of the page, by name, then place, then id.
    pub servers: Vec<Listed>,
    /// How many the filter takes.
    pub total: usize,
    /// Where the next page begins; none on the last.
    pub next_token: Option<String>,
    /// Every place that the filter takes.
    pub places: Vec<PlaceAge>,
}

/// Ages of registered places, in order. O(n log n) in the places.
pub(super) fn ages(
    places: &[Place],
    inventories: &[Inventory],
    now: DateTime<Utc>,
) -> Vec<PlaceAge> {
    let known: BTreeMap<&Place, &Inventory> = inventories.iter().map(|i| (&i.place, i)).collect();
    let age = |place: &Place| {
        let inventory = known.get(place);
        let refreshed_at = inventory.map(|inventory| inventory.refreshed_at);
        PlaceAge {
            place: place.clone(),
            refreshed_at,
            age_seconds: refreshed_at
                .map(|at| u64::try_from((now - at).num_seconds()).unwrap_or(0)),
            servers: inventory.map_or(0, |inventory| inventory.servers.len()),
            error: inventory.and_then(|inventory| inventory.error.clone()),
        }
    };
    places.iter().map(age).collect()
}

/// What a page is sorted by; it names one server of the estate, so a page begins after it whatever came or went.
type Order = (String, String, String);

fn order(place: &Place, server: &InventoryServer) -> Order {
    (
        server.name.to_lowercase(),
        place.to_string(),
        server.source_server_id.to_string(),
    )
}

/// Filters, sorts and cuts. O(n log n) in the servers of the estate.
///
/// # Errors
/// `Invalid` on `limit` or `next_token`.
pub(super) fn estate(
    filter: &Filter,
    places: &[Place],
    inventories: &[Inventory],
    now: DateTime<Utc>,
) -> Result<Estate> {
    let limit = filter.page.limit;
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::invalid(
            "limit",
            format!("a number from 1 to {MAX_PAGE}"),
        ));
    }
    let after = filter.page.next_token.as_deref().map(decode).transpose()?;
    let wanted_name = filter
        .name_contains
        .as_ref()
        .map(|name| name.to_lowercase());
    let takes = |server: &InventoryServer| {
        filter
            .state
            .as_ref()
            .is_none_or(|state| *state == server.state)
            && filter
                .direction
                .as_ref()
                .is_none_or(|direction| *direction == server.direction)
            && wanted_name
                .as_ref()
                .is_none_or(|part| server.name.to_lowercase().contains(part))
    };
    let mut found: Vec<(Order, &Place, &InventoryServer, Option<Alert>)> = inventories
        .iter()
        .filter(|inventory| filter.takes_place(&inventory.place))
        .flat_map(|inventory| {
            inventory
                .servers
                .iter()
                .map(|server| (&inventory.place, server))
        })
        .filter(|(_, server)| takes(server))
        .map(|(place, server)| {
            let alert = alert(place, server, filter.rpo_seconds);
            (order(place, server), place, server, alert)
        })
        .filter(|(.., alert)| alert.is_some() || !filter.alerts_only)
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let total = found.len();
    let begin = after.map_or(0, |last| {
        found.partition_point(|(order, ..)| *order <= last)
    });
    let is_last = begin + limit >= total;
    let page = found.into_iter().skip(begin).take(limit);
    let mut last = None;
    let servers = page
        .map(|(order, place, server, alert)| {
            last = Some(order);
            Listed {
                place: place.clone(),
                server: server.clone(),
                alert,
            }
        })
        .collect();
    let places: Vec<Place> = places
        .iter()
        .filter(|place| filter.takes_place(place))
        .cloned()
        .collect();
    Ok(Estate {
        servers,
        total,
        next_token: last.filter(|_| !is_last).map(|last| encode(&last)),
        places: ages(&places, inventories, now),
    })
}

/// A token is opaque: the JSON of the last server's order, in hexadecimal digits.
fn encode(order: &Order) -> String {
    use std::fmt::Write;
    let json = serde_json::json!([order.0, order.1, order.2]).to_string();
    json.bytes().fold(String::new(), |mut hex, byte| {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn decode(token: &str) -> Result<Order> {
    let digits: Option<Vec<u32>> = token.chars().map(|c| c.to_digit(16)).collect();
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits
        .and_then(|digits| digits.chunks(2).map(pair).collect::<Option<Vec<u8>>>())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            Error::invalid(
                "next_token",
                "the next_token of the page before, as it was given",
            )
        })
}

#[cfg(test)]
#[path = "estate_tests.rs"]
mod tests;
