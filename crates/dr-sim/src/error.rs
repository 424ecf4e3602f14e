//! Errors that a simulated service answers with: one value for all protocols, spelled on the wire
//! by `crate::wire`.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A modelled (or generic) service error.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceError {
    /// HTTP status code.
    pub status: u16,
    /// The error's name as clients match it: `ConflictException`, `InvalidInstanceID.NotFound`.
    pub code: Cow<'static, str>,
    /// What a person reads.
    pub message: String,
    /// Further members of the error shape (JSON protocols only), such as `retryAfterSeconds`.
    pub fields: Box<Map<String, Value>>,
}

impl ServiceError {
    /// An error without further members.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            fields: Box::default(),
        }
    }

    /// Adds a member of the error shape.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// 400, the name most JSON services use for bad input.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }
}

/// What a handler function of one operation gives back: its answer or its error.
pub type ServiceResult<T> = Result<T, ServiceError>;
