//! Which rows of a long page are drawn: those that are seen and some around them.

/// Height of a row in pixels, as the style sheet has it (`--row-height`).
pub const ROW_HEIGHT: f64 = 40.0;
/// From this many rows on only what is seen is drawn.
pub const LONG: usize = 150;
/// Rows drawn above and below what is seen.
const MARGIN: usize = 20;
/// Rows that are drawn: more than the tallest field shows.
const DRAWN: usize = 80;

/// The first row that is drawn and the one after the last, for a field scrolled by so many pixels. Moves in steps of the
/// margin, so that most scrolling draws nothing.
#[must_use]
pub fn drawn(rows: usize, scrolled: f64) -> (usize, usize) {
    if rows <= LONG {
        return (0, rows);
    }
    let seen = (scrolled.max(0.0) / ROW_HEIGHT) as usize;
    let first = (seen / MARGIN * MARGIN)
        .saturating_sub(MARGIN)
        .min(rows.saturating_sub(DRAWN));
    (first, (first + DRAWN).min(rows))
}

#[cfg(test)]
mod tests {
    use super::{LONG, drawn};

    #[test]
    fn short_pages_are_drawn_whole_and_long_ones_around_what_is_seen() {
        assert_eq!(drawn(LONG, 9e9), (0, LONG));
        assert_eq!(drawn(10_000, 0.0), (0, 80));
        assert_eq!(drawn(10_000, 40.0 * 505.0), (480, 560));
        assert_eq!(drawn(10_000, 9e9), (9_920, 10_000));
    }
}
