//! What must hold of a stored item for a write to happen.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::number;
use crate::schema::attribute;

/// A condition on the item at the key of a write.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// There is none. Carries the name of the partition key.
    Absent(&'static str),
    /// There is one.
    Present(&'static str),
    /// It has these values.
    Equals(Vec<(&'static str, AttributeValue)>),
    /// There is none, or it has this value. Carries the name of the partition key.
    AbsentOr(&'static str, (&'static str, AttributeValue)),
    /// There is none, or its value is at most this one. Carries the name of the partition key.
    AbsentOrAtMost(&'static str, (&'static str, AttributeValue)),
    /// Whatever is there.
    Always,
}

/// A condition in DynamoDB's words.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    pub text: Option<String>,
    pub names: Option<HashMap<String, String>>,
    pub values: Option<HashMap<String, AttributeValue>>,
}

impl Condition {
    /// It has this version.
    pub fn version(version: u64) -> Self {
        Self::Equals(vec![(attribute::VERSION, number(version))])
    }

    /// In DynamoDB's words; every name is behind a placeholder, since many are reserved words.
    pub fn expression(&self) -> Expression {
        let (text, pairs): (String, Vec<(&'static str, AttributeValue)>) = match self {
            Self::Always => return Expression::default(),
            Self::Absent(key) => return existence("attribute_not_exists", key),
            Self::Present(key) => return existence("attribute_exists", key),
            Self::Equals(pairs) => {
                let parts: Vec<_> = (0..pairs.len()).map(|n| format!("#c{n} = :c{n}")).collect();
                (parts.join(" AND "), pairs.clone())
            }
            Self::AbsentOr(key, pair) => return absent_or("=", key, pair),
            Self::AbsentOrAtMost(key, pair) => return absent_or("<=", key, pair),
        };
        let mut names = HashMap::new();
        let mut values = HashMap::new();
        for (n, (name, value)) in pairs.into_iter().enumerate() {
            names.insert(format!("#c{n}"), name.to_owned());
            values.insert(format!(":c{n}"), value);
        }
        Expression {
            text: Some(text),
            names: Some(names),
            values: Some(values),
        }
    }
}

fn absent_or(
    operator: &str,
    key: &str,
    (name, value): &(&'static str, AttributeValue),
) -> Expression {
    let names = [("#key", key), ("#c0", name)].map(|(at, name)| (at.to_owned(), name.to_owned()));
    Expression {
        text: Some(format!("attribute_not_exists(#key) OR #c0 {operator} :c0")),
        names: Some(HashMap::from(names)),
        values: Some(HashMap::from([(":c0".to_owned(), value.clone())])),
    }
}

fn existence(function: &str, key: &str) -> Expression {
    Expression {
        text: Some(format!("{function}(#key)")),
        names: Some(HashMap::from([("#key".to_owned(), key.to_owned())])),
        values: None,
    }
}
