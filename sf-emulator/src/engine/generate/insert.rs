//! Inserting generated rows: system fields are the same for every object.

use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};

use crate::engine::id;
use crate::engine::schema::Object;
use crate::engine::storage::tables::quote;

/// A prepared insert of some columns and all system fields the object has.
pub(super) struct Insert<'c> {
    statement: Statement<'c>,
    prefix: String,
    system: Vec<System>,
    values: Vec<Value>,
}

/// A system field, told from the stamp.
#[derive(Debug, Clone, Copy)]
enum System {
    Created,
    Modified,
    By,
    Owner,
}

const SYSTEM: [(&str, System); 6] = [
    ("CreatedDate", System::Created),
    ("CreatedById", System::By),
    ("LastModifiedDate", System::Modified),
    ("LastModifiedById", System::By),
    ("SystemModstamp", System::Modified),
    ("OwnerId", System::Owner),
];

/// When a row was made and changed, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    pub(super) created: i64,
    pub(super) modified: i64,
    pub(super) by: String,
    pub(super) owner: String,
}

impl<'c> Insert<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        object: &Object,
        columns: &[&str],
    ) -> rusqlite::Result<Self> {
        let system: Vec<(&str, System)> =
            SYSTEM.into_iter().filter(|(name, _)| object.field(name).is_some()).collect();
        let names: Vec<String> = ["row", "Id"]
            .into_iter()
            .chain(system.iter().map(|(name, _)| *name))
            .chain(columns.iter().copied())
            .map(quote)
            .collect();
        let marks: Vec<String> = (1..=names.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quote(&object.name),
            names.join(", "),
            marks.join(", ")
        );
        Ok(Self {
            statement: connection.prepare(&sql)?,
            prefix: object.key_prefix.clone(),
            system: system.into_iter().map(|(_, system)| system).collect(),
            values: Vec::with_capacity(names.len()),
        })
    }

    /// Inserts record `number`; the values stand in the order of the columns.
    pub(super) fn row<const N: usize>(
        &mut self,
        number: u32,
        stamp: &Stamp,
        columns: [Value; N],
    ) -> rusqlite::Result<()> {
        self.values.clear();
        self.values.push(Value::from(number));
        self.values.push(Value::from(id::make(&self.prefix, u64::from(number))));
        self.values.extend(self.system.iter().map(|system| match system {
            System::Created => Value::from(stamp.created),
            System::Modified => Value::from(stamp.modified),
            System::By => Value::from(stamp.by.clone()),
            System::Owner => Value::from(stamp.owner.clone()),
        }));
        self.values.extend(columns);
        self.statement.execute(params_from_iter(&self.values))?;
        Ok(())
    }
}

/// Text, or null.
pub(super) fn text<T: Into<String>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |text| Value::Text(text.into()))
}
