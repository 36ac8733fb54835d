//! `sf-agent report`: reports by id or name.

use anyhow::Result;
use serde_json::{Value, json};
use sf_agent_tools::{Completeness, ErrorClass, ToolReply};

use super::data::{Pages, Work, arguments, heads, sheet, tell_notes};
use crate::args::{Format, ReportCommand};
use crate::exit::{Ended, Exit, not_found};
use crate::guard::PAGE;
use crate::progress::Progress;
use crate::refused::{Refused, for_person};

pub(crate) async fn run(command: ReportCommand, org: Option<&str>) -> Result<()> {
    let work = Work::reading(org).await?;
    match command {
        ReportCommand::List { filter, format } => list(&work, filter.as_deref(), format).await,
        ReportCommand::Describe { report, format } => describe(&work, &report, format).await,
        ReportCommand::Run { report, format } => {
            let arguments = arguments([
                ("report", json!(report)),
                ("show", json!("rows")),
                ("max_rows", json!(PAGE)),
            ]);
            let ran = Pages::new(&work, format).run("salesforce_run_report", arguments).await;
            ran.map(drop).map_err(absent)
        }
    }
}

/// Reports of one call: the most that the tool gives.
const REPORTS: u32 = 200;

/// What the tool says where the next call brings the rest.
const MORE: &str = "There are more reports.";

async fn list(work: &Work, filter: Option<&str>, format: Format) -> Result<()> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut flaws = Vec::new();
    let mut next = arguments([("words", json!(filter)), ("max_rows", json!(REPORTS))]);
    loop {
        let after = next.get("after").cloned();
        let reply = work.call("salesforce_list_reports", next).await?;
        let text = |row: &Value, at: usize| row[at].as_str().unwrap_or_default().to_owned();
        let rows = reply.data["reports"].as_array().into_iter().flatten();
        found.extend(rows.map(|row| (text(row, 0), text(row, 1))));
        let Completeness::Partial { reason, next: more, .. } = reply.completeness else { break };
        flaws.push(reason.trim_end_matches(MORE).trim().to_owned());
        // The same page is suggested again where some of it could not be looked into just now.
        let Some(more) = more.filter(|more| more.arguments.get("after") != after.as_ref()) else {
            break;
        };
        next = more.arguments;
    }
    flaws.retain(|flaw| !flaw.is_empty());
    if found.is_empty() && flaws.is_empty() {
        return Err(not_found(match filter {
            Some(text) => format!("no report has {text:?} in its name or description"),
            None => "there is no report that this user can run".to_owned(),
        }));
    }
    found.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    let mut sheet = sheet(format, &Progress::none());
    sheet.head(heads(format, &["id", "name"]))?;
    for (id, name) in found {
        sheet.values(&[Value::from(id), Value::from(name)])?;
    }
    sheet.flush()?;
    if flaws.is_empty() {
        return Ok(());
    }
    eprintln!("error: incomplete: {}", for_person(&flaws.join(" ")));
    Err(Ended(Exit::Failed).into())
}

/// A report that there is not has a status of its own.
fn absent(error: anyhow::Error) -> anyhow::Error {
    let Some(Refused(refused)) = error.downcast_ref() else { return error };
    let is_name = refused.problems.iter().any(|problem| problem.at.as_deref() == Some("report"));
    let is_absent = refused.class == ErrorClass::FixYourCall && is_name;
    match is_absent && refused.message.starts_with("There is no ") {
        true => not_found(Refused(refused.clone()).to_string()),
        false => error,
    }
}

async fn describe(work: &Work, report: &str, format: Format) -> Result<()> {
    let arguments = arguments([("report", json!(report))]);
    let reply = work.call("salesforce_describe_report", arguments).await.map_err(absent)?;
    tell_notes(&reply);
    let mut sheet = sheet(format, &Progress::none());
    if format == Format::Json {
        sheet.object(&reply.data)?;
        return sheet.flush();
    }
    sheet.head(heads(format, &["what", "name", "detail"]))?;
    for row in described(&reply) {
        sheet.line(row.map(|value| value.as_str().unwrap_or_default().to_owned()).to_vec())?;
    }
    sheet.flush()
}

/// What a report shows, a line each: what it is, its name, and what is known of it.
fn described(reply: &ToolReply) -> Vec<[Value; 3]> {
    let data = &reply.data;
    let all = |key: &str| data[key].as_array().cloned().unwrap_or_default();
    let named = |what: &str, entry: &Value| [json!(what), entry[0].clone(), entry[1].clone()];
    let mut rows = vec![[json!("report"), data["report"]["name"].clone(), data["format"].clone()]];
    for group in all("groupings") {
        let what = format!("group {}", group["direction"].as_str().unwrap_or_default());
        rows.push([json!(what), group["column"].clone(), group["label"].clone()]);
    }
    rows.extend(all("columns").iter().map(|column| named("column", column)));
    rows.extend(all("aggregates").iter().map(|figure| named("aggregate", figure)));
    rows.extend(all("filters").into_iter().map(|filter| [json!("filter"), filter, Value::Null]));
    rows
}
