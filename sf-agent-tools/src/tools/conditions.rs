//! Conditions given as structure, to a tree whose values cannot leave their place.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use sf_schema::{Field, FieldType};
use sf_soql::ast::{CompareOp, Condition, Expr, InSet, Literal, Span, Value};
use sf_soql::escape;

use super::logic;
use super::names::{Named, Names};
use super::values::literal;
use crate::ToolError;

// One condition of a call. Not a doc comment, which would cost a model tokens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionArg {
    /// Field or path (Account.Name).
    pub(super) field: String,
    /// Operator.
    pub(super) op: Op,
    /// Value; a list for in, not_in, includes, excludes. Dates: 2026-03-31, LAST_N_DAYS:30.
    pub(super) value: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Op {
    #[serde(rename = "=")]
    Eq,
    #[serde(rename = "!=")]
    Ne,
    #[serde(rename = "<")]
    Lt,
    #[serde(rename = "<=")]
    Le,
    #[serde(rename = ">")]
    Gt,
    #[serde(rename = ">=")]
    Ge,
    #[serde(rename = "in")]
    In,
    #[serde(rename = "not_in")]
    NotIn,
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "starts_with")]
    StartsWith,
    #[serde(rename = "ends_with")]
    EndsWith,
    #[serde(rename = "includes")]
    Includes,
    #[serde(rename = "excludes")]
    Excludes,
}

/// Conditions of a tool that does not describe them again.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Loose(Vec<Json>);

impl JsonSchema for Loose {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Conditions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "items": { "type": "object" } })
    }
}

impl Loose {
    /// The conditions; what is wrong is noted in `names`.
    pub(super) fn read(given: Option<&Self>, names: &mut Names<'_>, at: &str) -> Vec<ConditionArg> {
        let mut conditions = Vec::new();
        for (n, one) in given.into_iter().flat_map(|given| &given.0).enumerate() {
            match serde_json::from_value(one.clone()) {
                Ok(condition) => conditions.push(condition),
                Err(error) => names.problem(
                    &format!("{at}[{n}]"),
                    format!("A condition is {{field, op, value}}: {error}."),
                ),
            }
        }
        conditions
    }
}

/// The WHERE of a call; what is wrong is noted in `names`.
pub(super) async fn filter(
    names: &mut Names<'_>,
    at: &str,
    given: Option<&[ConditionArg]>,
    logic: Option<&str>,
) -> Result<Option<Condition>, ToolError> {
    let given = given.unwrap_or_default();
    let mut conditions = Vec::new();
    for (n, one) in given.iter().enumerate() {
        let at = format!("{at}[{n}]");
        let Some(named) = names.field(&format!("{at}.field"), &one.field).await? else { continue };
        match condition(&named, one) {
            Ok(condition) => conditions.push(condition),
            Err(wrong) => names.problem(&format!("{at}.value"), wrong),
        }
    }
    if conditions.len() < given.len() {
        return Ok(None);
    }
    match logic::combine(conditions, logic) {
        Ok(condition) => Ok(condition),
        Err(wrong) => {
            names.problem("logic", wrong);
            Ok(None)
        }
    }
}

fn condition(named: &Named, given: &ConditionArg) -> Result<Condition, String> {
    // What a parent of several objects has is text: its name, its type.
    let mut unknown = Field::default();
    unknown.ty = FieldType::String;
    let field = named.field.as_ref().unwrap_or(&unknown);
    compare(Expr::Field(named.path.clone()), field, given.op, &given.value)
}

/// `left op value`, the value as one of `field`.
pub(super) fn compare(
    left: Expr,
    field: &Field,
    op: Op,
    value: &Json,
) -> Result<Condition, String> {
    let span = Span::default();
    let simple = |op| -> Result<Condition, String> {
        let value = Literal::from(literal(field, value)?);
        Ok(Condition::Compare { left: left.clone(), op, value, span })
    };
    let like = |before: &str, after: &str| -> Result<Condition, String> {
        let Json::String(text) = value else {
            return Err(format!(
                "contains, starts_with and ends_with take text, not {}.",
                shown(value)
            ));
        };
        if text.is_empty() {
            return Err("An empty text is in every value; leave the condition out.".to_owned());
        }
        let pattern = format!("{before}{}{after}", escape::like_pattern(text));
        let value = Literal::from(Value::Pattern(pattern));
        Ok(Condition::Compare { left: left.clone(), op: CompareOp::Like, value, span })
    };
    match op {
        // A list can mean nothing else.
        Op::Eq if value.is_array() => compare(left, field, Op::In, value),
        Op::Ne if value.is_array() => compare(left, field, Op::NotIn, value),
        Op::Eq => simple(CompareOp::Eq),
        Op::Ne => simple(CompareOp::Ne),
        Op::Lt | Op::Le | Op::Gt | Op::Ge if value.is_null() => {
            Err("null is neither less nor greater than anything; use = or != with null.".to_owned())
        }
        Op::Lt => simple(CompareOp::Lt),
        Op::Le => simple(CompareOp::Le),
        Op::Gt => simple(CompareOp::Gt),
        Op::Ge => simple(CompareOp::Ge),
        Op::Contains => like("%", "%"),
        Op::StartsWith => like("", "%"),
        Op::EndsWith => like("%", ""),
        Op::In | Op::NotIn => {
            let set = InSet::List(list(field, value)?);
            Ok(Condition::In { left, negated: op == Op::NotIn, set, span })
        }
        Op::Includes | Op::Excludes => {
            let Expr::Field(left) = left else {
                return Err("includes and excludes are for fields.".to_owned());
            };
            let values = match value {
                Json::Array(_) => list(field, value)?,
                one => vec![Literal::from(literal(field, one)?)],
            };
            Ok(Condition::Includes { left, negated: op == Op::Excludes, values, span })
        }
    }
}

fn list(field: &Field, value: &Json) -> Result<Vec<Literal>, String> {
    let Json::Array(items) = value else {
        return Err(format!("{} is no list; give one, such as [\"a\", \"b\"].", shown(value)));
    };
    if items.is_empty() {
        return Err("The list is empty, so nothing can match; leave the condition out if it does not matter.".to_owned());
    }
    if items.iter().any(Json::is_null) {
        return Err("null cannot stand in a list; add a condition = null and join them by logic."
            .to_owned());
    }
    items.iter().map(|item| Ok(Literal::from(literal(field, item)?))).collect()
}

/// A value as an error quotes it: short.
pub(super) fn shown(value: &Json) -> String {
    crate::text::shorten(&value.to_string(), 60)
}
