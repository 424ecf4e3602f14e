//! Words for people: times, durations, sizes, and texts of others made harmless.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use dr_model::session::Action;

/// A text without control characters: a name tag must not steer the terminal.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A time, to the second, in UTC.
#[must_use]
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
        .replace('T', " ")
}

/// `1h 2m 3s`.
#[must_use]
pub fn seconds(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

/// Replication lag: none is not zero.
#[must_use]
pub fn lag(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), self::seconds)
}

/// A size in GiB, to a tenth.
#[must_use]
pub fn gibibytes(bytes: u64) -> String {
    const TENTH: u64 = (1 << 30) / 10;
    let tenths = bytes / TENTH;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

/// A rate in MiB per second, to a tenth.
#[must_use]
pub fn rate(bytes_per_second: u64) -> String {
    const TENTH: u64 = (1 << 20) / 10;
    let tenths = bytes_per_second / TENTH;
    format!("{}.{} MiB/s", tenths / 10, tenths % 10)
}

/// An amount of money.
#[must_use]
pub fn usd(amount: f64) -> String {
    format!("USD {amount:.2}")
}

/// A share from 0.0 to 1.0 in percent, to a tenth.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// The word that serde gives to an enumeration without fields, such as `DRILL`.
#[must_use]
pub fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// The text, or a dash.
#[must_use]
pub fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| text.to_string())
}

/// The word of the command that takes a step of a failover session.
#[must_use]
pub fn step(action: Action) -> &'static str {
    match action {
        Action::InstallAgents => "repair-agents",
        Action::StartReverseReplication => "reverse",
        Action::MirrorConfig => "mirror",
        Action::FailbackDrill => "failback-drill",
        Action::FailbackRecovery => "failback-recovery",
        Action::Commit => "commit",
        Action::GoBack => "go-back",
        Action::ReProtect => "re-protect",
        Action::Cleanup => "cleanup",
        Action::Split => "split",
    }
}

/// One line of `n` things: `1 server`, `2 servers`.
#[must_use]
pub fn count(n: usize, thing: &str) -> String {
    if n == 1 {
        format!("1 {thing}")
    } else {
        format!("{n} {thing}s")
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, count, gibibytes, lag, percent, rate, seconds, usd};

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(clean("web\u{1b}]0;x\u{7}\n01"), "web ]0;x  01");
    }

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(seconds(3_723), "1h 2m 3s");
        assert_eq!(lag(None), "unknown");
        assert_eq!(gibibytes(1 << 30), "1.0 GiB");
        assert_eq!(percent(0.875), "87.5%");
        assert_eq!(rate(35 << 20), "35.0 MiB/s");
        assert_eq!(usd(1234.5), "USD 1234.50");
        assert_eq!(count(1, "server"), "1 server");
        assert_eq!(count(0, "server"), "0 servers");
    }
}
