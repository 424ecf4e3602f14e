//! Confidence as the assignment counts it, and which distances a tolerance allows.

use crate::name::share;

/// A confidence of 1.0. Sums of ten thousand confidences stay exact to 5e-9 (each is rounded to
/// 2^-40) and far below the range of an `i64`.
pub(crate) const ONE: i64 = 1 << 40;

/// The confidence of a distance, in units of 1 / [`ONE`].
pub(crate) fn weight(distance: usize, longer: usize) -> i64 {
    let (distance, longer) = (distance as i128, longer.max(1) as i128);
    let parts = (longer - distance) * i128::from(ONE);
    // At most ONE, as a distance is never negative.
    i64::try_from((parts + longer / 2) / longer).unwrap_or_default()
}

/// What the tolerance lets through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    least: f64,
    longest_other: usize,
}

impl Limit {
    /// Pairs need this confidence; the other side's longest name has this many characters.
    pub fn new(least: f64, longest_other: usize) -> Self {
        Self {
            least,
            longest_other,
        }
    }

    /// Whether a pair with this distance may be matched. A confidence of 0 never is: names with
    /// nothing in common are no pair at any tolerance.
    pub fn admits(&self, distance: usize, longer: usize) -> bool {
        distance < longer && share(distance, longer) >= self.least
    }

    /// The most that a pair can weigh when one name has `length` characters and they are
    /// `distance` or more apart; `None` when no such pair may be matched.
    pub fn most(&self, length: usize, distance: usize) -> Option<i64> {
        // The longer the other name the more confident the same distance, and it can be longer
        // by no more than the distance.
        let longer = length.max((length + distance).min(self.longest_other));
        (distance <= longer && self.admits(distance, longer)).then(|| weight(distance, longer))
    }

    /// The largest distance at which a name of `length` characters can be matched at all.
    pub fn widest(&self, length: usize) -> usize {
        // `most` falls with the distance, so halving finds the last distance that it allows.
        let (mut allowed, mut refused) = (0, length.max(self.longest_other) + 1);
        while refused - allowed > 1 {
            let middle = usize::midpoint(allowed, refused);
            if self.most(length, middle).is_some() {
                allowed = middle;
            } else {
                refused = middle;
            }
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_distance_is_the_last_that_some_length_allows() {
        for longest in [1, 5, 12, 40] {
            for length in 1..30 {
                for least in [0.0, 0.2, 0.5, 0.8, 0.95, 1.0] {
                    let limit = Limit::new(least, longest);
                    let slow = (0..=length.max(longest))
                        .filter(|distance| {
                            (1..=longest).any(|other| {
                                other.abs_diff(length) <= *distance
                                    && limit.admits(*distance, length.max(other))
                            })
                        })
                        .max()
                        .unwrap_or(0);
                    assert!(limit.widest(length) >= slow, "{longest} {length} {least}");
                    assert!(
                        limit.widest(length) <= slow.max(length),
                        "{longest} {length} {least}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_weight_is_the_confidence_to_forty_bits() {
        for longer in 1..300 {
            for distance in 0..=longer {
                let exact = share(distance, longer);
                let back = weight(distance, longer) as f64 / ONE as f64;
                assert!((exact - back).abs() < 1e-12);
            }
        }
    }
}
