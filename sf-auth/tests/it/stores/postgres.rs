//! What a database can be, other than ours, and what it can answer.

use futures_util::future::join_all;
use sf_auth::store::{PostgresStore, StoreError, TokenStore, Version};
use tokio_postgres::{Client, NoTls};

use super::behaviour::create;
use super::place::Place;

/// The URL, a table that is not there, and a connection that may do everything.
async fn database() -> Option<(String, String, Client)> {
    let Place::Postgres { url, table } = Place::postgres()? else { return None };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    Some((url, table, client))
}

#[tokio::test]
async fn many_make_the_table_at_once() {
    let Some((url, table, _admin)) = database().await else { return };
    let connects = (0..16).map(|_| PostgresStore::builder(&url).table(&table).connect());
    for store in join_all(connects).await {
        store.unwrap().get("key").await.unwrap();
    }
}

#[tokio::test]
async fn names_are_names_and_nothing_else() {
    let Some((url, table, admin)) = database().await else { return };
    let long = "x".repeat(51);
    for name in ["", "a b", "a\"b", "a;drop table x", "1a", "a.b.c", ".a", "a.", "ä", &long] {
        let error = PostgresStore::builder(&url).table(name).connect().await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{name}: {error:?}");
    }
    let schema = format!("S_{table}");
    admin.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).await.unwrap();
    for name in [format!("{schema}.Select"), format!("{schema}.{}", "x".repeat(50))] {
        let store = PostgresStore::builder(&url).table(&name).connect().await.unwrap();
        create(&store, "key", "1").await;
    }
}

#[tokio::test]
async fn a_role_needs_few_rights_once_the_table_is_there() {
    let Some((url, table, admin)) = database().await else { return };
    let owner = PostgresStore::builder(&url).table(&table).connect().await.unwrap();
    let version = create(&owner, "key", "1").await;
    let (worker, reader) = (format!("w_{table}"), format!("r_{table}"));
    admin
        .batch_execute(&format!(
            "CREATE ROLE {worker} LOGIN PASSWORD 'one'; CREATE ROLE {reader} LOGIN PASSWORD 'two'; \
             GRANT SELECT ON {table} TO {worker}, {reader}; \
             GRANT INSERT, UPDATE, DELETE ON {table} TO {worker}; GRANT USAGE ON {table}_version TO {worker}"
        ))
        .await
        .unwrap();
    let as_role = |role: &str, password: &str| {
        let mut url = url::Url::parse(&url).unwrap();
        url.set_username(role).unwrap();
        url.set_password(Some(password)).unwrap();
        PostgresStore::builder(url).table(&table).connect()
    };
    create(&as_role(&worker, "one").await.unwrap(), "other", "1").await;
    let reader_store = as_role(&reader, "two").await.unwrap();
    assert!(reader_store.get("key").await.unwrap().is_some());
    let error = reader_store.put("key", "2", version).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");

    let error = as_role(&reader, "hunter2").await.unwrap_err();
    assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
    let text = format!("{error} {error:?} {owner:?} {:?}", PostgresStore::builder(&url));
    assert!(!text.contains("hunter2") && !text.contains("loopback-only"), "{text}");
}

#[tokio::test]
async fn a_table_that_is_not_ours_is_refused() {
    let Some((url, table, admin)) = database().await else { return };
    admin.batch_execute(&format!("CREATE TABLE {table} (key text, body bytea)")).await.unwrap();
    let store = PostgresStore::builder(&url).table(&table).connect().await.unwrap();
    let error = store.get("key").await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

/// The table's own trigger answers with each code, as the server would.
#[tokio::test]
async fn what_the_server_answers_is_told_apart() {
    let Some((url, table, admin)) = database().await else { return };
    let store = PostgresStore::builder(&url).table(&table).connect().await.unwrap();
    let kind = |error: &StoreError| match error {
        StoreError::Unavailable { .. } => "unavailable",
        StoreError::OutcomeUnknown { .. } => "unknown",
        StoreError::Full { .. } => "full",
        StoreError::ReadOnly { .. } => "read-only",
        StoreError::Damaged { .. } => "damaged",
        _ => "other",
    };
    for (code, expected) in [
        ("40001", "unavailable"), // serialization_failure
        ("40P01", "unavailable"), // deadlock_detected
        ("55P03", "unavailable"), // lock_not_available
        ("57014", "unavailable"), // query_canceled: a statement timeout
        ("57P01", "unknown"),     // admin_shutdown
        ("58030", "unknown"),     // io_error
        ("XX000", "unknown"),     // internal_error
        ("53100", "full"),        // disk_full
        ("53200", "full"),        // out_of_memory
        ("25006", "read-only"),   // read_only_sql_transaction
        ("42501", "read-only"),   // insufficient_privilege
        ("42703", "damaged"),     // undefined_column
        ("23514", "damaged"),     // check_violation
    ] {
        admin
            .batch_execute(&format!(
                "CREATE OR REPLACE FUNCTION {table}_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 RAISE EXCEPTION 'told' USING ERRCODE = '{code}', DETAIL = 'hunter2'; END $$; \
                 CREATE OR REPLACE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_f()"
            ))
            .await
            .unwrap();
        let error = store.put("key", "1", Version::ABSENT).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{code}: {error:?}");
        assert!(error.to_string().contains(code), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "a detail in {error:?}");
    }
    admin.batch_execute(&format!("DROP TRIGGER t ON {table}")).await.unwrap();
    create(&store, "key", "1").await;

    // The table goes away and is made again with the next connection.
    admin.batch_execute(&format!("DROP TABLE {table}")).await.unwrap();
    let error = store.get("key").await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}
