//! Calls that are wrong.

use anyhow::{Result, ensure};
use serde_json::json;
use sf_agent_tools::Policy;

use super::{QUERY, Setup};
use crate::Connect;

/// Arguments of a wrong name or type are named, with what would be right, and
/// a corrected call works.
pub(super) async fn bad_arguments(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let error =
        setup.fail(QUERY, json!({ "sql": "SELECT Id FROM Account" }), "fix_your_call").await?;
    ensure!(error["problems"].to_string().contains("sql"), "`sql` is not named: {error}");
    ensure!(error["example"].is_object(), "no example of right arguments: {error}");
    let error =
        setup.fail(QUERY, json!({ "soql": ["SELECT Id FROM Account"] }), "fix_your_call").await?;
    ensure!(error["problems"][0]["at"] == "soql", "`soql` is not where it was wrong: {error}");
    ensure!(setup.org.emulator().requests().is_empty(), "a wrong call reached the org");
    setup.query("SELECT Id FROM Account LIMIT 1").await?;
    Ok(())
}

/// A query that does not parse says where and what was expected.
pub(super) async fn bad_query(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let soql = "SELECT Id FORM Account";
    let error = setup.fail(QUERY, json!({ "soql": soql }), "fix_your_call").await?;
    let text = error.to_string();
    ensure!(text.contains("FORM") && text.contains("FROM"), "it should name FORM and FROM: {text}");
    Ok(())
}

/// A tool that does not exist is an error that names it, and the connection
/// goes on.
pub(super) async fn unknown_tool(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let outcome = setup.adapter.call("salesforce_qeury", json!({})).await?;
    ensure!(outcome.is_error, "an unknown tool answered {}", outcome.json);
    let text = outcome.json.to_string();
    ensure!(text.contains("salesforce_qeury"), "the error does not name the tool: {text}");
    setup.query("SELECT Id FROM Account LIMIT 1").await?;
    Ok(())
}
