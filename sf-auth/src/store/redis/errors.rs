//! Redis's errors, by the word that they begin with (Redis documentation, "Redis serialization
//! protocol specification", simple errors).

use redis::{ErrorKind, RedisError};

use super::STORE;
use crate::store::StoreError;
use crate::store::link::Failure;

/// An error of a request that was sent.
pub(super) fn of_request(error: &RedisError) -> Failure {
    let problem = text(error);
    let Some(code) = error.code() else {
        // The connection broke, or an answer was not one of Redis's.
        return Failure::Lost(problem);
    };
    // Older servers put a script's error into the text of an error of its own.
    let is = |word: &str| code == word || (code == "ERR" && problem.contains(&format!("-{word} ")));
    let refused = if is("READONLY") {
        StoreError::ReadOnly { store: STORE, problem }
    } else if is("OOM") || is("MISCONF") {
        StoreError::Full { store: STORE, problem }
    } else if ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"]
        .into_iter()
        .any(is)
    {
        StoreError::Unavailable { store: STORE, problem }
    } else if ["NOAUTH", "WRONGPASS", "NOPERM"].into_iter().any(is) {
        configuration(problem)
    } else if ["MOVED", "ASK", "CROSSSLOT"].into_iter().any(is) {
        configuration(format!(
            "{problem}; this is a node of a cluster: give the address of the node that has the slot, or of a proxy"
        ))
    } else {
        damaged(problem)
    };
    Failure::Refused(refused)
}

/// An error while connecting: nothing was written by it.
pub(super) fn of_connecting(error: &RedisError) -> StoreError {
    let problem = text(error);
    if error.kind() == ErrorKind::AuthenticationFailed {
        return configuration(problem);
    }
    match of_request(error) {
        Failure::Lost(problem) => StoreError::Unavailable { store: STORE, problem },
        Failure::Refused(StoreError::Damaged { .. }) => configuration(problem),
        Failure::Refused(error) => error,
    }
}

fn text(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => error.to_string(),
    }
}

pub(super) fn configuration(problem: String) -> StoreError {
    StoreError::Configuration { store: STORE, problem }
}

pub(super) fn damaged(problem: String) -> StoreError {
    StoreError::Damaged { store: STORE, problem }
}
