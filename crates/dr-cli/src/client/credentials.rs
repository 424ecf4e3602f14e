//! Which token a call carries, and where a new one comes from.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Parts;
use super::wire::Wire;
use crate::failure::Failure;
use crate::session::{Session, SessionFile};
use dr_api::Method;

/// A token that ends within this many seconds is renewed first: clocks differ.
const RENEW_BEFORE_SECONDS: i64 = 30;

/// What signing in gives.
#[derive(Deserialize)]
pub struct SignedIn {
    /// What calls carry.
    pub id_token: String,
    /// What gets a new one.
    pub refresh_token: String,
    /// How long the id token is valid.
    pub expires_in: i64,
}

#[derive(Deserialize)]
struct Refreshed {
    id_token: String,
    expires_in: i64,
}

/// Where tokens come from.
pub enum Credentials {
    /// `DR_TOKEN`.
    Fixed(String),
    /// The session on disk.
    Session {
        /// The session.
        session: Session,
        /// Where it is kept.
        file: SessionFile,
    },
    /// `DR_USERNAME` and `DR_PASSWORD`: signed in at the first call, and kept nowhere.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: String,
        /// The token in use, and when it ends in seconds since 1970.
        token: Option<(String, i64)>,
    },
    /// Nobody is signed in; with what to say.
    None(String),
}

impl Credentials {
    /// A token that is still valid, or, with `renew`, a new one where it can be had.
    pub(super) async fn token(
        &mut self,
        wire: &Wire,
        now: i64,
        renew: bool,
    ) -> Result<String, Failure> {
        let ends_soon = |at: i64| renew || at - RENEW_BEFORE_SECONDS <= now;
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::None(why) => Err(Failure::NotSignedIn(why.clone())),
            Self::Session { session, file } => {
                if ends_soon(session.expires_at) {
                    let fresh = refresh(wire, &session.refresh_token).await?;
                    session.id_token = fresh.id_token;
                    session.expires_at = now + fresh.expires_in;
                    file.write(session)?;
                }
                Ok(session.id_token.clone())
            }
            Self::Password {
                username,
                password,
                token,
            } => match token {
                Some((token, ends_at)) if !ends_soon(*ends_at) => Ok(token.clone()),
                _ => {
                    let signed_in = sign_in(wire, username, password).await?;
                    let fresh = signed_in.id_token;
                    *token = Some((fresh.clone(), now + signed_in.expires_in));
                    Ok(fresh)
                }
            },
        }
    }
}

/// Signs in.
///
/// # Errors
/// [`Failure::Api`] when name or password are wrong.
pub async fn sign_in(wire: &Wire, username: &str, password: &str) -> Result<SignedIn, Failure> {
    let body = json!({ "username": username, "password": password });
    let text = post(wire, "/auth/sign-in", body).await?;
    understood("sign-in", &text)
}

/// Ends a session at the server.
///
/// # Errors
/// When the server cannot be reached, or refuses.
pub async fn sign_out(wire: &Wire, refresh_token: &str) -> Result<(), Failure> {
    let body = json!({ "refresh_token": refresh_token });
    post(wire, "/auth/sign-out", body).await.map(drop)
}

async fn refresh(wire: &Wire, refresh_token: &str) -> Result<Refreshed, Failure> {
    let body = json!({ "refresh_token": refresh_token });
    match post(wire, "/auth/refresh", body).await {
        Ok(text) => understood("refresh", &text),
        Err(Failure::Api {
            status: 400 | 401, ..
        }) => Err(Failure::NotSignedIn(
            "The session is over: sign in again with `dr sign-in`".to_owned(),
        )),
        Err(other) => Err(other),
    }
}

async fn post(wire: &Wire, path: &str, body: Value) -> Result<String, Failure> {
    let fields: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
    let parts = Parts {
        method: Method::Post,
        target: path.to_owned(),
        body: Some(fields),
    };
    let reply = wire.send(&parts, None).await?;
    if reply.is_success() {
        Ok(reply.body)
    } else {
        Err(reply.failure())
    }
}

/// The decoder's words are left out: they may quote a token.
fn understood<T: serde::de::DeserializeOwned>(
    operation: &'static str,
    text: &str,
) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| Failure::NotUnderstood {
        operation,
        reason: "no tokens in it".to_owned(),
    })
}
