//! `salesforce_next_page`: on from the cursor of any reply.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::limits::MAX_ROWS;
use crate::rows::{Bounds, Format, Table, go_on, table};
use crate::{CallContext, Org, Reply, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_next_page";

/// Goes on where a reply stopped.
pub(crate) struct NextPage;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Unchanged.
    cursor: String,
    /// Default 100.
    #[schemars(range(min = 1, max = MAX_ROWS))]
    max_rows: Option<u32>,
    /// Default table.
    format: Option<Format>,
}

impl Tool for NextPage {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Next page"
    }

    fn description(&self) -> &str {
        "Returns the next rows of an incomplete result of any tool, from its cursor."
    }

    fn example(&self) -> Value {
        json!({ "cursor": "the cursor of completeness.next" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let bounds = Bounds::new(org, args.max_rows, args.format);
        let owner = org.owner(cx).await?;
        let slice = go_on(cx, org, &owner, &args.cursor, bounds).await?;
        table(org, &owner, args.max_rows, bounds.format, slice)
    }
}
