//! Cognito's own sign-in page: authorization code with PKCE. The secret and the way back wait in this tab's session
//! storage while the person is away; tokens never do.

use dr_api::split::encode;
use ui::Problem;

use super::pkce;
use super::session::Tokens;
use crate::api::fetch::{self, Ask};

const FORM: &str = "application/x-www-form-urlencoded";
const SECRET: &str = "dr.pkce";
const STATE: &str = "dr.state";
const BACK: &str = "dr.back";

/// The user pool's client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Origin of the pool's domain.
    pub domain: String,
    /// The app client.
    pub client_id: String,
    /// Where the person comes back to: registered with the client.
    pub redirect: String,
}

/// What comes back in the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Return {
    /// Nothing: the person did not come from there.
    None,
    /// A code for tokens.
    Code(String),
    /// It was refused.
    Refused(String),
}

impl Pool {
    fn authorize(&self, challenge: &str, state: &str) -> String {
        format!(
            "{}/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}&scope={}&state={state}&code_challenge_method=S256&code_challenge={challenge}",
            self.domain,
            encode(&self.client_id),
            encode(&self.redirect),
            encode("openid email profile"),
        )
    }

    fn logout(&self) -> String {
        format!(
            "{}/logout?client_id={}&logout_uri={}",
            self.domain,
            encode(&self.client_id),
            encode(&self.redirect)
        )
    }

    async fn token(&self, grant: &str) -> Result<Tokens, Problem> {
        let body = format!("client_id={}&{grant}", encode(&self.client_id));
        let answer = fetch::send(Ask::post(
            &format!("{}/oauth2/token", self.domain),
            FORM,
            body,
        ))
        .await?;
        serde_json::from_str(&answer.body).map_err(|error| {
            Problem::new("BAD_ANSWER", format!("Cognito answered nonsense: {error}"))
        })
    }

    pub(super) async fn refresh(&self, token: &str) -> Result<Tokens, Problem> {
        self.token(&format!(
            "grant_type=refresh_token&refresh_token={}",
            encode(token)
        ))
        .await
    }

    /// Sends the person to the sign-in page.
    pub(super) fn leave(&self) -> Result<(), Problem> {
        let failed = || {
            Problem::new(
                "NO_BROWSER",
                "This browser gives no random numbers or no session storage",
            )
        };
        let (secret, state) = (
            pkce::secret(random().ok_or_else(failed)?),
            pkce::secret(random().ok_or_else(failed)?),
        );
        let storage = storage().ok_or_else(failed)?;
        let location = leptos::prelude::window().location();
        let back = format!(
            "{}{}",
            location.pathname().unwrap_or_default(),
            location.search().unwrap_or_default()
        );
        for (name, value) in [
            (SECRET, secret.as_str()),
            (STATE, state.as_str()),
            (BACK, back.as_str()),
        ] {
            storage.set_item(name, value).map_err(|_| failed())?;
        }
        location
            .set_href(&self.authorize(&pkce::challenge(&secret), &state))
            .map_err(|_| failed())
    }

    /// Takes the code that the person came back with, and gives tokens and where he was.
    pub(super) async fn arrive(&self) -> Result<Option<(Tokens, String)>, Problem> {
        let search = leptos::prelude::window()
            .location()
            .search()
            .unwrap_or_default();
        let taken = |name: &str| {
            let storage = storage()?;
            let value = storage.get_item(name).ok().flatten();
            let _ = storage.remove_item(name);
            value
        };
        let (secret, state, back) = (taken(SECRET), taken(STATE), taken(BACK));
        match returned(&search, state.as_deref()) {
            Return::None => Ok(None),
            Return::Refused(why) => Err(Problem::new(
                "SIGN_IN_REFUSED",
                format!("Cognito refused the sign-in: {why}"),
            )),
            Return::Code(code) => {
                let secret = secret.unwrap_or_default();
                let grant = format!(
                    "grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
                    encode(&code),
                    encode(&self.redirect),
                    encode(&secret),
                );
                Ok(Some((self.token(&grant).await?, back.unwrap_or_default())))
            }
        }
    }

    /// Revokes the refresh token, with all that came of it, and ends the session at Cognito's page.
    pub(super) async fn sign_out(&self, token: Option<&str>) {
        if let Some(token) = token {
            let body = format!(
                "client_id={}&token={}",
                encode(&self.client_id),
                encode(token)
            );
            let _ = fetch::send(Ask::post(
                &format!("{}/oauth2/revoke", self.domain),
                FORM,
                body,
            ))
            .await;
        }
        let _ = leptos::prelude::window()
            .location()
            .set_href(&self.logout());
    }
}

/// What the query string says, if its `state` is the one that was sent away.
fn returned(search: &str, state: Option<&str>) -> Return {
    let value = |name: &str| {
        search.trim_start_matches('?').split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| {
                percent_encoding::percent_decode_str(value)
                    .decode_utf8_lossy()
                    .into_owned()
            })
        })
    };
    match (value("code"), value("error")) {
        (None, None) => Return::None,
        (_, Some(error)) => Return::Refused(error),
        (Some(code), None) if state.is_some() && value("state").as_deref() == state => {
            Return::Code(code)
        }
        (Some(_), None) => Return::Refused("the answer belongs to another sign-in".to_owned()),
    }
}

fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    leptos::prelude::window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Pool, Return, returned};

    #[test]
    fn a_code_counts_only_with_the_state_that_was_sent() {
        assert_eq!(
            returned("?code=a%2Fb&state=s", Some("s")),
            Return::Code("a/b".to_owned())
        );
        assert!(matches!(
            returned("?code=a&state=t", Some("s")),
            Return::Refused(_)
        ));
        assert!(matches!(returned("?code=a", None), Return::Refused(_)));
        assert_eq!(
            returned("?error=access_denied", None),
            Return::Refused("access_denied".to_owned())
        );
        assert_eq!(returned("?q=x", None), Return::None);
    }

    #[test]
    fn the_way_to_the_sign_in_page_carries_the_challenge_and_never_the_secret() {
        let pool = Pool {
            domain: "https://d".to_owned(),
            client_id: "c".to_owned(),
            redirect: "https://x/console/".to_owned(),
        };
        let url = pool.authorize("hash", "s");
        assert!(url.starts_with("https://d/oauth2/authorize?response_type=code&client_id=c&redirect_uri=https%3A%2F%2Fx%2Fconsole%2F"));
        assert!(url.ends_with("code_challenge_method=S256&code_challenge=hash"));
    }
}
