//! What the caller decides: how far a name may be off, and whether special characters count.

use serde::{Deserialize, Serialize};

/// How far two names may differ and still be matched: a pair needs a confidence of at least
/// `1.0 - tolerance`. 0.0 allows equal names only, 1.0 anything that has something in common.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Tolerance(f64);

/// A tolerance outside 0.0 to 1.0, or not a number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the tolerance must lie between 0.0 and 1.0, not {0}")]
pub struct InvalidTolerance(pub f64);

impl Tolerance {
    /// Only equal names match (requirement 004's default).
    pub const EXACT: Self = Self(0.0);

    /// A tolerance from 0.0 to 1.0.
    ///
    /// # Errors
    /// [`InvalidTolerance`] for anything else, NaN included.
    pub fn new(value: f64) -> Result<Self, InvalidTolerance> {
        if (0.0..=1.0).contains(&value) {
            // Turns -0.0 into 0.0.
            Ok(Self(value + 0.0))
        } else {
            Err(InvalidTolerance(value))
        }
    }

    /// The number, 0.0 to 1.0.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The least confidence that a pair needs.
    pub fn least_confidence(self) -> f64 {
        1.0 - self.0
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self::EXACT
    }
}

impl TryFrom<f64> for Tolerance {
    type Error = InvalidTolerance;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl From<Tolerance> for f64 {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.0
    }
}

/// How to match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// How far a name may be off.
    pub tolerance: Tolerance,
    /// Whether only letters, digits and spaces count.
    pub strip_special: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_lies_between_zero_and_one() {
        for good in [0.0, -0.0, 0.2, 1.0] {
            assert!(Tolerance::new(good).is_ok());
        }
        for bad in [-0.1, 1.000_001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Tolerance::new(bad).is_err());
        }
    }
}
