//! Where the API is and how people sign in: `config.json`, served beside the files, differs from place to place.

use serde::Deserialize;
use ui::Problem;

use crate::api::fetch::{self, Ask};

/// The path that everything of the console lies under; the API's own paths lie beside it.
pub const BASE: &str = "/console";

/// What `config.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// Before every path of the API; empty where it is served from the same origin.
    #[serde(default)]
    pub api_url: String,
    /// How people sign in.
    pub sign_in: SignIn,
    /// The version of the server.
    #[serde(default)]
    pub version: Option<String>,
    /// Whether what the server shows is simulated.
    #[serde(default)]
    pub simulator: bool,
}

/// How people sign in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignIn {
    /// The users of the one-machine server: name and password.
    Local,
    /// Cognito's own page: authorization code with PKCE.
    Cognito {
        /// Origin of the user pool's domain.
        domain: String,
        /// The app client: public, without a secret.
        client_id: String,
    },
}

/// Fetches it.
///
/// # Errors
/// It is not there, or says something else.
pub async fn fetch() -> Result<Config, Problem> {
    let answer = fetch::send(Ask::get(&format!("{BASE}/config.json"))).await?;
    serde_json::from_str(&answer.body)
        .map_err(|error| Problem::new("BAD_CONFIG", format!("config.json cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{Config, SignIn};

    #[test]
    fn both_ways_to_sign_in_are_read() {
        let local: Config = serde_json::from_str(r#"{"sign_in":{"kind":"local"}}"#).unwrap();
        assert_eq!((local.api_url.as_str(), local.sign_in), ("", SignIn::Local));
        assert_eq!((local.version, local.simulator), (None, false));
        let text = r#"{"api_url":"https://a.example/prod","sign_in":{"kind":"cognito","domain":"https://d.example","client_id":"c"}}"#;
        let cognito: Config = serde_json::from_str(text).unwrap();
        assert!(matches!(cognito.sign_in, SignIn::Cognito { client_id, .. } if client_id == "c"));
    }
}
