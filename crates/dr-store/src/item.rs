//! Items: a domain value under `data`, and beside it only what keys, indexes, conditions and requirement
//! 004 need at the top level.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SecondsFormat, Utc};
use dr_error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, to_attribute_value};

use crate::schema::attribute;

/// A stored item, or a key.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The key of an item: attribute names and values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub partition: (&'static str, String),
    pub sort: Option<(&'static str, String)>,
}

impl Key {
    pub fn new(name: &'static str, value: impl ToString) -> Self {
        Self {
            partition: (name, value.to_string()),
            sort: None,
        }
    }

    pub fn and(mut self, name: &'static str, value: impl ToString) -> Self {
        self.sort = Some((name, value.to_string()));
        self
    }

    pub fn to_item(&self) -> Item {
        std::iter::once(&self.partition)
            .chain(&self.sort)
            .map(|(name, value)| ((*name).to_owned(), text(value)))
            .collect()
    }
}

pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A value as an attribute.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<AttributeValue> {
    to_attribute_value(value).map_err(Error::internal)
}

/// An item of a key, a domain value and more attributes.
pub(crate) fn item_of<T: Serialize>(
    key: &Key,
    data: &T,
    more: impl IntoIterator<Item = (&'static str, AttributeValue)>,
) -> Result<Item> {
    let mut item = key.to_item();
    item.insert(attribute::DATA.to_owned(), encode(data)?);
    item.extend(more.into_iter().map(|(name, v)| (name.to_owned(), v)));
    Ok(item)
}

/// The domain value of an item.
pub(crate) fn decode<T: DeserializeOwned>(kind: &'static str, item: &Item) -> Result<T> {
    let data = item.get(attribute::DATA).ok_or_else(|| Error::Corrupt {
        kind,
        detail: "it has no data".to_owned(),
    })?;
    from_attribute_value(data.clone()).map_err(|error| Error::Corrupt {
        kind,
        detail: error.to_string(),
    })
}

/// A text attribute.
pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The version of an item.
pub(crate) fn version_of(item: &Item) -> Option<u64> {
    item.get(attribute::VERSION)?.as_n().ok()?.parse().ok()
}

/// A time as a sort key: always the same width, so that text order is time order.
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// When DynamoDB may delete an item: whole seconds since 1970.
pub(crate) fn expiry(end: DateTime<Utc>, retention: chrono::Duration) -> AttributeValue {
    number((end + retention).timestamp())
}
