//! The local users, one per role, with generated passwords of which only argon2id hashes are kept.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use dr_model::role::Role;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::state_dir::{StateDir, StateDirError};

const FILE: &str = "users.json";

/// No look-alikes (0 O, 1 l I): people type these from a terminal.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 4 groups of 5 letters out of 32: 100 bits.
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// A user as just made: the only moment at which the password is known.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name, which is the role's.
    pub username: String,
    /// The password.
    pub password: String,
}

/// All users.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Users {
    users: Vec<User>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    username: String,
    role: Role,
    /// PHC string: algorithm, parameters, salt and hash.
    password_hash: String,
}

impl Users {
    /// The stored users.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn load(dir: &StateDir) -> Result<Option<Self>, StateDirError> {
        dir.read(FILE)
    }

    /// Makes one user per role with a new password each, and stores them in place of any before.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn generate(dir: &StateDir) -> Result<(Self, Vec<NewUser>), StateDirError> {
        let mut users = Vec::new();
        let mut fresh = Vec::new();
        for role in Role::ALL {
            let new = NewUser {
                username: role.name().to_owned(),
                password: password(),
            };
            users.push(User {
                username: new.username.clone(),
                role,
                password_hash: hash(&new.password).map_err(|error| StateDirError::Io {
                    path: dir.file(FILE),
                    source: std::io::Error::other(error.to_string()),
                })?,
            });
            fresh.push(new);
        }
        let users = Self { users };
        dir.write(FILE, &users)?;
        Ok((users, fresh))
    }

    /// The role of a user with this password. Takes as long for an unknown name as for a wrong
    /// password; it computes for tens of milliseconds, so call it off the async threads.
    #[must_use]
    pub fn check(&self, username: &str, password: &str) -> Option<Role> {
        let known = self.users.iter().find(|user| user.username == username);
        let stored = known.or(self.users.first())?;
        let right = PasswordHash::new(&stored.password_hash).is_ok_and(|stored| {
            Argon2::default()
                .verify_password(password.as_bytes(), &stored)
                .is_ok()
        });
        known.filter(|_| right).map(|user| user.role)
    }

    /// The role of a user.
    #[must_use]
    pub fn role(&self, username: &str) -> Option<Role> {
        let known = self.users.iter().find(|user| user.username == username);
        known.map(|user| user.role)
    }

    /// The names, least powerful role first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(|user| user.username.as_str())
    }
}

fn password() -> String {
    let mut rng = rand::rng();
    let groups: Vec<String> = (0..GROUPS)
        .map(|_| {
            (0..GROUP)
                .filter_map(|_| ALPHABET.get(rng.random_range(0..ALPHABET.len())))
                .map(|byte| char::from(*byte))
                .collect()
        })
        .collect();
    groups.join("-")
}

/// Argon2id with the crate's defaults (19 MiB, 2 passes: OWASP's first recommendation).
fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())?;
    let hashed = Argon2::default().hash_password(password.as_bytes(), &salt)?;
    Ok(hashed.to_string())
}

#[cfg(test)]
mod tests {
    use dr_model::role::Role;

    use super::Users;
    use crate::state_dir::StateDir;

    #[test]
    fn each_role_has_a_user_and_only_its_own_password_opens() {
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::open(temp.path()).unwrap();
        let (_, fresh) = Users::generate(&dir).unwrap();
        assert_eq!(fresh.len(), Role::ALL.len());
        let users = Users::load(&dir).unwrap().unwrap();
        let (first, last) = (&fresh[0], &fresh[4]);
        assert_eq!(first.password.len(), 23);
        assert_eq!(
            users.check("read-only", &first.password),
            Some(Role::ReadOnly)
        );
        assert_eq!(users.check("admin", &last.password), Some(Role::Admin));
        assert_eq!(users.check("admin", &first.password), None);
        // The name is unknown, and the password that of the user whose hash is looked at instead.
        assert_eq!(users.check("root", &first.password), None);

        let text = std::fs::read_to_string(dir.file("users.json")).unwrap();
        assert!(fresh.iter().all(|user| !text.contains(&user.password)));
        assert!(text.contains("$argon2id$"));
    }
}
