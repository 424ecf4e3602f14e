//! What it costs to keep what clean-up would remove, in USD a month. List prices of us-east-1 as of early 2025, from the
//! price pages of Amazon EBS and of AWS Elastic Disaster Recovery. Prices differ by region and customer: good for an
//! estimate, for nothing else.

/// A gp3 volume, per GB and month.
const EBS_GP3_PER_GB: f64 = 0.08;
/// A replicating source server, per hour.
const DRS_PER_SERVER_HOUR: f64 = 0.028;
/// Hours of a month, as AWS counts them.
const HOURS_PER_MONTH: f64 = 730.0;

/// A volume of this size.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
pub fn volume(bytes: u64) -> f64 {
    round(bytes as f64 / f64::from(1 << 30) * EBS_GP3_PER_GB)
}

/// A source server that replicates. One that is stopped costs nothing.
#[must_use]
pub fn source_server(is_replicating: bool) -> f64 {
    if is_replicating {
        round(DRS_PER_SERVER_HOUR * HOURS_PER_MONTH)
    } else {
        0.0
    }
}

/// To whole cents.
#[must_use]
pub fn round(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}
