//! Lookups: does the id fit the field, is there such a record.

use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value};

use super::{Context, NO_FIELDS, on_field, value};
use crate::engine::schema::{Field, Object};
use crate::engine::{ErrorItem, access, find, id};

/// Checks prefix and existence of an 18-character id.
pub(super) fn check(
    cx: Context<'_>,
    object: &Object,
    field: &Field,
    id: &str,
) -> Result<(), ErrorItem> {
    let target = field
        .reference_to
        .iter()
        .filter_map(|name| cx.schema.object(name))
        .find(|object| !object.key_prefix.is_empty() && id.starts_with(&object.key_prefix));
    let Some(target) = target else {
        // Objects that a lookup names but this org does not have hold no rows.
        let all_known = field.reference_to.iter().all(|name| cx.schema.object(name).is_some());
        return Err(if all_known { wrong_object(field, id) } else { missing() });
    };
    match find::by_id(cx.connection, target, id) {
        Ok(Some(found)) => {
            let (row, found_id) = (found.row, found.id.as_str());
            access::check_reference(
                cx.seen,
                cx.connection,
                object,
                field,
                target,
                (row, found_id),
            )?;
            if !found.deleted {
                return allowed(cx, object, field, target, id);
            }
            Err(ErrorItem::on_row("ENTITY_IS_DELETED", "entity is deleted", NO_FIELDS))
        }
        Ok(None) => Err(missing()),
        Err(error) => Err(unexpected(&error)),
    }
}

/// Owners must be active, record types of this object and active.
fn allowed(
    cx: Context<'_>,
    object: &Object,
    field: &Field,
    target: &Object,
    id: &str,
) -> Result<(), ErrorItem> {
    let holds = |sql: &str, values: &[&str]| {
        let mut statement =
            cx.connection.prepare_cached(sql).map_err(|error| unexpected(&error))?;
        statement.exists(params_from_iter(values)).map_err(|error| unexpected(&error))
    };
    match (field.name.as_str(), target.name.as_str()) {
        ("OwnerId", "User")
            if !holds("SELECT 1 FROM \"User\" WHERE \"Id\" = ?1 AND \"IsActive\" = 1", &[id])? =>
        {
            let message = format!(
                "operation performed with inactive user [{}] as owner of {}",
                id::short(id),
                object.label.to_lowercase()
            );
            Err(on_field("INACTIVE_OWNER_OR_USER", message, field))
        }
        ("RecordTypeId", "RecordType")
            if !holds(
                "SELECT 1 FROM \"RecordType\" WHERE \"Id\" = ?1 AND \"SobjectType\" = ?2 AND \"IsActive\" = 1",
                &[id, &object.name],
            )? =>
        {
            let message = format!("{}: this ID value isn't valid for the user: {id}", field.label);
            Err(on_field("INVALID_CROSS_REFERENCE_KEY", message, field))
        }
        _ => Ok(()),
    }
}

fn wrong_object(field: &Field, id: &str) -> ErrorItem {
    on_field("MALFORMED_ID", format!("{}: id value of incorrect type: {id}", field.label), field)
}

fn missing() -> ErrorItem {
    ErrorItem::on_row("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", NO_FIELDS)
}

fn unexpected(error: &rusqlite::Error) -> ErrorItem {
    tracing::error!(%error, "the embedded org failed");
    ErrorItem::on_row("UNKNOWN_EXCEPTION", "An unexpected error occurred.", NO_FIELDS)
}

/// `"Account__r": {"External_Id__c": "x"}`: the id of the record meant.
pub(super) fn by_external_id(
    cx: Context<'_>,
    field: &Field,
    nested: &Map<String, Value>,
) -> Result<Option<Sql>, ErrorItem> {
    let named_type = match nested.iter().next() {
        Some((key, attributes)) if key == "attributes" => {
            attributes.get("type").and_then(Value::as_str)
        }
        _ if field.is_polymorphic() => {
            let message = "Nested object for polymorphic foreign key must have an attributes field before any other \
                fields.";
            return Err(ErrorItem::new("JSON_PARSER_ERROR", message));
        }
        _ => None,
    };
    let target = target(cx, field, named_type)?;
    let mut keys = nested.iter().filter(|(key, _)| *key != "attributes");
    let (Some((name, json)), None) = (keys.next(), keys.next()) else {
        let message = "A nested reference takes exactly one external id field";
        return Err(ErrorItem::on_row("INVALID_FIELD", message, [field.name.clone()]));
    };
    let key = find::external_id(target, name).map_err(first_item)?;
    let wanted = value::from_json(key, json)?.ok_or_else(missing)?;
    let found = find::by_field(cx.connection, target, key, &wanted)
        .and_then(|found| cx.seen.visible(cx.connection, target, found))
        .map_err(|error| unexpected(&error))?;
    match &found[..] {
        [one] => Ok(Some(Sql::Text(one.id.clone()))),
        [] => {
            let shown = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
            let message = format!(
                "Foreign key external ID: {shown} not found for field {name} in entity {}",
                target.name
            );
            Err(ErrorItem::on_row("INVALID_FIELD", message, NO_FIELDS))
        }
        several => Err(first_item(find::several(target, key, several, &cx.caller.version))),
    }
}

fn target<'a>(
    cx: Context<'a>,
    field: &Field,
    named: Option<&str>,
) -> Result<&'a Object, ErrorItem> {
    field
        .reference_to
        .iter()
        .filter(|name| named.is_none_or(|named| named.eq_ignore_ascii_case(name)))
        .find_map(|name| cx.seen.object(name).ok())
        .ok_or_else(missing)
}

fn first_item(error: crate::engine::ApiError) -> ErrorItem {
    error.items.into_iter().next().unwrap_or_else(missing)
}
