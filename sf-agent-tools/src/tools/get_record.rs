//! `salesforce_get_record`: one record by id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sf_rest::{Record, ValueRef};
use sf_schema::Object;

use super::names::Names;
use super::problems::count;
use crate::rows::{About, Scale, Units, absent, plain, redacted, redactions};
use crate::tokens::{tokens, tokens_of};
use crate::{CallContext, Completeness, Org, Reply, SuggestedCall, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_get_record";

/// Reads a record.
pub(crate) struct GetRecord;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// Record id.
    id: String,
    /// Fields, parents' by path (Owner.Name); default all.
    fields: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name of the object.
    object: String,
    /// The record's id.
    id: String,
    /// Fields that have a value.
    fields: Map<String, Value>,
    /// Fields that are empty.
    empty: Vec<String>,
    /// Fields that have a value and did not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    left_out: Vec<String>,
    #[serde(flatten)]
    about: About,
}

impl Tool for GetRecord {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Get a record"
    }

    fn description(&self) -> &str {
        "Reads one record by its id, long texts in full where they fit."
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "id": "001000000000001AAA", "fields": ["Name", "Owner.Name"] })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = org.resolve(&args.object).await?;
        let id = super::id_to_read(&object, &args.id)?;
        let mut names = Names::new(org, std::sync::Arc::clone(&object));
        let mut fields: Vec<String> = Vec::new();
        if let Some(written) = args.fields.as_deref().filter(|fields| !fields.is_empty()) {
            let paths = names.fields("fields", Some(written)).await?;
            fields.extend(paths.iter().map(ToString::to_string));
        }
        names.refuse()?;
        let record = org.get(&object.name, id, &fields).await?;
        let mut reply = output(org, &object, id.as_str(), &record, &fields)?;
        let mut scale = Scale::default();
        names.scale(&mut scale, reply.data.fields.keys().map(String::as_str)).await?;
        reply.data.about = About::new(org.units(scale).await, names.notes);
        Ok(reply)
    }
}

fn output(
    org: &Org,
    object: &Object,
    id: &str,
    record: &Record,
    asked: &[String],
) -> Result<Reply<Output>, ToolError> {
    let budget = org.limits().tokens;
    // No token has less than a character; what does not fit by its tokens is cut shorter below.
    let most = if asked.len() == 1 { budget.saturating_mul(2) } else { org.limits().cell };
    let (mut cut, mut used, mut hidden) = (0, 0, 0);
    let (mut fields, mut empty, mut left_out) = (Map::new(), Vec::new(), Vec::new());
    let mut put = |name: &str, value: ValueRef<'_>| {
        if value.is_null() {
            return empty.push(name.to_owned());
        }
        let mut cuts = 0;
        hidden += redacted(org, &value);
        let shown = |most: usize, cuts: &mut u64| {
            let value = plain(&value, most, cuts);
            let size = tokens(name) + tokens_of(&value);
            (value, size)
        };
        let (mut most, mut given) = (most, shown(most, &mut cuts));
        while asked.len() == 1 && given.1 > budget && most > 1 {
            (most, cuts) = (most * 3 / 4, 0);
            given = shown(most, &mut cuts);
        }
        let (value, size) = given;
        if used + size > budget && used > 0 {
            return left_out.push(name.to_owned());
        }
        (cut, used) = (cut + cuts, used + size);
        fields.insert(name.to_owned(), value);
    };
    if asked.is_empty() {
        for (name, value) in record.iter() {
            put(name, value);
        }
    } else {
        for name in asked {
            put(name, record.get_path(name).ok_or_else(|| absent(name))?);
        }
    }
    let left = Left { out: &left_out, cut, hidden };
    let completeness = completeness(object, id, &fields, &left, budget);
    let output = Output {
        object: object.name.clone(),
        id: id.to_owned(),
        fields,
        empty,
        left_out,
        about: About::new(Units::default(), Vec::new()),
    };
    Ok(Reply::new(output, completeness))
}

/// What is not in the reply.
struct Left<'a> {
    out: &'a [String],
    /// Texts that were cut.
    cut: u64,
    /// Values that the policy redacted.
    hidden: u64,
}

fn completeness(
    object: &Object,
    id: &str,
    fields: &Map<String, Value>,
    left: &Left<'_>,
    budget: usize,
) -> Completeness {
    let (left_out, cut) = (left.out, left.cut);
    let mut reasons = Vec::new();
    if left.hidden > 0 {
        reasons.push(redactions(left.hidden));
    }
    if !left_out.is_empty() {
        reasons
            .push(format!("{} did not fit; left_out names them.", count(left_out.len(), "field")));
    }
    if cut > 0 {
        reasons.push(format!(
            "Texts that were cut name their length; a field read alone is given up to {budget} tokens."
        ));
    }
    if reasons.is_empty() {
        return Completeness::Complete;
    }
    let next = (!left_out.is_empty()).then(|| {
        SuggestedCall::new(NAME, json!({ "object": object.name, "id": id, "fields": left_out }))
    });
    Completeness::Partial {
        returned: fields.len() as u64,
        total: Some((fields.len() + left_out.len()) as u64),
        reason: reasons.join(" "),
        next,
    }
}
