//! Transactions: several items, all or nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use dr_error::{AwsClass, Error, Result, retry};

use crate::call::{failed, new_writer, sign};
use crate::condition::Condition;
use crate::item::{Item, Key, text_of};
use crate::schema::attribute;
use crate::size::{MAX_TRANSACTION_BYTES, item_bytes};
use crate::store::Store;

/// Items in one transaction at most (Amazon DynamoDB Developer Guide, "Quotas").
pub(crate) const MAX_OPS: usize = 100;

/// One write of a transaction.
#[derive(Debug)]
pub(crate) enum Op<'a> {
    Put {
        table: &'a str,
        item: Item,
        condition: Condition,
    },
    Update {
        table: &'a str,
        key: Key,
        /// An update expression whose names and values are those below.
        expression: &'static str,
        names: Vec<(&'static str, &'static str)>,
        values: Vec<(&'static str, AttributeValue)>,
        condition: Condition,
    },
    Delete {
        table: &'a str,
        key: Key,
        condition: Condition,
    },
}

/// How a transaction went.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All of it took effect, now or in an attempt whose answer was lost.
    Done,
    /// Nothing of it did: per write, whether its condition was what failed.
    Refused(Vec<Refusal>),
}

/// What one write of a cancelled transaction met.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// Its condition held.
    Held,
    /// Its condition did not hold; this is what was there.
    Failed(Option<Item>),
}

impl Refusal {
    pub fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    pub fn item(&self) -> Option<&Item> {
        match self {
            Self::Failed(item) => item.as_ref(),
            Self::Held => None,
        }
    }
}

impl Store {
    /// `dynamodb:PutItem`, `dynamodb:UpdateItem`, `dynamodb:DeleteItem` in one `TransactWriteItems`.
    ///
    /// The client request token makes DynamoDB answer a repetition within 10 minutes as it answered the
    /// first; the writer covers what lies beyond.
    pub(crate) async fn transact(&self, mut ops: Vec<Op<'_>>) -> Result<Transacted> {
        let writer = new_writer();
        let mut bytes = 0;
        for op in &mut ops {
            if let Op::Put { item, .. } = op {
                sign(item, &writer);
                bytes += item_bytes(item);
            }
        }
        if ops.len() > MAX_OPS || bytes > MAX_TRANSACTION_BYTES {
            return Err(Error::Conflict {
                code: "ITEM_TOO_LARGE",
                message: format!(
                    "{} items of {} KB together cannot be stored in one transaction",
                    ops.len(),
                    bytes / 1024
                ),
            });
        }
        let writes = ops.into_iter().map(write).collect::<Result<Vec<_>>>()?;
        retry(&*self.clock, || async {
            let sent = self
                .client
                .transact_write_items()
                .client_request_token(&writer)
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let error = match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let reasons = cancelled.cancellation_reasons();
                    verdict(reasons, &writer, || failed("TransactWriteItems", &error))
                }
                _ => Err(failed("TransactWriteItems", &error)),
            }
        })
        .await
    }
}

/// A failed condition is an answer. Without one, contention and throttling are worth another try, and
/// anything else is an error.
fn verdict(
    reasons: &[CancellationReason],
    writer: &str,
    error: impl Fn() -> Error,
) -> Result<Transacted> {
    let is = |reason: &CancellationReason, code: &str| reason.code() == Some(code);
    if reasons.iter().any(|r| is(r, "ConditionalCheckFailed")) {
        let ours = reasons
            .iter()
            .filter_map(CancellationReason::item)
            .any(|item| text_of(item, attribute::WRITER) == Some(writer));
        if ours {
            return Ok(Transacted::Done);
        }
        let refusals = reasons.iter().map(|reason| {
            if is(reason, "ConditionalCheckFailed") {
                Refusal::Failed(reason.item().filter(|item| !item.is_empty()).cloned())
            } else {
                Refusal::Held
            }
        });
        return Ok(Transacted::Refused(refusals.collect()));
    }
    let passing = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let mut error = error();
    if let Error::Aws(aws) = &mut error {
        if reasons
            .iter()
            .any(|r| passing.iter().any(|code| is(r, code)))
        {
            aws.class = AwsClass::Throttled;
        } else {
            aws.class = AwsClass::Invalid;
        }
    }
    Err(error)
}

fn write(op: Op<'_>) -> Result<TransactWriteItem> {
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let builder = TransactWriteItem::builder();
    Ok(match op {
        Op::Put {
            table,
            item,
            condition,
        } => {
            let expression = condition.expression();
            builder.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(expression.text)
                    .set_expression_attribute_names(expression.names)
                    .set_expression_attribute_values(expression.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            )
        }
        Op::Delete {
            table,
            key,
            condition,
        } => {
            let expression = condition.expression();
            builder.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.to_item()))
                    .set_condition_expression(expression.text)
                    .set_expression_attribute_names(expression.names)
                    .set_expression_attribute_values(expression.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            )
        }
        Op::Update {
            table,
            key,
            expression: update,
            names,
            values,
            condition,
        } => {
            let expression = condition.expression();
            let mut all_names: HashMap<_, _> = expression.names.unwrap_or_default();
            all_names.extend(
                names
                    .iter()
                    .map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
            );
            let mut all_values = expression.values.unwrap_or_default();
            all_values.extend(values.into_iter().map(|(name, v)| (name.to_owned(), v)));
            builder.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(key.to_item()))
                    .update_expression(update)
                    .set_condition_expression(expression.text)
                    .set_expression_attribute_names(Some(all_names))
                    .set_expression_attribute_values(Some(all_values))
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            )
        }
    }
    .build())
}
