//! `salesforce_list_reports`: which reports there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reports::find::REPORT;
use super::reports::list::{Wanted, list};
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

const NAME: &str = "salesforce_list_reports";

/// Lists reports.
pub(crate) struct ListReports;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Words in name or description.
    words: Option<String>,
    /// Folder name.
    folder: Option<String>,
    /// Default 50.
    #[schemars(range(min = 1, max = 200))]
    max_rows: Option<u32>,
    /// Id after which to go on.
    after: Option<String>,
}

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
        NAME
    }

    fn title(&self) -> &str {
        "List reports"
    }

    fn description(&self) -> &str {
        "Lists the reports that this user can run."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
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
        let wanted = Wanted {
            kind: REPORT,
            tool: NAME,
            words: args.words.as_deref(),
            folder: args.folder.as_deref(),
            max_rows: args.max_rows,
            after: args.after.as_deref(),
        };
        let found = cx.unless_cancelled(list(org, &wanted)).await?;
        let (columns, reports, origin) = (found.data.columns, found.data.rows, found.data.origin);
        Ok(Reply::new(Output { columns, reports, origin }, found.completeness))
    }
}
