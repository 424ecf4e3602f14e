//! How DRS spells times, durations, ARNs and ids that follow from something else.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A time: ISO 8601, microseconds, `Z`.
#[must_use]
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A duration: `P0D`, `PT4S`, `PT1H2M3S`, `P1DT2H`.
#[must_use]
pub fn duration(length: Duration) -> String {
    let total = length.num_seconds().max(0);
    if total == 0 {
        return "P0D".to_owned();
    }
    let (days, hours) = (total / 86_400, total % 86_400 / 3_600);
    let (minutes, seconds) = (total % 3_600 / 60, total % 60);
    let mut text = String::from("P");
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if total % 86_400 > 0 {
        text.push('T');
    }
    for (n, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
        if n > 0 {
            text.push_str(&format!("{n}{unit}"));
        }
    }
    text
}

/// `arn:aws:drs:<region>:<account>:<kind>/<id>`.
#[must_use]
pub fn arn(region: &str, account: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:drs:{region}:{account}:{kind}/{id}")
}

/// Region, account, kind and id of an ARN of DRS.
#[must_use]
pub fn parse_arn(arn: &str) -> Option<(&str, &str, &str, &str)> {
    let rest = arn.strip_prefix("arn:aws:drs:")?;
    let (region, rest) = rest.split_once(':')?;
    let (account, resource) = rest.split_once(':')?;
    let (kind, id) = resource.split_once('/')?;
    Some((region, account, kind, id))
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// Seventeen letters or digits that follow from `parts`: ids of things that are computed when
/// read, not stored.
#[must_use]
pub fn derived_id(parts: &[&str]) -> String {
    digest(parts)
        .iter()
        .take(17)
        .map(|byte| char::from(BASE62[usize::from(*byte) % BASE62.len()]))
        .collect()
}

/// A number in `0..=high` that follows from `parts`.
#[must_use]
pub fn derived_number(parts: &[&str], high: u64) -> u64 {
    let [a, b, c, d, ..] = digest(parts);
    u64::from(u32::from_be_bytes([a, b, c, d])) % (high + 1)
}

/// Drops members without a value: DRS leaves out what it does not know.
#[must_use]
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        let spelled = |seconds| duration(Duration::seconds(seconds));
        assert_eq!(spelled(0), "P0D");
        assert_eq!(spelled(9), "PT9S");
        assert_eq!(spelled(3_723), "PT1H2M3S");
        assert_eq!(spelled(86_400), "P1D");
        assert_eq!(spelled(93_600), "P1DT2H");
    }

    #[test]
    fn an_arn_is_read_as_it_was_written() {
        let written = arn("us-west-2", "444455556666", "source-server", "s-1");
        let read = parse_arn(&written);
        assert_eq!(
            read,
            Some(("us-west-2", "444455556666", "source-server", "s-1"))
        );
        assert_eq!(parse_arn("arn:aws:ec2:us-west-2:1:instance/i-1"), None);
    }
}
