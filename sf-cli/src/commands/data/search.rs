//! `sf-agent search`: words in several objects.

use anyhow::Result;
use serde_json::{Map, Value, json};
use sf_agent_tools::Completeness;

use super::{Work, arguments, tell_notes};
use crate::args::{Format, Search};
use crate::exit::not_found;
use crate::progress::Progress;
use crate::refused::{Refused, for_person};
use crate::sheet;

/// Where is searched if nothing is said, as far as the org has it.
const USUAL: [&str; 4] = ["Account", "Contact", "Lead", "Opportunity"];

pub(crate) async fn run(options: &Search, org: Option<&str>) -> Result<()> {
    let work = Work::reading(org).await?;
    let mut objects = Vec::new();
    if options.objects.is_empty() {
        let all = work.org.objects().await.map_err(Refused)?;
        let usual = all.iter().filter(|o| o.searchable && USUAL.contains(&o.name.as_str()));
        objects.extend(usual.map(|object| json!({ "object": object.name })));
        if objects.is_empty() {
            return Err(not_found(
                "none of the usual objects can be searched; name some with --in",
            ));
        }
    }
    for name in &options.objects {
        objects.push(json!({ "object": work.object(name).await?.name }));
    }
    let arguments = arguments([
        ("words", json!(options.words)),
        ("objects", Value::Array(objects)),
        ("limit", json!(options.limit)),
    ]);
    let reply = work.call("salesforce_search", arguments).await?;
    tell_notes(&reply);
    print(&reply.data, options.format)?;
    // The best that fit is what a search is asked for; that there may be more is no failure.
    if let Completeness::Partial { reason, .. } = &reply.completeness {
        eprintln!("note: {}", for_person(reason));
    }
    Ok(())
}

fn print(data: &Value, format: Format) -> Result<()> {
    let lists: Vec<&Value> = data["results"].as_array().into_iter().flatten().collect();
    let names = |list: &Value| -> Vec<String> {
        list["columns"].as_array().into_iter().flatten().map(sheet::text).collect()
    };
    let rows = |list: &Value| list["rows"].as_array().cloned().unwrap_or_default();
    let progress = Progress::none();
    if format == Format::Table {
        let filled = lists.iter().filter(|list| !rows(list).is_empty());
        for (n, list) in filled.enumerate() {
            if n > 0 {
                crate::out::line("")?;
            }
            let mut sheet = super::pages::sheet(format, &progress);
            let columns = names(list).into_iter();
            let object = sheet::text(&list["of"]);
            sheet.head(std::iter::once("OBJECT".to_owned()).chain(columns).collect())?;
            for row in rows(list) {
                let cells = row.as_array().cloned().unwrap_or_default();
                let cells = std::iter::once(Value::from(object.clone())).chain(cells);
                sheet.values(&cells.collect::<Vec<_>>())?;
            }
            sheet.flush()?;
        }
        return Ok(());
    }
    // One list for programs: every column that one of the objects has.
    let mut columns = vec!["object".to_owned()];
    for name in lists.iter().flat_map(|list| names(list)) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let mut sheet = super::pages::sheet(format, &progress);
    sheet.head(columns.clone())?;
    for list in lists {
        for row in rows(list) {
            let cells = row.as_array().cloned().unwrap_or_default();
            let mut record: Map<String, Value> = names(list).into_iter().zip(cells).collect();
            record.insert("object".to_owned(), list["of"].clone());
            if sheet.is_json() {
                let ordered =
                    columns.iter().filter_map(|c| record.get(c).map(|v| (c.clone(), v.clone())));
                sheet.object(&ordered.collect::<Map<_, _>>())?;
            } else {
                let cells = columns.iter().map(|c| record.remove(c).unwrap_or_default());
                sheet.values(&cells.collect::<Vec<_>>())?;
            }
        }
    }
    sheet.flush()
}
