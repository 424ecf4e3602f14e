//! What a handler's `main` needs in Lambda: logging, and a failure in the runtime's words.

use lambda_runtime::Diagnostic;
use tracing_subscriber::EnvFilter;

use crate::handle::Failure;

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Diagnostic {
            error_type: failure.error_type,
            error_message: failure.error_message,
        }
    }
}

/// One JSON line per event on standard output; `RUST_LOG` decides which, `info` by default.
pub fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let _already_started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_env_filter(filter)
        .try_init();
}
