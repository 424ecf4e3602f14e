//! Token buckets per account, region and operation. AWS publishes no rates for DRS; the default
//! is generous, so that only a client that hammers is throttled.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::ServiceError;
use crate::wire::Protocol;

/// A token bucket's settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Calls per simulated second.
    pub per_second: f64,
    /// Calls at once.
    pub burst: f64,
}

/// The default. In scaled or manual time many calls fall into one simulated second.
const GENEROUS: Rate = Rate {
    per_second: 200.0,
    burst: 20_000.0,
};

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: DateTime<Utc>,
}

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    rates: BTreeMap<(String, Option<String>), Rate>,
    buckets: BTreeMap<String, Bucket>,
}

impl Throttles {
    /// Sets a rate, for one operation or for a whole service.
    pub fn set(&mut self, service: &str, operation: Option<&str>, rate: Rate) {
        let key = (service.to_owned(), operation.map(str::to_owned));
        self.rates.insert(key, rate);
        let prefix = format!("{service}/");
        self.buckets.retain(|key, _| !key.starts_with(&prefix));
    }

    /// The rate of an operation. Tables and state machines are throttled only when told.
    fn rate(&self, service: &str, operation: &str) -> Option<Rate> {
        let exact = (service.to_owned(), Some(operation.to_owned()));
        let whole = (service.to_owned(), None);
        let told = self.rates.get(&exact).or_else(|| self.rates.get(&whole));
        match service {
            "dynamodb" | "states" => told.copied(),
            _ => Some(told.copied().unwrap_or(GENEROUS)),
        }
    }

    /// Takes a token; where there is none, gives the seconds until there is one.
    pub fn take(
        &mut self,
        service: &str,
        operation: &str,
        place: (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<(), f64> {
        let Some(rate) = self.rate(service, operation) else {
            return Ok(());
        };
        let key = format!("{service}/{operation}/{}/{}", place.0, place.1);
        let bucket = self.buckets.entry(key).or_insert(Bucket {
            tokens: rate.burst,
            filled: now,
        });
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds between two calls are far below 2^52"
        )]
        let passed = (now - bucket.filled).num_milliseconds().max(0) as f64 / 1000.0;
        bucket.filled = bucket.filled.max(now);
        bucket.tokens = (bucket.tokens + passed * rate.per_second).min(rate.burst);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err((1.0 - bucket.tokens) / rate.per_second.max(0.001))
    }
}

/// A service's own way to say "slow down": 429 with `retryAfterSeconds` as a string in DRS, 503
/// `RequestLimitExceeded` in EC2, 400 elsewhere.
pub(crate) fn throttled(protocol: Protocol, seconds: f64) -> ServiceError {
    let message = "Rate exceeded";
    match protocol {
        Protocol::RestJson1 => ServiceError::new(429, "ThrottlingException", message)
            .with("serviceCode", "drs")
            .with("retryAfterSeconds", format!("{}", seconds.ceil().max(1.0))),
        Protocol::Ec2Query => ServiceError::new(503, "RequestLimitExceeded", message),
        Protocol::AwsQuery => ServiceError::new(400, "Throttling", message),
        _ => ServiceError::new(400, "ThrottlingException", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bucket_refuses_and_fills_with_time() {
        let mut throttles = Throttles::default();
        let rate = Rate {
            per_second: 0.5,
            burst: 2.0,
        };
        throttles.set("drs", Some("DescribeJobs"), rate);
        let now: DateTime<Utc> = "2026-11-21T08:00:00Z".parse().unwrap();
        let mut call = |at| throttles.take("drs", "DescribeJobs", ("1", "r"), at);
        assert_eq!(call(now), Ok(()));
        assert_eq!(call(now), Ok(()));
        assert_eq!(call(now), Err(2.0));
        assert_eq!(call(now + chrono::Duration::seconds(2)), Ok(()));
    }
}
