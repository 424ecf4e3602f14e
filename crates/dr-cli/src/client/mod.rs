//! The client of the REST API: any operation of the table, by its types.

mod credentials;
mod page;
mod wire;

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use dr_api::{Endpoint, Method};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

pub use crate::client::credentials::{Credentials, SignedIn, sign_in, sign_out};
pub use crate::client::page::Paging;
pub use crate::client::wire::{Address, Reply, Wire};
use crate::failure::Failure;
use crate::world::Time;
pub use dr_api::split::{Parts, Unsendable, split};

/// Tries again at most so often.
const MAX_RETRIES: u32 = 3;
/// Waits before the first retry; twice as long before each further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// Waits no longer than this, whatever `Retry-After` says: the person can decide to try again.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// An answer: as it came, and readable as the operation's type.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// As it came.
    pub raw: String,
    operation: &'static str,
    kind: PhantomData<T>,
}

impl<T: DeserializeOwned> Answer<T> {
    fn new(operation: &'static str, raw: String) -> Self {
        Self {
            raw,
            operation,
            kind: PhantomData,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Failure::NotUnderstood`] when the server is of another version.
    pub fn read(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.raw).map_err(|error| self.not_understood(error))
    }

    fn not_understood(&self, error: impl ToString) -> Failure {
        Failure::NotUnderstood {
            operation: self.operation,
            reason: error.to_string(),
        }
    }
}

/// The client.
pub struct Client {
    wire: Wire,
    credentials: Mutex<Credentials>,
    time: Arc<dyn Time>,
}

impl Client {
    /// A client of one server.
    pub fn new(wire: Wire, credentials: Credentials, time: Arc<dyn Time>) -> Self {
        Self {
            wire,
            credentials: Mutex::new(credentials),
            time,
        }
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// Any [`Failure`] but `Usage`.
    pub async fn call<E: Endpoint>(
        &self,
        request: &E::Request,
    ) -> Result<Answer<E::Response>, Failure> {
        self.call_fields::<E>(fields::<E>(request)?).await
    }

    /// Lists: one page, or all of them joined into one answer.
    ///
    /// # Errors
    /// Any [`Failure`] but `Usage`.
    pub async fn list<E: Endpoint>(
        &self,
        request: &E::Request,
        paging: Paging,
    ) -> Result<Answer<E::Response>, Failure> {
        let mut fields = fields::<E>(request)?;
        fields.insert("limit".to_owned(), paging.page_size().into());
        let mut answer = self.call_fields::<E>(fields.clone()).await?;
        if !paging.all {
            return Ok(answer);
        }
        let mut joined = page::Joined::new(&answer.raw).map_err(|e| answer.not_understood(e))?;
        while let Some(token) = joined.next_token() {
            fields.insert("next_token".to_owned(), token.into());
            let next = self.call_fields::<E>(fields.clone()).await?;
            joined
                .add(&next.raw)
                .map_err(|error| answer.not_understood(error))?;
        }
        answer.raw = joined.text();
        Ok(answer)
    }

    async fn call_fields<E: Endpoint>(
        &self,
        fields: Map<String, Value>,
    ) -> Result<Answer<E::Response>, Failure> {
        let parts = split(E::OPERATION, fields)?;
        let reply = self.deliver(&parts).await?;
        if reply.is_success() {
            Ok(Answer::new(E::OPERATION.name(), reply.body))
        } else {
            Err(reply.failure())
        }
    }

    /// Sends with a token that is valid, and again where that does no harm.
    async fn deliver(&self, parts: &Parts) -> Result<Reply, Failure> {
        let mut retries = 0;
        let mut renewed = false;
        loop {
            let token = self.token(false).await?;
            let sent = self.wire.send(parts, Some(&token)).await;
            let pause = match &sent {
                // The token was taken back, or our clock is wrong. Nothing was done yet.
                Ok(reply) if reply.status == 401 && !renewed => {
                    renewed = true;
                    if self.token(true).await? == token {
                        return sent;
                    }
                    continue;
                }
                Ok(reply) => repeatable(parts, reply.status).then_some(reply.retry_after),
                // It may have arrived: only what knows itself again is sent again.
                Err(_) => has_client_token(parts).then_some(None),
            };
            match pause {
                Some(asked) if retries < MAX_RETRIES => {
                    let backoff = FIRST_BACKOFF * 2_u32.pow(retries);
                    retries += 1;
                    self.time
                        .wait(asked.unwrap_or(backoff).min(LONGEST_BACKOFF))
                        .await;
                }
                _ => return sent,
            }
        }
    }

    /// A token; `renew` gets a new one where that can be had.
    async fn token(&self, renew: bool) -> Result<String, Failure> {
        let mut credentials = self.credentials.lock().await;
        credentials.token(&self.wire, self.time.now(), renew).await
    }
}

fn fields<E: Endpoint>(request: &E::Request) -> Result<Map<String, Value>, Failure> {
    let operation = E::OPERATION.name();
    let not_object = |reason: String| Failure::NotUnderstood { operation, reason };
    match serde_json::to_value(request).map_err(|error| not_object(error.to_string()))? {
        Value::Object(fields) => Ok(fields),
        other => Err(not_object(format!("a request is an object, not {other}"))),
    }
}

fn has_client_token(parts: &Parts) -> bool {
    parts
        .body
        .as_ref()
        .is_some_and(|fields| fields.contains_key("client_token"))
}

/// Whether a call that was answered with this status may be made again. A POST that starts something carries
/// a token by which the server knows it again; any other may do its work twice.
fn repeatable(parts: &Parts, status: u16) -> bool {
    match status {
        429 | 503 => parts.method == Method::Get || has_client_token(parts),
        502 | 504 => has_client_token(parts),
        _ => false,
    }
}
