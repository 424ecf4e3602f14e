//! What a full copy would take and cost: an estimate, and never a promise (requirement 000: "Display cost estimates
//! before starting reverse replication"). Pure.

use dr_model::ids::Region;

use crate::sessions::readiness::price::price_per_gb;

/// What a server is taken to send where nothing throttles it: 100 Mbit/s. An assumption, on the careful side: DRS
/// publishes no rate, and the network between two regions carries more.
const ASSUMED_MBPS: u64 = 100;
/// Until the first byte: replication server, staging disks, pairing. Of 15 to 25 minutes observed for 8 GB, about 11
/// are the copy at the assumed rate.
const SETUP_SECONDS: u64 = 600;
/// AWS bills 2^30 bytes as a GB.
const GB: f64 = 1_073_741_824.0;

/// What copying everything would come to.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyEstimate {
    /// Servers.
    pub servers: usize,
    /// Bytes of all their disks. DRS compresses what it sends, so this is the most.
    pub bytes: u64,
    /// Until the last server is whole, as if nothing went wrong.
    pub seconds: u64,
    /// What one server is taken to send.
    pub bytes_per_second: u64,
    /// Servers that copy at the same time.
    pub parallel: usize,
    /// Transfer between the two regions, USD per GB.
    pub usd_per_gb: f64,
    /// Transfer of everything, USD, rounded to cents. What DRS, staging disks and snapshots cost is not in it.
    pub usd: f64,
    /// What it rests on, for a person.
    pub basis: String,
}

/// How the copy goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    /// From this region,
    pub from: &'a Region,
    /// to this one,
    pub to: &'a Region,
    /// at most so fast per server, by DRS's settings; 0 is no limit.
    pub throttle_mbps: u64,
    /// So many servers at a time.
    pub parallel: usize,
}

/// Estimates the copy of servers with so many bytes each. None without servers. O(n).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate in dollars")]
pub(super) fn estimate(servers: &[u64], way: Way<'_>) -> Option<CopyEstimate> {
    let largest = *servers.iter().max()?;
    let bytes: u64 = servers.iter().sum();
    let mbps = if way.throttle_mbps == 0 {
        ASSUMED_MBPS
    } else {
        way.throttle_mbps
    };
    let rate = mbps * 1_000_000 / 8;
    let parallel = way.parallel.clamp(1, servers.len());
    let together = rate * u64::try_from(parallel).unwrap_or(1);
    // The largest server sets the end, or all of them where they have to queue.
    let copying = (largest / rate).max(bytes / together);
    let usd_per_gb = price_per_gb(way.from, way.to);
    let usd = (bytes as f64 / GB * usd_per_gb * 100.0).round() / 100.0;
    let rate_words = if way.throttle_mbps == 0 {
        format!("{mbps} Mbit/s per server assumed, since DRS does not throttle")
    } else {
        format!("{mbps} Mbit/s per server, as DRS is set to throttle")
    };
    Some(CopyEstimate {
        servers: servers.len(),
        bytes,
        seconds: SETUP_SECONDS + copying,
        bytes_per_second: rate,
        parallel,
        usd_per_gb,
        usd,
        basis: format!(
            "An estimate, no promise: a full copy without compression, {rate_words}, {} minutes to set up, \
             {usd_per_gb} USD per GB from {} to {} by list price",
            SETUP_SECONDS / 60,
            way.from,
            way.to
        ),
    })
}

#[cfg(test)]
mod tests {
    use dr_model::ids::Region;

    use super::{CopyEstimate, Way, estimate};

    const GIB: u64 = 1 << 30;

    fn of(servers: &[u64], throttle_mbps: u64, parallel: usize, to: &str) -> Option<CopyEstimate> {
        let (from, to): (Region, Region) = ("us-west-2".parse().unwrap(), to.parse().unwrap());
        let way = Way {
            from: &from,
            to: &to,
            throttle_mbps,
            parallel,
        };
        estimate(servers, way)
    }

    #[test]
    fn an_8_gb_server_takes_the_minutes_that_were_observed() {
        let seconds = of(&[8 * GIB], 0, 300, "us-east-1").unwrap().seconds;
        assert!((15 * 60..=25 * 60).contains(&seconds), "{seconds}");
    }

    #[test]
    fn the_largest_server_sets_the_end_unless_servers_queue() {
        let one = of(&[100 * GIB], 0, 300, "us-east-1").unwrap();
        let many = of(&[100 * GIB, GIB, GIB], 0, 300, "us-east-1").unwrap();
        assert_eq!(one.seconds, many.seconds);
        let queued = of(&[100 * GIB, 100 * GIB], 0, 1, "us-east-1").unwrap();
        assert_eq!(queued.seconds - 600, 2 * 100 * GIB / 12_500_000);
        assert_eq!(queued.parallel, 1);
    }

    #[test]
    fn the_throttle_of_drs_is_the_rate() {
        let half = of(&[100 * GIB], 50, 300, "us-east-1").unwrap();
        assert_eq!(half.bytes_per_second, 6_250_000);
        assert!(half.basis.contains("50 Mbit/s"));
    }

    #[test]
    fn transfer_is_billed_per_gb_between_regions_and_not_within_one() {
        let across = of(&[1000 * GIB], 0, 300, "us-east-1").unwrap();
        assert!((across.usd - 20.0).abs() < 0.001, "{}", across.usd);
        let within = of(&[1000 * GIB], 0, 300, "us-west-2").unwrap();
        assert!(within.usd.abs() < 0.001);
        assert!(within.basis.contains("no promise"));
    }

    #[test]
    fn without_servers_there_is_nothing_to_estimate() {
        assert_eq!(of(&[], 0, 300, "us-east-1"), None);
    }
}
