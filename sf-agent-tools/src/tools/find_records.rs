//! `salesforce_find_records`: conditions as structure, to a table.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_soql::ast::Count;

use super::conditions::{ConditionArg, filter};
use super::names::Names;
use super::statement;
use crate::limits::MAX_ROWS;
use crate::rows::{Bounds, Format, Table};
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Finds records.
pub(crate) struct FindRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// Fields, parents' by path (Owner.Name); default a few usual ones.
    fields: Option<Vec<String>>,
    /// Conditions; all must hold unless logic says otherwise.
    r#where: Option<Vec<ConditionArg>>,
    /// How they combine: 1 AND (2 OR NOT 3).
    logic: Option<String>,
    /// Fields, such as Amount desc.
    order_by: Option<Vec<String>>,
    /// Most records in all.
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// Default table.
    format: Option<Format>,
}

impl Tool for FindRecords {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        "salesforce_find_records"
    }

    fn title(&self) -> &str {
        "Find records"
    }

    fn description(&self) -> &str {
        "Finds records of one object by conditions, without SOQL. Names may be labels."
    }

    fn example(&self) -> Value {
        json!({
            "object": "Opportunity",
            "fields": ["Name", "Amount", "Account.Name"],
            "where": [
                { "field": "IsClosed", "op": "=", "value": false },
                { "field": "Amount", "op": ">", "value": 10000 },
                { "field": "CloseDate", "op": "<=", "value": "NEXT_N_DAYS:30" },
            ],
            "logic": "1 AND (2 OR 3)",
            "order_by": ["Amount desc"],
            "limit": 20,
        })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let mut names = Names::of(org, &args.object).await?;
        let fields = names.fields("fields", args.fields.as_deref()).await?;
        let filter =
            filter(&mut names, "where", args.r#where.as_deref(), args.logic.as_deref()).await?;
        let order = statement::order(&mut names, args.order_by.as_deref()).await?;
        names.refuse()?;
        let mut query = statement::select(&names.object.name, fields)?;
        query.filter = filter;
        query.order_by = order;
        query.limit = args.limit.map(|rows| Count::from(u64::from(rows)));
        let mut notes = names.notes;
        let query = statement::checked(org, &query, &mut notes).await?;
        let rows = args.limit.filter(|limit| *limit <= MAX_ROWS);
        let bounds = Bounds::new(org, rows, args.format);
        let mut reply = statement::rows(cx, org, &query, notes, None, bounds).await?;
        statement::limited(&mut reply, args.limit.map(u64::from));
        Ok(reply)
    }
}
