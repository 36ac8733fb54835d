//! What a file can be, other than ours.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sf_auth::store::{SqliteStore, StoreError, TokenStore, Version};

use super::behaviour::create;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_and_folders_that_are_made_are_private() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("state/sf/accounts.db");
    let store = SqliteStore::open(&path).await.unwrap();
    create(&store, "key", "{}").await;
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 3, "the database, its log and its shared memory: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&home.path().join("state/sf")), 0o700);
    assert_eq!(mode(&home.path().join("state")), 0o700);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_not_changed() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::write(path("text"), "These are not the rows you are looking for.\n".repeat(100))
        .unwrap();
    let other = rusqlite::Connection::open(path("other")).unwrap();
    other.execute_batch("CREATE TABLE person (name TEXT)").unwrap();
    drop(other);
    drop(SqliteStore::open(path("newer")).await.unwrap());
    let newer = rusqlite::Connection::open(path("newer")).unwrap();
    newer.pragma_update(None, "user_version", 2).unwrap();
    drop(newer);
    std::fs::create_dir(path("folder")).unwrap();

    for (name, expected) in [
        ("text", "is not a SQLite database"),
        ("other", "another program"),
        ("newer", "a newer version"),
    ] {
        let before = std::fs::read(path(name)).unwrap();
        let error = SqliteStore::open(path(name)).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert!(error.to_string().contains(path(name).to_str().unwrap()), "{name}: {error}");
        assert_eq!(std::fs::read(path(name)).unwrap(), before, "{name} was changed");
    }
    for path in [path("folder"), path("text").join("below")] {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn damage_is_an_error_that_names_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("accounts.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for number in 0..200 {
        create(&store, &format!("key {number}"), &"x".repeat(500)).await;
    }
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    // The pages behind the first, which still says whose file it is.
    bytes[4096..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    for error in [
        store.get("key 100").await.unwrap_err(),
        store.list(None, 1000).await.unwrap_err(),
        store.put("key 100", "1", Version::ABSENT).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_with_a_meaning_for_sqlite_is_a_file() {
    let home = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory", "a b%20c'd"] {
        let path = home.path().join(name);
        create(&SqliteStore::open(&path).await.unwrap(), "key", "1").await;
        assert!(path.is_file(), "{name}");
        let again = SqliteStore::open(&path).await.unwrap();
        assert!(again.get("key").await.unwrap().is_some(), "{name}");
    }
}
