//! The generated org as a file in a cache folder, so that starting an org
//! reads a few megabytes instead of making ten thousand people up.
//!
//! A file is a SHA-256 digest followed by the database. It is written under
//! another name and renamed, so two processes cannot harm each other; a file
//! that does not fit its digest is made anew.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN, digest};
use rusqlite::{Connection, MAIN_DB};

use super::kept::{self, Origin};
use super::{prepare_in_memory, tables};
use crate::engine::schema::Schema;
use crate::engine::{Config, OpenError, generate};

/// An org in memory.
pub(super) fn load(config: &Config, schema: &Schema) -> Result<Connection, OpenError> {
    let path = cache_path(config, schema);
    if let Some(connection) = read(&path, schema) {
        return Ok(connection);
    }
    let mut connection = generate(config, schema)?;
    {
        let image = connection.serialize(MAIN_DB)?;
        // Without a cache the org still works; the next start is slower.
        match write_atomically(&path, &[digest(&SHA256, &image).as_ref(), &image]) {
            Ok(()) => forget_old_images(&path, schema),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "cannot cache the generated org");
            }
        }
    }
    Ok(connection)
}

/// A fresh org as a database file of its own.
pub(super) fn copy_to(path: &Path, config: &Config, schema: &Schema) -> Result<(), OpenError> {
    let mut connection = load(config, schema)?;
    let image = connection.serialize(MAIN_DB)?;
    write_atomically(path, &[&image])
        .map_err(|source| OpenError::File { path: path.to_owned(), source })
}

fn generate(config: &Config, schema: &Schema) -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory()?;
    prepare_in_memory(&connection)?;
    let transaction = connection.transaction()?;
    kept::create(&transaction, &Origin::of(schema, false))?;
    tables::create_tables(&transaction, schema)?;
    generate::fill(&transaction, schema, config.contacts)?;
    tables::create_indexes(&transaction, schema)?;
    transaction.commit()?;
    Ok(connection)
}

fn read(path: &Path, schema: &Schema) -> Option<Connection> {
    let mut file = File::open(path).ok()?;
    let mut sum = [0; SHA256_OUTPUT_LEN];
    file.read_exact(&mut sum).ok()?;
    let size = usize::try_from(file.metadata().ok()?.len()).ok()?.checked_sub(sum.len())?;
    // Straight into SQLite's memory: an image can be half a gigabyte.
    let mut reader = Digesting { file, context: Context::new(&SHA256) };
    let mut connection = Connection::open_in_memory().ok()?;
    connection.deserialize_read_exact(MAIN_DB, &mut reader, size, false).ok()?;
    if reader.context.finish().as_ref() != sum {
        tracing::warn!(path = %path.display(), "the cached org is damaged; making it anew");
        return None;
    }
    prepare_in_memory(&connection).ok()?;
    (kept::origin(&connection).ok()?? == Origin::of(schema, false)).then_some(connection)
}

/// A file whose digest is taken while it is read.
struct Digesting {
    file: File,
    context: Context,
}

impl Read for Digesting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Small enough to be in the processor's cache still for the digest.
        const CHUNK: usize = 256 * 1024;
        let end = buffer.len().min(CHUNK);
        let count = self.file.read(&mut buffer[..end])?;
        self.context.update(&buffer[..count]);
        Ok(count)
    }
}

fn cache_path(config: &Config, schema: &Schema) -> PathBuf {
    let folder = config.cache_dir.clone().unwrap_or_else(default_folder);
    folder.join(format!("org-{}-{}.image", Origin::of(schema, false).mark, config.contacts))
}

/// Images of schemas that nobody has used for a week would stay forever.
fn forget_old_images(path: &Path, schema: &Schema) {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    let mark = Origin::of(schema, false).mark;
    let entries =
        path.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_other =
            name.starts_with("org-") && name.ends_with(".image") && !name.contains(&mark);
        let age =
            entry.metadata().and_then(|metadata| metadata.accessed()).map(|time| time.elapsed());
        if is_other && age.is_ok_and(|age| age.is_ok_and(|age| age > WEEK)) {
            // Another process may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn default_folder() -> PathBuf {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("sf-emulator")
}

fn write_atomically(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut scratch = tempfile::NamedTempFile::new_in(folder)?;
    for part in parts {
        scratch.write_all(part)?;
    }
    scratch.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM Contact", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_image_is_read_back_and_a_damaged_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let schema = Schema::built_in().unwrap();
        let config =
            Config { contacts: 50, cache_dir: Some(folder.path().to_owned()), ..Config::default() };
        let path = cache_path(&config, &schema);

        assert_eq!(people(&load(&config, &schema).unwrap()), 50);
        let good = fs::read(&path).unwrap();
        assert!(read(&path, &schema).is_some());

        let mut bad = good.clone();
        bad[5000] ^= 1;
        for damaged in [&bad[..], &good[..4096], b""] {
            fs::write(&path, damaged).unwrap();
            assert!(read(&path, &schema).is_none());
            assert_eq!(people(&load(&config, &schema).unwrap()), 50);
            assert_eq!(fs::read(&path).unwrap(), good, "generation is deterministic");
        }
    }

    #[test]
    fn an_org_without_a_usable_cache_folder_still_starts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not-a-folder");
        fs::write(&file, "").unwrap();
        let config = Config { contacts: 3, cache_dir: Some(file), ..Config::default() };
        assert_eq!(people(&load(&config, &Schema::built_in().unwrap()).unwrap()), 3);
    }
}
