//! `salesforce_list_dashboards`: which dashboards there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reports::find::DASHBOARD;
use super::reports::list::{Wanted, list};
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

const NAME: &str = "salesforce_list_dashboards";

/// Lists dashboards.
pub(crate) struct ListDashboards;

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
    /// Column names.
    columns: Vec<String>,
    /// One array per dashboard, by id.
    dashboards: Vec<Vec<Value>>,
    /// Where the values come from.
    origin: &'static str,
}

impl Tool for ListDashboards {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "List dashboards"
    }

    fn description(&self) -> &str {
        "Lists the dashboards that this user can see."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({ "words": "sales" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let wanted = Wanted {
            kind: DASHBOARD,
            tool: NAME,
            words: args.words.as_deref(),
            folder: args.folder.as_deref(),
            max_rows: args.max_rows,
            after: args.after.as_deref(),
        };
        let found = cx.unless_cancelled(list(org, &wanted)).await?;
        let (columns, dashboards, origin) =
            (found.data.columns, found.data.rows, found.data.origin);
        Ok(Reply::new(Output { columns, dashboards, origin }, found.completeness))
    }
}
