//! A session: tokens, and who they are for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_model::role::Role;
use serde::Deserialize;
use ui::Problem;

/// A token is renewed so long before its end, in milliseconds: 1 minute.
const EARLY_MS: f64 = 60_000.0;

/// What a sign-in or a refresh gives. Both of the local server and of Cognito.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Tokens {
    /// Shows who one is.
    pub id_token: String,
    /// Gets new tokens; a refresh gives none.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// Seconds until the id token ends.
    pub expires_in: f64,
}

/// Who is signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The name.
    pub username: String,
    /// The roles that are known here.
    pub roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "cognito:username")]
    username: String,
    #[serde(default, rename = "cognito:groups")]
    groups: Vec<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Shows who one is.
    pub id_token: String,
    /// Gets new tokens.
    pub refresh_token: Option<String>,
    /// When the id token ends, in milliseconds of this browser's clock.
    pub ends_ms: f64,
    /// Who it is for.
    pub who: Who,
}

impl Session {
    /// A session of tokens that came now.
    ///
    /// # Errors
    /// The id token is none.
    pub fn begin(tokens: Tokens, now_ms: f64) -> Result<Self, Problem> {
        let who = who(&tokens.id_token)
            .ok_or_else(|| Problem::new("BAD_TOKEN", "The sign-in gave a token that is none"))?;
        let ends_ms = now_ms + tokens.expires_in * 1000.0;
        Ok(Self {
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            ends_ms,
            who,
        })
    }

    /// The session goes on with new tokens; the refresh token stays where there is no new one.
    ///
    /// # Errors
    /// The id token is none.
    pub fn renewed(&self, tokens: Tokens, now_ms: f64) -> Result<Self, Problem> {
        let mut renewed = Self::begin(tokens, now_ms)?;
        if renewed.refresh_token.is_none() {
            renewed.refresh_token.clone_from(&self.refresh_token);
        }
        Ok(renewed)
    }

    /// It is time for a new token.
    #[must_use]
    pub fn is_ending(&self, now_ms: f64) -> bool {
        now_ms >= self.ends_ms - EARLY_MS
    }
}

/// Reads the claims. The signature is the server's to look at: here they only decide what is shown.
fn who(token: &str) -> Option<Who> {
    let payload = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let roles = claims
        .groups
        .iter()
        .filter_map(|name| Role::named(name))
        .collect();
    Some(Who {
        username: claims.username,
        roles,
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use dr_model::role::Role;

    use super::{Session, Tokens};

    fn tokens(refresh: Option<&str>) -> Tokens {
        let claims = r#"{"cognito:username":"ann","cognito:groups":["operator","strangers"]}"#;
        Tokens {
            id_token: format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)),
            refresh_token: refresh.map(str::to_owned),
            expires_in: 3600.0,
        }
    }

    #[test]
    fn a_session_knows_its_person_and_roles_that_are_not_ours_are_left_out() {
        let session = Session::begin(tokens(Some("r")), 0.0).unwrap();
        assert_eq!(
            (session.who.username.as_str(), session.who.roles.as_slice()),
            ("ann", &[Role::Operator][..])
        );
        let bad = Tokens {
            id_token: "nonsense".to_owned(),
            ..tokens(None)
        };
        assert!(Session::begin(bad, 0.0).is_err());
    }

    #[test]
    fn a_token_is_renewed_a_minute_early_and_keeps_its_refresh_token() {
        let session = Session::begin(tokens(Some("r")), 0.0).unwrap();
        assert!(!session.is_ending(3_539_000.0));
        assert!(session.is_ending(3_540_000.0));
        let renewed = session.renewed(tokens(None), 3_540_000.0).unwrap();
        assert_eq!(renewed.refresh_token.as_deref(), Some("r"));
        assert!(!renewed.is_ending(3_600_000.0));
    }
}
