//! The session on disk: who is signed in where. Readable by its owner alone, and never printed.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The server that gave the tokens. They are sent to no other.
    pub url: String,
    /// Who signed in.
    pub username: String,
    /// What calls carry.
    pub id_token: String,
    /// What gets a new one.
    pub refresh_token: String,
    /// When the id token ends, in seconds since 1970.
    pub expires_at: i64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("url", &self.url)
            .field("username", &self.username)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Where it is kept.
#[derive(Debug, Clone)]
pub struct SessionFile {
    path: PathBuf,
}

impl SessionFile {
    /// `dr/session.json` under the directory for configuration.
    #[must_use]
    pub fn under(config_dir: &Path) -> Self {
        Self {
            path: config_dir.join("dr").join("session.json"),
        }
    }

    /// The session, if there is one. One that cannot be understood is none: signing in replaces it.
    ///
    /// # Errors
    /// When there is a file and it cannot be read.
    pub fn read(&self) -> Result<Option<Session>, Failure> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, session: &Session) -> Result<(), Failure> {
        self.replace(session).map_err(|error| self.failure(error))
    }

    fn replace(&self, session: &Session) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        make_private_dir(directory)?;
        // Two commands at once must not write into one file.
        let draft = self
            .path
            .with_extension(format!("{}.draft", std::process::id()));
        let written = private_file(&draft).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(session)?)?;
            file.sync_all()
        });
        let replaced = written.and_then(|()| fs::rename(&draft, &self.path));
        if replaced.is_err() {
            // The draft holds tokens; if it cannot be removed either, there is no more to be done.
            let _ = fs::remove_file(&draft);
        }
        replaced
    }

    /// Removes it, if there is one.
    ///
    /// # Errors
    /// When it is there and stays.
    pub fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failure(error)),
            _ => Ok(()),
        }
    }

    fn failure(&self, source: io::Error) -> Failure {
        Failure::File {
            path: self.path.display().to_string(),
            source,
        }
    }
}

#[cfg(unix)]
fn make_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

#[cfg(not(unix))]
fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// A new file that nobody else can read, from its first byte on.
fn private_file(path: &Path) -> io::Result<fs::File> {
    // Left over from a command that was killed: its mode may be anything.
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::{Session, SessionFile};

    fn session() -> Session {
        Session {
            url: "http://127.0.0.1:8080".to_owned(),
            username: "ada".to_owned(),
            id_token: "secret-1".to_owned(),
            refresh_token: "secret-2".to_owned(),
            expires_at: 3600,
        }
    }

    #[test]
    fn a_session_is_written_read_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let file = SessionFile::under(directory.path());
        assert_eq!(file.read().unwrap(), None);
        file.write(&session()).unwrap();
        file.write(&session()).unwrap();
        assert_eq!(file.read().unwrap(), Some(session()));
        let names = std::fs::read_dir(directory.path().join("dr")).unwrap();
        assert_eq!(names.count(), 1, "a draft is left");
        file.remove().unwrap();
        file.remove().unwrap();
        assert_eq!(file.read().unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_but_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        SessionFile::under(directory.path())
            .write(&session())
            .unwrap();
        let path = directory.path().join("dr/session.json");
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.clone()), 0o600);
        assert_eq!(mode(directory.path().join("dr")), 0o700);
    }

    #[test]
    fn tokens_do_not_show_in_debug_output() {
        assert!(!format!("{:?}", session()).contains("secret"));
    }
}
