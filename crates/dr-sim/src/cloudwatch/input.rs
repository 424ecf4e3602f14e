//! `PutMetricData`, and what its parts have in common with the reading operations.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::cbor::Cbor;
use super::store::{Point, Put};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::world::World;

/// Metrics in one call (API reference).
const METRICS: usize = 1000;
/// Dimensions of a metric (API reference).
const DIMENSIONS: usize = 30;
/// Values in one datum's `Values` (API reference).
const VALUES: usize = 150;
/// How old and how far in the future a time stamp may be (API reference).
const PAST_DAYS: i64 = 14;
const FUTURE_HOURS: i64 = 2;
/// Units of the model (`StandardUnit`).
const UNITS: &[&str] = &[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// A parameter has a value that CloudWatch does not take.
pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "InvalidParameterValueException", message)
}

/// Parameters that do not go together.
pub(super) fn combination(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "InvalidParameterCombinationException", message)
}

/// Text of a required member.
pub(super) fn required<'a>(body: &'a Cbor, name: &str) -> ServiceResult<&'a str> {
    body.text(name)
        .filter(|t| !t.is_empty())
        .ok_or_else(|| missing(name))
}

/// A required member was not sent.
pub(super) fn missing(name: &str) -> ServiceError {
    ServiceError::new(
        400,
        "MissingRequiredParameterException",
        format!("The parameter {name} is required."),
    )
}

/// A time of a member.
pub(super) fn time(body: &Cbor, name: &str) -> Option<DateTime<Utc>> {
    let seconds = body.number(name)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit in i64 by far"
    )]
    let milliseconds = (seconds * 1000.0).round() as i64;
    DateTime::from_timestamp_millis(milliseconds)
}

/// Dimensions of a metric.
pub(super) fn dimensions(body: &Cbor) -> ServiceResult<BTreeMap<String, String>> {
    let list = body.list("Dimensions");
    if list.len() > DIMENSIONS {
        return Err(invalid(format!(
            "The collection Dimensions must not have a size greater than {DIMENSIONS}."
        )));
    }
    list.iter()
        .map(|d| {
            Ok((
                required(d, "Name")?.to_owned(),
                required(d, "Value")?.to_owned(),
            ))
        })
        .collect()
}

/// A unit of the model.
pub(super) fn unit(body: &Cbor) -> ServiceResult<Option<&str>> {
    match body.text("Unit") {
        Some(unit) if !UNITS.contains(&unit) => {
            Err(invalid(format!("The parameter Unit {unit} is not valid.")))
        }
        other => Ok(other),
    }
}

/// `PutMetricData`: all or nothing.
pub(super) fn put_metric_data(world: &mut World, call: &Call, body: &Cbor) -> ServiceResult<()> {
    let namespace = required(body, "Namespace")?;
    if namespace.starts_with("AWS/") {
        return Err(invalid(
            "The value AWS/ for parameter Namespace is invalid.",
        ));
    }
    let data = body.list("MetricData");
    if data.is_empty() {
        return Err(missing("MetricData"));
    }
    if data.len() > METRICS {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {METRICS}."
        )));
    }
    let puts: Vec<Put<'_>> = data
        .iter()
        .map(|datum| read(namespace, datum, call.now))
        .collect::<ServiceResult<_>>()?;
    let store = &mut world.place(&call.caller.account, &call.region).cloudwatch;
    for put in puts {
        store.put(put);
    }
    Ok(())
}

fn read<'a>(namespace: &'a str, datum: &'a Cbor, now: DateTime<Utc>) -> ServiceResult<Put<'a>> {
    let name = required(datum, "MetricName")?;
    let at = time(datum, "Timestamp").unwrap_or(now);
    if at < now - Duration::days(PAST_DAYS) || at > now + Duration::hours(FUTURE_HOURS) {
        return Err(invalid(format!(
            "Timestamp {at} must be specified within the past two weeks and at most two hours in the future."
        )));
    }
    let unit = unit(datum)?.unwrap_or("None");
    let point = point(datum, unit)?;
    if ![point.sum, point.least, point.most]
        .iter()
        .all(|v| v.is_finite())
    {
        return Err(invalid("The value must not be NaN or infinite."));
    }
    Ok(Put {
        namespace,
        name,
        dimensions: dimensions(datum)?,
        at,
        point,
    })
}

/// A datum is one value, or a list of values with counts, or a set of statistics.
fn point(datum: &Cbor, unit: &str) -> ServiceResult<Point> {
    let values = datum.list("Values");
    let forms = [
        datum.get("Value").is_some(),
        !values.is_empty(),
        datum.get("StatisticValues").is_some(),
    ];
    if forms.iter().filter(|f| **f).count() > 1 {
        return Err(combination(
            "Exactly one of Value, Values and StatisticValues must be given.",
        ));
    }
    if let Some(value) = datum.number("Value") {
        return Ok(Point::one(value, unit));
    }
    if let Some(set) = datum.get("StatisticValues") {
        let part = |name: &str| set.number(name).ok_or_else(|| missing(name));
        return Ok(Point {
            unit: unit.to_owned(),
            count: part("SampleCount")?,
            sum: part("Sum")?,
            least: part("Minimum")?,
            most: part("Maximum")?,
        });
    }
    let counts = datum.list("Counts");
    if values.len() > VALUES || (!counts.is_empty() && counts.len() != values.len()) {
        return Err(invalid(
            "The collections Values and Counts must have the same size, of at most 150.",
        ));
    }
    let mut whole: Option<Point> = None;
    for (n, value) in values.iter().enumerate() {
        let value = value
            .as_number()
            .ok_or_else(|| invalid("Values must be numbers."))?;
        let count = counts.get(n).and_then(Cbor::as_number).unwrap_or(1.0);
        let point = Point {
            count,
            sum: value * count,
            ..Point::one(value, unit)
        };
        match &mut whole {
            Some(whole) => whole.add(&point),
            None => whole = Some(point),
        }
    }
    whole.ok_or_else(|| missing("Value"))
}
