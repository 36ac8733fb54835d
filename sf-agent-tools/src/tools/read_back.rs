//! Whether the org stored what was sent.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sf_schema::Object;

use super::write::Output;
use crate::prepare::{Action, Change, Row, same};
use crate::text::shorten;
use crate::{CallContext, Completeness, Org, Reply};

/// A value that the org stored otherwise than it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Differs {
    /// API name.
    field: String,
    /// The value that was sent.
    sent: Value,
    /// The value that is stored.
    stored: Value,
}

/// Reads the written records again, and notes what is not as it was sent. A failure to read is no
/// failure of the write, which has happened: it is told in the completeness.
pub(super) async fn read_back(
    cx: &CallContext,
    org: &Org,
    object: &Object,
    change: &Change,
    reply: &mut Reply<Output>,
) {
    let ids = reply.data.results.iter().map(|result| result.id.as_deref());
    let ids: Vec<Option<sf_rest::Id>> =
        ids.map(|id| id.and_then(|id| sf_rest::Id::parse(id).ok())).collect();
    let written = change.rows.iter().zip(&ids).filter_map(|(row, id)| {
        id.map(|id| Row { id: Some(id), values: row.values.clone(), seen: None })
    });
    let action = if change.action == Action::Delete { Action::Delete } else { Action::Update };
    let look = Change { action, key: None, rows: written.collect(), ..change.clone() };
    let present = match cx.unless_cancelled(org.present(object, &look, false)).await {
        Ok(present) => present,
        Err(error) => {
            tracing::warn!(error = error.message, "a write cannot be read back");
            return add(reply, "It was written, and could not be read back.");
        }
    };
    let (mut place, mut missing) = (0, 0);
    for (result, id) in reply.data.results.iter_mut().zip(&ids) {
        if id.is_none() {
            continue;
        }
        let found = present.of(&look, place);
        match found {
            None if action != Action::Delete => missing += 1,
            Some(_) if action == Action::Delete => missing += 1,
            None => {}
            Some(found) => {
                for (name, sent) in &look.rows[place].values {
                    let Some(field) = object.field(name) else { continue };
                    let Some(stored) = found.values.get(&field.name) else { continue };
                    if same(field, sent, stored) || org.hidden(&object.name, field).is_some() {
                        continue;
                    }
                    let (sent, stored) = (short(sent), short(stored));
                    result.differs.push(Differs { field: field.name.clone(), sent, stored });
                }
            }
        }
        place += 1;
    }
    if missing > 0 {
        let text = if action == Action::Delete {
            format!("{missing} of the deleted records can still be read.")
        } else {
            format!("{missing} of the records written cannot be found any more, or by this user.")
        };
        add(reply, &text);
    }
}

fn short(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(shorten(text, 300)),
        other => other.clone(),
    }
}

fn add(reply: &mut Reply<Output>, text: &str) {
    let returned = reply.data.succeeded as u64;
    match &mut reply.completeness {
        Completeness::Partial { reason, .. } => {
            reason.push(' ');
            reason.push_str(text);
        }
        complete => {
            let (total, reason) = (Some(reply.data.results.len() as u64), text.to_owned());
            *complete = Completeness::Partial { returned, total, reason, next: None };
        }
    }
}
