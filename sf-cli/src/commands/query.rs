//! `sf-agent query`: every row of a query, as it comes. Under a policy of the configuration the rows
//! come through the tools, otherwise straight from the client, which is faster and knows more of a
//! row.

use anyhow::{Result, anyhow, bail};
use futures_util::{FutureExt, TryStreamExt};
use serde_json::{Map, Value};
use sf_rest::{Client, Query, Record};
use sf_schema::{Catalog, QueryProblem, QueryProblemKind, review};
use sf_soql::ast::SelectItem;
use sf_soql::visit::{ApexConstruct, apex_only};

use crate::args::{self, Format};
use crate::children::{self, Rest};
use crate::commands::data::{Pages, Work, count, sheet};
use crate::connect::connect;
use crate::exit::{Ended, Exit};
use crate::interrupt::Interrupt;
use crate::out;
use crate::progress::Progress;
use crate::rows::Printer;

pub(crate) async fn run(options: &args::Query, org: Option<&str>) -> Result<()> {
    let statement = sf_soql::parse(&options.soql).map_err(|error| anyhow!("{error}"))?;
    if let Some(found) = apex_only(&statement).first() {
        bail!("{} exists only in Apex code; leave it out", apex_name(found.construct));
    }
    let connection = connect(org).await?;
    let interrupt = Interrupt::of_reading();
    let soql = statement.to_string();
    if connection.has_policy() {
        let work = Work::begin(connection, interrupt)?;
        let arguments = Map::from_iter([("soql".to_owned(), Value::from(soql))]);
        Pages::new(&work, options.format).run("salesforce_query", arguments).await?;
        return Ok(());
    }
    let client = connection.raw("sf-agent query")?;
    if statement.is_count() {
        let page = client.query_page(&Query::new(soql)).await?;
        if options.format == Format::Table {
            out::line(page.total_size)?;
            return Ok(());
        }
        let mut sheet = sheet(options.format, &Progress::none());
        sheet.head(vec!["COUNT()".to_owned()])?;
        sheet.values(&[Value::from(page.total_size)])?;
        return sheet.flush();
    }
    let progress = Progress::rows();
    let mut rows = client.query::<Record>(soql);
    let is_subquery = |item: &SelectItem| matches!(item, SelectItem::Subquery(_));
    let has_children = statement.select.iter().any(is_subquery);
    let mut printer = Printer::new(sheet(options.format, &progress), statement);
    let mut printed = 0_u64;
    // What was received is printed before an error is told: rows are never lost to a buffer.
    let outcome = loop {
        if interrupt.is_pressed() {
            break Ok(true);
        }
        let next = match rows.try_next().now_or_never() {
            Some(next) => next,
            None => {
                // Nothing comes for a while: what came is shown.
                printer.flush()?;
                tokio::select! {
                    () = interrupt.pressed() => break Ok(true),
                    next = rows.try_next() => next,
                }
            }
        };
        match next {
            Ok(Some(record)) => {
                let read = match has_children {
                    false => Ok(Rest::new()),
                    true => tokio::select! {
                        () = interrupt.pressed() => break Ok(true),
                        read = children::rest(client, &record) => read,
                    },
                };
                match read {
                    Ok(rest) => printer.row(&record, &rest)?,
                    Err(error) => break Err(error),
                }
                printed += 1;
                progress.set(printed, rows.total());
            }
            Ok(None) => {
                printer.end()?;
                break Ok(false);
            }
            Err(error) => break Err(error),
        }
    };
    printer.flush()?;
    progress.end();
    match outcome {
        Ok(false) => {
            eprintln!("{}", count(printed));
            Ok(())
        }
        Ok(true) => {
            eprintln!("Interrupted after {}; there may be more.", count(printed));
            Err(Ended(Exit::Interrupted).into())
        }
        Err(error) if printed == 0 => Err(explained(client, &options.soql, error).await),
        Err(error) => Err(anyhow!(error)
            .context(format!("the result is incomplete: stopped after {}", count(printed)))),
    }
}

fn apex_name(construct: ApexConstruct) -> &'static str {
    match construct {
        ApexConstruct::Bind => "a bind variable (:name)",
        ApexConstruct::AllRows => "ALL ROWS",
        ApexConstruct::ForUpdate => "FOR UPDATE",
        ApexConstruct::SystemMode => "WITH SYSTEM_MODE",
    }
}

/// The platform's refusal; where the schema knows better what is wrong with the
/// names of the statement, and what was meant, that instead.
async fn explained(client: &Client, soql: &str, error: sf_rest::Error) -> anyhow::Error {
    if !matches!(error, sf_rest::Error::Api { .. }) {
        return error.into();
    }
    let Ok(statement) = sf_soql::parse(soql) else { return error.into() };
    match review(&Catalog::new(client.clone()), &statement).await {
        Ok(problems) if problems.iter().any(QueryProblem::is_error) => {
            let lines: Vec<_> = problems.into_iter().map(line).collect();
            anyhow!(lines.join("\n       "))
        }
        _ => error.into(),
    }
}

/// The message of a problem, with the object that it is about.
fn line(problem: QueryProblem) -> String {
    match problem.kind {
        QueryProblemKind::UnknownObject => format!("{}: {}", problem.name, problem.message),
        _ => problem.message,
    }
}
