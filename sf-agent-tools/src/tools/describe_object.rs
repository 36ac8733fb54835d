//! `salesforce_describe_object`: one object's card, or a group of its fields in more detail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_schema::{Card, CardOptions, FieldGroup, Object, Picture};

use super::describe_field;
use super::problems::count;
use crate::{CallContext, Completeness, Org, Problem, Reply, SuggestedCall, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_describe_object";

/// Tokens of a card when the call does not say.
const BUDGET: usize = 2_000;

/// The call that lists the fields of an object.
pub(super) fn call(object: &str) -> SuggestedCall {
    SuggestedCall::new(NAME, json!({ "object": object }))
}

/// Describes an object.
pub(crate) struct DescribeObject;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// One group in detail: all, custom, required, picklists, children, ...
    group: Option<String>,
    /// Field after which to go on.
    after: Option<String>,
    /// Most tokens, default 2000.
    #[schemars(range(min = 200, max = 8000))]
    tokens: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name: use this in other calls.
    object: String,
    /// Label that people see.
    label: String,
    /// The fields that a create must give; validation rules may want more.
    required_on_create: Vec<String>,
    /// The object in short: fields by kind, picklist values, references, children.
    card: String,
    /// What did not fit: groups, and how much of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    left_out: Vec<LeftOut>,
}

#[derive(Serialize, JsonSchema)]
struct LeftOut {
    /// The group, to be asked for.
    group: &'static str,
    /// How many of it.
    count: usize,
}

impl Tool for DescribeObject {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Describe an object"
    }

    fn description(&self) -> &str {
        "Describes one object: fields, which are required or writable, picklist values, references, \
         children. Read it before you query or write."
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "group": "picklists" })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = org.resolve(&args.object).await?;
        let budget = args.tokens.map_or(BUDGET, |n| n as usize);
        let picture = Picture::new(&object);
        let group = match args.group.as_deref().map(str::trim).filter(|group| !group.is_empty()) {
            None => None,
            Some(name) => Some(name.parse::<FieldGroup>().map_err(|_| unknown_group(name))?),
        };
        let after = args.after.as_deref().filter(|after| !after.trim().is_empty());
        let card = match group {
            None => {
                let mut options = CardOptions::default();
                options.budget = budget;
                picture.card(options)
            }
            Some(group) => picture.group(group, after, budget),
        };
        let completeness = completeness(&object, group, &card, args.tokens);
        let left = card.left_out.iter();
        let left_out =
            left.map(|l| LeftOut { group: l.group.as_str(), count: l.names.len() }).collect();
        let output = Output {
            object: object.name.clone(),
            label: object.label.clone(),
            required_on_create: object.required_on_create().map(|f| f.name.clone()).collect(),
            card: card.text,
            left_out,
        };
        Ok(Reply::new(output, completeness))
    }
}

/// A card says itself what it leaves out; the first group of it is the call to go on with.
fn completeness(
    object: &Object,
    group: Option<FieldGroup>,
    card: &Card,
    tokens: Option<u32>,
) -> Completeness {
    let cut = cut_values(&card.text);
    let values = (!cut.is_empty()).then(|| {
        format!(
            "Of the values of {} only some are shown; {} shows all of a field.",
            count(cut.len(), "picklist"),
            describe_field::NAME
        )
    });
    let Some(first) = card.left_out.first() else {
        let Some(reason) = values else { return Completeness::Complete };
        let some: Vec<&str> = cut.iter().copied().take(describe_field::MOST).collect();
        let fields = json!({ "object": object.name, "fields": some });
        let next = group.map(|_| SuggestedCall::new(describe_field::NAME, fields));
        let returned = object.fields.len() as u64;
        return Completeness::Partial { returned, total: None, reason, next };
    };
    let missing: usize = card.left_out.iter().map(|left| left.names.len()).sum();
    let mut arguments = json!({ "object": object.name, "group": first.group.as_str() });
    if group.is_some()
        && let Some(after) = last_shown(object, first.group, &card.text, &first.names)
    {
        arguments["after"] = json!(after);
    }
    if let Some(tokens) = tokens {
        arguments["tokens"] = json!(tokens);
    }
    let shown = card.text.lines().skip(1).filter(|_| group.is_some()).count().saturating_sub(1);
    let reason =
        format!("{missing} fields or other parts did not fit; left_out names their groups.");
    Completeness::Partial {
        returned: shown as u64,
        total: group.map(|_| (shown + missing) as u64),
        reason: [Some(reason), values].into_iter().flatten().collect::<Vec<_>>().join(" "),
        next: Some(SuggestedCall::new(NAME, arguments)),
    }
}

/// The picklists of which the text does not show all values: it says how many more there are.
fn cut_values(text: &str) -> Vec<&str> {
    let more = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < text.len() && rest.starts_with(" more")
    };
    let lines = text.lines().map(|line| line.trim_start_matches("- "));
    lines
        .filter(|line| line.match_indices(" | ").any(|(at, mark)| more(&line[at + mark.len()..])))
        .filter_map(|line| line.split([' ', ':']).next())
        .collect()
}

/// The last item of a group that was shown: it stands before the first that was not.
fn last_shown(object: &Object, group: FieldGroup, text: &str, left: &[String]) -> Option<String> {
    if group == FieldGroup::RecordTypes {
        let first = left.first()?;
        let at = object.record_types.iter().position(|r| r.developer_name == *first)?;
        return Some(object.record_types[at.checked_sub(1)?].developer_name.clone());
    }
    let mut lines = text.lines().skip(1).collect::<Vec<_>>();
    lines.pop();
    let name = lines.last()?.split([' ', ':']).next()?;
    Some(name.to_owned())
}

fn unknown_group(name: &str) -> ToolError {
    let groups = FieldGroup::names();
    let near = sf_schema::suggest(name, groups.iter().copied());
    let bound = groups.len();
    let message = format!("There is no group {:?}.", crate::text::shorten(name, 60));
    ToolError::fix_your_call("There is no such group. Nothing was read.").with_problem(
        Problem::new("group", message)
            .allowed(groups.into_iter().map(|g| json!(g)).collect(), bound)
            .did_you_mean(near),
    )
}
