//! Single-item calls, and what their failures mean.
//!
//! A conditional write whose answer was lost is repeated. Each write carries a fresh `writer`; when the
//! repetition is refused, DynamoDB sends the item that is there (`ALL_OLD`), and if its `writer` is ours
//! the first attempt had succeeded. Content cannot tell that: two pollers may write the same intent in the
//! same instant, and only one of them may act on it.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use dr_error::ids::RandomIds;
use dr_error::{AwsCall, AwsClass, AwsError, Error, IdSource, Result, retry};

use crate::condition::Condition;
use crate::item::{Item, Key, text, text_of};
use crate::schema::attribute;
use crate::size;
use crate::store::Store;

/// How a conditional write went.
#[derive(Debug)]
pub(crate) enum Written {
    /// It took effect, now or in an attempt whose answer was lost.
    Done,
    /// The condition did not hold; this is what was there.
    Refused(Option<Item>),
}

/// What an SDK error means. A write that met a transaction in flight had no effect and may be repeated.
pub(crate) fn failed<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    let call = AwsCall {
        service: "dynamodb",
        operation,
        place: String::new(),
    };
    let mut error = AwsError::from_sdk(call, error);
    if matches!(
        error.code.as_str(),
        "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException"
    ) {
        error.class = AwsClass::Throttled;
    }
    error.into()
}

/// Marks an item with a writer that nobody else has. Random, never seeded: two stores must not agree.
pub(crate) fn sign(item: &mut Item, writer: &str) {
    item.insert(attribute::WRITER.to_owned(), text(writer));
}

/// A writer that nobody else has.
pub(crate) fn new_writer() -> String {
    RandomIds.uuid().to_string()
}

/// What stopped an update or deletion under a version: nothing there, or another version.
pub(crate) fn conflict(kind: &'static str, id: impl ToString, found: Option<&Item>) -> Error {
    let id = id.to_string();
    match found {
        None => Error::NotFound { kind, id },
        Some(_) => Error::VersionConflict { kind, id },
    }
}

impl Store {
    /// `dynamodb:PutItem`, conditional.
    pub(crate) async fn put_if(
        &self,
        table: &str,
        what: (&'static str, &str),
        mut item: Item,
        condition: &Condition,
    ) -> Result<Written> {
        let writer = new_writer();
        sign(&mut item, &writer);
        size::check(what.0, what.1, &item)?;
        retry(&*self.clock, || async {
            let expression = condition.expression();
            let sent = self
                .client
                .put_item()
                .table_name(table)
                .set_item(Some(item.clone()))
                .set_condition_expression(expression.text)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await;
            let error = match sent {
                Ok(_) => return Ok(Written::Done),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    let found = refusal.item().cloned();
                    let ours = found
                        .as_ref()
                        .and_then(|item| text_of(item, attribute::WRITER))
                        == Some(writer.as_str());
                    Ok(if ours {
                        Written::Done
                    } else {
                        Written::Refused(found)
                    })
                }
                _ => Err(failed("PutItem", &error)),
            }
        })
        .await
    }

    /// `dynamodb:DeleteItem`, conditional. When nothing is there after an attempt whose answer was lost,
    /// that attempt is taken to have deleted it.
    pub(crate) async fn delete_if(
        &self,
        table: &str,
        key: &Key,
        condition: &Condition,
    ) -> Result<Written> {
        let unsure = AtomicBool::new(false);
        retry(&*self.clock, || async {
            let expression = condition.expression();
            let sent = self
                .client
                .delete_item()
                .table_name(table)
                .set_key(Some(key.to_item()))
                .set_condition_expression(expression.text)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await;
            let error = match sent {
                Ok(_) => return Ok(Written::Done),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(refusal)) => {
                    match refusal.item().cloned() {
                        None if unsure.load(Ordering::Relaxed) => Ok(Written::Done),
                        found => Ok(Written::Refused(found)),
                    }
                }
                _ => {
                    let error = failed("DeleteItem", &error);
                    if error.aws_class() == Some(AwsClass::Unavailable) {
                        unsure.store(true, Ordering::Relaxed);
                    }
                    Err(error)
                }
            }
        })
        .await
    }

    /// `dynamodb:GetItem`, consistent.
    pub(crate) async fn get_item(&self, table: &str, key: &Key) -> Result<Option<Item>> {
        retry(&*self.clock, || async {
            self.client
                .get_item()
                .table_name(table)
                .set_key(Some(key.to_item()))
                .consistent_read(true)
                .send()
                .await
                .map(|answer| answer.item)
                .map_err(|error| failed("GetItem", &error))
        })
        .await
    }
}
