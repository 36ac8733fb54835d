//! A file of master keys that nobody else may read, replaced in one step.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::SealError;
use crate::private_file::{make_parent, parent, private};

/// No key file is longer; a wrong path may be anything.
const MAX_BYTES: u64 = 64 * 1024;

/// The contents, or `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, SealError> {
    let failed = |problem: String| SealError::KeyFile { path: path.to_owned(), problem };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(format!("cannot be opened ({error})"))),
    };
    // Asked of the open file, so that it cannot be exchanged between the question and the reading.
    let metadata = file.metadata().map_err(|error| failed(format!("cannot be read ({error})")))?;
    if !metadata.is_file() {
        return Err(failed("is not a file; give the path of a file of keys".to_owned()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(failed(format!("is longer than {MAX_BYTES} bytes: this is no file of keys")));
    }
    refuse_others(path, &metadata)?;
    // Room for all of it at once: a buffer that grows leaves copies of the keys behind.
    let mut text = Zeroizing::new(String::with_capacity(metadata.len() as usize + 1));
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| failed(format!("cannot be read as text ({error})")))?;
    Ok(Some(text))
}

/// Reads the file under a lock and writes what `change` makes of it, if it makes something. Returns
/// what the file holds afterwards.
pub(super) fn update(
    path: &Path,
    change: impl FnOnce(Option<&str>) -> Result<Option<Zeroizing<String>>, SealError>,
) -> Result<Zeroizing<String>, SealError> {
    let failed = |problem: String| SealError::KeyFile { path: path.to_owned(), problem };
    make_parent(path).map_err(|error| failed(format!("its folder cannot be made ({error})")))?;
    // Beside the file and not the file itself, which is replaced.
    let lock = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(with_suffix(path, ".lock"))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| failed(format!("cannot be locked ({error})")))?;
    let existing = read(path)?;
    let text = match change(existing.as_ref().map(|text| text.as_str()))? {
        Some(text) => {
            replace(path, &text).map_err(|error| failed(format!("cannot be written ({error})")))?;
            text
        }
        None => existing.unwrap_or_default(),
    };
    drop(lock);
    Ok(text)
}

/// Only the holder of the lock is here, so one name for the new file is enough.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = with_suffix(path, ".new");
    // What a process that was killed here left behind may have had another mode.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    // The new name has to survive a power cut too. Where a folder cannot be opened (Windows), the
    // system sees to it.
    if let Ok(folder) = File::open(parent(path)) {
        folder.sync_all()?;
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(unix)]
fn refuse_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SealError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let problem = format!(
        "has mode {mode:04o}, so others than its owner have access; run: chmod 600 {}",
        path.display()
    );
    Err(SealError::KeyFile { path: path.to_owned(), problem })
}

#[cfg(not(unix))]
fn refuse_others(_: &Path, _: &std::fs::Metadata) -> Result<(), SealError> {
    Ok(())
}
