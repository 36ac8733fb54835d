//! `salesforce_count`: how many records there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_soql::ast::{Call, Function, SelectItem, Span};

use super::conditions::{Loose, filter};
use super::names::Names;
use super::statement;
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Counts records.
pub(crate) struct CountRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// Conditions {field, op, value} as in salesforce_find_records.
    r#where: Option<Loose>,
    /// As there.
    logic: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name of the object.
    object: String,
    /// How many records there are that this user can see.
    count: u64,
    /// How the call was understood, and what to look at again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
}

impl Tool for CountRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_count"
    }

    fn title(&self) -> &str {
        "Count records"
    }

    fn description(&self) -> &str {
        "Counts the records of one object that fit conditions, exactly."
    }

    fn example(&self) -> Value {
        json!({ "object": "Case", "where": [{ "field": "Status", "op": "!=", "value": "Closed" }] })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let mut names = Names::of(org, &args.object).await?;
        let given = Loose::read(args.r#where.as_ref(), &mut names, "where");
        let filter = filter(&mut names, "where", Some(&given), args.logic.as_deref()).await?;
        names.refuse()?;
        let mut query = statement::select(&names.object.name, Vec::new())?;
        let call = Call { function: Function::Count, args: Vec::new(), span: Span::default() };
        query.select = vec![SelectItem::Call { call, alias: None }];
        query.filter = filter;
        let (object, mut notes) = (names.object.name.clone(), names.notes);
        let query = statement::checked(org, &query, &mut notes).await?;
        let count = org.query(&query).await?.total_size;
        Ok(Reply::complete(Output { object, count, notes }))
    }
}
