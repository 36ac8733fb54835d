//! `salesforce_run_action`: an invocable or quick action that is switched on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::Id;
use sf_rest::ops::actions::{ActionDescription, ActionParameter};
use sf_rest::ops::quick_actions::QuickActionDescription;
use sf_schema::{ProblemKind, WriteKind, check_write};

use super::problems::with_bounded;
use super::verify::{self, Check};
use super::{count, record_id};
use crate::contract::{self, class_of};
use crate::org::{ActionInputs, ActionName, ActionRun};
use crate::text::shorten;
use crate::{
    CallContext, Completeness, Effect, ErrorClass, Org, Problem, Reply, Tool, ToolError, Values,
};

/// The tool's name: it is offered where an action is switched on.
pub(crate) const NAME: &str = "salesforce_run_action";

/// Runs an action.
pub(crate) struct RunAction;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// emailSimple, flow:Name, apex:Class, quick:Name or quick:Object:Name.
    #[schemars(length(min = 1, max = 200))]
    action: String,
    /// Values by input name (quick actions: by field); the action runs once for each.
    #[schemars(length(min = 1, max = 50))]
    inputs: Option<Vec<Values>>,
    /// The record on whose page a quick action runs.
    record: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// The action.
    action: String,
    /// One per input, in order.
    results: Vec<RunOutcome>,
    /// Where the outputs come from.
    origin: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct RunOutcome {
    /// Whether it succeeded.
    done: bool,
    /// What it gave.
    #[serde(skip_serializing_if = "Values::is_empty")]
    #[schemars(default)]
    outputs: Values,
    /// Why it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    problems: Vec<String>,
}

impl Tool for RunAction {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Run an action"
    }

    fn description(&self) -> &str {
        "Runs an action that is switched on here: a flow, Apex, a quick or standard action. A call with \
         wrong inputs tells what it takes. On outcome_unknown never repeat it."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create, Effect::Update, Effect::Delete]
    }

    fn serves_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "action": "flow:Route_Case", "inputs": [{ "caseId": "500000000000001AAA" }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let name = args.action.trim();
        let Some(action) = ActionName::parse(name) else {
            let text = "No name of an action: emailSimple, flow:Name, apex:Class, quick:Name or \
                        quick:Object:Name.";
            return Err(ToolError::fix_your_call(text).with_problem(Problem::new("action", text)));
        };
        org.may_run(name)?;
        let inputs = args.inputs.unwrap_or_else(|| vec![Values::new()]);
        let takes = cx.unless_cancelled(org.action_inputs(&action)).await?;
        let mut problems = Vec::new();
        let record = match args.record.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(text) => match Id::parse(text) {
                Ok(id) => Some(id),
                Err(error) => {
                    problems.push(Problem::new("record", format!("{error}.")));
                    None
                }
            },
            None => None,
        };
        for (at, values) in inputs.iter().enumerate() {
            let place = format!("inputs[{at}]");
            if has_token(org, values) {
                let text = "A token stands for a masked value, which an action is not given.";
                problems.push(Problem::new(&place, text));
            }
            match &takes {
                ActionInputs::Invocable(takes) => invocable(takes, &place, values, &mut problems),
                ActionInputs::Quick(takes) => {
                    quick(org, takes, &place, values, &mut problems).await?;
                }
            }
        }
        match &takes {
            ActionInputs::Invocable(_) if record.is_some() => {
                problems.push(Problem::new("record", "Only a quick action has one; leave it out."));
            }
            ActionInputs::Quick(takes) => {
                of_page(org, takes, record, &args.record, inputs.len(), &mut problems).await?;
            }
            ActionInputs::Invocable(_) => {}
        }
        if !problems.is_empty() {
            let error = ToolError::fix_your_call(format!(
                "Nothing was sent: {} to correct first. {name} takes {}.",
                count(problems.len(), "problem"),
                taken(&takes)
            ));
            return Err(with_bounded(error, problems).by_schema());
        }
        if let Some(record) = record {
            cx.unless_cancelled(org.record_is_there(record)).await?;
        }
        let check = made_by(org, &takes, &inputs, record).await;
        let ids = ids_of(&inputs, record);
        match org.run_action(cx, name, action, inputs, record, check.as_ref()).await {
            Ok(runs) => told(name, runs, org.limits().cell),
            Err(error) if error.class == ErrorClass::OutcomeUnknown => {
                let check = match check {
                    Some(check) => Some(check),
                    None => named(org, &ids).await,
                };
                Err(look_first(error, check))
            }
            Err(error) => Err(error),
        }
    }
}

/// The query that finds the record that a quick action makes or changes.
async fn made_by(
    org: &Org,
    takes: &ActionInputs,
    inputs: &[Values],
    record: Option<Id>,
) -> Option<Check> {
    let (ActionInputs::Quick(takes), [values]) = (takes, inputs) else { return None };
    let object = org.object(takes.target_sobject_type.as_deref()?).await.ok()?;
    match record {
        Some(id) if takes.kind == "Update" => {
            Some(verify::by_ids(&object, &[id], values.keys().map(String::as_str)))
        }
        _ => Some(verify::created(&object, &[values])),
    }
}

/// The ids that a call names.
fn ids_of(inputs: &[Values], record: Option<Id>) -> Vec<Id> {
    let given = inputs.iter().flat_map(Values::values);
    let given = given.filter_map(|value| Id::parse(value.as_str()?).ok());
    record.into_iter().chain(given).collect()
}

/// The query that shows when the records that the inputs name were changed last, of the first object
/// among them.
async fn named(org: &Org, ids: &[Id]) -> Option<Check> {
    let first = ids.first()?;
    let name = org.object_of(*first).await.ok()??;
    let object = org.object(&name).await.ok()?;
    let alike = |id: &&Id| id.key_prefix() == first.key_prefix();
    let ids: Vec<Id> = ids.iter().filter(alike).copied().collect();
    Some(verify::by_ids(&object, &ids, []))
}

/// The error of a lost answer, with the call that may tell.
fn look_first(mut error: ToolError, check: Option<Check>) -> ToolError {
    let Some(check) = check else { return error };
    error.message.push_str(
        " The call in next reads what the inputs name, or what they would have made: by its date you may \
         see whether it was touched just now. If that does not tell, ask a person.",
    );
    error.with_next(check.call)
}

fn has_token(org: &Org, values: &Values) -> bool {
    fn any(org: &Org, value: &Value) -> bool {
        match value {
            Value::String(text) => org.is_masked_token(text),
            Value::Array(items) => items.iter().any(|item| any(org, item)),
            Value::Object(map) => map.values().any(|item| any(org, item)),
            _ => false,
        }
    }
    values.values().any(|value| any(org, value))
}

/// What the action takes, in a line.
fn taken(takes: &ActionInputs) -> String {
    const MOST: usize = 30;
    let each: Vec<String> = match takes {
        ActionInputs::Invocable(takes) => {
            let one = |input: &ActionParameter| {
                let kind = input.kind.to_ascii_lowercase();
                let many = if is_many(input) { "list of " } else { "" };
                let required = if input.required { ", required" } else { "" };
                format!("{} ({many}{kind}{required})", input.name)
            };
            takes.inputs.iter().map(one).collect()
        }
        ActionInputs::Quick(takes) => {
            let target = takes.target_sobject_type.as_deref().unwrap_or("its object");
            return format!("values of fields of {target}");
        }
    };
    if each.is_empty() {
        return "nothing".to_owned();
    }
    let more = each.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", each.into_iter().take(MOST).collect::<Vec<_>>().join(", "))
}

fn is_many(input: &ActionParameter) -> bool {
    input.max_occurs.is_some_and(|most| most > 1)
}

fn invocable(takes: &ActionDescription, place: &str, values: &Values, problems: &mut Vec<Problem>) {
    let names = || takes.inputs.iter().map(|input| input.name.as_str());
    for (name, value) in values {
        let at = format!("{place}.{name}");
        let Some(input) = takes.inputs.iter().find(|input| input.name == *name) else {
            let near = sf_schema::suggest(name, names());
            problems.push(Problem::new(at, "The action has no such input.").did_you_mean(near));
            continue;
        };
        let wrong = match value {
            Value::Array(items) if is_many(input) => {
                items.iter().find_map(|item| misfit(input, item))
            }
            Value::Null => None,
            _ if is_many(input) => Some("a list"),
            one => misfit(input, one),
        };
        if let Some(wants) = wrong {
            problems.push(Problem::new(at, format!("It takes {wants} ({}).", input.kind)));
        }
    }
    for input in takes.inputs.iter().filter(|input| input.required) {
        if values.get(&input.name).is_none_or(Value::is_null) {
            let told = shorten(&input.description, 200);
            let text = format!("Missing: required ({}). {told}", input.kind);
            problems.push(Problem::new(format!("{place}.{}", input.name), text.trim()));
        }
    }
}

/// What an input wants, if a value is certainly something else.
fn misfit(input: &ActionParameter, value: &Value) -> Option<&'static str> {
    match input.kind.to_ascii_uppercase().as_str() {
        "BOOLEAN" => (!value.is_boolean()).then_some("true or false"),
        "INTEGER" | "LONG" => (value.as_i64().is_none()).then_some("a whole number"),
        "DOUBLE" | "NUMBER" | "DECIMAL" | "CURRENCY" | "PERCENT" => {
            (!value.is_number()).then_some("a number")
        }
        "REFERENCE" | "ID" => {
            let is_id = value.as_str().is_some_and(|text| Id::parse(text).is_ok());
            (!is_id).then_some("an id")
        }
        "SOBJECT" => (!value.is_object()).then_some("a record as an object"),
        "STRING" | "TEXTAREA" | "PICKLIST" | "DATE" | "DATETIME" | "EMAIL" | "PHONE" | "URL" => {
            (!value.is_string()).then_some("a text")
        }
        _ => None,
    }
}

async fn quick(
    org: &Org,
    takes: &QuickActionDescription,
    place: &str,
    values: &Values,
    problems: &mut Vec<Problem>,
) -> Result<(), ToolError> {
    let Some(target) = &takes.target_sobject_type else { return Ok(()) };
    let object = match org.object(target).await {
        Ok(object) => object,
        // Hidden by the rules, which allow the action by its name.
        Err(error) if error.class == ErrorClass::FixYourCall => return Ok(()),
        Err(error) => return Err(error),
    };
    let kind = if takes.kind == "Update" { WriteKind::Update } else { WriteKind::Create };
    for found in check_write(&object, kind, values) {
        // The action fills in values of its own.
        if found.is_error() && found.kind != ProblemKind::MissingRequired {
            let allowed = found.allowed.into_iter().map(Value::String).collect();
            let problem = Problem::new(format!("{place}.{}", found.field), found.message);
            problems.push(problem.allowed(allowed, 60).did_you_mean(found.suggestions));
        }
    }
    Ok(())
}

/// Whether a quick action has the record that it needs, and one set of values.
async fn of_page(
    org: &Org,
    takes: &QuickActionDescription,
    record: Option<Id>,
    given: &Option<String>,
    inputs: usize,
    problems: &mut Vec<Problem>,
) -> Result<(), ToolError> {
    if inputs > 1 {
        problems
            .push(Problem::new("inputs", "A quick action runs for one set of values at a time."));
    }
    let Some(context) = &takes.context_sobject_type else { return Ok(()) };
    match record {
        None if given.is_none() => {
            problems.push(Problem::new(
                "record",
                format!("Missing: the {context} on whose page it runs."),
            ));
        }
        None => {}
        Some(id) => match org.object(context).await {
            Ok(object) => {
                if let Err(wrong) = record_id(&object, id.as_str()) {
                    problems.push(Problem::new("record", wrong));
                }
            }
            Err(error) if error.class == ErrorClass::FixYourCall => {}
            Err(error) => return Err(error),
        },
    }
    Ok(())
}

fn told(name: &str, runs: Vec<ActionRun>, cell: usize) -> Result<Reply<Output>, ToolError> {
    let (all, failed) = (runs.len(), runs.iter().filter(|run| !run.done).count());
    if failed == all {
        let codes = || runs.iter().flat_map(|run| run.errors.iter().map(|e| e.code.as_str()));
        let error = ToolError::new(
            class_of(codes(), 400),
            format!("{name} failed, for the reasons listed."),
        );
        let problems = runs.iter().enumerate().flat_map(|(at, run)| {
            run.errors.iter().map(move |error| contract::problem(&format!("inputs[{at}]"), error))
        });
        return Err(with_bounded(error, problems.collect()));
    }
    let mut cut = 0_usize;
    let results = runs
        .into_iter()
        .map(|run| RunOutcome {
            done: run.done,
            outputs: run
                .outputs
                .into_iter()
                .map(|(name, v)| (name, cut_text(v, cell, &mut cut)))
                .collect(),
            problems: run.errors.iter().map(|error| contract::problem("", error).message).collect(),
        })
        .collect();
    let mut reasons = Vec::new();
    if failed > 0 {
        reasons.push(format!(
            "{failed} of {all} failed; results says why. Do not run the others again."
        ));
    }
    if cut > 0 {
        reasons.push(format!("{} cut, with its length named.", count(cut, "text")));
    }
    let completeness = if reasons.is_empty() {
        Completeness::Complete
    } else {
        Completeness::Partial {
            returned: (all - failed) as u64,
            total: Some(all as u64),
            reason: reasons.join(" "),
            next: None,
        }
    };
    let output = Output { action: name.to_owned(), results, origin: crate::rows::ORIGIN };
    Ok(Reply::new(output, completeness))
}

fn cut_text(value: Value, most: usize, cut: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let short = shorten(&text, most);
            *cut += usize::from(short != text);
            Value::String(short)
        }
        Value::Array(items) => items.into_iter().map(|item| cut_text(item, most, cut)).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(name, item)| (name, cut_text(item, most, cut))).collect()
        }
        other => other,
    }
}
