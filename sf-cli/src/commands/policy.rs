//! `sf-agent policy`: does a policy load and fit the org, and what becomes of a query under it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use sf_agent_tools::{Policy, ToolSet};
use sf_schema::Catalog;

use crate::args::PolicyCommand;
use crate::connect::connect;
use crate::exit::{self, Ended};
use crate::out;

pub(crate) async fn run(command: PolicyCommand, org: Option<&str>) -> Result<()> {
    match command {
        PolicyCommand::Check { file } => check(&file, org).await,
        PolicyCommand::Explain { file, soql } => explain(&file, &soql, org).await,
    }
}

/// The policy of a file.
pub(crate) fn load(file: &Path) -> Result<Policy> {
    Policy::from_file(file).with_context(|| format!("the policy {} cannot be used", file.display()))
}

async fn check(file: &Path, org: Option<&str>) -> Result<()> {
    let policy = load(file)?;
    let connection = connect(org).await?;
    let mut found = policy.check(&Catalog::new(connection.for_policy_check().clone())).await?;
    let tools =
        ToolSet::salesforce(connection.guarded(Policy::read_write()).actions(["*"])?.build());
    let tools = tools.definitions();
    found.extend(policy.check_tools(tools.iter().map(|tool| tool.name.as_str())));
    for finding in &found {
        let kind = if finding.is_error { "error" } else { "note" };
        out::line(out::harmless(&format!("{kind}: {}: {}", finding.key, finding.message)))?;
    }
    if let Some(rules) = policy.rules() {
        let needed: Vec<&str> =
            rules.variables().into_iter().filter(|name| *name != "user_id").collect();
        if !needed.is_empty() {
            out::line(format_args!(
                "note: a program has to set these variables: {}",
                needed.join(", ")
            ))?;
        }
    }
    let errors = found.iter().filter(|finding| finding.is_error).count();
    if errors > 0 {
        let errors = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        bail!("the policy does not fit: {errors}");
    }
    out::line("The policy fits the org.")?;
    Ok(())
}

async fn explain(file: &Path, soql: &str, org: Option<&str>) -> Result<()> {
    let policy = load(file)?;
    let connection = connect(org).await?;
    let org = connection.guarded(policy).build();
    let outcome = async {
        let query = org.parse(soql)?;
        org.check_query(soql, &query).await?;
        org.gate().query(&query).await
    };
    let permitted = match outcome.await {
        Ok(Some(permitted)) => permitted,
        Ok(None) => bail!("the policy has no rules"),
        Err(error) => {
            out::line(out::harmless(&format!("refused: {}", error.message)))?;
            for problem in &error.problems {
                out::line(out::harmless(&format!("  {}", problem.message)))?;
            }
            eprintln!("error: the query is refused");
            return Err(Ended(exit::of_tool(&error)).into());
        }
    };
    out::line(out::harmless(&format!("sent: {}", permitted.query())))?;
    for filter in permitted.added() {
        out::line(out::harmless(&format!("added for {filter}")))?;
    }
    for (column, mask) in permitted.masked() {
        out::line(format_args!("masked: {column} ({})", mask.as_str()))?;
    }
    for parent in permitted.redacting() {
        out::line(format_args!("redacted where it may not be read: {parent}"))?;
    }
    Ok(())
}
