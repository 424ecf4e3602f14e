//! The tables: dynoxide (SQLite) behind the wire of DynamoDB. Accounts and regions share them;
//! only the home account's product uses them.

use std::path::Path;

use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ServiceError;
use crate::service::{Answer, Call};
use crate::wire::aws_json::{self, Version};

/// The operations that [`Tables`] answers.
pub(crate) const OPERATIONS: &[&str] = &[
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTables",
    "ListTagsOfResource",
    "PutItem",
    "Query",
    "Scan",
    "TagResource",
    "TransactGetItems",
    "TransactWriteItems",
    "UntagResource",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// The tables.
#[derive(Clone)]
pub(crate) struct Tables {
    database: Database,
}

impl Tables {
    /// Opens the file, or tables in memory.
    pub fn open(path: Option<&Path>) -> Result<Self, DynoxideError> {
        let database = match path {
            Some(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
                }
                Database::new(&path.to_string_lossy())?
            }
            None => Database::memory()?,
        };
        Ok(Self { database })
    }

    /// Answers one call.
    pub fn handle(&self, call: &Call) -> Answer {
        let Some(result) = self.dispatch(&call.operation, &call.body) else {
            let error = ServiceError::new(
                501,
                "NotSimulated",
                format!("dr-sim does not simulate dynamodb {}", call.operation),
            );
            return aws_json::error(call, Version::V1_0, &error);
        };
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json().into_bytes()),
        };
        Answer {
            status,
            headers: vec![
                ("content-type", "application/x-amz-json-1.0".to_owned()),
                ("x-amzn-requestid", call.request_id.clone()),
            ],
            body: Bytes::from(body),
        }
    }

    fn dispatch(&self, operation: &str, body: &[u8]) -> Option<Result<Vec<u8>, DynoxideError>> {
        let db = &self.database;
        Some(match operation {
            "BatchGetItem" => run(body, |request| db.batch_get_item(request)),
            "BatchWriteItem" => run(body, |request| db.batch_write_item(request)),
            "CreateTable" => run(body, |request| db.create_table(request)),
            "DeleteItem" => run(body, |request| db.delete_item(request)),
            "DeleteTable" => run(body, |request| db.delete_table(request)),
            "DescribeTable" => run(body, |request| db.describe_table(request)),
            "DescribeTimeToLive" => run(body, |request| db.describe_time_to_live(request)),
            "GetItem" => run(body, |request| db.get_item(request)),
            "ListTables" => run(body, |request| db.list_tables(request)),
            "ListTagsOfResource" => run(body, |request| db.list_tags_of_resource(request)),
            "PutItem" => run(body, |request| db.put_item(request)),
            "Query" => run(body, |request| db.query(request)),
            "Scan" => run(body, |request| db.scan(request)),
            "TagResource" => run(body, |request| db.tag_resource(request)),
            "TransactGetItems" => run(body, |request| db.transact_get_items(request)),
            "TransactWriteItems" => run(body, |request| db.transact_write_items(request)),
            "UntagResource" => run(body, |request| db.untag_resource(request)),
            "UpdateItem" => run(body, |request| db.update_item(request)),
            "UpdateTable" => run(body, |request| db.update_table(request)),
            "UpdateTimeToLive" => run(body, |request| db.update_time_to_live(request)),
            _ => return None,
        })
    }
}

fn run<I: DeserializeOwned, O: Serialize>(
    body: &[u8],
    call: impl FnOnce(I) -> Result<O, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
    let answer = call(request)?;
    serde_json::to_vec(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The error for a request that cannot be read. Dynoxide's request types mark the class of their
/// refusals with a prefix, which its own server takes off; we stand in that server's place.
fn unreadable(message: &str) -> DynoxideError {
    let text = message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text);
    let after = |marker: &str| text.strip_prefix(marker).map(str::to_owned);
    let validation = ["VALIDATION_AS_READ:", "VALIDATION_REQUEST:", "VALIDATION:"]
        .into_iter()
        .find_map(after);
    if let Some(text) = validation {
        return DynoxideError::ValidationException(text);
    }
    let malformed = ["SERIALIZATION_AS_READ:", "SERIALIZATION:"]
        .into_iter()
        .find_map(after);
    if let Some(text) = malformed {
        return DynoxideError::SerializationException(text);
    }
    let invalid = [
        "missing field",
        "unknown variant",
        "invalid type: null",
        "AttributeValue",
    ];
    if invalid.iter().any(|part| text.contains(part)) {
        DynoxideError::ValidationException(text.to_owned())
    } else {
        DynoxideError::SerializationException(text.to_owned())
    }
}
