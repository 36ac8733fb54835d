//! `salesforce_list_dashboards`: which dashboards there are.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::reports::find::DASHBOARD;
use super::reports::list::{Args, list};
use crate::rows::ORIGIN;
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Lists dashboards.
pub(crate) struct ListDashboards;

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
        "salesforce_list_dashboards"
    }

    fn title(&self) -> &str {
        "List dashboards"
    }

    fn description(&self) -> &str {
        "Lists the dashboards that this user can see."
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
        let found = list(cx, org, DASHBOARD, &args).await?;
        let (columns, dashboards) = found.data;
        Ok(Reply::new(Output { columns, dashboards, origin: ORIGIN }, found.completeness))
    }
}
