//! `salesforce_query`: SOQL to a table.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_soql::ast::Count;

use super::statement;
use crate::limits::MAX_ROWS;
use crate::rows::{Bounds, Columns, Format, Kept, Rows, Table, Units, rows_of};
use crate::{CallContext, Org, Problem, Reply, Tool, ToolError};

/// The tool's name; other tools' replies suggest calls of it.
pub(crate) const NAME: &str = "salesforce_query";

/// Runs a SOQL query.
pub(crate) struct RunQuery;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// A SOQL SELECT statement.
    soql: String,
    /// Most rows now, default 100.
    #[schemars(range(min = 1, max = MAX_ROWS))]
    max_rows: Option<u32>,
    /// Default table.
    format: Option<Format>,
}

impl Tool for RunQuery {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Query records"
    }

    fn description(&self) -> &str {
        "Runs one SOQL SELECT. Parents by path (Account.Name), children by subquery ((SELECT Id FROM \
         Contacts)), GROUP BY, date literals. No SELECT *: name the fields."
    }

    fn example(&self) -> Value {
        json!({ "soql": "SELECT Id, Name, Owner.Name FROM Account WHERE Industry = 'Energy' ORDER BY Name" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        if args.soql.trim().is_empty() {
            let message = "Give soql, a SELECT statement.";
            return Err(ToolError::fix_your_call(message)
                .with_problem(Problem::new("soql", message))
                .with_example(self.example()));
        }
        let bounds = Bounds::new(org, args.max_rows, args.format);
        let query = org.parse(&args.soql)?;
        let notes = org.check_query(&args.soql, &query).await?;
        if !query.is_count() {
            let mut reply = statement::rows(cx, org, &query, notes, args.max_rows, bounds).await?;
            // Whoever asks for one record does not ask how many there are.
            let limit = query.limit.as_ref().and_then(Count::rows).filter(|limit| *limit > 1);
            statement::limited(&mut reply, limit);
            return Ok(reply);
        }
        let count = org.query(&query).await?.total_size;
        let (columns, row) = (Columns::named(["COUNT()"]), vec![json!(count)]);
        let object = query.from.name.to_string();
        let page = Kept::whole(object, columns, Rows::Cells(vec![row]), Units::default())?;
        let mut reply = rows_of(cx, org, page.into(), None, bounds).await?;
        reply.data.about.notes = notes;
        Ok(reply)
    }
}
