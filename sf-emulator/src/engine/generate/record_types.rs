//! The record types that an org's describes name, as rows.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::staff::old_stamp;
use crate::engine::id;
use crate::engine::schema::Schema;

/// Puts them in place of those of the default org. The master type, which every
/// object has, is no row.
pub(super) fn replace(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM \"RecordType\"", [])?;
    let stamp = old_stamp();
    let mut insert = connection.prepare(
        "INSERT INTO \"RecordType\" (row, \"Id\", \"Name\", \"DeveloperName\", \"SobjectType\", \"IsActive\",
           \"CreatedDate\", \"CreatedById\", \"LastModifiedDate\", \"LastModifiedById\", \"SystemModstamp\")
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?8, ?7)",
    )?;
    let mut row = 0_i64;
    for object in &schema.objects {
        let infos = object.raw.as_ref().and_then(|raw| raw.get("recordTypeInfos"));
        for info in infos.and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| info.get(key).and_then(Value::as_str);
            let flag = |key: &str| info.get(key).and_then(Value::as_bool).unwrap_or(false);
            let Some(full) = text("recordTypeId").and_then(id::normalise) else { continue };
            if flag("master") {
                continue;
            }
            row += 1;
            let name = text("name").unwrap_or_default();
            insert.execute(params![
                row,
                full,
                name,
                text("developerName").unwrap_or(name),
                object.name,
                flag("active"),
                stamp.created,
                stamp.by,
            ])?;
        }
    }
    Ok(())
}
