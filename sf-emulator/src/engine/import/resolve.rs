//! The second pass: what lookups say becomes ids.

use std::collections::BTreeSet;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};

use super::error::{Dangling, Place, RowsError};
use super::value;
use crate::engine::schema::{Field, FieldType, Object, Schema};
use crate::engine::storage::tables::quote;
use crate::engine::{generate, id};

/// Lookups whose users need not be among the rows.
const BY: [&str; 3] = ["OwnerId", "CreatedById", "LastModifiedById"];

/// Resolves lookups by reference (`@ref1`) and by external id.
pub(super) fn keys(connection: &Connection, schema: &Schema) -> Result<(), RowsError> {
    let sql = "SELECT path, record, object, id, field, target, key, value FROM sf_import_key";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        let place = Place { path: path.into(), record: row.get::<_, i64>(1)?.cast_unsigned() };
        let (object, record): (String, String) = (row.get(2)?, row.get(3)?);
        let (field, target): (String, Option<String>) = (row.get(4)?, row.get(5)?);
        let (key, text): (String, String) = (row.get(6)?, row.get(7)?);
        let found = if key == "@" {
            let sql = "SELECT id FROM sf_import_ref WHERE name = ?1";
            ids(connection, sql, &Sql::Text(text.clone()))?
        } else {
            let lookup = schema.object(&object).and_then(|object| object.field(&field));
            let targets = lookup.map_or(&[][..], |lookup| &lookup.reference_to);
            by_key(connection, schema, &place, targets, target.as_deref(), (&key, &text))?
        };
        let [found] = found.as_slice() else {
            let shown = if key == "@" { format!("@{text}") } else { format!("{key} {text}") };
            let count = if found.is_empty() { "no record has" } else { "several records have" };
            return Err(place.wrong(format!("{field} names {shown}, which {count}")));
        };
        let sql = format!("UPDATE {} SET {} = ?2 WHERE \"Id\" = ?1", quote(&object), quote(&field));
        connection.prepare_cached(&sql)?.execute([&record, found])?;
    }
    Ok(())
}

fn by_key(
    connection: &Connection,
    schema: &Schema,
    place: &Place,
    targets: &[String],
    target: Option<&str>,
    (key, text): (&str, &str),
) -> Result<Vec<String>, RowsError> {
    let named = |name: &&String| target.is_none_or(|target| target.eq_ignore_ascii_case(name));
    let mut found = Vec::new();
    let mut fits = false;
    for object in targets.iter().filter(named).filter_map(|name| schema.object(name)) {
        let Some(field) = object.field(key).filter(|field| field.is_stored()) else { continue };
        fits = true;
        if let Some(Some(wanted)) = value::from_text(field, text) {
            let (table, column) = (quote(&object.name), quote(&field.name));
            let sql = format!("SELECT \"Id\" FROM {table} WHERE {column} = ?1 LIMIT 2");
            found.extend(ids(connection, &sql, &wanted)?);
        }
    }
    if fits {
        return Ok(found);
    }
    Err(place.wrong(format!("{key} is no field of {}", targets.join(" or "))))
}

fn ids(connection: &Connection, sql: &str, value: &Sql) -> Result<Vec<String>, RowsError> {
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([value], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

fn lookups(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.iter().filter(|field| field.ty == FieldType::Reference && field.is_stored())
}

/// Turns old ids into those that their records got.
pub(super) fn old_ids(
    connection: &Connection,
    schema: &Schema,
    objects: &BTreeSet<String>,
) -> Result<(), RowsError> {
    let sql = "SELECT DISTINCT object FROM sf_import_id";
    let mapped = connection
        .prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect::<Result<BTreeSet<String>, _>>()?;
    for object in objects.iter().filter_map(|name| schema.object(name)) {
        for field in lookups(object) {
            for target in field.reference_to.iter().filter(|target| mapped.contains(*target)) {
                let (table, column) = (quote(&object.name), quote(&field.name));
                let sql = format!(
                    "UPDATE {table} SET {column} =
                       (SELECT new FROM sf_import_id WHERE object = ?1 AND old = {table}.{column})
                     WHERE {column} IN (SELECT old FROM sf_import_id WHERE object = ?1)"
                );
                connection.execute(&sql, [target])?;
            }
        }
    }
    Ok(())
}

/// Finds lookups that lead nowhere. Users that somebody is owned or was written by
/// become the administrator; an id of an object that the org does not have stays;
/// the rest is emptied or refused.
pub(super) fn dangling(
    connection: &Connection,
    schema: &Schema,
    objects: &BTreeSet<String>,
    allow: bool,
) -> Result<(), RowsError> {
    let mut found = Vec::new();
    for object in objects.iter().filter_map(|name| schema.object(name)) {
        for field in lookups(object) {
            let targets: Vec<&Object> =
                field.reference_to.iter().filter_map(|name| schema.object(name)).collect();
            let (table, column) = (quote(&object.name), quote(&field.name));
            let nowhere: String = targets
                .iter()
                .map(|target| {
                    let target = quote(&target.name);
                    format!(
                        " AND NOT EXISTS (SELECT 1 FROM {target} AS t WHERE t.\"Id\" = o.{column})"
                    )
                })
                .collect();
            if BY.contains(&field.name.as_str()) {
                let sql = format!(
                    "UPDATE {table} AS o SET {column} = ?1 WHERE {column} IS NULL OR (1{nowhere})"
                );
                connection.execute(&sql, [generate::administrator()])?;
                continue;
            }
            let sql = format!(
                "SELECT substr({column}, 1, 3), COUNT(*), MIN(o.\"Id\"), {column} FROM {table} AS o
                 WHERE {column} IS NOT NULL{nowhere} GROUP BY 1"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut groups = statement.query([])?;
            while let Some(group) = groups.next()? {
                let (prefix, count): (String, i64) = (group.get(0)?, group.get(1)?);
                let (record, value): (String, String) = (group.get(2)?, group.get(3)?);
                let elsewhere = targets.len() < field.reference_to.len()
                    && id::is_id(&value)
                    && !targets.iter().any(|target| target.key_prefix == prefix);
                if elsewhere {
                    continue;
                }
                if allow {
                    let sql = format!(
                        "UPDATE {table} AS o SET {column} = NULL
                         WHERE substr({column}, 1, 3) = ?1{nowhere}"
                    );
                    connection.execute(&sql, [&prefix])?;
                } else {
                    let (object, field) = (object.name.clone(), field.name.clone());
                    found.push(Dangling {
                        object,
                        field,
                        count: count.cast_unsigned(),
                        record,
                        value,
                    });
                }
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(RowsError::Dangling(found)) }
}

/// Gives records a name whose files tell only what it is made of.
pub(super) fn names(
    connection: &Connection,
    schema: &Schema,
    objects: &BTreeSet<String>,
) -> Result<(), RowsError> {
    for object in objects.iter().filter_map(|name| schema.object(name)) {
        let Some(name) = object.name_field().filter(|field| field.is_stored()) else { continue };
        let (table, column) = (quote(&object.name), quote(&name.name));
        let is_person = object.field("FirstName").is_some() && object.field("LastName").is_some();
        let made = if name.name_fallback {
            "substr(\"Id\", 1, 15)"
        } else if is_person {
            "NULLIF(trim(COALESCE(\"FirstName\", '') || ' ' || COALESCE(\"LastName\", '')), '')"
        } else {
            continue;
        };
        let sql = format!("UPDATE {table} SET {column} = {made} WHERE {column} IS NULL");
        connection.execute(&sql, [])?;
    }
    Ok(())
}

/// Learns how auto-numbers look, numbers records that have none, and lets new
/// ones go on behind the last.
pub(super) fn auto_numbers(connection: &Connection, object: &mut Object) -> Result<(), RowsError> {
    let table = quote(&object.name);
    for field in object.fields.iter_mut().filter(|field| field.auto_number.is_some()) {
        let column = quote(&field.name);
        let mut last = 0_i64;
        let mut format = None;
        let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            if let Some((number, shape)) = numbered(&text)
                && number > last
            {
                (last, format) = (number, Some(shape));
            }
        }
        let format = format.or_else(|| field.auto_number.take()).unwrap_or_default();
        let sql = format!("SELECT row FROM {table} WHERE {column} IS NULL ORDER BY row");
        let without: Vec<i64> =
            connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for row in without {
            last += 1;
            let sql = format!("UPDATE {table} SET {column} = ?2 WHERE row = ?1");
            let text = crate::engine::dml::auto_number(&format, last);
            connection.prepare_cached(&sql)?.execute(params![row, text])?;
        }
        let sql = format!("SELECT COALESCE(MAX(row), 0) FROM {table}");
        let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        field.auto_offset = last - rows;
        field.auto_number = Some(format);
    }
    Ok(())
}

/// `INV-00042` is number 42 of the format `INV-{00000}`.
fn numbered(text: &str) -> Option<(i64, String)> {
    let end = text.rfind(|char: char| char.is_ascii_digit())? + 1;
    let start = text[..end]
        .rfind(|char: char| !char.is_ascii_digit())
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let digits = &text[start..end];
    let zeros = "0".repeat(digits.len());
    Some((digits.parse().ok()?, format!("{}{{{zeros}}}{}", &text[..start], &text[end..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digits_count() {
        for (text, expected) in [
            ("INV-00042", Some((42, "INV-{00000}"))),
            ("00001026", Some((1026, "{00000000}"))),
            ("2026/7 é9x", Some((9, "2026/7 é{0}x"))),
            ("none", None),
            ("99999999999999999999", None),
        ] {
            let expected = expected.map(|(number, format)| (number, format.to_owned()));
            assert_eq!(numbered(text), expected, "{text}");
        }
    }
}
