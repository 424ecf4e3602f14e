//! GetExecutionHistory: pages of events, in either order.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_asl::HistoryEvent;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ApiError;

/// The service's default and greatest page size.
pub(super) const DEFAULT_PAGE: u32 = 100;
pub(super) const MAX_PAGE: u32 = 1000;

/// The request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryRequest {
    pub(super) execution_arn: String,
    max_results: Option<u32>,
    #[serde(default)]
    reverse_order: bool,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

impl HistoryRequest {
    /// The page of these events that was asked for.
    pub(super) fn page(&self, events: &[HistoryEvent]) -> Result<Value, ApiError> {
        let from = match &self.next_token {
            Some(token) => read_token(token)?,
            None => 0,
        };
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let size = page_size(self.max_results)? as usize;
        let show = |event: &HistoryEvent| self.show(event);
        let page: Vec<Value> = if self.reverse_order {
            events
                .iter()
                .rev()
                .skip(skip)
                .take(size)
                .map(show)
                .collect()
        } else {
            events.iter().skip(skip).take(size).map(show).collect()
        };
        let reached = skip.saturating_add(page.len());
        let mut answer = json!({"events": page});
        if reached < events.len() {
            answer["nextToken"] = json!(write_token(i64::try_from(reached).unwrap_or(i64::MAX)));
        }
        Ok(answer)
    }

    fn show(&self, event: &HistoryEvent) -> Value {
        let mut shown = event.to_aws_json();
        let hidden = self.include_execution_data == Some(false);
        if let Some(event) = shown.as_object_mut().filter(|_| hidden) {
            event
                .values_mut()
                .filter_map(Value::as_object_mut)
                .for_each(hide);
        }
        shown
    }
}

/// `includeExecutionData: false` leaves out inputs, outputs and parameters.
fn hide(details: &mut Map<String, Value>) {
    for name in [
        "input",
        "inputDetails",
        "output",
        "outputDetails",
        "parameters",
    ] {
        details.remove(name);
    }
}

/// 0 means the default, as the service's documentation says.
pub(super) fn page_size(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked {
        None | Some(0) => Ok(DEFAULT_PAGE),
        Some(size) if size <= MAX_PAGE => Ok(size),
        Some(size) => Err(ApiError::new(
            "ValidationException",
            format!("maxResults is {size}, more than {MAX_PAGE}"),
        )),
    }
}

pub(super) fn write_token(at: i64) -> String {
    URL_SAFE_NO_PAD.encode(at.to_string())
}

pub(super) fn read_token(token: &str) -> Result<i64, ApiError> {
    let at = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.parse().ok())
        .filter(|at| *at >= 0);
    at.ok_or_else(|| ApiError::new("InvalidToken", format!("Invalid Token: '{token}'")))
}
