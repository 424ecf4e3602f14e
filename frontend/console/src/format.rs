//! Times, durations and sizes, as a person reads them. Times are the server's: its clock may be simulated, so nothing is
//! counted against the browser's.

use chrono::{DateTime, Utc};

/// `2026-01-31 09:05:00 UTC`.
#[must_use]
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2 d 3 h`, `4 min 5 s`: the two largest units.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {name}", rest / size));
            rest %= size;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// `1.5 GiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" {
        format!("{count} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration};

    #[test]
    fn durations_have_at_most_two_units() {
        assert_eq!(
            [0, 59, 65, 3_600, 97_445].map(duration),
            ["0 s", "59 s", "1 min 5 s", "1 h", "1 d 3 h"]
        );
    }

    #[test]
    fn sizes_are_in_binary_units() {
        assert_eq!(
            [1023, 1536, 1 << 40].map(bytes),
            ["1023 B", "1.5 KiB", "1.0 TiB"]
        );
    }
}
