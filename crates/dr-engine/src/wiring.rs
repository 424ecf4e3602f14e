//! Putting the app together in Lambda, from what the function's environment says.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use dr_error::clock::{SocketSleep, SystemClock};
use dr_error::ids::RandomIds;
use dr_model::place::Place;

use crate::app::{App, Settings};

/// What is wrong with the environment.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// A variable is missing.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable is not what it should be.
    #[error("the environment variable {name}: {problem}")]
    Malformed {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

fn variable(name: &'static str) -> Result<String, WiringError> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or(WiringError::Missing(name))
}

fn parsed<T: std::str::FromStr>(name: &'static str) -> Result<T, WiringError>
where
    T::Err: std::fmt::Display,
{
    variable(name)?
        .parse()
        .map_err(|error: T::Err| WiringError::Malformed {
            name,
            problem: error.to_string(),
        })
}

/// The app of a Lambda function: `DR_ENVIRONMENT`, `DR_HOME_ACCOUNT`, `DR_RECOVERY_STATE_MACHINE_ARN`,
/// `DR_TOPIC_ARN` (may be left out) and `AWS_REGION`.
///
/// # Errors
/// When a variable is missing or malformed.
pub async fn from_environment() -> Result<App, WiringError> {
    let settings = Settings {
        environment: variable("DR_ENVIRONMENT")?,
        home: Place {
            account_id: parsed("DR_HOME_ACCOUNT")?,
            region: parsed("AWS_REGION")?,
        },
        recovery_state_machine_arn: variable("DR_RECOVERY_STATE_MACHINE_ARN")?,
        topic_arn: variable("DR_TOPIC_ARN").ok(),
    };
    let https = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .sleep_impl(SocketSleep)
        .region(Region::new(settings.home.region.to_string()))
        .load()
        .await;
    Ok(App::new(
        sdk,
        settings,
        Arc::new(SystemClock),
        Arc::new(RandomIds),
    ))
}
