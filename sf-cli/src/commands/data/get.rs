//! `sf-agent get`: one record, by its id or by a value that it alone has.

use anyhow::Result;
use serde_json::{Map, Value, json};
use sf_schema::Object;

use super::{Work, arguments, tell_notes, whole, words};
use crate::args::{Format, Get};
use crate::exit::not_found;
use crate::progress::Progress;

pub(crate) async fn run(options: &Get, org: Option<&str>) -> Result<()> {
    let work = Work::reading(org).await?;
    let object = work.object(&options.object).await?;
    let id = match options.record.contains('=') {
        true => by_value(&work, &object, &options.record).await?,
        false => options.record.clone(),
    };
    let fields = &options.fields;
    let reply = work
        .call(
            "salesforce_get_record",
            arguments([
                ("object", json!(object.name)),
                ("id", json!(id)),
                ("fields", if fields.is_empty() { Value::Null } else { json!(fields) }),
            ]),
        )
        .await?;
    tell_notes(&reply);
    print(&reply.data, options)?;
    whole(&reply)
}

/// The id of the one record with a value.
async fn by_value(work: &Work, object: &Object, text: &str) -> Result<String> {
    let (field, value) = words::pair(text)?;
    let condition = json!([{ "field": field, "op": "=", "value": value }]);
    let arguments = arguments([
        ("object", json!(object.name)),
        ("fields", json!(["Id"])),
        ("where", condition),
        ("limit", json!(2)),
    ]);
    let reply = work.call("salesforce_find_records", arguments).await?;
    let rows = reply.data["rows"].as_array().map_or(&[][..], Vec::as_slice);
    let column = reply.data["columns"].as_array().and_then(|c| c.iter().position(|c| c == "Id"));
    match rows {
        [] => Err(not_found(format!("no {} has {field} = {value:?}", object.name))),
        [row] => {
            let id = row.get(column.unwrap_or(0)).and_then(Value::as_str);
            Ok(id.unwrap_or_default().to_owned())
        }
        _ => anyhow::bail!(
            "more than one {} has {field} = {value:?}; `sf-agent find` lists them",
            object.name
        ),
    }
}

fn print(data: &Value, options: &Get) -> Result<()> {
    let mut record: Map<String, Value> = data["fields"].as_object().cloned().unwrap_or_default();
    let empty: Vec<&str> =
        data["empty"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut sheet = super::pages::sheet(options.format, &Progress::none());
    if options.format == Format::Table {
        sheet.head(vec!["FIELD".to_owned(), "VALUE".to_owned()])?;
        for (name, value) in record {
            sheet.values(&[Value::from(name), value])?;
        }
        sheet.flush()?;
        if !empty.is_empty() {
            eprintln!("Empty: {}", empty.join(", "));
        }
        return Ok(());
    }
    record.extend(empty.into_iter().map(|name| (name.to_owned(), Value::Null)));
    sheet.head(record.keys().cloned().collect())?;
    sheet.values(&record.into_iter().map(|(_, value)| value).collect::<Vec<_>>())?;
    sheet.flush()
}
