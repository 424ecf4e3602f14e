//! Times and durations as DRS words them: ISO 8601 text.

use chrono::{DateTime, SecondsFormat, Utc};

/// Seconds in the units of an ISO 8601 duration before and after its `T`. A year is 365 days and a month
/// 30: DRS writes neither for a lag, and a lag of that length needs no calendar.
const DATE_UNITS: [(char, f64); 4] = [
    ('Y', 31_536_000.0),
    ('M', 2_592_000.0),
    ('W', 604_800.0),
    ('D', 86_400.0),
];
const TIME_UNITS: [(char, f64); 3] = [('H', 3_600.0), ('M', 60.0), ('S', 1.0)];

/// Whole seconds of a duration such as `PT45S`, `P1DT2H` or `PT0.5S` (rounded up: a lag is never made
/// to look smaller). `None` where it cannot be read.
pub(crate) fn duration_seconds(text: &str) -> Option<u64> {
    let rest = text.trim().strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let seconds = sum(date, &DATE_UNITS)? + sum(time, &TIME_UNITS)?;
    if !seconds.is_finite() || seconds < 0.0 {
        return None;
    }
    // `as` saturates: a lag past 2^64 seconds is as bad as 2^64 seconds.
    Some(seconds.ceil() as u64)
}

fn sum(part: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    let mut number = String::new();
    for c in part.chars() {
        match c {
            '0'..='9' | '.' => number.push(c),
            ',' => number.push('.'),
            unit => {
                let (_, seconds) = units.iter().find(|(name, _)| *name == unit)?;
                total += number.parse::<f64>().ok()? * seconds;
                number.clear();
            }
        }
    }
    number.is_empty().then_some(total)
}

/// Whole seconds of a lag, as seen at `now`. The service model types the lag of a recovery instance as a time
/// though it is a duration: should it ever be one, the lag is what has passed since.
pub(crate) fn lag_seconds(text: &str, now: DateTime<Utc>) -> Option<u64> {
    duration_seconds(text).or_else(|| {
        let behind = now.signed_duration_since(instant(text)?).num_seconds();
        Some(u64::try_from(behind).unwrap_or(0))
    })
}

/// A time such as `2026-01-31T12:00:00.123Z` or with an offset. `None` where it cannot be read.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text.trim())
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// A time as DRS takes it: whole seconds, cut, so that a search from it never misses what came after.
pub(crate) fn instant_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::{duration_seconds, instant, instant_text, lag_seconds};

    #[test]
    fn durations_of_drs_become_seconds() {
        for (text, seconds) in [
            ("PT0S", 0),
            ("PT45S", 45),
            ("PT1M30S", 90),
            ("PT36H", 129_600),
            ("P1DT2H", 93_600),
            ("P2W", 1_209_600),
            ("PT1H0.2S", 3_601),
            ("PT12,5S", 13),
        ] {
            assert_eq!(duration_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_no_lag() {
        for text in [
            "", "P", "PT", "45", "PT45", "PT-5S", "PTS", "P5X", "PT1.2.3S", "1H",
        ] {
            assert_eq!(duration_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_lag_is_a_duration_or_the_time_since_when() {
        let now = instant("2026-01-31T12:00:00Z").unwrap();
        for (text, seconds) in [
            ("PT45S", Some(45)),
            ("2026-01-31T11:59:00Z", Some(60)),
            ("2026-01-31T12:00:05Z", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(lag_seconds(text, now), seconds, "{text}");
        }
    }

    #[test]
    fn a_time_is_cut_to_the_second_and_never_moved_forward() {
        let time = instant("2026-01-31T12:00:00.999+01:00").unwrap();
        assert_eq!(instant_text(time), "2026-01-31T11:00:00Z");
        assert_eq!(instant("yesterday"), None);
    }
}
