//! The users of the one-machine server.

use serde_json::json;
use ui::Problem;

use super::session::Tokens;
use crate::api::fetch::{self, Ask};

const JSON: &str = "application/json";

pub(super) async fn sign_in(api: &str, username: &str, password: &str) -> Result<Tokens, Problem> {
    post(
        &format!("{api}/auth/sign-in"),
        json!({ "username": username, "password": password }).to_string(),
    )
    .await
}

pub(super) async fn refresh(api: &str, token: &str) -> Result<Tokens, Problem> {
    post(
        &format!("{api}/auth/refresh"),
        json!({ "refresh_token": token }).to_string(),
    )
    .await
}

/// Ends the session at the server, or all of its person.
pub(super) async fn sign_out(api: &str, token: &str, everywhere: bool) -> Result<(), Problem> {
    let body = json!({ "refresh_token": token, "everywhere": everywhere }).to_string();
    let url = format!("{api}/auth/sign-out");
    fetch::send(Ask::post(&url, JSON, body)).await.map(drop)
}

async fn post(url: &str, body: String) -> Result<Tokens, Problem> {
    let answer = fetch::send(Ask::post(url, JSON, body)).await?;
    serde_json::from_str(&answer.body).map_err(|error| {
        Problem::new(
            "BAD_ANSWER",
            format!("The sign-in answered nonsense: {error}"),
        )
    })
}
