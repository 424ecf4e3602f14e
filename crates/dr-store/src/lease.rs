//! Leases: which executions are active in a recovery place. An execution is added in the transaction that
//! stores its header and removed in the one that stores its end, so the set is neither short nor long.

use std::collections::BTreeSet;

use dr_error::{Error, Result};
use dr_model::ids::ExecutionId;
use dr_model::place::Place;

use crate::condition::Condition;
use crate::item::{Item, Key, number, text, text_of, version_of};
use crate::query::Partition;
use crate::schema::{attribute, index};
use crate::store::Store;
use crate::transact::Op;

const KIND: &str = "lease";
const PREFIX: &str = "place#";
const ACTIVE: &str = "active";

/// The executions that are active in a recovery place, at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The place.
    pub place: Place,
    /// Executions that are not terminal.
    pub active: BTreeSet<ExecutionId>,
    /// Grows whenever the set changes; 0 when there has never been one.
    pub version: u64,
}

fn key(place: &Place) -> Key {
    Key::new(attribute::EXECUTION_ID, format!("{PREFIX}{place}")).and(attribute::TIMESTAMP, KIND)
}

fn decode(item: &Item) -> Result<Lease> {
    let corrupt = |detail: &str| Error::Corrupt {
        kind: KIND,
        detail: detail.to_owned(),
    };
    let id = text_of(item, attribute::EXECUTION_ID).unwrap_or_default();
    let place = id.strip_prefix(PREFIX).and_then(|text| text.parse().ok());
    let place = place.ok_or_else(|| corrupt("its key names no place"))?;
    let active = match item.get(ACTIVE) {
        // DynamoDB has no empty sets: the attribute goes with its last element.
        None => BTreeSet::new(),
        Some(ids) => ids
            .as_ss()
            .map_err(|_| corrupt("active is no set"))?
            .iter()
            .map(|id| id.parse())
            .collect::<Result<_, _>>()
            .map_err(|error: dr_model::ids::InvalidId| corrupt(&error.to_string()))?,
    };
    Ok(Lease {
        place,
        active,
        version: version_of(item).ok_or_else(|| corrupt("it has no version"))?,
    })
}

/// Adds an execution, if the lease is still as it was seen.
pub(crate) fn adding<'a>(table: &'a str, seen: &Lease, id: &ExecutionId) -> Op<'a> {
    Op::Update {
        table,
        key: key(&seen.place),
        expression: "SET #kind = :kind, #version = :version ADD #active :id",
        names: vec![
            ("#kind", attribute::KIND),
            ("#version", attribute::VERSION),
            ("#active", ACTIVE),
        ],
        values: vec![
            (":kind", text(KIND)),
            (":version", number(seen.version + 1)),
            (":id", one(id)),
        ],
        condition: if seen.version == 0 {
            Condition::Absent(attribute::EXECUTION_ID)
        } else {
            Condition::version(seen.version)
        },
    }
}

/// Removes an execution, whatever else has changed: who ends does not compete with who starts.
pub(crate) fn removing<'a>(table: &'a str, place: &Place, id: &ExecutionId) -> Op<'a> {
    Op::Update {
        table,
        key: key(place),
        expression: "SET #kind = :kind ADD #version :one DELETE #active :id",
        names: vec![
            ("#kind", attribute::KIND),
            ("#version", attribute::VERSION),
            ("#active", ACTIVE),
        ],
        values: vec![(":kind", text(KIND)), (":one", number(1)), (":id", one(id))],
        condition: Condition::Always,
    }
}

fn one(id: &ExecutionId) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::Ss(vec![id.to_string()])
}

impl Store {
    /// The lease of a place, consistently; an empty one of version 0 when there is none.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn lease(&self, place: &Place) -> Result<Lease> {
        match self.get_item(&self.tables.executions, &key(place)).await? {
            Some(item) => decode(&item),
            None => Ok(Lease {
                place: place.clone(),
                active: BTreeSet::new(),
                version: 0,
            }),
        }
    }

    /// The leases of all places in which an execution is active, in order of place. Two calls, however
    /// many executions are stored: the index names the leases and the items are read consistently. Only
    /// the very first execution of a place may be missed, for as long as the index lags: under a second.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn leases(&self) -> Result<Vec<Lease>> {
        let table = &self.tables.executions;
        let all = Partition::of_index(table, index::KIND, KIND);
        let found = self.query(&all, None, None).await?;
        let items = self.items_behind(table, &found).await?;
        let mut leases = items.iter().map(decode).collect::<Result<Vec<_>>>()?;
        leases.retain(|lease| !lease.active.is_empty());
        leases.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(leases)
    }
}
