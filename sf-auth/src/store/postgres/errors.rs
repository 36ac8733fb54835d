//! PostgreSQL's errors, by SQLSTATE (PostgreSQL documentation, appendix "PostgreSQL Error Codes").
//!
//! Only code and message are kept: the detail of an error can quote a row.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::STORE;
use crate::store::StoreError;
use crate::store::link::{Effect, Failure};

/// An error of a statement that was sent.
pub(super) fn of_statement(error: &Error, effect: Effect) -> Failure {
    let Some(db) = error.as_db_error() else {
        // The connection broke, or an answer could not be read.
        return Failure::Lost(without_server(error));
    };
    let problem = text(db);
    let code = db.code().code();
    let refused = match (code.get(..2).unwrap_or_default(), db.code()) {
        // A shutdown may come between the commit and its answer.
        ("57" | "58", code) if *code != SqlState::QUERY_CANCELED => return Failure::Lost(problem),
        ("08", _) => return Failure::Lost(problem),
        // Rolled back: deadlock, serialization, lock and statement timeouts, too many connections.
        ("40" | "55" | "57", _) => unavailable(problem),
        ("53", code) if *code == SqlState::TOO_MANY_CONNECTIONS => unavailable(problem),
        ("53" | "54", _) => StoreError::Full { store: STORE, problem },
        ("25", _) | (_, &SqlState::INSUFFICIENT_PRIVILEGE) => {
            StoreError::ReadOnly { store: STORE, problem }
        }
        ("42", _) => damaged(format!(
            "{problem}; the table was removed or is not of this library: give another table name, or connect again"
        )),
        ("XX", _) if effect == Effect::Change => return Failure::Lost(problem),
        _ => damaged(problem),
    };
    Failure::Refused(refused)
}

/// An error while connecting or preparing the table: nothing was written by it.
pub(super) fn of_connecting(error: &Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        let problem = without_server(error);
        // A configuration that parsed and is still unusable: no password where one is asked for, a
        // server without TLS, a certificate that is not trusted.
        let broken = is_io(error) || error.is_closed();
        if broken {
            return unavailable(problem);
        }
        return configuration(format!(
            "{problem}; for a server without TLS on a trusted network add sslmode=disable to the URL, for one with a \
             private authority give its root certificate"
        ));
    };
    let problem = text(db);
    match db.code().code().get(..2).unwrap_or_default() {
        "08" | "40" | "53" | "55" | "57" | "58" => unavailable(problem),
        "25" => StoreError::ReadOnly { store: STORE, problem },
        _ => configuration(problem),
    }
}

fn is_io(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        // rustls's errors come inside an I/O error of this kind.
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind() != std::io::ErrorKind::InvalidData;
        }
        source = inner.source();
    }
    false
}

/// The texts of an error and of what caused it, none of which is the server's.
fn without_server(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

fn text(db: &tokio_postgres::error::DbError) -> String {
    format!("{} (SQLSTATE {})", db.message(), db.code().code())
}

fn unavailable(problem: String) -> StoreError {
    StoreError::Unavailable { store: STORE, problem }
}

pub(super) fn configuration(problem: String) -> StoreError {
    StoreError::Configuration { store: STORE, problem }
}

pub(super) fn damaged(problem: String) -> StoreError {
    StoreError::Damaged { store: STORE, problem }
}
