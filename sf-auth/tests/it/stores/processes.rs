//! Several processes on one store: this test binary starts itself.

use std::process::{Command, Stdio};

use sf_auth::store::{PostgresStore, Put, RedisStore, SqliteStore, TokenStore, Version};

use super::place::Place;

const PROCESSES: usize = 8;
const CHANGES: usize = 25;
/// What a child is told: the kind of store and two words to open it.
const TOLD: [&str; 3] = ["SF_CHILD_STORE", "SF_CHILD_WHERE", "SF_CHILD_NAME"];

/// Not a test by itself: what each child runs.
#[tokio::test]
async fn child() {
    let told = TOLD.map(|variable| std::env::var(variable).ok());
    let [Some(kind), Some(place), Some(name)] = &told else { return };
    match kind.as_str() {
        "sqlite" => count(&SqliteStore::open(place).await.unwrap()).await,
        "postgres" => {
            count(&PostgresStore::builder(place).table(name).connect().await.unwrap()).await;
        }
        "redis" => count(&RedisStore::builder(place).prefix(name).connect().await.unwrap()).await,
        other => panic!("{other}"),
    }
}

/// Adds one to the number in the row, again and again. A change that is lost is missing in the end.
async fn count(store: &dyn TokenStore) {
    let mut done = 0;
    while done < CHANGES {
        let row = store.get("count").await.unwrap();
        let (number, version) =
            row.map_or((0, Version::ABSENT), |row| (row.body.parse().unwrap(), row.version));
        let next: usize = number + 1;
        if let Put::Stored(_) = store.put("count", &next.to_string(), version).await.unwrap() {
            done += 1;
        }
    }
}

/// All children at once, on a place where nothing was made yet.
async fn children_count(kind: &str, location: &str, name: &str, place: &Place) {
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "stores::processes::child", "--nocapture"])
                .envs(TOLD.into_iter().zip([kind, location, name]))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let row = place.open().await.get("count").await.unwrap().unwrap();
    assert_eq!(row.body, (PROCESSES * CHANGES).to_string());
}

#[tokio::test]
async fn processes_share_a_sqlite_file() {
    let place = Place::sqlite();
    let Place::Sqlite(folder) = &place else { panic!() };
    let path = folder.path().join("accounts.db");
    children_count("sqlite", path.to_str().unwrap(), "-", &place).await;
}

#[tokio::test]
async fn processes_share_a_postgresql_table() {
    let Some(place) = Place::postgres() else { return };
    let Place::Postgres { url, table } = &place else { panic!() };
    children_count("postgres", url, table, &place).await;
}

#[tokio::test]
async fn processes_share_a_redis() {
    let Some(place) = Place::redis() else { return };
    let Place::Redis { url, prefix } = &place else { panic!() };
    children_count("redis", url, prefix, &place).await;
}
