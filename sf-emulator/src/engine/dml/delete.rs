//! Deleting: children go along, hold the record, or lose their lookup, as
//! their relationship says.

use rusqlite::types::Value as Sql;
use rusqlite::{params, params_from_iter};

use super::{Context, NO_FIELDS, derive, refuse};
use crate::engine::access::{self, Level};
use crate::engine::find::{self, Found};
use crate::engine::schema::{Child, Field, Object};
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, ErrorItem, Written};

/// Children named in the refusal.
const MOST_NAMED: usize = 10;

pub(super) fn delete(cx: Context<'_>, object: &Object, found: Found) -> Result<Written, ApiError> {
    refuse(object, object.deletable && object.has_recycle_bin(), "deleted")?;
    access::refuse(cx.seen, object, |object| object.deletable)?;
    access::check_row(cx.seen, cx.connection, object, found.row, Level::Full)?;
    mark(cx, object, &found.id)?;
    Ok(Written { object: object.name.clone(), id: found.id, created: false })
}

fn mark(cx: Context<'_>, object: &Object, id: &str) -> Result<(), ApiError> {
    let mut sets = "\"IsDeleted\" = 1".to_owned();
    let mut values = vec![Sql::from(id.to_owned())];
    for (name, value) in [
        ("SystemModstamp", Sql::from(cx.now())),
        ("LastModifiedDate", Sql::from(cx.now())),
        ("LastModifiedById", Sql::from(cx.caller.user_id.clone())),
    ] {
        if object.field(name).is_some() {
            values.push(value);
            sets.push_str(&format!(", {} = ?{}", quote(name), values.len()));
        }
    }
    let sql = format!("UPDATE {} SET {sets} WHERE \"Id\" = ?1", quote(&object.name));
    // Marked first, so that records that point at each other end.
    cx.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    for child in &object.children {
        let Some(child_object) = cx.schema.object(&child.object) else { continue };
        let Some(field) =
            child_object.field(&child.field).filter(|field| field.nillable || child.cascade_delete)
        else {
            continue;
        };
        if child.restricted_delete {
            refuse_if_any(cx, object, id, child_object, child)?;
        } else if child.cascade_delete {
            for child_id in ids(cx, child_object, child, id, i64::MAX)? {
                mark(cx, child_object, &child_id)?;
            }
        } else {
            clear(cx, child_object, field, id)?;
        }
    }
    derive::after(cx, object, id)
}

fn ids(
    cx: Context<'_>,
    object: &Object,
    child: &Child,
    parent: &str,
    most: i64,
) -> Result<Vec<String>, ApiError> {
    let live = if object.has_recycle_bin() { " AND \"IsDeleted\" = 0" } else { "" };
    let sql = format!(
        "SELECT \"Id\" FROM {} WHERE {} = ?1{live} ORDER BY row LIMIT ?2",
        quote(&object.name),
        quote(&child.field),
    );
    let mut statement = cx.connection.prepare_cached(&sql)?;
    let ids =
        statement.query_map(params![parent, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

fn refuse_if_any(
    cx: Context<'_>,
    object: &Object,
    id: &str,
    child_object: &Object,
    child: &Child,
) -> Result<(), ApiError> {
    let ids = ids(cx, child_object, child, id, i64::try_from(MOST_NAMED).unwrap_or(i64::MAX))?;
    if ids.is_empty() {
        return Ok(());
    }
    let name = name_of(cx, object, id)?;
    // Records that the caller does not see hold the parent without being told.
    let mut names = Vec::new();
    for id in &ids {
        let found = find::by_id(cx.connection, child_object, id)?;
        let found = found.filter(|_| cx.seen.object(&child_object.name).is_ok());
        if let Some(found) = found
            && access::is_visible(cx.seen, cx.connection, child_object, found.row)?
        {
            names.push(name_of(cx, child_object, id)?);
        }
    }
    let message = format!(
        "Your attempt to delete {name} could not be completed because it is associated with the following {}.: {}\n",
        child_object.label_plural.to_lowercase(),
        names.join(", "),
    );
    Err(ApiError::new(400, ErrorItem::on_row("DELETE_FAILED", message, NO_FIELDS)))
}

fn name_of(cx: Context<'_>, object: &Object, id: &str) -> Result<String, ApiError> {
    let column = object.name_field().map_or("Id", |field| field.name.as_str());
    let sql = format!(
        "SELECT COALESCE({}, \"Id\") FROM {} WHERE \"Id\" = ?1",
        quote(column),
        quote(&object.name)
    );
    Ok(cx.connection.query_row(&sql, [id], |row| row.get(0))?)
}

fn clear(cx: Context<'_>, object: &Object, field: &Field, id: &str) -> Result<(), ApiError> {
    let (table, column) = (quote(&object.name), quote(&field.name));
    let stamp = object.field("SystemModstamp").map(|_| Sql::from(cx.now()));
    let stamped = if stamp.is_some() { ", \"SystemModstamp\" = ?2" } else { "" };
    let sql = format!("UPDATE {table} SET {column} = NULL{stamped} WHERE {column} = ?1");
    let values = std::iter::once(Sql::from(id.to_owned())).chain(stamp);
    cx.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}
