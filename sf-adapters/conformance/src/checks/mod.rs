//! The checks, and what they share.

mod context;
mod errors;
mod faults;
mod list;
mod read;
mod write;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Policy, ToolSet};

use crate::{Adapter, Connect, Outcome, Report, TestOrg};

const QUERY: &str = "salesforce_query";
const CREATE: &str = "salesforce_create_records";

type Check = for<'a> fn(&'a dyn Connect) -> BoxFuture<'a, Result<()>>;

/// All checks, each with what it finds to be so.
const CHECKS: &[(&str, Check)] = &[
    ("the listed tools are the tool set's", |c| Box::pin(list::same(c))),
    ("a read-only set lists no writing tool", |c| Box::pin(list::read_only(c))),
    ("a query gives its rows unchanged", |c| Box::pin(read::query(c))),
    ("a cursor leads to every row once", |c| Box::pin(read::cursor(c))),
    ("calls at once get their own answers", |c| Box::pin(read::at_once(c))),
    ("text outside ASCII survives both ways", |c| Box::pin(read::non_ascii(c))),
    ("bad arguments are explained", |c| Box::pin(errors::bad_arguments(c))),
    ("an unparsable query is explained", |c| Box::pin(errors::bad_query(c))),
    ("an unknown tool is refused", |c| Box::pin(errors::unknown_tool(c))),
    ("a refused write sends nothing", |c| Box::pin(write::refused(c))),
    ("an allowed write makes one record", |c| Box::pin(write::allowed(c))),
    ("a wrong write names every problem", |c| Box::pin(write::all_problems(c))),
    ("an outage stays try_later", |c| Box::pin(faults::outage(c))),
    ("a lost answer stays outcome_unknown", |c| Box::pin(faults::lost_answer(c))),
];

/// Those of adapters that make calls in a context of the program's choice.
const IN_CONTEXT: &[(&str, Check)] = &[
    ("the person of the context is asked", |c| Box::pin(context::person(c))),
    ("the progress of a long call is told", |c| Box::pin(context::progress(c))),
    ("a cancelled call sends nothing", |c| Box::pin(context::cancelled(c))),
    ("a cursor is its caller's", |c| Box::pin(context::identity(c))),
];

/// Runs every check, each on an org of its own, and reports all of them.
pub async fn run(connect: &dyn Connect) -> Report {
    run_some(connect, |_| true).await
}

/// Runs the checks whose name `wanted` accepts.
pub async fn run_some(connect: &dyn Connect, wanted: impl Fn(&str) -> bool) -> Report {
    let more = if connect.takes_context() { IN_CONTEXT } else { &[] };
    let checks = CHECKS.iter().chain(more).filter(|(name, _)| wanted(name));
    // Side by side, since an outage takes its time to be given up on.
    let results = checks.map(async |(name, check)| (*name, check(connect).await));
    Report::new(join_all(results).await)
}

/// An org, the tools over it, and the adapter over these.
struct Setup {
    org: TestOrg,
    tools: ToolSet,
    adapter: Box<dyn Adapter>,
}

impl Setup {
    async fn new(connect: &dyn Connect, policy: Policy) -> Result<Self> {
        let org = TestOrg::start().await?;
        let tools = org.tools(policy);
        Self::over(connect, org, tools, CallContext::default()).await
    }

    async fn over(
        connect: &dyn Connect,
        org: TestOrg,
        tools: ToolSet,
        context: CallContext,
    ) -> Result<Self> {
        let adapter = connect.connect(tools.clone(), context).await;
        Ok(Self { org, tools, adapter: adapter.context("connecting the adapter")? })
    }

    /// A call that has to succeed; what the model reads.
    async fn call(&self, tool: &str, arguments: Value) -> Result<Value> {
        let Outcome { is_error, json } = self.adapter.call(tool, arguments.clone()).await?;
        ensure!(!is_error, "{tool} with {arguments} failed: {json}");
        self.check_schema(tool, &json)?;
        Ok(json)
    }

    /// A call that has to fail in the tool; the error that the model reads.
    async fn fail(&self, tool: &str, arguments: Value, class: &str) -> Result<Value> {
        let Outcome { is_error, json } = self.adapter.call(tool, arguments.clone()).await?;
        ensure!(is_error, "{tool} with {arguments} should have failed, but gave {json}");
        let error = json.get("error").with_context(|| {
            format!("the model reads no error of the tools' own shape, but {json}")
        })?;
        ensure!(error["class"] == class, "the class should be {class}: {error}");
        let message = error["message"].as_str().unwrap_or_default();
        ensure!(!message.is_empty(), "the error has no message: {error}");
        Ok(error.clone())
    }

    /// The rows that a query gives in one call.
    async fn query(&self, soql: &str) -> Result<Vec<Value>> {
        let reply = self.call(QUERY, json!({ "soql": soql })).await?;
        ensure!(is_complete(&reply), "{soql} should fit in one result: {reply}");
        rows(&reply)
    }

    fn check_schema(&self, tool: &str, json: &Value) -> Result<()> {
        let definition = self.tools.definition(tool).with_context(|| format!("no tool {tool}"))?;
        let schema = jsonschema::draft202012::new(&definition.output_schema)
            .map_err(|error| anyhow::anyhow!("{tool}: the output schema is not valid: {error}"))?;
        if let Err(error) = schema.validate(json) {
            let at = error.instance_path().to_string();
            bail!("{tool}: the result does not match its output schema at {at:?}: {error}");
        }
        Ok(())
    }
}

fn is_complete(reply: &Value) -> bool {
    reply["completeness"]["complete"] == true
}

/// The rows of a result, each as an object of its columns.
fn rows(reply: &Value) -> Result<Vec<Value>> {
    let table = reply["columns"].as_array().zip(reply["rows"].as_array());
    let (columns, rows) = table.with_context(|| format!("no columns and rows in {reply}"))?;
    let row = |row: &Value| {
        let cells = row.as_array().with_context(|| format!("a row is no array: {row}"))?;
        ensure!(cells.len() == columns.len(), "{} cells for {columns:?}", cells.len());
        let names = columns.iter().map(|name| name.as_str().unwrap_or_default().to_owned());
        Ok(names.zip(cells.iter().cloned()).collect())
    };
    rows.iter().map(row).collect()
}
