//! Invocable actions as the admin endpoint takes them: what
//! [`InvocableAction`] says in Rust, in JSON.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::actions::Actions;
use crate::invocable::{ActionFailure, ActionParameter, InvocableAction};

/// An action that is declared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionSpec {
    kind: KindSpec,
    name: String,
    label: Option<String>,
    description: Option<String>,
    #[serde(default)]
    inputs: Vec<ParameterSpec>,
    #[serde(default)]
    outputs: Vec<ParameterSpec>,
    /// The outputs of every call.
    #[serde(default)]
    answers: Map<String, Value>,
    /// Fails every call instead.
    fails: Option<FailureSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindSpec {
    Standard,
    Flow,
    Apex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterSpec {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    label: Option<String>,
    description: Option<String>,
    object: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    many: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureSpec {
    code: String,
    message: String,
}

impl ActionSpec {
    pub(super) fn action(self) -> InvocableAction {
        let mut action = match self.kind {
            KindSpec::Standard => InvocableAction::standard(self.name),
            KindSpec::Flow => InvocableAction::flow(self.name),
            KindSpec::Apex => InvocableAction::apex(self.name),
        };
        if let Some(label) = self.label {
            action = action.label(label);
        }
        if let Some(text) = self.description {
            action = action.description(text);
        }
        action = self.inputs.into_iter().fold(action, |action, one| action.input(one.parameter()));
        action =
            self.outputs.into_iter().fold(action, |action, one| action.output(one.parameter()));
        match self.fails {
            Some(FailureSpec { code, message }) => {
                action.runs(move |_| Err(ActionFailure::new(code.as_str(), message.as_str())))
            }
            None => action.answers(Value::Object(self.answers)),
        }
    }
}

impl ParameterSpec {
    fn parameter(self) -> ActionParameter {
        let mut parameter = ActionParameter::new(self.name, self.kind);
        if let Some(label) = self.label {
            parameter = parameter.label(label);
        }
        if let Some(text) = self.description {
            parameter = parameter.description(text);
        }
        if let Some(object) = self.object {
            parameter = parameter.of_object(object);
        }
        if self.required {
            parameter = parameter.required();
        }
        if self.many { parameter.many() } else { parameter }
    }
}

/// The calls so far, the oldest first.
pub(super) fn calls(actions: &Actions) -> Value {
    let calls = actions.calls().into_iter().map(
        |call| json!({ "action": call.action, "user_id": call.user_id, "inputs": call.inputs }),
    );
    json!({ "calls": calls.collect::<Vec<_>>() })
}
