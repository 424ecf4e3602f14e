//! The two clients: before the sign-in and after it.

use std::future::Future;
use std::pin::Pin;

use dr_api::split::split;
use dr_api::{Endpoint, Operation};
use leptos::prelude::*;
use serde_json::{Map, Value};
use ui::Problem;

use super::cognito::Pool;
use super::local;
use super::session::{Session, Tokens, Who};
use crate::api::fetch::{self, Ask, UNAUTHENTICATED};
use crate::config::{BASE, Config, SignIn};

/// Most entries that a list answers at once.
const MOST: u32 = 1000;

/// The client before the sign-in: it can sign in, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous {
    config: StoredValue<Config>,
    session: RwSignal<Option<Session>>,
}

/// The client of a session: it calls the API.
#[derive(Debug, Clone, Copy)]
pub struct Authorised {
    anonymous: Anonymous,
}

fn now_ms() -> f64 {
    js_sys::Date::now()
}

impl Anonymous {
    /// A client without a session.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config: StoredValue::new(config),
            session: RwSignal::new(None),
        }
    }

    /// The client of the session, while there is one.
    #[must_use]
    pub fn authorised(self) -> Option<Authorised> {
        self.session
            .with(Option::is_some)
            .then_some(Authorised { anonymous: self })
    }

    /// How people sign in here.
    #[must_use]
    pub fn sign_in_kind(self) -> SignIn {
        self.config.with_value(|config| config.sign_in.clone())
    }

    fn api_url(self) -> String {
        self.config.with_value(|config| config.api_url.clone())
    }

    fn pool(self) -> Option<Pool> {
        match self.sign_in_kind() {
            SignIn::Local => None,
            SignIn::Cognito { domain, client_id } => {
                let origin = window().location().origin().unwrap_or_default();
                Some(Pool {
                    domain,
                    client_id,
                    redirect: format!("{origin}{BASE}/"),
                })
            }
        }
    }

    /// Signs in with name and password.
    ///
    /// # Errors
    /// They are wrong, or the server cannot be asked.
    pub async fn sign_in(self, username: &str, password: &str) -> Result<(), Problem> {
        let tokens = local::sign_in(&self.api_url(), username, password).await?;
        self.session.set(Some(Session::begin(tokens, now_ms())?));
        Ok(())
    }

    /// Goes to Cognito's sign-in page.
    ///
    /// # Errors
    /// The browser keeps nothing.
    pub fn leave_for_cognito(self) -> Result<(), Problem> {
        self.pool().map_or(Ok(()), |pool| pool.leave())
    }

    /// Takes what a person who comes back from Cognito brings, and says where he was.
    ///
    /// # Errors
    /// Cognito refused.
    pub async fn arrive_from_cognito(self) -> Result<Option<String>, Problem> {
        let Some(pool) = self.pool() else {
            return Ok(None);
        };
        let Some((tokens, back)) = pool.arrive().await? else {
            return Ok(None);
        };
        self.session.set(Some(Session::begin(tokens, now_ms())?));
        Ok(Some(back))
    }
}

impl Authorised {
    /// Calls an operation.
    ///
    /// # Errors
    /// What the server refused, with its request id; or that it cannot be reached.
    pub async fn call<E: Endpoint>(self, request: &E::Request) -> Result<E::Response, Problem> {
        read(&self.send(E::OPERATION, fields(request)?).await?)
    }

    /// Calls a listing operation until there is no next page. `read_page` takes a page apart into entries and the token of
    /// the next.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn all<E: Endpoint, T>(
        self,
        request: &E::Request,
        read_page: impl Fn(E::Response) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Problem> {
        let mut all = Vec::new();
        let mut take = |page: &str| {
            let (entries, next) = read_page(read(page)?);
            all.extend(entries);
            Ok(next)
        };
        self.pages(E::OPERATION, fields(request)?, &mut take)
            .await?;
        Ok(all)
    }

    /// Whatever is listed: compiled once. `take` takes a page, and answers the token of the next.
    fn pages<'a>(
        self,
        operation: Operation,
        mut asked: Map<String, Value>,
        take: &'a mut dyn FnMut(&str) -> Result<Option<String>, Problem>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Problem>> + 'a>> {
        asked.insert("limit".to_owned(), MOST.into());
        Box::pin(async move {
            while let Some(token) = take(&self.send(operation, asked.clone()).await?)? {
                asked.insert("next_token".to_owned(), token.into());
            }
            Ok(())
        })
    }

    /// Who is signed in. Follows the session.
    #[must_use]
    pub fn who(self) -> Who {
        self.anonymous.session.with(|session| {
            session
                .as_ref()
                .map(|session| session.who.clone())
                .unwrap_or_default()
        })
    }

    /// Ends the session, here and at the server.
    pub async fn sign_out(self) {
        let session = self.anonymous.session.get_untracked();
        self.anonymous.session.set(None);
        let token = session.and_then(|session| session.refresh_token);
        match (self.anonymous.pool(), token) {
            (Some(pool), token) => pool.sign_out(token.as_deref()).await,
            (None, Some(token)) => {
                // That the server cannot be told does not keep a person signed in.
                let _ = local::sign_out(&self.anonymous.api_url(), &token, false).await;
            }
            (None, None) => {}
        }
    }

    /// Ends every session of the person, in other browsers as well; then this one.
    ///
    /// # Errors
    /// The server did not do it: this session goes on too, or a person would believe that the others have ended.
    pub async fn sign_out_everywhere(self) -> Result<(), Problem> {
        if self.anonymous.pool().is_none() {
            let session = self.anonymous.session.get_untracked();
            if let Some(token) = session.and_then(|session| session.refresh_token) {
                local::sign_out(&self.anonymous.api_url(), &token, true).await?;
            }
        }
        self.sign_out().await;
        Ok(())
    }

    /// How people sign in here.
    #[must_use]
    pub fn sign_in_kind(self) -> SignIn {
        self.anonymous.sign_in_kind()
    }

    /// The version of the server, where it says so.
    #[must_use]
    pub fn server_version(self) -> Option<String> {
        self.anonymous
            .config
            .with_value(|config| config.version.clone())
    }

    /// Whether what the server shows is simulated.
    #[must_use]
    pub fn has_simulator(self) -> bool {
        self.anonymous.config.with_value(|config| config.simulator)
    }

    /// The body of an operation's answer.
    async fn send(
        self,
        operation: Operation,
        fields: Map<String, Value>,
    ) -> Result<String, Problem> {
        let parts = split(operation, fields)
            .map_err(|error| Problem::new("UNSENDABLE", error.to_string()))?;
        let body = parts.body.map(|fields| Value::Object(fields).to_string());
        self.ask(parts.method.as_str(), &parts.target, body).await
    }

    /// Calls a path with the token of the session, renewed where it is not accepted any more, and gives the body of the
    /// answer back. For what is no operation; operations have [`Self::call`].
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn ask(
        self,
        method: &'static str,
        target: &str,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<String, Problem>>>> {
        let url = format!("{}{target}", self.anonymous.api_url());
        Box::pin(async move {
            let mut token = self.token(false).await?;
            let mut is_renewed = false;
            loop {
                let ask = Ask {
                    method,
                    url: &url,
                    body: body.clone().map(|body| ("application/json", body)),
                    token: Some(&token),
                };
                match fetch::send(ask).await {
                    Ok(answer) => return Ok(answer.body),
                    Err(problem) if problem.code == UNAUTHENTICATED && !is_renewed => {
                        token = self.token(true).await?;
                        is_renewed = true;
                    }
                    Err(problem) => return Err(problem),
                }
            }
        })
    }

    /// The id token, renewed where it ends soon or is not accepted any more.
    async fn token(self, is_refused: bool) -> Result<String, Problem> {
        let over = || Problem::new(UNAUTHENTICATED, "The session is over: sign in again");
        let session = self.anonymous.session.get_untracked().ok_or_else(over)?;
        if !is_refused && !session.is_ending(now_ms()) {
            return Ok(session.id_token);
        }
        let renewed = match self.refresh(&session).await {
            Ok(tokens) => session.renewed(tokens, now_ms())?,
            // A server that cannot be reached for a moment ends no session.
            Err(problem) if problem.code == fetch::UNREACHABLE => return Err(problem),
            Err(_) => {
                self.anonymous.session.set(None);
                return Err(over());
            }
        };
        let token = renewed.id_token.clone();
        // Signed out meanwhile: stays signed out.
        self.anonymous.session.update(|now| {
            if now.is_some() {
                *now = Some(renewed);
            }
        });
        Ok(token)
    }

    async fn refresh(self, session: &Session) -> Result<Tokens, Problem> {
        let token = session
            .refresh_token
            .as_deref()
            .ok_or_else(|| Problem::new(UNAUTHENTICATED, "The session cannot be renewed"))?;
        match self.anonymous.pool() {
            Some(pool) => pool.refresh(token).await,
            None => local::refresh(&self.anonymous.api_url(), token).await,
        }
    }
}

fn fields<T: serde::Serialize>(request: &T) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(request) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        _ => Err(Problem::new("UNSENDABLE", "The request has no fields")),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, Problem> {
    serde_json::from_str(body).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem {
        remediation: Some(
            "The console and the server may be of different versions: reload the page.".to_owned(),
        ),
        ..Problem::new("BAD_ANSWER", format!("The answer cannot be read: {error}"))
    }
}
