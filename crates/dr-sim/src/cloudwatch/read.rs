//! Reading metrics back: `GetMetricData`, `GetMetricStatistics`, `ListMetrics`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::cbor::Cbor;
use super::input::{combination, dimensions, invalid, missing, required, time, unit};
use super::store::{Metric, Point, State, Window};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::world::World;

/// Datapoints in one `GetMetricStatistics` (API reference).
const DATAPOINTS: i64 = 1440;
/// Queries in one `GetMetricData` (API reference).
const QUERIES: usize = 500;
/// Metrics on a page of `ListMetrics` (API reference).
const PAGE: usize = 500;

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

fn map<const N: usize>(members: [(&str, Cbor); N]) -> Cbor {
    Cbor::Map(
        members
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect(),
    )
}

fn seconds(at: i64) -> Cbor {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are exact in f64"
    )]
    Cbor::Time(at as f64)
}

fn store<'a>(world: &'a World, call: &Call) -> Option<&'a State> {
    world
        .at(&call.caller.account, &call.region)
        .map(|place| &place.cloudwatch)
}

/// Start, end and length of periods.
fn span(body: &Cbor) -> ServiceResult<(DateTime<Utc>, DateTime<Utc>)> {
    let start = time(body, "StartTime").ok_or_else(|| missing("StartTime"))?;
    let end = time(body, "EndTime").ok_or_else(|| missing("EndTime"))?;
    if start >= end {
        return Err(invalid(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    Ok((start, end))
}

fn period(body: &Cbor) -> ServiceResult<i64> {
    let given = body.number("Period").ok_or_else(|| missing("Period"))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked against what a period may be"
    )]
    let period = given as i64;
    if period > 0 && ([1, 5, 10, 20, 30].contains(&period) || period % 60 == 0) {
        Ok(period)
    } else {
        Err(invalid(
            "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
        ))
    }
}

/// `GetMetricStatistics`.
pub(super) fn get_metric_statistics(
    world: &World,
    call: &Call,
    body: &Cbor,
) -> ServiceResult<Cbor> {
    let namespace = required(body, "Namespace")?;
    let name = required(body, "MetricName")?;
    let (start, end) = span(body)?;
    let period = period(body)?;
    if (end - start).num_seconds() / period > DATAPOINTS {
        return Err(combination(format!(
            "You have requested more than {DATAPOINTS} datapoints. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let wanted: Vec<&str> = body
        .list("Statistics")
        .iter()
        .filter_map(|s| {
            if let Cbor::Text(s) = s {
                Some(s.as_str())
            } else {
                None
            }
        })
        .collect();
    if !body.list("ExtendedStatistics").is_empty() {
        return Err(invalid("Percentiles are not simulated."));
    }
    if wanted.is_empty() {
        return Err(missing("Statistics"));
    }
    let window = Window {
        start,
        end,
        period,
        unit: unit(body)?,
    };
    let metric =
        store(world, call).and_then(|s| s.metric(namespace, name, &dimensions(body).ok()?));
    let mut points = Vec::new();
    for ((begin, unit), point) in metric.map(|m| m.periods(window)).unwrap_or_default() {
        let mut members = vec![
            ("Timestamp".to_owned(), seconds(begin)),
            ("Unit".to_owned(), Cbor::Text(unit)),
        ];
        for statistic in &wanted {
            let value = point.statistic(statistic).ok_or_else(|| {
                invalid(format!(
                    "The parameter Statistics {statistic} is not valid."
                ))
            })?;
            members.push(((*statistic).to_owned(), Cbor::Float(value)));
        }
        points.push(Cbor::Map(members));
    }
    Ok(map([
        ("Label", text(name)),
        ("Datapoints", Cbor::List(points)),
    ]))
}

/// `GetMetricData`, for queries of one metric each.
pub(super) fn get_metric_data(world: &World, call: &Call, body: &Cbor) -> ServiceResult<Cbor> {
    let queries = body.list("MetricDataQueries");
    if queries.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if queries.len() > QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES}."
        )));
    }
    let (start, end) = span(body)?;
    let oldest_first = match body.text("ScanBy") {
        Some("TimestampAscending") => true,
        None | Some("TimestampDescending") => false,
        Some(other) => {
            return Err(invalid(format!(
                "The parameter ScanBy {other} is not valid."
            )));
        }
    };
    let store = store(world, call);
    let mut results = Vec::new();
    for query in queries {
        if query.get("ReturnData") == Some(&Cbor::Bool(false)) {
            continue;
        }
        results.push(answer_query(store, query, (start, end), oldest_first)?);
    }
    Ok(map([
        ("MetricDataResults", Cbor::List(results)),
        ("Messages", Cbor::List(Vec::new())),
    ]))
}

fn answer_query(
    store: Option<&State>,
    query: &Cbor,
    (start, end): (DateTime<Utc>, DateTime<Utc>),
    oldest_first: bool,
) -> ServiceResult<Cbor> {
    let id = required(query, "Id")?;
    let Some(stat) = query.get("MetricStat") else {
        return Err(invalid(format!(
            "Query {id} has no MetricStat: expressions are not simulated."
        )));
    };
    let metric = stat.get("Metric").ok_or_else(|| missing("Metric"))?;
    let (namespace, name) = (
        required(metric, "Namespace")?,
        required(metric, "MetricName")?,
    );
    let statistic = required(stat, "Stat")?;
    if Point::one(0.0, "None").statistic(statistic).is_none() {
        return Err(invalid(format!(
            "The statistic {statistic} is not simulated."
        )));
    }
    let window = Window {
        start,
        end,
        period: period(stat)?,
        unit: unit(stat)?,
    };
    let dimensions = dimensions(metric)?;
    let found = store.and_then(|s| s.metric(namespace, name, &dimensions));
    // Units are told apart by `Unit` alone: without it, values of all units are one series.
    let mut series: BTreeMap<i64, Point> = BTreeMap::new();
    for ((begin, _), point) in found.map(|m| m.periods(window)).unwrap_or_default() {
        series
            .entry(begin)
            .and_modify(|p| p.add(&point))
            .or_insert(point);
    }
    let mut points: Vec<(i64, Point)> = series.into_iter().collect();
    if !oldest_first {
        points.reverse();
    }
    let values = points
        .iter()
        .filter_map(|(_, p)| p.statistic(statistic))
        .map(Cbor::Float)
        .collect();
    let times = points.iter().map(|(begin, _)| seconds(*begin)).collect();
    Ok(map([
        ("Id", text(id)),
        ("Label", text(query.text("Label").unwrap_or(name))),
        ("Timestamps", Cbor::List(times)),
        ("Values", Cbor::List(values)),
        ("StatusCode", text("Complete")),
    ]))
}

/// `ListMetrics`; the token names the last metric of the page before.
pub(super) fn list_metrics(world: &World, call: &Call, body: &Cbor) -> ServiceResult<Cbor> {
    let (namespace, name) = (body.text("Namespace"), body.text("MetricName"));
    let filters = body.list("Dimensions");
    let after = body.text("NextToken").map(decode).transpose()?;
    let mut page = Vec::new();
    let mut last = None;
    let mut next = None;
    let namespaces = store(world, call).map(|s| &s.namespaces);
    let all = namespaces.into_iter().flatten().flat_map(|(n, metrics)| {
        metrics
            .iter()
            .map(move |(key, metric)| (format!("{n}\n{key}"), n, metric))
    });
    for (key, space, metric) in all {
        let fits = namespace.is_none_or(|n| n == space)
            && name.is_none_or(|n| n == metric.name)
            && filters.iter().all(|f| has_dimension(metric, f));
        if !fits || after.as_ref().is_some_and(|a| key <= *a) {
            continue;
        }
        if page.len() == PAGE {
            next = last;
            break;
        }
        page.push(write(space, metric));
        last = Some(key);
    }
    let mut members = vec![("Metrics".to_owned(), Cbor::List(page))];
    if let Some(key) = next {
        members.push(("NextToken".to_owned(), Cbor::Text(STANDARD.encode(key))));
    }
    Ok(Cbor::Map(members))
}

fn has_dimension(metric: &Metric, filter: &Cbor) -> bool {
    let value = filter.text("Name").and_then(|n| metric.dimensions.get(n));
    value.is_some_and(|v| filter.text("Value").is_none_or(|wanted| wanted == v))
}

fn write(namespace: &str, metric: &Metric) -> Cbor {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|(n, v)| map([("Name", text(n)), ("Value", text(v))]))
        .collect();
    map([
        ("Namespace", text(namespace)),
        ("MetricName", text(&metric.name)),
        ("Dimensions", Cbor::List(dimensions)),
    ])
}

fn decode(token: &str) -> ServiceResult<String> {
    let key = STANDARD
        .decode(token)
        .ok()
        .and_then(|b| String::from_utf8(b).ok());
    key.ok_or_else(|| {
        ServiceError::new(
            400,
            "InvalidParameterValueException",
            "The token is not valid.",
        )
    })
}
