//! Pages, and the opaque token that says where the next one begins.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_error::{Error, FieldProblem, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::item::{self, Item, text, text_of};

/// Items on a page at most.
pub const MAX_PAGE: usize = 1000;
/// Characters of a token at most: four key attributes of 2 KB at most, in base64, would be 11,000; ours
/// stay far below.
const MAX_TOKEN: usize = 4096;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Items wanted, 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// Where it begins: the `next_token` of the page before it, of the same list.
    pub next_token: Option<String>,
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self {
            limit,
            next_token: None,
        }
    }

    pub(crate) fn checked_limit(&self) -> Result<usize> {
        if (1..=MAX_PAGE).contains(&self.limit) {
            return Ok(self.limit);
        }
        let problem = FieldProblem::new("limit", format!("a number from 1 to {MAX_PAGE}"));
        Err(Error::Invalid(vec![problem.got(self.limit)]))
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    pub next_token: Option<String>,
}

impl Page<Item> {
    /// The same page of domain values.
    pub(crate) fn decoded<T: DeserializeOwned>(self, kind: &'static str) -> Result<Page<T>> {
        Ok(Page {
            items: self
                .items
                .iter()
                .map(|item| item::decode(kind, item))
                .collect::<Result<_>>()?,
            next_token: self.next_token,
        })
    }
}

/// What a token says: which list it belongs to, and the key of the last item shown.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    list: String,
    after: BTreeMap<String, String>,
}

/// The token behind an item of a list. `names` are the key attributes of the table and the index.
pub(crate) fn encode(list: &str, names: &[&str], last: &Item) -> Result<String> {
    let mut after = BTreeMap::new();
    for name in names {
        let value = text_of(last, name)
            .ok_or_else(|| Error::internal(format!("{list}: an item has no key {name}")))?;
        after.insert((*name).to_owned(), value.to_owned());
    }
    let position = Position {
        list: list.to_owned(),
        after,
    };
    let json = serde_json::to_vec(&position).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// The key in a token of this list, or why it is none.
pub(crate) fn decode(
    list: &str,
    names: &[&str],
    partition: (&str, &str),
    token: &str,
) -> Result<Item> {
    let foreign = || Error::invalid("next_token", "the next_token of the page before, unchanged");
    if token.len() > MAX_TOKEN {
        return Err(foreign());
    }
    let json = URL_SAFE_NO_PAD.decode(token).map_err(|_| foreign())?;
    let position: Position = serde_json::from_slice(&json).map_err(|_| foreign())?;
    let same_names = position.after.len() == names.len()
        && names.iter().all(|name| {
            position
                .after
                .get(*name)
                .is_some_and(|value| !value.is_empty() && value.len() <= 1024)
        });
    let same_partition = position
        .after
        .get(partition.0)
        .is_some_and(|value| value == partition.1);
    if position.list != list || !same_names || !same_partition {
        return Err(foreign());
    }
    Ok(position
        .after
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect())
}
