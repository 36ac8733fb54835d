//! `salesforce_list_reports`: which reports there are.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::reports::find::REPORT;
use super::reports::list::{Args, list};
use crate::rows::ORIGIN;
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Lists reports.
pub(crate) struct ListReports;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Column names. LastRunDate is in UTC.
    columns: Vec<String>,
    /// One array per report, by id.
    reports: Vec<Vec<Value>>,
    /// Where the values come from.
    origin: &'static str,
}

impl Tool for ListReports {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_list_reports"
    }

    fn title(&self) -> &str {
        "List reports"
    }

    fn description(&self) -> &str {
        "Lists the reports that this user can see."
    }

    fn example(&self) -> Value {
        json!({ "words": "pipeline" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let found = list(cx, org, REPORT, &args).await?;
        let (columns, reports) = found.data;
        Ok(Reply::new(Output { columns, reports, origin: ORIGIN }, found.completeness))
    }
}
