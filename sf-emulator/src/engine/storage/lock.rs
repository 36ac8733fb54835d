//! One process for one org: a lock beside the org's file, which goes with the
//! process that holds it, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::OpenError;

/// Held as long as it lives. The file stays; it says who held it last.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the lock of the org in `path`.
pub(super) fn take(path: &Path) -> Result<Lock, OpenError> {
    let place = beside(path);
    let failed = |source| OpenError::File { path: place.clone(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&place)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            // Where locks are mandatory this cannot be read, and is left out.
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(OpenError::in_use(path, Some(holder.trim())));
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let held = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    held.map_err(failed)?;
    Ok(Lock { _file: file })
}

/// `org.db.lock` for `org.db`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
