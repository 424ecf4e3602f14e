//! What is given on the command line, read at the door: places, pairs, tags, durations, pages.

use std::time::Duration;

use clap::Args;
use dr_api::bounded::{ClientToken, Description, FuzzyTolerance, Limit, Line, Name, Port};
use dr_api::matching::PairRef;
use dr_api::sessions::ProbeRequest;
use dr_model::ids::{AccountId, Region};
use dr_model::place::{Direction, Place};
use dr_model::session::Action;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StringDeserializer};

use crate::client::Paging;

/// How much of a list.
#[derive(Debug, Clone, Copy, Args)]
pub struct PageArgs {
    /// Most entries to show, 1 to 1000 [default: 100].
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<Limit>,
    /// Show everything, however many pages it takes.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl PageArgs {
    /// As the client takes it.
    #[must_use]
    pub fn paging(self) -> Paging {
        Paging {
            limit: self.limit,
            all: self.all,
        }
    }
}

/// One place.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    /// The account.
    #[arg(long)]
    pub account: AccountId,
    /// The region.
    #[arg(long)]
    pub region: Region,
}

/// From where to where.
#[derive(Debug, Clone, Args)]
pub struct PlacesArgs {
    /// Where the original instances run.
    #[arg(long, value_name = "ACCOUNT/REGION")]
    pub from: Place,
    /// Where they are recovered, and where DRS has their source servers.
    #[arg(long, value_name = "ACCOUNT/REGION")]
    pub to: Place,
}

impl PlacesArgs {
    /// As a direction.
    #[must_use]
    pub fn direction(self) -> Direction {
        Direction {
            primary: self.from,
            recovery: self.to,
        }
    }
}

/// `s-...=i-...`.
///
/// # Errors
/// In words.
pub fn pair(text: &str) -> Result<PairRef, String> {
    let (server, instance) = text
        .split_once('=')
        .ok_or("expected SERVER=INSTANCE such as s-0123456789abcdef0=i-0123456789abcdef0")?;
    Ok(PairRef {
        source_server_id: server.parse().map_err(id)?,
        target_instance_id: instance.parse().map_err(id)?,
    })
}

fn id(error: dr_model::ids::InvalidId) -> String {
    error.to_string()
}

/// `Tier=web`. The value may hold `=`, the key may not.
///
/// # Errors
/// In words.
pub fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE such as Tier=web".to_owned()),
    }
}

/// `90`, `90s`, `30m`, `1h 30m`, `2days`: seconds.
///
/// # Errors
/// In words.
pub fn seconds(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    humantime::parse_duration(text)
        .map(|duration| duration.as_secs())
        .map_err(|error| format!("expected a duration such as 30m, 1h30m or 1800: {error}"))
}

/// A duration that one of the API's bounded types accepts.
///
/// # Errors
/// In words.
pub fn bounded_seconds<T: TryFrom<i64, Error: std::fmt::Display>>(text: &str) -> Result<T, String> {
    let seconds = i64::try_from(seconds(text)?).map_err(|_| "too long")?;
    T::try_from(seconds).map_err(|error| error.to_string())
}

/// How often to look: at least once a second is enough for anybody, and 10 minutes is not watching.
///
/// # Errors
/// In words.
pub fn interval(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)?;
    if (1..=600).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err("expected 1s to 10m".to_owned())
    }
}

/// 1 to 1000.
///
/// # Errors
/// In words.
pub fn limit(text: &str) -> Result<Limit, String> {
    let number: i64 = text
        .parse()
        .map_err(|_| "expected a whole number from 1 to 1000")?;
    Limit::try_from(number).map_err(|error| error.to_string())
}

/// 0.0 to 1.0.
///
/// # Errors
/// In words.
pub fn tolerance(text: &str) -> Result<FuzzyTolerance, String> {
    let number: f64 = text.parse().map_err(|_| "expected a number")?;
    FuzzyTolerance::try_from(number).map_err(|error| error.to_string())
}

/// A name.
///
/// # Errors
/// In words.
pub fn name(text: &str) -> Result<Name, String> {
    Name::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// A description.
///
/// # Errors
/// In words.
pub fn description(text: &str) -> Result<Description, String> {
    Description::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// A client token.
///
/// # Errors
/// In words.
pub fn client_token(text: &str) -> Result<ClientToken, String> {
    ClientToken::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// One line of text.
///
/// # Errors
/// In words.
pub fn line(text: &str) -> Result<Line, String> {
    Line::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// A step of a failover session, by the word of its command or the API's.
///
/// # Errors
/// In words: what there is to choose from.
pub fn action(text: &str) -> Result<Action, String> {
    let word = text.replace('_', "-").to_lowercase();
    let is_meant = |action: &Action| {
        crate::text::step(*action) == word || action.as_str().replace('_', "-") == word
    };
    Action::ALL.into_iter().find(is_meant).ok_or_else(|| {
        let words: Vec<&str> = Action::ALL.into_iter().map(crate::text::step).collect();
        format!("expected one of {}", words.join(", "))
    })
}

/// `http=URL`, `tcp=HOST:PORT` or `command=LINE`.
///
/// # Errors
/// In words.
pub fn probe(text: &str) -> Result<ProbeRequest, String> {
    const FORM: &str = "expected http=URL, tcp=HOST:PORT or command=LINE";
    let (kind, rest) = text.split_once('=').ok_or(FORM)?;
    match kind {
        "http" => Ok(ProbeRequest::Http { url: line(rest)? }),
        "command" => Ok(ProbeRequest::Command { line: line(rest)? }),
        "tcp" => {
            let (host, port) = rest.rsplit_once(':').ok_or(FORM)?;
            let port: i64 = port.parse().map_err(|_| FORM)?;
            Ok(ProbeRequest::Tcp {
                host: line(host)?,
                port: Port::try_from(port).map_err(|error| error.to_string())?,
            })
        }
        _ => Err(FORM.to_owned()),
    }
}

/// A duration in whole minutes that one of the API's bounded types accepts.
///
/// # Errors
/// In words.
pub fn bounded_minutes<T: TryFrom<i64, Error: std::fmt::Display>>(text: &str) -> Result<T, String> {
    let seconds = seconds(text)?;
    if !seconds.is_multiple_of(60) {
        return Err("expected whole minutes, such as 30m or 4h".to_owned());
    }
    let minutes = i64::try_from(seconds / 60).map_err(|_| "too long")?;
    T::try_from(minutes).map_err(|error| error.to_string())
}

/// A word of the API's, in any case and with hyphens or underscores: `completed-with-failures`.
///
/// # Errors
/// In words: what the type has to choose from.
pub fn word<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, String> {
    let word = text.replace('-', "_").to_uppercase();
    let deserializer: StringDeserializer<ValueError> = word.into_deserializer();
    T::deserialize(deserializer).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use dr_api::bounded::{RtoSeconds, WindowMinutes};
    use dr_model::execution::ExecutionStatus;
    use dr_model::session::Action;

    use super::{
        action, bounded_minutes, bounded_seconds, interval, limit, pair, probe, seconds, tag,
        tolerance, word,
    };

    #[test]
    fn a_step_is_read_by_the_word_of_its_command_and_by_the_word_of_the_api() {
        for one in Action::ALL {
            assert_eq!(action(crate::text::step(one)), Ok(one));
            assert_eq!(action(one.as_str()), Ok(one));
        }
        assert!(action("fail").unwrap_err().contains("failback-drill"));
    }

    #[test]
    fn a_probe_is_a_url_a_port_or_a_command_and_its_text_may_hold_an_equals_sign() {
        let read = |text| serde_json::to_value(probe(text).unwrap()).unwrap();
        assert_eq!(
            read("http=http://localhost/?a=b"),
            serde_json::json!({ "http": { "url": "http://localhost/?a=b" } })
        );
        assert_eq!(
            read("tcp=::1:443"),
            serde_json::json!({ "tcp": { "host": "::1", "port": 443 } })
        );
        for bad in ["tcp=localhost", "tcp=localhost:0", "http=", "ping=x", "x"] {
            assert!(probe(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_window_is_whole_minutes() {
        assert_eq!(bounded_minutes::<WindowMinutes>("4h").unwrap().get(), 240);
        assert!(bounded_minutes::<WindowMinutes>("90s").is_err());
        assert!(bounded_minutes::<WindowMinutes>("8days").is_err());
    }

    #[test]
    fn a_pair_is_a_server_and_an_instance() {
        let read = pair("s-1234567890abcdeF0=i-0123456789abcdef0").unwrap();
        assert_eq!(read.target_instance_id.as_str(), "i-0123456789abcdef0");
        assert!(pair("i-0123456789abcdef0=s-1234567890abcdeF0").is_err());
        assert!(pair("s-1234567890abcdeF0").is_err());
    }

    #[test]
    fn a_tag_has_a_key_and_its_value_may_hold_an_equals_sign() {
        assert_eq!(tag("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(tag("a=").unwrap(), ("a".to_owned(), String::new()));
        assert!(tag("=b").is_err() && tag("a").is_err());
    }

    #[test]
    fn durations_read_as_people_write_them_and_keep_to_their_bounds() {
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("1h30m"), Ok(5400));
        assert!(seconds("soon").is_err());
        assert_eq!(bounded_seconds::<RtoSeconds>("30m").unwrap().get(), 1800);
        assert!(bounded_seconds::<RtoSeconds>("59s").is_err());
        assert!(interval("0").is_err() && interval("11m").is_err());
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        assert!(limit("0").is_err() && limit("1001").is_err() && limit("x").is_err());
        assert_eq!(limit("1000").unwrap().get(), 1000);
        assert!(tolerance("1.1").is_err() && tolerance("NaN").is_err());
    }

    #[test]
    fn a_status_is_read_in_any_case_and_a_wrong_one_names_the_right_ones() {
        let read = word::<ExecutionStatus>("completed-with-failures");
        assert_eq!(read, Ok(ExecutionStatus::CompletedWithFailures));
        let error = word::<ExecutionStatus>("done").unwrap_err();
        assert!(error.contains("CANCELLED"), "{error}");
    }
}
