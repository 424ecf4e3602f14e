//! What DRS refuses before it looks at anything: the constraints of its service model
//! (2020-02-26), and pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::error::{ServiceError, ServiceResult};

/// Items per page where the caller names no number, and the most that one page holds.
pub const PAGE: usize = 200;

/// `ValidationException` about one field.
#[must_use]
pub fn invalid(field: &str, message: impl Into<String>) -> ServiceError {
    let message = message.into();
    ServiceError::validation(format!("{field}: {message}"))
        .with("code", "ValidationException")
        .with("reason", "fieldValidationFailed")
        .with("fieldList", json!([{ "name": field, "message": message }]))
}

/// A required member.
///
/// # Errors
/// `ValidationException` where it is missing.
pub fn required<T>(field: &str, value: Option<T>) -> ServiceResult<T> {
    value.ok_or_else(|| invalid(field, "is required"))
}

/// An id of DRS: prefix and 17 letters or digits.
///
/// # Errors
/// `ValidationException` for anything else.
pub fn drs_id(field: &str, prefix: &str, id: &str) -> ServiceResult<()> {
    let fits = id
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 17 && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    if fits {
        Ok(())
    } else {
        Err(invalid(
            field,
            format!("'{id}' does not match ^{prefix}[0-9a-zA-Z]{{17}}$"),
        ))
    }
}

/// An EC2 instance id: `i-` and 8 to 17 hexadecimal digits.
///
/// # Errors
/// `ValidationException` for anything else.
pub fn instance_id(field: &str, id: &str) -> ServiceResult<()> {
    let fits = id.strip_prefix("i-").is_some_and(|rest| {
        (8..=17).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_hexdigit())
    });
    if fits {
        Ok(())
    } else {
        Err(invalid(
            field,
            format!("'{id}' does not match ^i-[0-9a-fA-F]{{8,}}$"),
        ))
    }
}

/// A list's length.
///
/// # Errors
/// `ValidationException` outside of `low..=high`.
pub fn count<T>(field: &str, list: &[T], low: usize, high: usize) -> ServiceResult<()> {
    if (low..=high).contains(&list.len()) {
        Ok(())
    } else {
        Err(invalid(
            field,
            format!("has {} members, takes {low} to {high}", list.len()),
        ))
    }
}

/// A string's length in characters.
///
/// # Errors
/// `ValidationException` where it is longer.
pub fn length(field: &str, value: &str, high: usize) -> ServiceResult<()> {
    if value.chars().count() <= high {
        Ok(())
    } else {
        Err(invalid(field, format!("is longer than {high} characters")))
    }
}

/// One of the words of an enum.
///
/// # Errors
/// `ValidationException` for any other.
pub fn word(field: &str, value: &str, words: &[&str]) -> ServiceResult<()> {
    if words.contains(&value) {
        Ok(())
    } else {
        Err(invalid(field, format!("'{value}' is not one of {words:?}")))
    }
}

/// A 12-digit account id.
///
/// # Errors
/// `ValidationException` for anything else.
pub fn account_id(field: &str, value: &str) -> ServiceResult<()> {
    if value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(invalid(field, format!("'{value}' is not an account id")))
    }
}

/// A point in time as DRS reads and writes it.
///
/// # Errors
/// `ValidationException` where it is not ISO 8601 in UTC with a `Z`.
pub fn time(field: &str, value: &str) -> ServiceResult<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value)
        .ok()
        .filter(|_| value.ends_with('Z'))
        .map(|time| time.with_timezone(&Utc))
        .ok_or_else(|| invalid(field, format!("'{value}' is not an ISO 8601 time in UTC")))
}

/// Tags: at most 50, keys of 1 to 128 and values of up to 256 characters, no `aws:` keys.
///
/// # Errors
/// `ValidationException` where one of these limits is passed.
pub fn tags(tags: &std::collections::BTreeMap<String, String>) -> ServiceResult<()> {
    if tags.len() > 50 {
        return Err(invalid("tags", "has more than 50 members"));
    }
    for (key, value) in tags {
        if key.is_empty() || key.to_lowercase().starts_with("aws:") {
            return Err(invalid("tags", format!("key '{key}' is not allowed")));
        }
        length("tags", key, 128)?;
        length("tags", value, 256)?;
    }
    Ok(())
}

/// What a caller asked of a paged operation.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// `maxResults`.
    pub max_results: Option<i64>,
    /// `nextToken`.
    pub next_token: Option<&'a str>,
}

impl Page<'_> {
    /// How many items this page holds.
    ///
    /// # Errors
    /// `ValidationException` for a number below 1.
    pub fn size(&self) -> ServiceResult<usize> {
        match self.max_results {
            None => Ok(PAGE),
            Some(n) if n < 1 => Err(invalid("maxResults", "must be at least 1")),
            Some(n) => Ok(usize::try_from(n).unwrap_or(PAGE).min(PAGE)),
        }
    }

    /// The key after which this page begins.
    ///
    /// # Errors
    /// `ValidationException` for a token that no earlier page gave.
    pub fn after(&self) -> ServiceResult<Option<String>> {
        let Some(token) = self.next_token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.strip_prefix("drs1:").map(str::to_owned))
            .map(Some)
            .ok_or_else(|| invalid("nextToken", "is not a token of this operation"))
    }
}

/// Cuts a page out of `items`, which come in order and begin after the page's key, and gives the
/// token of the next one.
///
/// # Errors
/// `ValidationException` for a bad page size.
pub fn page<T>(
    items: impl Iterator<Item = T>,
    page: Page<'_>,
    key: impl Fn(&T) -> String,
) -> ServiceResult<(Vec<T>, Option<String>)> {
    let size = page.size()?;
    let mut items = items.peekable();
    let taken: Vec<T> = items.by_ref().take(size).collect();
    let token = match (items.peek(), taken.last()) {
        (Some(_), Some(last)) => Some(URL_SAFE_NO_PAD.encode(format!("drs1:{}", key(last)))),
        _ => None,
    };
    Ok((taken, token))
}
