//! `sf-agent create`, `update`, `upsert`: values into records, and what came of it.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use sf_agent_tools::{Completeness, ToolReply};

use super::{Work, arguments, words};
use crate::args::{Create, Format, Outcome, Update, Upsert};
use crate::exit::{Ended, Exit, unread};
use crate::progress::Progress;
use crate::refused::for_person;

pub(crate) async fn create(options: &Create, org: Option<&str>) -> Result<()> {
    let records = match &options.json {
        Some(file) => words::records(&read(file)?)?,
        None => vec![Value::Object(words::record(&options.values)?)],
    };
    send("salesforce_create_records", &options.object, None, records, &options.outcome, org).await
}

pub(crate) async fn update(options: &Update, org: Option<&str>) -> Result<()> {
    let mut record = Map::from_iter([("Id".to_owned(), json!(options.id))]);
    record.extend(words::record(&options.values)?);
    let records = vec![Value::Object(record)];
    send("salesforce_update_records", &options.object, None, records, &options.outcome, org).await
}

pub(crate) async fn upsert(options: &Upsert, org: Option<&str>) -> Result<()> {
    let (field, value) = words::pair(&options.key)?;
    let mut record = Map::from_iter([(field.to_owned(), json!(value))]);
    record.extend(words::record(&options.values)?);
    let records = vec![Value::Object(record)];
    let tool = "salesforce_upsert_records";
    send(tool, &options.object, Some(field), records, &options.outcome, org).await
}

async fn send(
    tool: &str,
    object: &str,
    external_id: Option<&str>,
    records: Vec<Value>,
    outcome: &Outcome,
    org: Option<&str>,
) -> Result<()> {
    let work = Work::writing(org).await?;
    let object = work.object(object).await?;
    let arguments = arguments([
        ("object", json!(object.name)),
        ("external_id_field", json!(external_id)),
        ("records", Value::Array(records)),
        ("read_back", if outcome.read_back { json!(true) } else { Value::Null }),
    ]);
    let reply = work.write(tool, arguments).await?;
    told(&reply, outcome.format)
}

/// Prints what became of each record. That decides the status, whether or not anybody reads it.
pub(super) fn told(reply: &ToolReply, format: Format) -> Result<()> {
    let results = reply.data["results"].as_array().map_or(&[][..], Vec::as_slice);
    let printed = print(results, format);
    let Completeness::Partial { reason, .. } = &reply.completeness else {
        return unread(printed);
    };
    eprintln!("error: {}", for_person(reason));
    let unknown = results.iter().any(|result| result["outcome"] == "unknown");
    Err(Ended(if unknown { Exit::Unknown } else { Exit::Failed }).into())
}

fn print(results: &[Value], format: Format) -> Result<()> {
    let mut sheet = super::pages::sheet(format, &Progress::none());
    let has = |key: &str| results.iter().any(|result| !result[key].is_null());
    let mut columns = vec!["outcome", "id"];
    columns.extend(["problems", "differs"].into_iter().filter(|key| has(key)));
    sheet.head(super::heads(format, &columns))?;
    for result in results {
        let value = |key: &&str| match &result[*key] {
            Value::Array(lines) if format != Format::Json => lines_of(lines),
            value => value.clone(),
        };
        sheet.values(&columns.iter().map(value).collect::<Vec<_>>())?;
    }
    sheet.flush()
}

fn lines_of(lines: &[Value]) -> Value {
    let texts = lines.iter().map(|line| match line {
        Value::String(text) => for_person(text),
        Value::Object(differs) => {
            let text = |key: &str| differs.get(key).map(crate::sheet::text).unwrap_or_default();
            format!("{}: sent {:?}, stored {:?}", text("field"), text("sent"), text("stored"))
        }
        other => other.to_string(),
    });
    Value::from(texts.collect::<Vec<_>>().join("; "))
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("reading the records from stdin")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}
