//! Where things live: an account and a region, and the two of them that a fleet moves between.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, InvalidId, Region};

/// One account in one region.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account_id, self.region)
    }
}

impl FromStr for Place {
    type Err = InvalidId;
    /// As it is written: `111122223333/us-east-1`.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (account, region) = text
            .split_once('/')
            .ok_or_else(|| InvalidId::new("ACCOUNT/REGION such as 111122223333/us-east-1", text))?;
        Ok(Self {
            account_id: account.parse()?,
            region: region.parse()?,
        })
    }
}

/// From where to where a fleet fails over. Source servers live in `recovery`: DRS keeps them in the
/// account and region that replicate into.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    /// Where the original instances run.
    pub primary: Place,
    /// Where they are recovered, and where DRS has their source servers.
    pub recovery: Place,
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_read_as_it_is_written_and_what_is_wrong_with_another_text_is_said() {
        let place: Place = "444455556666/us-west-2".parse().unwrap();
        assert_eq!(place.to_string(), "444455556666/us-west-2");
        for (text, part) in [
            ("nowhere", "ACCOUNT/REGION"),
            ("1/us-west-2", "account"),
            ("444455556666/", "region"),
        ] {
            let error = text.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
