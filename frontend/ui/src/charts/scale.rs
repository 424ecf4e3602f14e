//! Where a number lies on an axis.

/// The smallest of 1, 2, 5 times a power of ten that is at least `largest`: a top that axes can be divided by.
#[must_use]
pub fn nice_top(largest: f64) -> f64 {
    if !largest.is_finite() || largest <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(largest.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps
        .into_iter()
        .map(|step| step * power)
        .find(|top| *top >= largest)
        .unwrap_or(largest)
}

#[cfg(test)]
mod tests {
    use super::nice_top;

    #[test]
    fn the_top_is_the_next_round_number() {
        assert_eq!(
            [0.0, 1.0, 1.2, 37.0, 900.0, 0.03].map(nice_top),
            [1.0, 1.0, 2.0, 50.0, 1000.0, 0.05]
        );
    }
}
