//! A sealing key in a file, for tokens that outlive a process.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{SealError, Sealer};

/// Longer than any key, with room for blanks.
const LONGEST: u64 = 200;

/// Why a key file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file system refused.
    #[error("the key file {} cannot be {doing}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "read", "made".
        doing: &'static str,
        /// Why not.
        #[source]
        source: Arc<io::Error>,
    },
    /// Others may read it.
    #[error(
        "the key file {} may be read by others than its owner (mode {mode:o}); run chmod 600 on it, or remove it \
         to have a new key made",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error(
        "the key file {} is not the base64 of 32 random bytes; remove it to have a new key made, with which \
         cursors and digests from before are refused",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// There are no random numbers.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Sealer {
    /// A sealer with the key of a file, which is made with a random key if it does not exist: for
    /// its owner alone (mode 0600, where the system has modes), whole from the first moment, and its
    /// folder with mode 0700. Processes that start at once get the same key.
    ///
    /// # Errors
    /// If the file cannot be read or made, others may read it, or it holds no key.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let path = path.as_ref();
        if let Some(sealer) = load(path)? {
            return Ok(sealer);
        }
        make(path)?;
        load(path)?.ok_or_else(|| io_error(path, "read", io::ErrorKind::NotFound.into()))
    }
}

fn load(path: &Path) -> Result<Option<Sealer>, KeyFileError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|e| io_error(path, "read", e))?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|e| io_error(path, "read", e))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed { path: path.to_owned(), mode: mode & 0o777 });
        }
    }
    let not_a_key = || KeyFileError::NotAKey { path: path.to_owned() };
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).map_err(|e| io_error(path, "read", e))?;
    let key = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|_| not_a_key())?;
    let key: [u8; 32] = key.try_into().map_err(|_| not_a_key())?;
    Ok(Some(Sealer::new(&key)))
}

/// Makes the file, unless another process was faster.
fn make(path: &Path) -> Result<(), KeyFileError> {
    let failed = |e| io_error(path, "made", e);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let mut key = [0_u8; 32];
    rand::fill(&mut key).map_err(|_| SealError)?;
    // Written beside it and then linked to its name: nobody ever reads half a key.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    writeln!(file, "{}", BASE64_STANDARD.encode(key)).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error.error)),
    }
}

fn io_error(path: &Path, doing: &'static str, source: io::Error) -> KeyFileError {
    KeyFileError::Io { path: path.to_owned(), doing, source: Arc::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_gets_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("seal.key");
        let made: Vec<Sealer> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| Sealer::load_or_create(&path).unwrap());
            let started: Vec<_> = (0..8).map(|_| start()).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let token = made[0].seal("cursor", b"page 7").unwrap();
        for sealer in &made {
            assert_eq!(sealer.open("cursor", &token).as_deref(), Some(&b"page 7"[..]));
        }
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing else is left behind");
    }

    #[test]
    fn a_file_that_is_no_key_is_told_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        for wrong in ["", "short", "bm90IDMyIGJ5dGVz\n"] {
            fs::write(&path, wrong).unwrap();
            #[cfg(unix)]
            private(&path, 0o600);
            let error = Sealer::load_or_create(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::NotAKey { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        Sealer::load_or_create(&path).unwrap();
        private(&path, 0o640);
        let error = Sealer::load_or_create(&path).unwrap_err();
        assert!(error.to_string().contains("mode 640") && error.to_string().contains("chmod 600"));
    }

    #[cfg(unix)]
    fn private(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}
