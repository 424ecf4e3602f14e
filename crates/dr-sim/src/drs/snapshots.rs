//! Points in time: what the default policy (every 10 min for an hour, hourly for a day, daily for
//! a week) has kept by now, computed when read.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Page};
use super::replication::unseen_since;
use super::state::SourceServer;
use super::{Reply, find, ok, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

/// One point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// `pit-` + 17; follows from server and time.
    pub id: String,
    /// When its data was consistent.
    pub at: DateTime<Utc>,
}

/// (distance, how many) of the rules of the default policy.
const RULES: [(i64, i64); 3] = [(600, 6), (3_600, 24), (86_400, 7)];

/// The points of a server at `now`, newest first; `unseen`: since when its agent is not seen.
#[must_use]
pub fn points(
    server: &SourceServer,
    unseen: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<Point> {
    let replication = &server.replication;
    let total: u64 = server.machine.disks.iter().map(|disk| disk.bytes).sum();
    let last = unseen.unwrap_or(now).min(now);
    // While a re-protected server catches up, the points of before are what there is.
    let anchors = std::iter::once(last).chain(replication.behind_since.filter(|at| *at < last));
    // Each server takes its points at its own offset within ten minutes.
    let offset = words::derived_number(&[&server.id, "pit"], 599);
    let offset = i64::try_from(offset).unwrap_or(0);
    let mut times = std::collections::BTreeSet::new();
    for until in anchors {
        for (distance, keep) in RULES {
            let latest = (until.timestamp() - offset).div_euclid(distance);
            for n in 0..keep {
                let seconds = (latest - n) * distance + offset;
                if let Some(at) = DateTime::from_timestamp(seconds, 0)
                    && replication.took_point(at, total, now)
                    && at > now - Duration::seconds(distance * (keep + 1))
                {
                    times.insert(at);
                }
            }
        }
    }
    times
        .into_iter()
        .rev()
        .map(|at| Point {
            id: format!(
                "pit-{}",
                words::derived_id(&[&server.id, "pit", &at.timestamp().to_string()])
            ),
            at,
        })
        .collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(rename = "sourceServerID")]
    source_server_id: Option<String>,
    filters: Option<Filters>,
    order: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    from_date_time: Option<String>,
    to_date_time: Option<String>,
}

/// `DescribeRecoverySnapshots`.
pub fn describe(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Request = rest_json::parse(call)?;
    let id = input::required("sourceServerID", request.source_server_id)?;
    input::drs_id("sourceServerID", "s-", &id)?;
    let order = request.order.unwrap_or_else(|| "ASC".to_owned());
    input::word("order", &order, &["ASC", "DESC"])?;
    let bound = |field: &str, value: Option<&String>| {
        value.map(|text| input::time(field, text)).transpose()
    };
    let filters = request.filters.as_ref();
    let from = bound(
        "filters.fromDateTime",
        filters.and_then(|f| f.from_date_time.as_ref()),
    )?;
    let to = bound(
        "filters.toDateTime",
        filters.and_then(|f| f.to_date_time.as_ref()),
    )?;
    let world = &*world;
    let server = world
        .at(&call.caller.account, &call.region)
        .and_then(|place| place.drs.servers.get(&id))
        .ok_or_else(|| find::unknown("SourceServer", &id))?;
    let mut all = points(server, unseen_since(world, server, call.now), call.now);
    if order == "ASC" {
        all.reverse();
    }
    all.retain(|point| from.is_none_or(|f| point.at >= f) && to.is_none_or(|t| point.at <= t));
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let after = page.after()?;
    let rest = all.into_iter().skip_while({
        let mut seen = after.is_none();
        move |point| {
            if seen {
                return false;
            }
            seen = after.as_deref() == Some(&point.id);
            true
        }
    });
    let (taken, token) = input::page(rest, page, |point| point.id.clone())?;
    let items: Vec<Value> = taken.iter().map(|point| item(server, point)).collect();
    ok(json!({ "items": items, "nextToken": token }))
}

fn item(server: &SourceServer, point: &Point) -> Value {
    let snapshots: Vec<String> = server
        .machine
        .disks
        .iter()
        .map(|disk| format!("snap-{}", words::derived_id(&[&point.id, &disk.device])))
        .collect();
    json!({
        "snapshotID": point.id,
        "sourceServerID": server.id,
        "expectedTimestamp": words::time(point.at),
        "timestamp": words::time(point.at),
        "ebsSnapshots": snapshots,
    })
}
