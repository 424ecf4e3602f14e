//! Pages of a list, joined.

use dr_api::bounded::Limit;
use serde_json::{Map, Value};

/// Entries in a page when all are wanted: few calls, each far below what a Lambda function may answer (6 MB).
const PAGE_OF_ALL: u32 = 500;

/// How much of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// Most entries in one answer.
    pub limit: Option<Limit>,
    /// Follow to the end.
    pub all: bool,
}

impl Paging {
    /// To the end.
    pub const ALL: Paging = Paging {
        limit: None,
        all: true,
    };

    pub(super) fn page_size(self) -> u32 {
        match self.limit {
            Some(limit) => limit.get(),
            None if self.all => PAGE_OF_ALL,
            None => Limit::default().get(),
        }
    }
}

/// Answers joined into one of the same shape: the first, with the entries of the others in its list.
pub(super) struct Joined {
    first: Map<String, Value>,
    token: Option<String>,
}

impl Joined {
    pub(super) fn new(raw: &str) -> Result<Self, String> {
        let mut first: Map<String, Value> =
            serde_json::from_str(raw).map_err(|error| error.to_string())?;
        let token = take_token(&mut first);
        Ok(Self { first, token })
    }

    pub(super) fn next_token(&self) -> Option<String> {
        self.token.clone()
    }

    pub(super) fn add(&mut self, raw: &str) -> Result<(), String> {
        let mut page: Map<String, Value> =
            serde_json::from_str(raw).map_err(|error| error.to_string())?;
        let token = take_token(&mut page);
        if token.is_some() && token == self.token {
            return Err("the same page was given twice".to_owned());
        }
        self.token = token;
        for (name, value) in page {
            if let (Value::Array(more), Some(Value::Array(entries))) =
                (value, self.first.get_mut(&name))
            {
                entries.extend(more);
            }
        }
        Ok(())
    }

    pub(super) fn text(&self) -> String {
        Value::Object(self.first.clone()).to_string()
    }
}

fn take_token(page: &mut Map<String, Value>) -> Option<String> {
    let value = page.get_mut("next_token")?.take();
    value.as_str().map(ToOwned::to_owned)
}
