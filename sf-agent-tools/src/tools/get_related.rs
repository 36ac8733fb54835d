//! `salesforce_get_related`: the children of a record, or the record it points at.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::{Id, Record};
use sf_schema::Object;
use sf_soql::ast::{CompareOp, Condition, Count, Expr, Literal, Path, Span};

use super::names::Names;
use super::statement;
use crate::rows::{Bounds, Table};
use crate::{CallContext, Org, Problem, Reply, Tool, ToolError};

/// Names that an answer lists.
const LISTED: usize = 40;

/// Reads related records.
pub(crate) struct GetRelated;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object of the record.
    object: String,
    /// The record's id.
    id: String,
    /// Child relationship (Contacts) or parent (Owner).
    relationship: String,
    /// Their fields.
    fields: Option<Vec<String>>,
}

impl Tool for GetRelated {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        "salesforce_get_related"
    }

    fn title(&self) -> &str {
        "Get related records"
    }

    fn description(&self) -> &str {
        "Reads the children of a record, or the record that one of its references points at."
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "id": "001000000000001AAA", "relationship": "Contacts", "fields": ["Name", "Email"] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let object = org.resolve(&args.object).await?;
        let id = super::id_to_read(&object, &args.id)?;
        let related = related(org, &object, id, &args.relationship).await?;
        let mut names = Names::new(org, org.object(&related.object).await?);
        let fields = names.fields("fields", args.fields.as_deref()).await?;
        names.refuse()?;
        let mut query = statement::select(&related.object, fields)?;
        query.filter = Some(equal(&related.field, related.id)?);
        let mut notes = names.notes;
        let query = statement::checked(org, &query, &mut notes).await?;
        let bounds = Bounds::new(org, None, None);
        let mut reply = statement::rows(cx, org, &query, notes, None, bounds).await?;
        if reply.data.total == 0 {
            // No children of a record that is not there is no answer.
            row(org, &object, id, "Id").await?;
            let none = format!("No {} of this record that this user can see.", related.name);
            reply.data.about.notes.push(none);
        }
        Ok(reply)
    }
}

/// The records of `object` whose `field` holds `id`.
struct Related {
    name: String,
    object: String,
    field: String,
    id: Id,
}

async fn related(org: &Org, object: &Object, id: Id, written: &str) -> Result<Related, ToolError> {
    let written = written.trim();
    if let Some(child) = object.child(written) {
        let (name, object, field) = (written.to_owned(), child.object.clone(), child.field.clone());
        return Ok(Related { name, object, field, id });
    }
    let by_field = object.field(written).filter(|field| field.relationship_name.is_some());
    let Some(field) = object.parent(written).or(by_field) else {
        return Err(unknown(object, written));
    };
    let row = row(org, object, id, &field.name).await?;
    let target = row.get(&field.name).and_then(|v| v.as_str().and_then(|id| Id::parse(id).ok()));
    let Some(target) = target else {
        return Err(ToolError::fix_your_call(format!(
            "This {} has no {written}: {} is empty.",
            object.name, field.name
        )));
    };
    let all = org.objects().await?;
    let object = match field.reference_to.as_slice() {
        [one] => Some(one.clone()),
        several => all
            .iter()
            .filter(|o| o.key_prefix.as_deref() == Some(target.key_prefix()))
            .find(|o| several.iter().any(|name| name.eq_ignore_ascii_case(&o.name)))
            .map(|o| o.name.clone()),
    };
    let Some(object) = object else {
        return Err(ToolError::fix_your_call(format!(
            "{written} is {target}, a record of an object that this user cannot see."
        )));
    };
    Ok(Related { name: written.to_owned(), object, field: "Id".to_owned(), id: target })
}

/// A record with one of its fields.
async fn row(org: &Org, object: &Object, id: Id, field: &str) -> Result<Record, ToolError> {
    let mut query = statement::select(&object.name, vec![path(field)?])?;
    query.filter = Some(equal("Id", id)?);
    query.limit = Some(Count::from(1));
    org.query(&query).await?.records.into_iter().next().ok_or_else(|| {
        ToolError::fix_your_call(format!(
            "The {} {id} does not exist, was deleted, or is not visible to this user.",
            object.name
        ))
    })
}

fn unknown(object: &Object, written: &str) -> ToolError {
    let children = object.children.iter().filter_map(|child| child.name.clone());
    let parents = object.fields.iter().filter_map(|field| field.relationship_name.clone());
    let names: Vec<String> = children.chain(parents).collect();
    let near = sf_schema::suggest(written, names.iter().map(String::as_str));
    let message =
        format!("{} has no relationship {:?}.", object.name, crate::text::shorten(written, 80));
    let problem = Problem::new("relationship", message).did_you_mean(near.clone());
    let problem = match near.is_empty() {
        true => problem.allowed(names.into_iter().map(Value::String).collect(), LISTED),
        false => problem,
    };
    ToolError::fix_your_call("There is no such relationship. Nothing was read.")
        .with_problem(problem)
        .by_schema()
}

fn path(name: &str) -> Result<Path, ToolError> {
    Path::new(name).map_err(|error| ToolError::fix_your_call(error.to_string()))
}

fn equal(field: &str, id: Id) -> Result<Condition, ToolError> {
    let (left, span) = (Expr::Field(path(field)?), Span::default());
    let value = Literal::from(sf_soql::ast::Value::String(id.to_string()));
    Ok(Condition::Compare { left, op: CompareOp::Eq, value, span })
}
