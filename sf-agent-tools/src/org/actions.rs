//! Invocable and quick actions: each switched on by its name, and sent once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use sf_rest::ops::actions::{ActionDescription, ActionRef, DescribeAction, InvokeAction};
use sf_rest::ops::quick_actions::{DescribeQuickAction, QuickActionDescription, RunQuickAction};
use sf_rest::{ApiError, Error, Id};

use super::{Org, OrgBuilder, Values};
use crate::audit::{Intent, Outcome, RecordChange};
use crate::policy::{Pattern, PolicyError, any_pattern};
use crate::prepare::{How, one, summed, too_long, unanswered, unsigned};
use crate::tools::verify::Check;
use crate::{CallContext, Effect, ToolError, WriteMode};

/// An action as a call names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ActionName {
    Invocable(ActionRef),
    Quick { object: Option<String>, name: String },
}

/// What an action takes.
pub(crate) enum ActionInputs {
    Invocable(ActionDescription),
    Quick(Box<QuickActionDescription>),
}

/// What one execution did.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActionRun {
    pub(crate) done: bool,
    pub(crate) outputs: Values,
    pub(crate) errors: Vec<ApiError>,
}

impl OrgBuilder {
    /// Switches these invocable and quick actions on, by name or pattern: `emailSimple`,
    /// `flow:Route_Case`, `apex:OrderService`, `quick:LogACall`, `quick:Account:New_Invoice`. By default
    /// there is none. With [`Rules`](crate::Rules) theirs decide instead.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn actions<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        let names = names.into_iter().map(|name| Pattern::new(name.as_ref()));
        self.actions = names.collect::<Result<_, _>>()?;
        Ok(self)
    }
}

impl ActionName {
    /// What a name such as `flow:Route_Case` means.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if !parts.iter().all(plain) {
            return None;
        }
        let quick = |kind: &str| kind.eq_ignore_ascii_case("quick");
        Some(match parts.as_slice() {
            [name] => Self::Invocable(ActionRef::standard(*name)),
            [kind, name] if quick(kind) => Self::Quick { object: None, name: (*name).to_owned() },
            [kind, object, name] if quick(kind) => {
                Self::Quick { object: Some((*object).to_owned()), name: (*name).to_owned() }
            }
            [kind, name] => Self::Invocable(ActionRef::custom(*kind, *name)),
            _ => return None,
        })
    }
}

impl Org {
    /// Whether any action is switched on.
    pub(crate) fn runs_actions(&self) -> bool {
        match self.policy().rules() {
            Some(rules) => rules.allows_actions(),
            None => !self.inner.actions.is_empty(),
        }
    }

    /// Refuses an action that is not switched on.
    ///
    /// # Errors
    /// With those that are.
    pub(crate) fn may_run(&self, name: &str) -> Result<(), ToolError> {
        if self.inner.guard.is_some() {
            return self.gate().action(name);
        }
        if any_pattern(&self.inner.actions, name) {
            return Ok(());
        }
        let on: Vec<&str> = self.inner.actions.iter().map(Pattern::as_str).collect();
        let on = if on.is_empty() { "none".to_owned() } else { on.join(", ") };
        Err(ToolError::ask_a_person(format!(
            "The action {} is not switched on here (those that are: {on}). Nothing was sent. Actions can act beyond what the \
             user may do, so whoever runs this connection switches each on by its name (sf-agent: the \
             option --action; as a library: OrgBuilder::actions).",
            crate::text::shorten(name, 80)
        )))
    }

    /// What an action takes.
    ///
    /// # Errors
    /// If there is no such action that this user may run.
    pub(crate) async fn action_inputs(
        &self,
        action: &ActionName,
    ) -> Result<ActionInputs, ToolError> {
        self.gate().request()?;
        let client = &self.inner.client;
        let described = match action {
            ActionName::Invocable(action) => {
                client.send(&DescribeAction(action.clone())).await.map(ActionInputs::Invocable)
            }
            ActionName::Quick { object, name } => {
                let describe = match object {
                    Some(object) => DescribeQuickAction::of_object(object.as_str(), name.as_str()),
                    None => DescribeQuickAction::global(name.as_str()),
                };
                let described = client.send(&describe).await;
                described.map(|described| ActionInputs::Quick(Box::new(described)))
            }
        };
        described.map_err(|error| self.explained(&error, None))
    }

    /// Whether a text stands for a masked value.
    pub(crate) fn is_masked_token(&self, text: &str) -> bool {
        self.inner.guard.is_some() && crate::policy::is_token(text)
    }

    /// Executes an action once per input, and never again. `check` would tell whether it ran.
    ///
    /// # Errors
    /// If it may not be run, was refused as a whole, or its answer was lost.
    pub(crate) async fn run_action(
        &self,
        cx: &CallContext,
        name: &str,
        action: ActionName,
        inputs: Vec<Values>,
        record: Option<Id>,
        check: Option<&Check>,
    ) -> Result<Vec<ActionRun>, ToolError> {
        self.may_run(name)?;
        let policy = &self.inner.policy;
        let all = [Effect::Create, Effect::Update, Effect::Delete];
        let allowed: Vec<Effect> =
            all.into_iter().filter(|effect| policy.allows(*effect)).collect();
        if allowed.is_empty() {
            policy.check_effects("An action", &all)?;
        }
        let too_many = match policy.write_mode() {
            WriteMode::Prepared => true,
            WriteMode::PreparedAbove(most) => inputs.len() > most,
            WriteMode::Free | WriteMode::Approved => false,
        };
        if too_many {
            return Err(ToolError::ask_a_person(
                "This connection wants such writes to be prepared, and an action cannot be: what it does is \
                 known to the org alone. Nothing was sent. What it should do may be done with \
                 salesforce_prepare_write, or a person runs it.",
            ));
        }
        // It was switched on by name; whether it deletes nobody can tell.
        let prepared = matches!(policy.write_mode(), WriteMode::PreparedAbove(_));
        let plain = |e: &Effect| !prepared || *e != Effect::Delete || policy.asks_before(*e);
        let effects: Vec<Effect> = allowed.into_iter().filter(plain).collect();
        let preview = json!({
            "operations": [{ "action": "run_action", "name": name, "record": record, "inputs": inputs }],
            "warnings": ["What an action does is known to the org alone; it may change any record."],
        });
        let how = How { preview: Some(preview), ..How::default() };
        let approved = self.clear(cx, &effects, 0, &how).await?;
        let mut intent = None;
        if self.log().is_some() {
            let mut announced = announced(name, &inputs, record);
            announced.check = check.and_then(Check::soql).map(str::to_owned);
            self.sign(cx, &mut announced, &how, &effects, approved).await?;
            intent = Some(announced);
        }
        self.gate().request()?;
        self.count_writes(cx, inputs.len())?;
        let (org, name) = (self.clone(), name.to_owned());
        self.logged(intent, async move {
            let came = org.send_action(&action, &inputs, record).await;
            let outcome = reported(&came, inputs.len());
            (came.map_err(|error| org.action_failed(&error, &name)), outcome)
        })
        .await
    }

    async fn send_action(
        &self,
        action: &ActionName,
        inputs: &[Values],
        record: Option<Id>,
    ) -> Result<Vec<ActionRun>, Error> {
        let client = &self.inner.client;
        match action {
            ActionName::Invocable(action) => {
                let results = client.send(&InvokeAction::new(action.clone(), inputs)?).await?;
                let run = |result: sf_rest::ops::actions::ActionResult| ActionRun {
                    done: result.is_success,
                    outputs: result.output_values,
                    errors: self.errors_to_show("", result.errors, &[]),
                };
                Ok(results.into_iter().map(run).collect())
            }
            ActionName::Quick { object, name } => {
                let none = Values::new();
                let values = inputs.first().unwrap_or(&none);
                let mut run = match object {
                    Some(object) => {
                        RunQuickAction::of_object(object.as_str(), name.as_str(), values)?
                    }
                    None => RunQuickAction::global(name.as_str(), values)?,
                };
                if let Some(record) = record {
                    run = run.context(record);
                }
                let result = client.send(&run).await?;
                let mut outputs = Values::new();
                if let Some(id) = result.id {
                    outputs.insert("id".to_owned(), json!(id.to_string()));
                    outputs.insert("created".to_owned(), json!(result.created));
                }
                if let Some(message) = result.success_message.filter(|text| !text.is_empty()) {
                    outputs.insert("message".to_owned(), json!(message));
                }
                Ok(vec![ActionRun { done: true, outputs, errors: Vec::new() }])
            }
        }
    }

    fn action_failed(&self, error: &Error, name: &str) -> ToolError {
        if matches!(error, Error::OutcomeUnknown { .. }) {
            return ToolError::outcome_unknown(format!(
                "{name} was sent and its answer was lost, which was noticed at {}: it may or may not have \
                 run, for all of its inputs or for some. It was not sent again, and must not be before \
                 somebody knows. {}",
                Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                traces(name)
            ));
        }
        self.explained(error, None)
    }
}

/// Where a run leaves a trace, beside what it changed (Salesforce Help: Monitor Your Paused and Failed
/// Flow Interviews; Monitoring Asynchronous Jobs; Email Logs).
fn traces(name: &str) -> &'static str {
    let kind = name.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "flow" => {
            "Look at the records that the flow changes. A person finds runs that failed or wait in \
             Salesforce under Setup, Paused and Failed Flow Interviews; one that succeeded is not listed \
             there."
        }
        "apex" => {
            "Look at the records that the class changes. A person finds work that it queued in Salesforce \
             under Setup, Apex Jobs."
        }
        "quick" => "Look at the record that the quick action makes or changes.",
        _ if kind.contains("email") => {
            "A person can ask the recipient, or look in Salesforce at the activities of the record and \
             under Setup, Email Log Files."
        }
        _ => "Look at the records that it changes.",
    }
}

fn announced(name: &str, inputs: &[Values], record: Option<Id>) -> Intent {
    let change = |values: &Values| {
        let (mut after, mut left_out) = (Values::new(), BTreeMap::new());
        for (field, value) in values {
            match too_long(value) {
                Some(why) => drop(left_out.insert(field.clone(), why)),
                None => drop(after.insert(field.clone(), value.clone())),
            }
        }
        RecordChange {
            action: "run_action".to_owned(),
            object: name.to_owned(),
            id: record.map(|id| id.to_string()),
            before: None,
            after,
            left_out,
        }
    };
    unsigned(inputs.iter().map(change).collect())
}

fn reported(came: &Result<Vec<ActionRun>, Error>, inputs: usize) -> Outcome {
    summed(match came {
        Ok(runs) => {
            let word = |run: &ActionRun| if run.done { "done" } else { "failed" };
            runs.iter().map(|run| one(word(run), &run.errors)).collect()
        }
        Err(error) => unanswered(error, inputs),
    })
}
