//! The forms in which rows are given to a model.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::columns::{Columns, Source};
use crate::ToolError;

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Table,
    Records,
    Csv,
}

impl Format {
    /// A row in this form: an array, an object, or a line.
    pub(super) fn row(self, columns: &Columns, cells: Vec<Value>) -> Result<Value, ToolError> {
        match self {
            Self::Table => Ok(Value::Array(cells)),
            Self::Records => {
                let titles = columns.items.iter().map(|column| column.title.clone());
                let cells = columns.items.iter().zip(cells).map(|(column, cell)| {
                    match (&column.source, cell) {
                        (Source::Children(_, inner), Value::Object(list)) => {
                            as_records(inner, list)
                        }
                        (_, cell) => Ok(cell),
                    }
                });
                let cells = cells.collect::<Result<Vec<_>, _>>()?;
                Ok(Value::Object(titles.zip(cells).collect()))
            }
            Self::Csv => {
                if let Some(at) = cells.iter().position(|c| c.is_object() || c.is_array()) {
                    return Err(no_csv(&columns.items[at].title));
                }
                line(cells.iter().map(|cell| match cell {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                }))
                .map(Value::String)
            }
        }
    }
}

/// One line of CSV (RFC 4180), with its end.
pub(super) fn line(cells: impl IntoIterator<Item = String>) -> Result<String, ToolError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells).ok().and_then(|()| writer.into_inner().ok());
    written.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        tracing::error!("a row cannot be written as CSV");
        ToolError::ask_a_person(
            "A row cannot be written as csv. This is a fault of the connector, not of the call; \
             use another format.",
        )
    })
}

/// A child list with its rows as objects.
fn as_records(columns: &Columns, mut list: Map<String, Value>) -> Result<Value, ToolError> {
    if let Some(Value::Array(rows)) = list.remove("rows") {
        let rows = rows.into_iter().map(|row| match row {
            Value::Array(cells) => Format::Records.row(columns, cells),
            other => Ok(other),
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        list.shift_insert(0, "rows".to_owned(), json!(rows));
    }
    Ok(Value::Object(list))
}

fn no_csv(column: &str) -> ToolError {
    ToolError::fix_your_call(format!(
        "csv has no form for {column}, which holds several values in one: use the format table, or \
         select the parts of a compound field (BillingCity, BillingCountry)."
    ))
}
