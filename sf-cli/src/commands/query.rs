//! `sf-agent query`: every row of a query, as it comes.

use std::io::{BufWriter, stdout};

use anyhow::{Result, anyhow, bail};
use futures_util::TryStreamExt;
use sf_rest::{Client, Query, Record};
use sf_schema::{Catalog, review};
use sf_soql::visit::{ApexConstruct, apex_only};

use crate::args;
use crate::connect::connect;
use crate::out;
use crate::rows::Printer;

pub(crate) async fn run(options: &args::Query, org: Option<&str>) -> Result<()> {
    let statement = sf_soql::parse(&options.soql).map_err(|error| anyhow!("{error}"))?;
    if let Some(found) = apex_only(&statement).first() {
        bail!("{} exists only in Apex code; leave it out", apex_name(found.construct));
    }
    let connection = connect(org).await?;
    let client = &connection.client;
    let soql = statement.to_string();

    if statement.is_count() {
        let page = client.query_page(&Query::new(soql)).await?;
        out::line(page.total_size)?;
        return Ok(());
    }
    let mut rows = client.query::<Record>(soql);
    let mut printer = Printer::new(options.format, statement, BufWriter::new(stdout().lock()));
    let mut count = 0_u64;
    // What was received is printed before an error is told: rows are never lost to a buffer.
    let outcome = loop {
        match rows.try_next().await {
            Ok(Some(record)) => {
                printer.row(&record)?;
                count += 1;
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    printer.finish()?;
    match outcome {
        Ok(()) => {
            eprintln!("{count} {}", if count == 1 { "row" } else { "rows" });
            Ok(())
        }
        Err(error) if count == 0 => Err(explained(client, &options.soql, error).await),
        Err(error) => {
            Err(anyhow!(error)
                .context(format!("the result is incomplete: stopped after {count} rows")))
        }
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
        Ok(problems) if problems.iter().any(sf_schema::QueryProblem::is_error) => {
            let lines: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
            anyhow!(lines.join("\n       "))
        }
        _ => error.into(),
    }
}
