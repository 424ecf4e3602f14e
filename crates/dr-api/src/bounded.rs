//! Texts and numbers with bounds, checked where they are parsed.

use std::collections::BTreeSet;
use std::fmt;

use dr_model::ids::{InstanceId, MachineId, RecoveryInstanceId, SourceServerId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a value is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct OutOfBounds(pub &'static str);

/// A name: 1 to 128 characters, none of them a control character, not only spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 128))]
pub struct Name(String);

impl Name {
    /// The name, without spaces around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        let name = text.trim();
        let fits =
            !name.is_empty() && name.chars().count() <= 128 && !name.chars().any(char::is_control);
        fits.then(|| Self(name.to_owned())).ok_or(OutOfBounds(
            "a name of 1 to 128 characters without control characters",
        ))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A description: at most 1,000 characters, no control characters but line breaks and tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("maxLength" = 1000))]
pub struct Description(String);

impl TryFrom<String> for Description {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        let fits = text.chars().count() <= 1000
            && !text
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        fits.then_some(Self(text)).ok_or(OutOfBounds(
            "a text of at most 1,000 characters without control characters",
        ))
    }
}

impl From<Description> for String {
    fn from(text: Description) -> String {
        text.0
    }
}

macro_rules! bounded_numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty), $low:literal..=$high:literal, $default:expr, $expected:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "f64", into = "f64")]
        #[schemars(with = "f64", extend("minimum" = $low, "maximum" = $high))]
        pub struct $name($inner);

        impl $name {
            /// The value.
            #[must_use]
            pub fn get(self) -> $inner {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfBounds;
            fn try_from(value: f64) -> Result<Self, OutOfBounds> {
                let low: f64 = f64::from($low);
                let high: f64 = f64::from($high);
                if value.is_finite() && (low..=high).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(OutOfBounds($expected))
                }
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> $inner {
                value.0
            }
        }
    )*};
}

bounded_numbers! {
    /// How unlike two names may be and still be paired: 0.0 takes equal names only, 1.0 takes any.
    FuzzyTolerance(f64), 0..=1, 0.0, "a number from 0.0 (exact matches only) to 1.0";
}

macro_rules! bounded_integers {
    ($($(#[$doc:meta])* $name:ident, $low:literal..=$high:literal, $default:literal, $expected:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "i64", into = "i64")]
        #[schemars(with = "i64", extend("minimum" = $low, "maximum" = $high))]
        pub struct $name(u32);

        impl $name {
            /// The value.
            #[must_use]
            pub fn get(self) -> u32 {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = OutOfBounds;
            fn try_from(value: i64) -> Result<Self, OutOfBounds> {
                u32::try_from(value)
                    .ok()
                    .filter(|v| ($low..=$high).contains(v))
                    .map(Self)
                    .ok_or(OutOfBounds($expected))
            }
        }

        impl From<$name> for i64 {
            fn from(value: $name) -> i64 {
                i64::from(value.0)
            }
        }
    )*};
}

bounded_integers! {
    /// Most entries in one answer.
    Limit, 1..=1000, 100, "a whole number from 1 to 1000";
    /// A target time to recover, in seconds: a minute to a week.
    RtoSeconds, 60..=604_800, 1800, "seconds from 60 to 604800";
    /// How long a pause waits for a person, in seconds: a minute to a week.
    PauseSeconds, 60..=604_800, 86_400, "seconds from 60 to 604800";
    /// How far behind a replication may be and still be ready: none to an hour.
    LagSeconds, 0..=3600, 60, "seconds from 0 to 3600";
    /// How much data may be lost at most, in seconds: a second to a week.
    RpoSeconds, 1..=604_800, 900, "seconds from 1 to 604800";
    /// How long a failback stays uncommitted, in minutes: one to a week.
    WindowMinutes, 1..=10_080, 60, "minutes from 1 to 10080";
    /// A TCP port.
    Port, 1..=65_535, 443, "a port from 1 to 65535";
}

macro_rules! bounded_sets {
    ($($(#[$doc:meta])* $name:ident($inner:ty = $set:literal), 1..=$high:literal, $expected:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = $set, into = $set)]
        #[schemars(extend("minItems" = 1, "maxItems" = $high))]
        pub struct $name(BTreeSet<$inner>);

        impl $name {
            /// What is in it.
            #[must_use]
            pub fn get(&self) -> &BTreeSet<$inner> {
                &self.0
            }
        }

        impl TryFrom<BTreeSet<$inner>> for $name {
            type Error = OutOfBounds;
            fn try_from(set: BTreeSet<$inner>) -> Result<Self, OutOfBounds> {
                (1..=$high).contains(&set.len()).then_some(Self(set)).ok_or(OutOfBounds($expected))
            }
        }

        impl From<$name> for BTreeSet<$inner> {
            fn from(set: $name) -> Self {
                set.0
            }
        }
    )*};
}

bounded_sets! {
    /// Source servers.
    Servers(SourceServerId = "BTreeSet<SourceServerId>"), 1..=10_000, "1 to 10000 source server ids";
    /// Recovery instances.
    RecoveryInstances(RecoveryInstanceId = "BTreeSet<RecoveryInstanceId>"), 1..=10_000, "1 to 10000 recovery instance ids";
    /// Instances to terminate.
    Instances(InstanceId = "BTreeSet<InstanceId>"), 1..=10_000, "1 to 10000 instance ids";
    /// Machines for one run of agent installations.
    Machines(MachineId = "BTreeSet<MachineId>"), 1..=50, "1 to 50 machine ids";
}

/// One line of text: 1 to 1,000 characters, none of them a control character, not only spaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 1000))]
pub struct Line(String);

impl Line {
    /// The line, without spaces around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Line {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        let line = text.trim();
        let fits =
            !line.is_empty() && line.chars().count() <= 1000 && !line.chars().any(char::is_control);
        fits.then(|| Self(line.to_owned())).ok_or(OutOfBounds(
            "a line of 1 to 1,000 characters without control characters",
        ))
    }
}

impl From<Line> for String {
    fn from(line: Line) -> String {
        line.0
    }
}

/// What makes a retried request the same request: 8 to 64 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Za-z0-9_-]{8,64}$"))]
pub struct ClientToken(String);

impl ClientToken {
    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientToken {
    type Error = OutOfBounds;
    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        let fits = (8..=64).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        fits.then_some(Self(text)).ok_or(OutOfBounds(
            "8 to 64 letters, digits, hyphens or underscores",
        ))
    }
}

impl From<ClientToken> for String {
    fn from(token: ClientToken) -> String {
        token.0
    }
}

#[cfg(test)]
mod tests {
    use super::{FuzzyTolerance, Limit, Machines, Name, Servers};

    #[test]
    fn names_lose_the_spaces_around_them_and_refuse_control_characters() {
        assert_eq!(
            serde_json::from_str::<Name>(r#""  web tier ""#)
                .unwrap()
                .as_str(),
            "web tier"
        );
        for bad in [r#""""#, r#""   ""#, r#""a\u0000b""#, r#""a\nb""#] {
            assert!(serde_json::from_str::<Name>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_set_and_one_too_large_are_refused_and_what_comes_twice_counts_once() {
        assert!(serde_json::from_str::<Servers>("[]").is_err());
        let machines = |count: u32| {
            let ids: Vec<String> = (0..count).map(|n| format!("i-{n:017x}")).collect();
            serde_json::from_value::<Machines>(serde_json::json!(ids))
        };
        assert!(machines(50).is_ok());
        assert!(machines(51).unwrap_err().to_string().contains("1 to 50"));
        let twice = r#"["s-00000000000000001", "s-00000000000000001"]"#;
        assert_eq!(
            serde_json::from_str::<Servers>(twice).unwrap().get().len(),
            1
        );
    }

    #[test]
    fn numbers_out_of_bounds_are_refused_in_words() {
        assert!(
            serde_json::from_str::<Limit>("0")
                .unwrap_err()
                .to_string()
                .contains("1 to 1000")
        );
        assert!(serde_json::from_str::<Limit>("99999999999").is_err());
        assert!(serde_json::from_str::<FuzzyTolerance>("1.01").is_err());
        assert!(serde_json::from_str::<FuzzyTolerance>("-0.1").is_err());
        assert_eq!(
            serde_json::from_str::<FuzzyTolerance>("0.2")
                .map(FuzzyTolerance::get)
                .ok(),
            Some(0.2)
        );
    }
}
