//! The engine as the server uses it: statements and writes with their answers.

mod access;
mod choices;
mod dml;
mod errors;
mod functions;
mod groups;
mod limits;
mod queries;
mod records;
mod rules;
mod sales;
mod search;
mod sweep;
mod transaction;

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::{ApiError, Caller, Config, Engine, Json, Write, Written};

/// A folder for images that all tests of this process share.
fn cache() -> &'static std::path::Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

fn org(contacts: u32) -> Engine {
    Engine::open(&Config { contacts, cache_dir: Some(cache().to_owned()), ..Config::default() })
        .unwrap()
}

fn caller() -> Caller {
    Caller {
        user_id: super::generate::administrator(),
        version: "66.0".to_owned(),
        now: "2026-06-15T09:00:00Z".parse().unwrap(),
        allow_duplicates: false,
    }
}

fn all(engine: &Engine, soql: &str) -> Vec<String> {
    let cursor =
        engine.query(&caller(), soql, false).unwrap_or_else(|error| panic!("{soql}: {error:?}"));
    engine
        .page(&caller(), &cursor, 0, cursor.len())
        .unwrap()
        .into_iter()
        .map(|Json(text)| text)
        .collect()
}

fn values(engine: &Engine, soql: &str) -> Vec<Value> {
    all(engine, soql).iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn count(engine: &Engine, soql: &str) -> usize {
    engine
        .query(&caller(), soql, false)
        .unwrap_or_else(|error| panic!("{soql}: {error:?}"))
        .total_size()
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn one(engine: &Engine, write: Write) -> Result<Written, ApiError> {
    engine.write(&caller(), &[write], false).remove(0)
}

fn create(engine: &Engine, object: &str, body: &Value) -> Result<Written, ApiError> {
    one(engine, Write::Create { object: object.to_owned(), fields: fields(body) })
}

fn update(engine: &Engine, object: &str, id: &str, body: &Value) -> Result<Written, ApiError> {
    one(
        engine,
        Write::Update { object: object.to_owned(), id: id.to_owned(), fields: fields(body) },
    )
}

fn delete(engine: &Engine, id: &str) -> Result<Written, ApiError> {
    one(engine, Write::Delete { object: None, id: id.to_owned() })
}

/// `code: message fields`, one line per item.
fn shown(error: &ApiError) -> String {
    let lines: Vec<String> = error
        .items
        .iter()
        .map(|item| match &item.fields {
            Some(fields) => format!("{}: {} {}", item.code, item.message, json!(fields)),
            None => format!("{}: {}", item.code, item.message),
        })
        .collect();
    format!("{}\n{}", error.status, lines.join("\n"))
}

fn refused(engine: &Engine, soql: &str) -> String {
    match engine.query(&caller(), soql, false) {
        Err(error) => shown(&error),
        Ok(cursor) => panic!("{soql} gave {} rows", cursor.total_size()),
    }
}

#[test]
fn an_org_in_a_file_persists_and_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        contacts: 10,
        database: Some(folder.path().join("org.sqlite")),
        cache_dir: Some(cache().to_owned()),
        ..Config::default()
    };
    let org = Engine::open(&config).unwrap();
    let id = create(&org, "Account", &json!({"Name": "Kept"})).unwrap().id;
    let second = Engine::open(&config).unwrap_err().to_string();
    assert!(second.contains("in use by another org of this process"), "{second}");
    drop(org);
    let org = Engine::open(&config).unwrap();
    assert_eq!(
        count(&org, &format!("SELECT COUNT() FROM Account WHERE Id = '{id}' AND Name = 'kept'")),
        1
    );
}

#[test]
fn a_file_that_is_no_org_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "not a database, but long enough to be one if nobody looked at the header".repeat(20),
    )
    .unwrap();
    let config = Config {
        contacts: 10,
        database: Some(path),
        cache_dir: Some(cache().to_owned()),
        ..Config::default()
    };
    assert!(Engine::open(&config).is_err());
}

#[test]
fn the_first_login_is_the_administrator() {
    let org = org(10);
    assert_eq!(
        count(&org, &format!("SELECT COUNT() FROM Organization WHERE Id = '{}'", org.org_id())),
        1
    );
    let logins = org.logins().unwrap();
    assert_eq!(logins[0].id, super::generate::administrator());
    assert_eq!(logins[0].username, "admin@example.com");
    assert!(logins.iter().any(|login| !login.is_active));
}
