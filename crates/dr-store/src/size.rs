//! How big an item is, by DynamoDB's own rules, so that one too big is refused with a clear word before
//! the call.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};

use crate::item::Item;

/// Bytes in one item at most: 400 KB, attribute names included (Amazon DynamoDB Developer Guide,
/// "Quotas in Amazon DynamoDB").
pub const MAX_ITEM_BYTES: usize = 400 * 1024;
/// Bytes in one transaction at most: 4 MB (the same).
pub(crate) const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of an item. O(its values).
#[must_use]
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter()
        .map(|(name, v)| name.len() + value_bytes(v))
        .sum()
}

/// Bytes of a value, never less than what DynamoDB counts: 3 bytes for a list or map and 1 for each
/// element; a number takes about a byte for two digits, at most 21.
pub(crate) fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => number_bytes(digits),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|n| number_bytes(n)).sum(),
        AttributeValue::Bs(blobs) => blobs.iter().map(|b| b.as_ref().len()).sum(),
        AttributeValue::L(values) => 3 + values.iter().map(|v| 1 + value_bytes(v)).sum::<usize>(),
        AttributeValue::M(fields) => {
            3 + fields
                .iter()
                .map(|(name, v)| 1 + name.len() + value_bytes(v))
                .sum::<usize>()
        }
        // Booleans and nulls, and whatever the SDK may learn.
        _ => 1,
    }
}

fn number_bytes(digits: &str) -> usize {
    (digits.len() / 2 + 2).min(21)
}

/// Refuses an item that DynamoDB would refuse.
pub(crate) fn check(kind: &str, id: &str, item: &Item) -> Result<()> {
    let bytes = item_bytes(item);
    if bytes <= MAX_ITEM_BYTES {
        return Ok(());
    }
    Err(Error::Conflict {
        code: "ITEM_TOO_LARGE",
        message: format!(
            "the {kind} {id} takes {} KB and at most {} KB can be stored; split it, or shorten its texts",
            bytes.div_ceil(1024),
            MAX_ITEM_BYTES / 1024
        ),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::{MAX_ITEM_BYTES, check, item_bytes};
    use crate::item::Item;

    #[test]
    fn names_count_and_the_limit_is_exact() {
        let item = |n: usize| Item::from([("pad".to_owned(), AttributeValue::S("x".repeat(n)))]);
        assert_eq!(item_bytes(&item(10)), 13);
        assert!(check("plan", "rp-1", &item(MAX_ITEM_BYTES - 3)).is_ok());
        let error = check("plan", "rp-1", &item(MAX_ITEM_BYTES - 2)).unwrap_err();
        assert!(
            error.to_string().contains("plan rp-1 takes 401 KB"),
            "{error}"
        );
    }
}
