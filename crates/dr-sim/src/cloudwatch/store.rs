//! What was put, per metric, and statistics over it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::world::World;

/// Metrics of an account in a region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By namespace, then by name and dimensions in one text.
    pub namespaces: BTreeMap<String, BTreeMap<String, Metric>>,
}

/// One metric: a name and its dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name.
    pub name: String,
    /// Dimensions by name.
    pub dimensions: BTreeMap<String, String>,
    /// What was put, by time.
    pub points: BTreeMap<DateTime<Utc>, Vec<Point>>,
}

/// Values put for one time in one unit, summed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Unit, `None` where none was said.
    pub unit: String,
    /// How many values.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Point {
    /// One value.
    #[must_use]
    pub fn one(value: f64, unit: &str) -> Self {
        Self {
            unit: unit.to_owned(),
            count: 1.0,
            sum: value,
            least: value,
            most: value,
        }
    }

    /// Adds another point to this one; units are not compared.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// A statistic by CloudWatch's name; `None` for those that are not simulated.
    #[must_use]
    pub fn statistic(&self, name: &str) -> Option<f64> {
        match name {
            "SampleCount" => Some(self.count),
            "Sum" => Some(self.sum),
            "Average" => Some(self.sum / self.count),
            "Minimum" => Some(self.least),
            "Maximum" => Some(self.most),
            _ => None,
        }
    }
}

/// A value to be put from inside the simulator.
#[derive(Debug, Clone)]
pub struct Put<'a> {
    /// Namespace.
    pub namespace: &'a str,
    /// Metric name.
    pub name: &'a str,
    /// Dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub point: Point,
}

/// Puts a value, as a service does for its own metrics (`AWS/DRS`).
pub fn put(world: &mut World, account: &str, region: &str, put: Put<'_>) {
    world.place(account, region).cloudwatch.put(put);
}

/// Name and dimensions in one text; control characters separate what names cannot contain.
fn key(name: &str, dimensions: &BTreeMap<String, String>) -> String {
    dimensions.iter().fold(name.to_owned(), |key, (n, v)| {
        format!("{key}\u{1e}{n}\u{1f}{v}")
    })
}

impl State {
    /// Adds a value to its metric.
    pub(super) fn put(&mut self, put: Put<'_>) {
        let metrics = self.namespaces.entry(put.namespace.to_owned()).or_default();
        let metric = metrics
            .entry(key(put.name, &put.dimensions))
            .or_insert_with(|| Metric {
                name: put.name.to_owned(),
                dimensions: put.dimensions,
                points: BTreeMap::new(),
            });
        let points = metric.points.entry(put.at).or_default();
        match points.iter_mut().find(|p| p.unit == put.point.unit) {
            Some(point) => point.add(&put.point),
            None => points.push(put.point),
        }
    }

    /// The metric of exactly this name and these dimensions.
    pub(super) fn metric(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &BTreeMap<String, String>,
    ) -> Option<&Metric> {
        self.namespaces.get(namespace)?.get(&key(name, dimensions))
    }
}

/// Which part of a metric is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    /// First moment.
    pub(super) start: DateTime<Utc>,
    /// Moment after the last.
    pub(super) end: DateTime<Utc>,
    /// Length of a period in seconds.
    pub(super) period: i64,
    /// Only values of this unit.
    pub(super) unit: Option<&'a str>,
}

impl Metric {
    /// Summed-up values per period and unit, keyed by the period's first second.
    pub(super) fn periods(&self, window: Window<'_>) -> BTreeMap<(i64, String), Point> {
        let mut periods: BTreeMap<(i64, String), Point> = BTreeMap::new();
        if window.start >= window.end {
            return periods;
        }
        for (at, points) in self.points.range(window.start..window.end) {
            let begin = at.timestamp() - at.timestamp().rem_euclid(window.period);
            for point in points
                .iter()
                .filter(|p| window.unit.is_none_or(|u| u == p.unit))
            {
                periods
                    .entry((begin, point.unit.clone()))
                    .and_modify(|p| p.add(point))
                    .or_insert_with(|| point.clone());
            }
        }
        periods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn values_of_a_period_are_summed_up() {
        let mut state = State::default();
        for (seconds, value) in [(0, 1.0), (59, 3.0), (60, 10.0)] {
            state.put(Put {
                namespace: "N",
                name: "m",
                dimensions: BTreeMap::new(),
                at: at(seconds),
                point: Point::one(value, "Count"),
            });
        }
        let metric = state.metric("N", "m", &BTreeMap::new()).unwrap();
        let window = Window {
            start: at(0),
            end: at(120),
            period: 60,
            unit: None,
        };
        let periods = metric.periods(window);
        assert_eq!(
            periods[&(0, "Count".into())].statistic("Average"),
            Some(2.0)
        );
        assert_eq!(
            periods[&(60, "Count".into())].statistic("Maximum"),
            Some(10.0)
        );
        let other = Window {
            unit: Some("Seconds"),
            ..window
        };
        assert!(metric.periods(other).is_empty());
    }

    #[test]
    fn dimensions_make_another_metric() {
        let mut state = State::default();
        let dimensions = BTreeMap::from([("Wave".to_owned(), "1".to_owned())]);
        state.put(Put {
            namespace: "N",
            name: "m",
            dimensions: dimensions.clone(),
            at: at(0),
            point: Point::one(1.0, "None"),
        });
        assert!(state.metric("N", "m", &BTreeMap::new()).is_none());
        assert!(state.metric("N", "m", &dimensions).is_some());
    }
}
