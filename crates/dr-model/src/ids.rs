//! The registry of ids: one newtype each, parsed at the door, so that inside only well-formed ids exist.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {given:?}")]
pub struct InvalidId {
    /// What would have been accepted, in words with an example.
    pub expected: &'static str,
    /// The text that was given, cut at 64 characters.
    pub given: String,
}

impl InvalidId {
    pub(crate) fn new(expected: &'static str, given: &str) -> Self {
        Self {
            expected,
            given: given.chars().take(64).collect(),
        }
    }
}

/// `prefix` followed by one of `lengths` characters of `alphabet`.
fn is_prefixed(text: &str, prefix: &str, lengths: &[usize], alphabet: fn(char) -> bool) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| lengths.contains(&rest.len()) && rest.chars().all(alphabet))
}

fn hex(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn uuid_like(c: char) -> bool {
    hex(c) || c == '-'
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $pattern:literal, $expected:literal, $valid:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("pattern" = $pattern))]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId::new($expected, text))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A 12-digit AWS account id.
    AccountId, "^[0-9]{12}$", "a 12-digit AWS account id such as 111122223333",
        |t| t.len() == 12 && t.chars().all(|c| c.is_ascii_digit());
    /// An AWS region name.
    Region, "^[a-z]{2}(-[a-z]+)+-[0-9]$", "an AWS region such as us-west-2", is_region;
    /// A DRS source server.
    SourceServerId, "^s-[0-9a-zA-Z]{17}$", "a DRS source server id: s- and 17 letters or digits",
        |t| is_prefixed(t, "s-", &[17], alphanumeric);
    /// An EC2 instance.
    InstanceId, "^i-[0-9a-f]{8}([0-9a-f]{9})?$", "an EC2 instance id: i- and 8 or 17 hexadecimal digits",
        |t| is_prefixed(t, "i-", &[8, 17], hex);
    /// A DRS recovery instance: the EC2 instance id for what runs in EC2.
    RecoveryInstanceId, "^i-[0-9a-fA-F]{8,}$", "a DRS recovery instance id such as i-0123456789abcdef0",
        |t| t.strip_prefix("i-").is_some_and(|r| r.len() >= 8 && r.len() <= 40 && r.chars().all(|c| c.is_ascii_hexdigit()));
    /// A DRS job.
    JobId, "^drsjob-[0-9a-zA-Z]{17}$", "a DRS job id: drsjob- and 17 letters or digits",
        |t| is_prefixed(t, "drsjob-", &[17], alphanumeric);
    /// A protection group of ours.
    GroupId, "^pg-[0-9a-f-]{36}$", "a protection group id: pg- and a UUID", |t| is_prefixed(t, "pg-", &[36], uuid_like);
    /// A recovery plan of ours.
    PlanId, "^rp-[0-9a-f-]{36}$", "a recovery plan id: rp- and a UUID", |t| is_prefixed(t, "rp-", &[36], uuid_like);
    /// An instance pair of ours.
    PairId, "^pair-[0-9a-f-]{36}$", "an instance pair id: pair- and a UUID", |t| is_prefixed(t, "pair-", &[36], uuid_like);
    /// A stored run of launch configuration.
    ConfigId, "^cfg-[0-9a-f-]{36}$", "a configuration id: cfg- and a UUID", |t| is_prefixed(t, "cfg-", &[36], uuid_like);
    /// A failover session of ours.
    SessionId, "^fs-[0-9a-f-]{36}$", "a failover session id: fs- and a UUID", |t| is_prefixed(t, "fs-", &[36], uuid_like);
    /// A run of agent installations of ours.
    InstallationId, "^ai-[0-9a-f-]{36}$", "an agent installation id: ai- and a UUID", |t| is_prefixed(t, "ai-", &[36], uuid_like);
    /// A machine that SSM manages: an EC2 instance, or a machine on premises.
    MachineId, "^(i|mi)-[0-9a-f]{8}([0-9a-f]{9})?$", "an EC2 instance id or a managed instance id such as mi-0123456789abcdef0",
        |t| is_prefixed(t, "i-", &[8, 17], hex) || is_prefixed(t, "mi-", &[17], hex);
    /// An execution of ours.
    ExecutionId, "^exec-[0-9a-f-]{36}$", "an execution id: exec- and a UUID", |t| is_prefixed(t, "exec-", &[36], uuid_like);
}

/// Two letters, one or more words, one digit: `us-west-2`, `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [partition, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let word = |w: &&str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase());
    text.len() <= 32
        && partition.len() == 2
        && word(partition)
        && !words.is_empty()
        && words.iter().all(word)
        && number.len() == 1
        && number.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{AccountId, InstanceId, Region, SourceServerId};

    #[test]
    fn a_well_formed_id_survives_json_and_a_bad_one_names_what_was_expected() {
        let id: SourceServerId = "s-1234567890abcdeF0".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<SourceServerId>(&json).unwrap(), id);
        let error = "i-XYZ".parse::<InstanceId>().unwrap_err();
        assert!(error.to_string().contains("hexadecimal"), "{error}");
        assert!("12345678901a".parse::<AccountId>().is_err());
    }

    #[test]
    fn regions_of_every_partition_parse_and_nonsense_does_not() {
        for good in ["us-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-4"] {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "us",
            "us-east",
            "US-EAST-1",
            "us--1",
            "us-east-10; drop",
            "u-e-1",
        ] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
