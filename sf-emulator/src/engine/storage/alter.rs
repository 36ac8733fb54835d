//! Tables after a change of the schema.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, params};

use super::tables::{column, create_index, index_name, quote};
use crate::engine::schema::drift::Step;
use crate::engine::schema::{Field, Schema, Storage};
use crate::engine::{import, json};

/// Where converted values stand until the old ones are gone.
const CONVERTED: &str = "sf_converted";

/// Does what a change asks for; `schema` is the one after it.
pub(crate) fn alter(
    connection: &Connection,
    schema: &Schema,
    steps: &[Step],
) -> rusqlite::Result<()> {
    for step in steps {
        match step {
            Step::AddColumn { object, field } => {
                add_column(connection, object, field)?;
                index(connection, schema, object, field)?;
            }
            Step::DropColumn { object, field } => {
                if field.is_stored() {
                    drop_index(connection, object, field)?;
                    drop_column(connection, object, &field.name)?;
                }
            }
            Step::RenameColumn { object, from, to } => {
                if from.is_stored() {
                    drop_index(connection, object, from)?;
                    rename_column(connection, object, &from.name, &to.name)?;
                    index(connection, schema, object, to)?;
                }
            }
            Step::Convert { object, from, to } => {
                drop_index(connection, object, from)?;
                convert(connection, object, from, to)?;
                index(connection, schema, object, to)?;
            }
            Step::RenameTable { from, to } => {
                for field in &from.fields {
                    drop_index(connection, &from.name, field)?;
                }
                let (old, new) = (quote(&from.name), quote(&to.name));
                connection.execute_batch(&format!("ALTER TABLE {old} RENAME TO {new}"))?;
                for field in &to.fields {
                    index(connection, schema, &to.name, field)?;
                }
            }
            Step::DropTable { object } => {
                connection.execute_batch(&format!("DROP TABLE {}", quote(&object.name)))?;
            }
        }
    }
    Ok(())
}

fn add_column(connection: &Connection, object: &str, field: &Field) -> rusqlite::Result<()> {
    let table = quote(object);
    connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {}", column(field)))
}

fn drop_column(connection: &Connection, object: &str, name: &str) -> rusqlite::Result<()> {
    let (table, column) = (quote(object), quote(name));
    connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}"))
}

fn rename_column(
    connection: &Connection,
    object: &str,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    let (table, from, to) = (quote(object), quote(from), quote(to));
    connection.execute_batch(&format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"))
}

fn index(
    connection: &Connection,
    schema: &Schema,
    object: &str,
    field: &Field,
) -> rusqlite::Result<()> {
    match schema.object(object) {
        Some(object) => create_index(connection, schema, object, field),
        // Removed by a later step of the same change.
        None => Ok(()),
    }
}

fn drop_index(connection: &Connection, object: &str, field: &Field) -> rusqlite::Result<()> {
    let name = index_name(object, &field.name);
    connection.execute_batch(&format!("DROP INDEX IF EXISTS {name}"))
}

/// Reads every value as text, and that as the new type.
fn convert(
    connection: &Connection,
    object: &str,
    from: &Field,
    to: &Field,
) -> rusqlite::Result<()> {
    let scratch = Field { name: CONVERTED.to_owned(), ..to.clone() };
    add_column(connection, object, &scratch)?;
    let (table, old) = (quote(object), quote(&from.name));
    let sql = format!("SELECT row FROM {table} WHERE {old} IS NOT NULL");
    let rows: Vec<i64> =
        connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    {
        let mut read = connection.prepare(&format!("SELECT {old} FROM {table} WHERE row = ?1"))?;
        let sql = format!("UPDATE {table} SET {CONVERTED} = ?2 WHERE row = ?1");
        let mut write = connection.prepare(&sql)?;
        for row in rows {
            let text = read.query_row([row], |found| Ok(text(found.get_ref(0)?, from)))?;
            if let Some(value) = text.and_then(|text| converted(to, &text)) {
                write.execute(params![row, value])?;
            }
        }
    }
    drop_column(connection, object, &from.name)?;
    rename_column(connection, object, CONVERTED, &to.name)
}

fn converted(to: &Field, text: &str) -> Option<Sql> {
    match import::from_text(to, text)?? {
        Sql::Text(text) if to.ty.is_text() => {
            Some(Sql::Text(text.chars().take(to.length as usize).collect()))
        }
        // Text that is no id names no record.
        Sql::Text(id) if to.ty.storage() == Storage::Id => {
            crate::engine::id::normalise(&id).map(Sql::Text)
        }
        value => Some(value),
    }
}

/// As the API shows it.
fn text(value: ValueRef<'_>, field: &Field) -> Option<String> {
    match (value, field.ty.storage()) {
        (ValueRef::Null | ValueRef::Blob(_), _) => None,
        (ValueRef::Integer(flag), Storage::Boolean) => Some((flag != 0).to_string()),
        (ValueRef::Integer(millis), Storage::DateTime) => Some(json::datetime(millis)),
        (ValueRef::Integer(number), _) => Some(number.to_string()),
        (ValueRef::Real(number), _) => {
            let mut text = String::new();
            json::double(&mut text, number);
            Some(text)
        }
        (ValueRef::Text(bytes), _) => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}
