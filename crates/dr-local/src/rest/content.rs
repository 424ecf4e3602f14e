//! A request's body: JSON in UTF-8, no larger than Lambda takes.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::answer::Refusal;

/// Lambda's quota for a synchronous invocation: 6 MB.
pub(super) const LARGEST: usize = 6 * 1024 * 1024;

/// Reads the body; `None` where there is none.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Option<String>, Refusal> {
    read_up_to(LARGEST, headers, body).await
}

/// Reads a body of at most so many bytes.
pub(super) async fn read_up_to(
    largest: usize,
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<String>, Refusal> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > largest) {
        return Err(Refusal::too_large(largest));
    }
    let bytes = match Limited::new(body, largest).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::too_large(largest)),
        Err(_) => return Err(Refusal::cut_off()),
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(headers) {
        return Err(Refusal::not_json());
    }
    String::from_utf8(bytes.into())
        .map(Some)
        .map_err(|_| Refusal::not_utf8("The body"))
}

/// `application/json` in UTF-8, not compressed.
fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let mut parts = text(header::CONTENT_TYPE).unwrap_or_default().split(';');
    let json = parts
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.trim().split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let plain = text(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    json && utf8 && plain
}
