//! What AWS charges for data that leaves one region for another: list prices of the EC2 price page ("Data transfer OUT
//! from Amazon EC2 to other AWS Regions"), as of early 2025, in USD per GB. They are charged by the region that sends.
//! Prices change, and customers have their own: good for an estimate, for nothing else.

use dr_model::ids::Region;

/// Where nothing else is known: the price of the regions of the US, Canada and most of Europe.
const DEFAULT: f64 = 0.02;

/// Regions that charge otherwise.
const SENDING: [(&str, f64); 12] = [
    ("af-south-1", 0.147),
    ("ap-east-1", 0.09),
    ("ap-northeast-1", 0.09),
    ("ap-northeast-2", 0.08),
    ("ap-northeast-3", 0.09),
    ("ap-south-1", 0.086),
    ("ap-southeast-1", 0.09),
    ("ap-southeast-2", 0.098),
    ("ap-southeast-3", 0.10),
    ("me-south-1", 0.1105),
    ("sa-east-1", 0.138),
    ("us-gov-east-1", 0.03),
];

/// Pairs that are cheaper, both ways.
const NEAR: [(&str, &str, f64); 1] = [("us-east-1", "us-east-2", 0.01)];

/// USD per GB from one region to another; nothing within one.
#[must_use]
pub(super) fn price_per_gb(from: &Region, to: &Region) -> f64 {
    let (from, to) = (from.as_str(), to.as_str());
    if from == to {
        return 0.0;
    }
    let near = NEAR
        .iter()
        .find(|(a, b, _)| (from, to) == (*a, *b) || (from, to) == (*b, *a));
    let sending = || SENDING.iter().find(|(region, _)| *region == from);
    near.map(|(.., price)| *price)
        .or_else(|| sending().map(|(_, price)| *price))
        .unwrap_or(DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::price_per_gb;

    #[test]
    fn the_sending_region_sets_the_price() {
        for (from, to, price) in [
            ("us-west-2", "us-west-2", 0.0),
            ("us-west-2", "us-east-1", 0.02),
            ("us-east-2", "us-east-1", 0.01),
            ("us-east-1", "us-east-2", 0.01),
            ("sa-east-1", "us-east-1", 0.138),
            ("us-east-1", "sa-east-1", 0.02),
        ] {
            let found = price_per_gb(&from.parse().unwrap(), &to.parse().unwrap());
            assert!((found - price).abs() < 1e-9, "{from} {to} {found}");
        }
    }
}
