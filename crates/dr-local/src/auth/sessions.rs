//! Refresh tokens: random, kept as hashes, ended by sign-out or after thirty days.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::state_dir::{StateDir, StateDirError};

const FILE: &str = "sessions.json";
/// Cognito's default validity of refresh tokens.
const DAYS: i64 = 30;
/// Sessions of one user; the oldest ends when there would be more.
const PER_USER: usize = 20;

/// All sessions.
#[derive(Debug)]
pub struct Sessions {
    dir: Arc<StateDir>,
    open: Mutex<Vec<Session>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Session {
    /// SHA-256 of the token, in base64: the token is random enough to need no salt.
    token_hash: String,
    username: String,
    expires: DateTime<Utc>,
}

impl Sessions {
    /// The stored sessions.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn load(dir: Arc<StateDir>) -> Result<Self, StateDirError> {
        let open = dir.read(FILE)?.unwrap_or_default();
        Ok(Self {
            dir,
            open: Mutex::new(open),
        })
    }

    /// Begins a session and gives its refresh token.
    ///
    /// # Errors
    /// [`StateDirError`]: no session began.
    pub fn begin(&self, username: &str, now: DateTime<Utc>) -> Result<String, StateDirError> {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.change(|open| {
            open.retain(|session| session.expires > now);
            let of_user = open.iter().filter(|one| one.username == username).count();
            let oldest = open.iter().position(|one| one.username == username);
            if let Some(at) = oldest.filter(|_| of_user >= PER_USER) {
                open.remove(at);
            }
            open.push(Session {
                token_hash: hash(&token),
                username: username.to_owned(),
                expires: now + TimeDelta::days(DAYS),
            });
        })?;
        Ok(token)
    }

    /// Whose session a refresh token is.
    #[must_use]
    pub fn user(&self, token: &str, now: DateTime<Utc>) -> Option<String> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = hash(token);
        open.iter()
            .find(|session| session.token_hash == wanted && session.expires > now)
            .map(|session| session.username.clone())
    }

    /// Ends a session; one that is not there has ended already.
    ///
    /// # Errors
    /// [`StateDirError`]: it may come back after a restart.
    pub fn end(&self, token: &str) -> Result<(), StateDirError> {
        let ended = hash(token);
        self.change(|open| open.retain(|session| session.token_hash != ended))
    }

    /// Ends all of the user whose session a refresh token is.
    ///
    /// # Errors
    /// [`StateDirError`]: they may come back after a restart.
    pub fn end_all_of(&self, token: &str, now: DateTime<Utc>) -> Result<(), StateDirError> {
        match self.user(token, now) {
            Some(user) => self.change(|open| open.retain(|session| session.username != user)),
            None => Ok(()),
        }
    }

    /// Ends all.
    ///
    /// # Errors
    /// [`StateDirError`]: they may come back after a restart.
    pub fn end_all(&self) -> Result<(), StateDirError> {
        self.change(Vec::clear)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Session>)) -> Result<(), StateDirError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = open.clone();
        change(&mut changed);
        self.dir.write(FILE, &changed)?;
        *open = changed;
        Ok(())
    }
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, TimeDelta};

    use super::{PER_USER, Sessions};
    use crate::state_dir::StateDir;

    #[test]
    fn a_session_survives_a_restart_and_ends_with_sign_out_or_in_time() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Arc::new(StateDir::open(temp.path()).unwrap());
        let now = DateTime::UNIX_EPOCH;
        let token = Sessions::load(Arc::clone(&dir))
            .unwrap()
            .begin("admin", now)
            .unwrap();
        let other = Sessions::load(Arc::clone(&dir))
            .unwrap()
            .begin("operator", now)
            .unwrap();
        let sessions = Sessions::load(dir).unwrap();
        assert_eq!(sessions.user(&token, now).as_deref(), Some("admin"));
        assert_eq!(sessions.user(&token, now + TimeDelta::days(31)), None);
        assert_eq!(sessions.user("", now), None);
        sessions.end(&token).unwrap();
        assert_eq!(sessions.user(&token, now), None);
        assert_eq!(sessions.user(&other, now).as_deref(), Some("operator"));
    }

    #[test]
    fn who_ends_all_of_his_sessions_ends_nobody_elses_and_a_token_that_is_none_ends_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let sessions = Sessions::load(Arc::new(StateDir::open(temp.path()).unwrap())).unwrap();
        let now = DateTime::UNIX_EPOCH;
        let [here, there, other] =
            ["admin", "admin", "operator"].map(|user| sessions.begin(user, now).unwrap());
        sessions.end_all_of("stranger", now).unwrap();
        sessions
            .end_all_of(&here, now + TimeDelta::days(31))
            .unwrap();
        assert!(sessions.user(&there, now).is_some());
        sessions.end_all_of(&here, now).unwrap();
        assert_eq!(
            [&here, &there].map(|token| sessions.user(token, now)),
            [None, None]
        );
        assert_eq!(sessions.user(&other, now).as_deref(), Some("operator"));
    }

    #[test]
    fn a_user_holds_so_many_sessions_and_no_more() {
        let temp = tempfile::tempdir().unwrap();
        let sessions = Sessions::load(Arc::new(StateDir::open(temp.path()).unwrap())).unwrap();
        let now = DateTime::UNIX_EPOCH;
        let first = sessions.begin("admin", now).unwrap();
        let all: Vec<_> = (0..PER_USER)
            .map(|_| sessions.begin("admin", now).unwrap())
            .collect();
        assert_eq!(sessions.user(&first, now), None);
        assert!(all.iter().all(|token| sessions.user(token, now).is_some()));
    }
}
