//! What an AWS error means, per service: the same word is not the same thing everywhere.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What was being called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsCall {
    /// Service, such as `drs`.
    pub service: &'static str,
    /// Operation, such as `StartRecovery`.
    pub operation: &'static str,
    /// `account/region`, or the empty string for our own account.
    pub place: String,
}

impl fmt::Display for AwsCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)?;
        if self.place.is_empty() {
            Ok(())
        } else {
            write!(f, " in {}", self.place)
        }
    }
}

/// What an AWS error means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsClass {
    /// Too many calls: try again, slower.
    Throttled,
    /// The service's own fault, or nobody answered: try again. The call may have taken effect.
    Unavailable,
    /// A quota is used up: not fatal, wait for room.
    QuotaExceeded,
    /// We may not.
    AccessDenied,
    /// There is no such thing.
    NotFound,
    /// Something else is in the way: a server already in a job, an instance not stopped, a lost condition.
    Conflict,
    /// DRS was never initialised in this account and region.
    NotInitialized,
    /// The request is wrong.
    Invalid,
    /// A word that we do not know.
    Unknown,
}

impl AwsClass {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self {
            Self::Throttled | Self::Unavailable => true,
            Self::QuotaExceeded
            | Self::AccessDenied
            | Self::NotFound
            | Self::Conflict
            | Self::NotInitialized
            | Self::Invalid
            | Self::Unknown => false,
        }
    }
}

/// A failed AWS call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call} failed: {code}")]
pub struct AwsError {
    /// What was called.
    pub call: AwsCall,
    /// What it means.
    pub class: AwsClass,
    /// The service's error code.
    pub code: String,
    /// The service's message. May name resources; holds no credentials.
    pub message: String,
    /// How long the service asks us to wait.
    pub retry_after: Option<Duration>,
    /// The SDK's whole chain, for the log.
    pub detail: String,
    /// The service's own request id, to give to AWS support.
    pub aws_request_id: Option<String>,
}

impl AwsError {
    /// Reads an SDK error.
    pub fn from_sdk<E>(call: AwsCall, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata
            .and_then(|m| m.code())
            .map_or_else(|| transport_code(error).to_owned(), ToOwned::to_owned);
        let response = error.raw_response();
        let class = match error {
            // A success that cannot be read comes as a service error without a code.
            SdkError::ServiceError(context) if context.raw().status().is_success() => {
                AwsClass::Unavailable
            }
            SdkError::ServiceError(context) => {
                classify(call.service, &code, context.raw().status().as_u16())
            }
            SdkError::ConstructionFailure(_) => AwsClass::Invalid,
            // No answer, or one that cannot be read: it may have taken effect.
            _ => AwsClass::Unavailable,
        };
        Self {
            class,
            message: metadata
                .and_then(|m| m.message())
                .unwrap_or("no message")
                .to_owned(),
            retry_after: response
                .and_then(|r| r.headers().get("retry-after"))
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(Duration::from_secs),
            aws_request_id: response.and_then(|r| {
                ["x-amzn-requestid", "x-amz-request-id"]
                    .iter()
                    .find_map(|name| r.headers().get(*name))
                    .map(ToOwned::to_owned)
            }),
            detail: DisplayErrorContext(error).to_string(),
            code,
            call,
        }
    }
}

fn transport_code<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "RequestNotBuilt",
        SdkError::TimeoutError(_) => "TimedOut",
        SdkError::DispatchFailure(_) => "NoAnswer",
        SdkError::ResponseError(_) => "UnreadableAnswer",
        SdkError::ServiceError(context) if context.raw().status().is_success() => {
            "UnreadableAnswer"
        }
        _ => "UnknownError",
    }
}

/// The meaning of a code. Codes first, because a service's codes are its contract; the HTTP status
/// decides where the code is one that we do not know.
#[must_use]
pub fn classify(service: &str, code: &str, status: u16) -> AwsClass {
    // EC2 and query services put the interesting part before a dot: `InvalidInstanceID.NotFound`.
    match (service, code) {
        ("ec2", c) if c.ends_with(".NotFound") || c.ends_with("NotFoundException") => {
            AwsClass::NotFound
        }
        ("ec2", "IncorrectInstanceState" | "IncorrectState" | "VolumeInUse") => AwsClass::Conflict,
        ("ec2", c) if c.ends_with("LimitExceeded") && c != "RequestLimitExceeded" => {
            AwsClass::QuotaExceeded
        }
        (
            "dynamodb",
            "ConditionalCheckFailedException"
            | "TransactionCanceledException"
            | "TransactionConflictException",
        ) => AwsClass::Conflict,
        ("states", "ExecutionAlreadyExists") => AwsClass::Conflict,
        // Open executions of the account: wait for room.
        ("states", "ExecutionLimitExceeded") => AwsClass::QuotaExceeded,
        // KMS behind a state machine with its own key; said with status 400.
        ("states", "KmsThrottlingException") => AwsClass::Throttled,
        (
            "states",
            "ExecutionDoesNotExist"
            | "TaskDoesNotExist"
            | "TaskTimedOut"
            | "StateMachineDoesNotExist",
        ) => AwsClass::NotFound,
        ("iam", "NoSuchEntity") => AwsClass::NotFound,
        (_, "UninitializedAccountException") => AwsClass::NotInitialized,
        (_, "ServiceQuotaExceededException") => AwsClass::QuotaExceeded,
        (
            _,
            "ThrottlingException"
            | "Throttling"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "ProvisionedThroughputExceededException"
            | "SlowDown"
            | "PriorRequestNotComplete"
            | "RequestThrottled"
            | "RequestThrottledException",
        ) => AwsClass::Throttled,
        (
            _,
            "InternalServerException"
            | "InternalServerError"
            | "InternalError"
            | "InternalFailure"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "Unavailable"
            | "RequestTimeout",
        ) => AwsClass::Unavailable,
        (
            _,
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedOperation"
            | "AuthFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId",
        ) => AwsClass::AccessDenied,
        (_, "ResourceNotFoundException" | "NotFoundException") => AwsClass::NotFound,
        (_, "ConflictException") => AwsClass::Conflict,
        (
            _,
            "ValidationException"
            | "ValidationError"
            | "InvalidParameterValue"
            | "MissingParameter",
        ) => AwsClass::Invalid,
        _ => match status {
            429 => AwsClass::Throttled,
            500..=599 => AwsClass::Unavailable,
            403 | 401 => AwsClass::AccessDenied,
            404 => AwsClass::NotFound,
            409 => AwsClass::Conflict,
            400..=499 => AwsClass::Invalid,
            _ => AwsClass::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{AwsClass, classify};

    #[test]
    fn transient_errors_are_retried_and_permanent_ones_are_not() {
        // Requirement 004: test_retry_transient_errors, test_no_retry_permanent_errors.
        for (service, code, status) in [
            ("drs", "ThrottlingException", 429),
            ("drs", "InternalServerException", 500),
            ("ec2", "RequestLimitExceeded", 503),
            ("ec2", "Unavailable", 503),
            ("dynamodb", "ProvisionedThroughputExceededException", 400),
        ] {
            assert!(classify(service, code, status).retryable(), "{code}");
        }
        for (service, code, status) in [
            ("drs", "ValidationException", 400),
            ("drs", "AccessDeniedException", 403),
            ("drs", "ResourceNotFoundException", 404),
            ("drs", "ConflictException", 409),
            ("drs", "ServiceQuotaExceededException", 402),
            ("drs", "UninitializedAccountException", 400),
        ] {
            assert!(!classify(service, code, status).retryable(), "{code}");
        }
    }

    #[test]
    fn a_quota_that_is_used_up_is_no_failure_of_the_request() {
        assert_eq!(
            classify("drs", "ServiceQuotaExceededException", 402),
            AwsClass::QuotaExceeded
        );
        assert_eq!(
            classify("ec2", "InstanceLimitExceeded", 400),
            AwsClass::QuotaExceeded
        );
        assert_eq!(
            classify("ec2", "RequestLimitExceeded", 503),
            AwsClass::Throttled
        );
    }

    #[test]
    fn a_state_machine_that_cannot_start_now_is_not_a_wrong_request() {
        // Both come with status 400, which alone would say that the request is wrong.
        assert_eq!(
            classify("states", "ExecutionLimitExceeded", 400),
            AwsClass::QuotaExceeded
        );
        assert_eq!(
            classify("states", "KmsThrottlingException", 400),
            AwsClass::Throttled
        );
        assert!(!AwsClass::QuotaExceeded.retryable());
        // The word of another service is not the same thing.
        assert_eq!(
            classify("drs", "ExecutionLimitExceeded", 400),
            AwsClass::Invalid
        );
    }

    #[test]
    fn an_unknown_code_is_judged_by_its_status() {
        assert_eq!(
            classify("drs", "BrandNewException", 503),
            AwsClass::Unavailable
        );
        assert_eq!(classify("drs", "BrandNewException", 418), AwsClass::Invalid);
    }
}
