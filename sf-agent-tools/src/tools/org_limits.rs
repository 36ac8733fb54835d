//! `salesforce_org_limits`: what is left of the org's limits.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::ops::limits::Limit;

use crate::rows::{Bounds, Columns, Kept, Rows, Table, Units, rows_of};
use crate::{CallContext, Org, Problem, Reply, SuggestedCall, Tool, ToolError};

const NAME: &str = "salesforce_org_limits";

/// Rows of a reply if the call does not say: those that may matter.
const ROWS: u32 = 25;

/// Tells the org's limits.
pub(crate) struct OrgLimits;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Text in the name, such as Daily or StorageMB.
    name: Option<String>,
    /// Default 25.
    #[schemars(range(min = 1, max = 500))]
    max_rows: Option<u32>,
}

impl Tool for OrgLimits {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Org limits"
    }

    fn description(&self) -> &str {
        "Lists the org's limits and what is left of each, the most used first."
    }

    fn example(&self) -> Value {
        json!({ "name": "StorageMB" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let all = cx.unless_cancelled(org.org_limits()).await?;
        let filter = args.name.as_deref().unwrap_or("").trim().to_lowercase();
        let mut found: Vec<(&String, &Limit)> =
            all.iter().filter(|(name, _)| name.to_lowercase().contains(&filter)).collect();
        if found.is_empty() && !filter.is_empty() {
            let near = sf_schema::suggest(&filter, all.keys().map(String::as_str));
            return Err(ToolError::fix_your_call("No limit of the org has this in its name.")
                .with_problem(Problem::new("name", "Leave it out for all.").did_you_mean(near))
                .with_next(SuggestedCall::new(NAME, json!({}))));
        }
        // Of equals those of names that come first.
        found.sort_by_key(|(_, limit)| std::cmp::Reverse(share(limit)));
        let row = |(name, limit): (&String, &Limit)| {
            let used = limit.max.saturating_sub(limit.remaining);
            vec![
                json!(name),
                json!(used),
                json!(limit.max),
                json!(limit.remaining),
                share(limit).map_or(Value::Null, percent),
            ]
        };
        let rows: Vec<Vec<Value>> = found.into_iter().map(row).collect();
        let columns = Columns::named(["limit", "used", "max", "left", "used_percent"]);
        let page = Kept::whole("limits".to_owned(), columns, Rows::Cells(rows), Units::default())?;
        let bounds = Bounds::new(org, Some(args.max_rows.unwrap_or(ROWS)), None);
        rows_of(cx, org, org.pages().keep(page), args.max_rows, bounds).await
    }
}

/// How much of a limit is used, in millionths; none of one that allows nothing.
fn share(limit: &Limit) -> Option<i128> {
    let (max, left) = (i128::from(limit.max), i128::from(limit.remaining));
    (max > 0).then(|| (max - left) * 1_000_000 / max)
}

/// With one decimal.
fn percent(millionths: i128) -> Value {
    i32::try_from(millionths / 1_000).map_or(Value::Null, |tenths| json!(f64::from(tenths) / 10.0))
}
