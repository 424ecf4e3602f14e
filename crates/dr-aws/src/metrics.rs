//! CloudWatch metrics of ours.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types as sdk;
use chrono::{DateTime, Utc};
use dr_error::{Clock, Result};
use dr_model::place::Place;

use dr_error::sdk::{Caller, once_only};

/// Where our metrics are.
const NAMESPACE: &str = "DRS/AllowLaunchingIntoInstance";
/// Metrics per `PutMetricData` (CloudWatch API reference).
const METRICS_PER_CALL: usize = 1_000;

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Percent.
    Percent,
}

/// One value at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, such as `ConfiguredServers`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// What the value counts.
    pub unit: Unit,
    /// When it was so.
    pub at: DateTime<Utc>,
    /// Names and values that it can be told apart by; at most 30.
    pub dimensions: Vec<(String, String)>,
}

/// CloudWatch in one account and region.
#[derive(Debug, Clone)]
pub struct Metrics {
    client: aws_sdk_cloudwatch::Client,
    caller: Caller,
}

impl Metrics {
    /// CloudWatch in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_cloudwatch::Client::new(&once_only(config)),
            caller: Caller {
                service: "monitoring",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// Stores values. IAM: `cloudwatch:PutMetricData`.
    ///
    /// # Errors
    /// `Error::Aws`; earlier calls of 1,000 are stored then. A metric is never worth failing for: log it.
    pub async fn put(&self, metrics: Vec<Metric>) -> Result<()> {
        for metrics in metrics.chunks(METRICS_PER_CALL) {
            let data: Vec<_> = metrics.iter().map(datum).collect();
            self.caller
                .send("PutMetricData", || {
                    self.client
                        .put_metric_data()
                        .namespace(NAMESPACE)
                        .set_metric_data(Some(data.clone()))
                        .send()
                })
                .await?;
        }
        Ok(())
    }
}

fn datum(metric: &Metric) -> sdk::MetricDatum {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build());
    sdk::MetricDatum::builder()
        .metric_name(&metric.name)
        .value(metric.value)
        .unit(match metric.unit {
            Unit::Count => sdk::StandardUnit::Count,
            Unit::Seconds => sdk::StandardUnit::Seconds,
            Unit::Milliseconds => sdk::StandardUnit::Milliseconds,
            Unit::Percent => sdk::StandardUnit::Percent,
        })
        .timestamp(aws_smithy_types::DateTime::from_secs(metric.at.timestamp()))
        .set_dimensions(Some(dimensions.collect()))
        .build()
}
