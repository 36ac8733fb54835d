//! `salesforce_explain_query`: how Salesforce would run a query.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::query;
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Explains a query.
pub(crate) struct ExplainQuery;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Not run.
    soql: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Whether the query is selective, and what to do if it is not.
    verdict: String,
    /// The ways to run it, the cheapest first.
    plans: Vec<Plan>,
}

#[derive(Serialize, JsonSchema)]
struct Plan {
    /// Index, Sharing, TableScan or Other.
    operation: String,
    /// The object that it starts from.
    object: String,
    /// Cost; above 1 it is not selective.
    cost: f64,
    /// Rows that it is estimated to find.
    rows: u64,
    /// Rows that the object is estimated to have.
    object_rows: u64,
    /// Fields of the index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    fields: Vec<String>,
    /// Why filters do not use an index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
}

impl Tool for ExplainQuery {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_explain_query"
    }

    fn title(&self) -> &str {
        "Explain a query"
    }

    fn description(&self) -> &str {
        "Tells how Salesforce would run a SOQL query, without running it: for slow queries."
    }

    fn example(&self) -> Value {
        json!({ "soql": "SELECT Id FROM Contact WHERE Email = 'a@example.com'" })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let query = org.parse(&args.soql)?;
        org.check_query(&args.soql, &query).await?;
        let plans: Vec<Plan> = org.explain(&query).await?.into_iter().map(shown).collect();
        let verdict = match plans.first() {
            None => "Salesforce gives no plan for this query.".to_owned(),
            Some(best) if best.cost > 1.0 => format!(
                "Not selective (cost {}): it reads most of {}. On a large object it may be slow or \
                 time out; filter by an indexed field (Id, Name, a reference, an external id, \
                 CreatedDate) or set a LIMIT.",
                best.cost, best.object
            ),
            Some(best) => format!("Selective (cost {}). {} runs it.", best.cost, query::NAME),
        };
        Ok(Reply::complete(Output { verdict, plans }))
    }
}

fn shown(plan: sf_rest::ops::explain::Plan) -> Plan {
    let note = |note: &sf_rest::ops::explain::PlanNote| match note.fields.is_empty() {
        true => note.description.clone(),
        false => format!("{} ({})", note.description, note.fields.join(", ")),
    };
    Plan {
        notes: plan.notes.iter().map(note).collect(),
        operation: plan.leading_operation_type,
        object: plan.sobject_type,
        cost: plan.relative_cost,
        rows: plan.cardinality,
        object_rows: plan.sobject_cardinality,
        fields: plan.fields,
    }
}
