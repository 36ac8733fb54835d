//! Queries, their rows and their cursors.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Policy};

use super::{CREATE, QUERY, Setup, is_complete, rows};
use crate::Connect;

/// More than one page of the platform (2,000 rows), and no multiple of it.
const MANY: usize = 2_345;

/// A model reads what the tool set wrote for it, value for value and in order.
pub(super) async fn query(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let soql = "SELECT Id, Name, AnnualRevenue, Owner.Name, (SELECT LastName FROM Contacts LIMIT 2) \
                FROM Account ORDER BY Name LIMIT 5";
    let arguments = json!({ "soql": soql });
    let direct = setup.tools.call(&CallContext::default(), QUERY, arguments.clone()).await?;
    let seen = setup.call(QUERY, arguments).await?;
    // As text, because the order of columns counts too.
    let (expected, read) = (direct.to_model().to_string(), seen.to_string());
    ensure!(read == expected, "the model should read\n{expected}\nand reads\n{read}");
    let rows = rows(&seen)?;
    ensure!(rows.len() == 5, "5 rows were asked for, {} came", rows.len());
    ensure!(rows.iter().all(|row| row["Name"].is_string()), "a row has no name: {seen}");
    Ok(())
}

/// Following `completeness.next` to the end gives each row once.
pub(super) async fn cursor(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let mut ids = BTreeSet::new();
    let mut read = 0;
    let mut calls = 0;
    let mut tool = QUERY.to_owned();
    let mut arguments = json!({ "soql": format!("SELECT Id FROM Contact LIMIT {MANY}") });
    loop {
        let reply =
            setup.call(&tool, arguments).await.with_context(|| format!("after {read} rows"))?;
        let page = rows(&reply)?;
        calls += 1;
        read += page.len();
        ids.extend(page.iter().filter_map(|row| row["Id"].as_str().map(str::to_owned)));
        if is_complete(&reply) {
            break;
        }
        ensure!(!page.is_empty(), "a partial result without rows, after {read} rows: {reply}");
        let next = &reply["completeness"]["next"];
        tool = next["tool"].as_str().context("a partial result names no next call")?.to_owned();
        arguments = next["arguments"].clone();
    }
    ensure!(read == MANY, "{MANY} rows were asked for, {read} came in {calls} calls");
    ensure!(ids.len() == MANY, "{} of {MANY} rows are different ones", ids.len());
    ensure!(calls > 1, "{MANY} rows came at once: that floods a context window");
    Ok(())
}

/// What is written comes back as it was, through the framework both ways.
pub(super) async fn non_ascii(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_write()).await?;
    let name = "Zürich 東京 \u{1F3D4}\u{FE0F} “naïve” O'Hara & Søn \\ <b>";
    let records = json!([{ "Name": name, "Description": "строка\nline two\tٱلْعَرَبِيَّة" }]);
    setup.call(CREATE, json!({ "object": "Account", "records": records })).await?;
    let literal = name.replace('\\', "\\\\").replace('\'', "\\'");
    let soql = format!("SELECT Name, Description FROM Account WHERE Name = '{literal}'");
    let found = setup.query(&soql).await?;
    let expected: Vec<Value> = records.as_array().cloned().unwrap_or_default();
    ensure!(found == expected, "written was {expected:?}, found is {found:?}");
    Ok(())
}

/// Calls made at once each get their own answer.
pub(super) async fn at_once(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let calls = (1..=8).map(|limit| {
        let setup = &setup;
        async move {
            let rows = setup.query(&format!("SELECT Id FROM Contact LIMIT {limit}")).await?;
            ensure!(rows.len() == limit, "{limit} rows were asked for, {} came", rows.len());
            Ok(())
        }
    });
    try_join_all(calls).await?;
    Ok(())
}
