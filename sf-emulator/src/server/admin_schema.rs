//! `POST /__admin/schema`: changes of the schema, for programs that are not
//! written in Rust.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::Org;
use super::admin::{OneOrMany, Refused, read};
use crate::Drift;
use crate::error::ErrorKind;

/// One after the other, up to the first that is not possible.
pub(super) async fn alter(org: &Arc<Org>, body: &Bytes) -> Result<Value, Refused> {
    let specs = match read(body)? {
        OneOrMany::Many(specs) => specs,
        OneOrMany::One(spec) => vec![spec],
    };
    let mut drifts = Vec::with_capacity(specs.len());
    for (place, spec) in specs.into_iter().enumerate() {
        let drift: Drift = serde_json::from_value(spec).map_err(|error| {
            let text = format!("change {place}: {error}; nothing was changed");
            Refused(StatusCode::BAD_REQUEST, text)
        })?;
        drifts.push(drift);
    }
    for (place, drift) in drifts.into_iter().enumerate() {
        org.alter(drift).await.map_err(|error| {
            let status = match error.kind() {
                ErrorKind::Drift => StatusCode::BAD_REQUEST,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            Refused(status, format!("change {place}: {error}; those before it were made"))
        })?;
    }
    Ok(Value::Null)
}
