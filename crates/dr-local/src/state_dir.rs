//! The state directory: one process at a time, private files, whole writes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateDirError {
    /// Another process holds it.
    #[error("{} is in use by another dr-local", .0.display())]
    InUse(PathBuf),
    /// The file system refused.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what was written.
    #[error("{} cannot be read", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// A state directory held by this process until it is dropped or the process ends.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

/// What marks a directory as ours, so that `--reset` deletes nothing else.
const LOCK: &str = "dr-local.lock";

impl StateDir {
    /// Opens a directory, creating it (for this user only) where it is missing.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn open(path: &Path) -> Result<Self, StateDirError> {
        let io = |source| StateDirError::Io {
            path: path.to_owned(),
            source,
        };
        create_private_dir(path).map_err(io)?;
        let lock = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(path.join(LOCK))
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(StateDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// Empties the directory and opens it again. A directory without our mark that holds anything
    /// is left alone.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn reset(path: &Path) -> Result<Self, StateDirError> {
        let io = |source| StateDirError::Io {
            path: path.to_owned(),
            source,
        };
        let foreign = path.exists()
            && !path.join(LOCK).exists()
            && fs::read_dir(path).map_err(io)?.next().is_some();
        if foreign {
            return Err(io(io::Error::other(
                "not a state directory of dr-local: not emptied",
            )));
        }
        let held = Self::open(path)?;
        for entry in fs::read_dir(path).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_name() == LOCK {
                continue;
            }
            let removed = if entry.file_type().map_err(io)?.is_dir() {
                fs::remove_dir_all(entry.path())
            } else {
                fs::remove_file(entry.path())
            };
            removed.map_err(io)?;
        }
        Ok(held)
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a JSON file; `None` where there is none.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateDirError> {
        let path = self.file(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| StateDirError::Corrupt { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StateDirError::Io { path, source }),
        }
    }

    /// Writes a JSON file whole or not at all, readable by this user only (0600).
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StateDirError> {
        let path = self.file(name);
        write_private(&path, value).map_err(|source| StateDirError::Io { path, source })
    }
}

fn write_private<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let beside = path.with_extension("new");
    // A leftover of a crash could have other permissions: it is never reused.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().create_new(true).write(true)).open(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(value)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn create_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

#[cfg(not(unix))]
fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::{StateDir, StateDirError};

    #[test]
    fn a_second_holder_is_refused_until_the_first_is_gone() {
        let temp = tempfile::tempdir().unwrap();
        let first = StateDir::open(temp.path()).unwrap();
        assert!(matches!(
            StateDir::open(temp.path()),
            Err(StateDirError::InUse(_))
        ));
        drop(first);
        StateDir::open(temp.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_and_read_back_as_written() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::open(temp.path()).unwrap();
        assert_eq!(dir.read::<Vec<u8>>("x.json").unwrap(), None);
        dir.write("x.json", &vec![1, 2]).unwrap();
        dir.write("x.json", &vec![3]).unwrap();
        assert_eq!(dir.read::<Vec<u8>>("x.json").unwrap(), Some(vec![3]));
        let mode = std::fs::metadata(dir.file("x.json")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn reset_empties_our_directory_and_no_other() {
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::open(temp.path()).unwrap();
        dir.write("x.json", &1).unwrap();
        drop(dir);
        let dir = StateDir::reset(temp.path()).unwrap();
        assert_eq!(dir.read::<u8>("x.json").unwrap(), None);

        let foreign = tempfile::tempdir().unwrap();
        std::fs::write(foreign.path().join("thesis.txt"), "years of work").unwrap();
        assert!(StateDir::reset(foreign.path()).is_err());
        assert!(foreign.path().join("thesis.txt").exists());
    }
}
