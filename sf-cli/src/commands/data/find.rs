//! `sf-agent find`: records by conditions.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Pages, Work, arguments, words};
use crate::args::Find;

pub(crate) async fn run(options: &Find, org: Option<&str>) -> Result<()> {
    let conditions = options.conditions.iter().map(|text| words::condition(text));
    let conditions: Vec<Value> = conditions.collect::<Result<_>>()?;
    let work = Work::reading(org).await?;
    let object = work.object(&options.object).await?;
    let given = |list: &[String]| if list.is_empty() { Value::Null } else { json!(list) };
    let arguments = arguments([
        ("object", json!(object.name)),
        ("fields", given(&options.fields)),
        ("where", if conditions.is_empty() { Value::Null } else { json!(conditions) }),
        ("logic", json!(options.logic)),
        ("order_by", given(&options.order)),
        ("limit", json!(options.limit)),
    ]);
    Pages::new(&work, options.format).run("salesforce_find_records", arguments).await?;
    Ok(())
}
