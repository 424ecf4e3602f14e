//! Id tokens with Cognito's claims, signed with an Ed25519 key that this installation made for
//! itself. (Cognito signs with RS256; nobody but this process reads these.)

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use dr_error::ids::derived;
use dr_error::{Clock, IdSource};
use dr_model::role::Role;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::state_dir::{StateDir, StateDirError};

const FILE: &str = "token-key.json";
/// Cognito's default validity of id tokens.
const VALID: TimeDelta = TimeDelta::hours(1);
/// In place of the user pool client's id.
const AUDIENCE: &str = "dr-local";

/// Who a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The user's name.
    pub username: String,
    /// The user's role.
    pub role: Role,
}

/// The claims of an id token, as Cognito's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's id, which never changes.
    pub sub: String,
    /// The user's address.
    pub email: String,
    /// Always true here.
    pub email_verified: bool,
    /// The user's name.
    #[serde(rename = "cognito:username")]
    pub username: String,
    /// The roles.
    #[serde(rename = "cognito:groups")]
    pub groups: Vec<String>,
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Always `id`.
    pub token_use: String,
    /// When the user signed in or refreshed, in seconds since 1970.
    pub auth_time: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// It was ours, and its time is over.
    #[error("the token has expired")]
    Expired,
    /// It is no token, or not ours, or not an id token.
    #[error("the token is not valid here")]
    Foreign,
}

/// Issues tokens and knows its own.
pub struct Issuer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    issuer: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.issuer)
    }
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    /// The Ed25519 secret key, 32 bytes in base64.
    secret: String,
}

impl Issuer {
    /// Takes the key from the state directory, or makes one at the first start. `clock` is the
    /// real one.
    ///
    /// # Errors
    /// [`StateDirError`], also for a key file that holds no key.
    pub fn open(
        dir: &StateDir,
        environment: &str,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, StateDirError> {
        let bad_key = |reason: String| StateDirError::Io {
            path: dir.file(FILE),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, reason),
        };
        let secret: [u8; 32] = match dir.read::<KeyFile>(FILE)? {
            Some(file) => STANDARD
                .decode(file.secret)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| bad_key("not an Ed25519 key".to_owned()))?,
            None => {
                let secret = rand::random::<[u8; 32]>();
                let text = STANDARD.encode(secret);
                dir.write(FILE, &KeyFile { secret: text })?;
                secret
            }
        };
        let key = SigningKey::from_bytes(&secret);
        let der = key.to_pkcs8_der().map_err(|e| bad_key(e.to_string()))?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            decoding: DecodingKey::from_ed_der(key.verifying_key().as_bytes()),
            issuer: format!("https://dr-local/{environment}"),
            clock,
            ids,
        })
    }

    /// What time it is for tokens: real time.
    #[must_use]
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    /// How long a token is valid, in seconds.
    #[must_use]
    pub fn valid_seconds(&self) -> i64 {
        VALID.num_seconds()
    }

    /// Issues a token.
    ///
    /// # Errors
    /// Whatever the signer says; it has no reason to.
    pub fn issue(&self, who: &Who) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now();
        let claims = Claims {
            sub: derived("local user", &who.username).to_string(),
            email: format!("{}@dr-local.invalid", who.username),
            email_verified: true,
            username: who.username.clone(),
            groups: vec![who.role.name().to_owned()],
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            token_use: "id".to_owned(),
            auth_time: now.timestamp(),
            iat: now.timestamp(),
            exp: (now + VALID).timestamp(),
            jti: self.ids.uuid().to_string(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.encoding)
    }

    /// The claims of a token that is ours and has not ended.
    ///
    /// # Errors
    /// [`TokenRefused`].
    pub fn verify(&self, token: &str) -> Result<Claims, TokenRefused> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The crate would ask the system's clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| TokenRefused::Foreign)?
            .claims;
        if claims.token_use != "id" {
            return Err(TokenRefused::Foreign);
        }
        if claims.exp <= self.clock.now().timestamp() {
            return Err(TokenRefused::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use dr_error::clock::ManualClock;
    use dr_error::ids::CountedIds;
    use dr_model::role::Role;

    use super::{Issuer, TokenRefused, Who};
    use crate::state_dir::StateDir;

    fn issuer(dir: &StateDir, environment: &str, clock: &Arc<ManualClock>) -> Issuer {
        let ids = Arc::new(CountedIds::from_seed(1));
        Issuer::open(dir, environment, Arc::clone(clock) as _, ids).unwrap()
    }

    fn somebody() -> Who {
        Who {
            username: "operator".to_owned(),
            role: Role::Operator,
        }
    }

    #[test]
    fn a_token_is_accepted_by_its_installation_until_its_hour_is_over() {
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::open(temp.path()).unwrap();
        let clock = Arc::new(ManualClock::at_epoch());
        let token = issuer(&dir, "local", &clock).issue(&somebody()).unwrap();
        let reopened = issuer(&dir, "local", &clock);
        clock.advance(Duration::from_secs(3599));
        let claims = reopened.verify(&token).unwrap();
        assert_eq!(claims.groups, ["operator"]);
        assert_eq!(claims.token_use, "id");
        clock.advance(Duration::from_secs(1));
        assert_eq!(reopened.verify(&token), Err(TokenRefused::Expired));
    }

    #[test]
    fn a_token_of_another_key_or_environment_or_algorithm_is_foreign() {
        let clock = Arc::new(ManualClock::at_epoch());
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let here = StateDir::open(here.path()).unwrap();
        let there = StateDir::open(there.path()).unwrap();
        let ours = issuer(&here, "local", &clock);
        let token = ours.issue(&somebody()).unwrap();
        let other_key = issuer(&there, "local", &clock).issue(&somebody()).unwrap();
        let other_environment = issuer(&here, "prod", &clock).issue(&somebody()).unwrap();
        let claims = ours.verify(&token).unwrap();
        let hmac = jsonwebtoken::encode(
            &jsonwebtoken::Header::default(),
            &claims,
            &jsonwebtoken::EncodingKey::from_secret(b"guess"),
        )
        .unwrap();
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let unsigned = format!("{head}.{rest}.");
        let swapped = format!(
            "{head}.{}.{signature}",
            hmac.split('.').nth(1).unwrap().replace('A', "B")
        );
        for bad in [
            &*other_key,
            &other_environment,
            &hmac,
            &unsigned,
            &swapped,
            "",
            "a.b.c",
        ] {
            assert_eq!(ours.verify(bad), Err(TokenRefused::Foreign), "{bad}");
        }
    }
}
