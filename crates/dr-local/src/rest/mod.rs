//! API Gateway's and the authorizer's part on one machine: which operation, by whom, in the event
//! that a Lambda proxy integration receives, and the answer back.
//!
//! # Determinations
//! - API Gateway answers an unknown path with 403 "Missing Authentication Token", before any
//!   authorizer; here it is 404 with the product's own error body.
//! - A crashed function and an answer that is none are 502, a function that takes longer than 29 s
//!   is 504 and goes on running, as in AWS.
//! - An expired, foreign or missing token is 401 with the product's own error body.
//! - `HEAD` is answered as `GET` without the body, `OPTIONS` with the methods; no other origin is
//!   let in (no CORS headers).

mod answer;
mod content;
mod event;
mod loopback;
mod routes;
mod sign_in;
mod simulator;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use dr_error::IdSource;
use dr_sim::Control;
use tokio::sync::Notify;

use self::answer::Refusal;
use self::event::Stage;
pub use self::loopback::only_loopback_names;
pub use self::routes::{Routes, TableError};
pub use self::sign_in::Accounts;
use crate::auth::{Claims, Issuer, TokenRefused};
use crate::function::Handlers;
use crate::world::World;

/// API Gateway's integration timeout for REST APIs: 29 s.
const LIMIT: Duration = Duration::from_secs(29);

/// What the door stands on.
#[derive(Clone)]
pub struct Door {
    inner: Arc<Parts>,
}

/// The parts of a [`Door`].
pub struct Parts {
    /// The functions.
    pub handlers: Arc<dyn Handlers>,
    /// Every route.
    pub routes: Routes,
    /// Whose tokens are accepted.
    pub issuer: Arc<Issuer>,
    /// Who can sign in; `None` where tokens are issued otherwise (tests).
    pub accounts: Option<Accounts>,
    /// The simulator's control; `None` where there is none to show.
    pub simulator: Option<Control>,
    /// The time in events and errors.
    pub world: Arc<dyn World>,
    /// Request ids.
    pub ids: Arc<dyn IdSource>,
    /// Notified after each call: it may have left something to do.
    pub changed: Arc<Notify>,
    /// The account that the API is deployed in.
    pub account: String,
    /// The stage's name: the environment.
    pub stage: String,
}

impl Door {
    /// A door.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(parts),
        }
    }

    /// The door as a service: the API, `/auth/...`, `/_sim/...` and `/healthz`.
    pub fn router(&self) -> Router {
        Router::new().fallback(enter).with_state(self.clone())
    }
}

async fn enter(State(door): State<Door>, request: Request) -> Response {
    let request_id = door.inner.ids.uuid().to_string();
    let head_only = request.method() == Method::HEAD;
    let answered = match request.uri().path() {
        "/healthz" => healthz(&request),
        path if path.starts_with("/auth/") => sign_in::serve(&door, request).await,
        path if path.starts_with("/_sim") => simulator::serve(&door, request).await,
        _ => door.serve(request, &request_id).await,
    };
    door.inner.changed.notify_one();
    let response =
        answered.unwrap_or_else(|refusal| refusal.response(&request_id, door.inner.world.now()));
    answer::finish(response, &request_id, head_only)
}

fn healthz(request: &Request) -> Result<Response, Refusal> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(answer::json(StatusCode::OK, r#"{"status":"ok"}"#)),
        Method::OPTIONS => Ok(answer::options("GET, HEAD, OPTIONS")),
        _ => Err(Refusal::method("GET, HEAD, OPTIONS")),
    }
}

impl Door {
    /// One call of the API, in the order in which API Gateway looks at it.
    async fn serve(&self, request: Request, request_id: &str) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let found = self.inner.routes.find(parts.uri.path())?;
        let allowed = found.allow();
        if parts.method == Method::OPTIONS {
            return Ok(answer::options(&allowed));
        }
        let method = match parts.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let (function, operation) = found
            .serving(&method)
            .ok_or_else(|| Refusal::method(&allowed))?;
        let claims = self.claims(&parts.headers)?;
        let body = content::read(&parts.headers, body).await?;
        let stage = Stage {
            account: &self.inner.account,
            name: &self.inner.stage,
            request_id,
            now: self.inner.world.now(),
        };
        let event = event::proxy(&stage, &parts, (&method, &found), &claims, body)?;
        tracing::debug!(operation, request_id, "called");
        let handlers = Arc::clone(&self.inner.handlers);
        let id = request_id.to_owned();
        // A task of its own: when the caller goes away or the time is up, it goes on, as in AWS.
        let running = tokio::spawn(async move { handlers.invoke(function, event, id).await });
        match tokio::time::timeout(LIMIT, running).await {
            Ok(Ok(Ok(answered))) => answer::from_proxy(answered).map_err(|why| {
                tracing::error!(operation, request_id, why, "an answer that is none");
                Refusal::bad_gateway()
            }),
            Ok(Ok(Err(failure))) => {
                let (kind, message) = (failure.error_type, failure.error_message);
                tracing::error!(operation, request_id, kind, message, "a function failed");
                Err(Refusal::bad_gateway())
            }
            Ok(Err(crashed)) => {
                tracing::error!(operation, request_id, %crashed, "a function crashed");
                Err(Refusal::bad_gateway())
            }
            Err(_) => Err(Refusal::timed_out()),
        }
    }

    fn claims(&self, headers: &HeaderMap) -> Result<Claims, Refusal> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| Refusal::unauthenticated("This needs a token"))?;
        let text = value.to_str().unwrap_or_default().trim();
        // A Cognito authorizer takes the token with or without the scheme.
        let token = match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) => return Err(Refusal::unauthenticated("The token is not valid here")),
            None => text,
        };
        self.inner
            .issuer
            .verify(token)
            .map_err(|refused| match refused {
                TokenRefused::Expired => Refusal::unauthenticated("The token has expired"),
                TokenRefused::Foreign => Refusal::unauthenticated("The token is not valid here"),
            })
    }
}
