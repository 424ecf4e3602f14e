//! `/auth/...`: in place of Cognito's hosted sign-in.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::Semaphore;

use super::answer::{self, Refusal};
use super::{Door, content};
use crate::auth::{Guessing, Sessions, Users, Who};

/// Two names and a token are far below this.
const LARGEST: usize = 16 * 1024;

/// Passwords looked at at once: each takes a core for tens of milliseconds and 19 MiB.
const AT_ONCE: usize = 2;

/// Who can sign in.
#[derive(Clone)]
pub struct Accounts {
    users: Arc<Users>,
    sessions: Arc<Sessions>,
    guessing: Arc<Guessing>,
    looking: Arc<Semaphore>,
}

impl Accounts {
    /// Users and their sessions.
    #[must_use]
    pub fn new(users: Users, sessions: Sessions) -> Self {
        Self {
            users: Arc::new(users),
            sessions: Arc::new(sessions),
            guessing: Arc::default(),
            looking: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithToken {
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOut {
    refresh_token: String,
    /// Every session of the user ends, not this one alone.
    #[serde(default)]
    everywhere: bool,
}

pub(super) async fn serve(door: &Door, request: Request) -> Result<Response, Refusal> {
    let accounts = door.inner.accounts.as_ref();
    let accounts = accounts.ok_or_else(Refusal::no_such_path)?;
    let path = request.uri().path().to_owned();
    if !matches!(
        path.as_str(),
        "/auth/sign-in" | "/auth/refresh" | "/auth/sign-out"
    ) {
        return Err(Refusal::no_such_path());
    }
    match *request.method() {
        Method::POST => {}
        Method::OPTIONS => return Ok(answer::options("POST, OPTIONS")),
        _ => return Err(Refusal::method("POST, OPTIONS")),
    }
    let (parts, body) = request.into_parts();
    let body = content::read_up_to(LARGEST, &parts.headers, body).await?;
    let body = body.unwrap_or_default();
    match path.as_str() {
        "/auth/sign-in" => accounts.sign_in(door, parse(&body)?).await,
        "/auth/refresh" => accounts.refresh(door, &parse(&body)?),
        _ => accounts.sign_out(door, &parse(&body)?),
    }
}

impl Accounts {
    async fn sign_in(&self, door: &Door, asked: SignIn) -> Result<Response, Refusal> {
        let SignIn { username, password } = asked;
        let _permit = self.looking.acquire().await;
        let now = door.inner.issuer.now();
        if let Some(wait) = self.guessing.wait(&username, now) {
            return Err(Refusal::too_many_attempts(wait));
        }
        let users = Arc::clone(&self.users);
        let name = username.clone();
        let role = tokio::task::spawn_blocking(move || users.check(&name, &password))
            .await
            .map_err(|_| Refusal::internal())?;
        let Some(role) = role else {
            self.guessing.wrong(&username, now);
            return Err(Refusal::wrong_password());
        };
        self.guessing.right(&username);
        let refresh_token = self.sessions.begin(&username, now).map_err(unsaved)?;
        let id_token = issue(door, &Who { username, role })?;
        let body = json!({
            "id_token": id_token,
            "refresh_token": refresh_token,
            "expires_in": door.inner.issuer.valid_seconds(),
            "token_type": "Bearer",
        });
        Ok(answer::json(StatusCode::OK, body.to_string()))
    }

    fn refresh(&self, door: &Door, asked: &WithToken) -> Result<Response, Refusal> {
        let username = self
            .sessions
            .user(&asked.refresh_token, door.inner.issuer.now())
            .ok_or_else(|| Refusal::unauthenticated("The session is over"))?;
        // A user who is gone since has no session either.
        let role = self
            .users
            .role(&username)
            .ok_or_else(|| Refusal::unauthenticated("The session is over"))?;
        let id_token = issue(door, &Who { username, role })?;
        let body = json!({
            "id_token": id_token,
            "expires_in": door.inner.issuer.valid_seconds(),
            "token_type": "Bearer",
        });
        Ok(answer::json(StatusCode::OK, body.to_string()))
    }

    /// Ends the session, or all of its user. An id token that it gave out stays valid for the rest of its hour, as
    /// Cognito's does.
    fn sign_out(&self, door: &Door, asked: &SignOut) -> Result<Response, Refusal> {
        if asked.everywhere {
            let now = door.inner.issuer.now();
            self.sessions.end_all_of(&asked.refresh_token, now)
        } else {
            self.sessions.end(&asked.refresh_token)
        }
        .map_err(unsaved)?;
        Ok(answer::empty())
    }
}

fn issue(door: &Door, who: &Who) -> Result<String, Refusal> {
    door.inner.issuer.issue(who).map_err(|error| {
        tracing::error!(%error, "no token could be signed");
        Refusal::internal()
    })
}

fn unsaved(error: crate::state_dir::StateDirError) -> Refusal {
    tracing::error!(error = &error as &dyn std::error::Error, "sessions");
    Refusal::internal()
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Refusal> {
    serde_json::from_str(body).map_err(|error| Refusal::invalid(error.to_string()))
}
