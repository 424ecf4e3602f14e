//! How the SDK is called: its own retries off, its sockets guarded, our retry around what may be repeated.
//! It names no service: `dr-drs`, `dr-aws` and `dr-store` put their clients on it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use crate::aws::{AwsCall, AwsError};
use crate::backoff::retry;
use crate::clock::{Clock, SocketSleep};
use crate::error::{Error, Result};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for an answer: under API Gateway's 29 s, so that a hung call still gets an error of ours.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(25);

/// A configuration whose clients try once, and not for ever.
#[must_use]
pub fn once_only(config: &SdkConfig) -> SdkConfig {
    config
        .to_builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        )
        .sleep_impl(SocketSleep)
        .build()
}

/// Who calls where, and by which clock it waits.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Service, such as `drs`.
    pub service: &'static str,
    /// `account/region`.
    pub place: String,
    /// What waits between tries.
    pub clock: Arc<dyn Clock>,
}

impl Caller {
    fn call(&self, operation: &'static str) -> AwsCall {
        AwsCall {
            service: self.service,
            operation,
            place: self.place.clone(),
        }
    }

    /// One try. For calls whose repetition could do something twice.
    ///
    /// # Errors
    /// [`Error::Aws`], classified.
    pub async fn once<T, E>(
        &self,
        operation: &'static str,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        answer
            .await
            .map_err(|error| AwsError::from_sdk(self.call(operation), &error).into())
    }

    /// Tries again where that may help. Only for calls that are safe to repeat.
    ///
    /// # Errors
    /// [`Error::Aws`] of the last try.
    pub async fn send<T, E, F, Fut>(&self, operation: &'static str, call: F) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        retry(&*self.clock, || self.once(operation, call())).await
    }

    /// All pages of a listing, each page retried on its own, so that a throttle on the last page does not
    /// cost the first ones.
    ///
    /// # Errors
    /// [`Error::Aws`] of the last try, or an internal error when the listing never ends.
    pub async fn pages<T, E, F, Fut>(&self, operation: &'static str, page: F) -> Result<Vec<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn(Option<String>) -> Fut,
        Fut: Future<Output = Result<(Vec<T>, Option<String>), SdkError<E, HttpResponse>>>,
    {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let (mut items, next) = self.send(operation, || page(token.clone())).await?;
            all.append(&mut items);
            // Some services say "no more" with an empty token.
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(all),
                Some(next) if token.as_ref() == Some(&next) => {
                    return Err(Error::internal(format!(
                        "{operation} answers the same page token again"
                    )));
                }
                next => token = next,
            }
        }
    }
}
