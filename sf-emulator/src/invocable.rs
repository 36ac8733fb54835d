//! What an org's administrator adds to it that does something: invocable
//! actions and approval processes.

use std::sync::Arc;

use serde_json::{Map, Value};

/// An invocable action of the org: a flow, an Apex method, or a standard action.
///
/// It stands for code that this org does not have, so it says itself what it
/// takes and gives, and what it answers:
///
/// ```
/// use serde_json::json;
/// use sf_emulator::{ActionParameter, Emulator, InvocableAction};
///
/// let route = InvocableAction::flow("Route_Case")
///     .input(ActionParameter::new("caseId", "REFERENCE").of_object("Case").required())
///     .output(ActionParameter::new("queue", "STRING"))
///     .answers(json!({ "queue": "Tier 2" }));
/// let org = Emulator::builder().action(route);
/// ```
///
/// The org checks inputs against the declaration as the platform does, and keeps
/// every call ([`Emulator::action_calls`](crate::Emulator::action_calls)).
#[derive(Clone)]
pub struct InvocableAction {
    pub(crate) kind: ActionKind,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) inputs: Vec<ActionParameter>,
    pub(crate) outputs: Vec<ActionParameter>,
    pub(crate) run: Run,
}

type Run = Arc<dyn Fn(&Map<String, Value>) -> Result<Value, ActionFailure> + Send + Sync>;

/// Where an action is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionKind {
    Standard,
    Flow,
    Apex,
}

/// An input or output of an [`InvocableAction`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionParameter {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    pub(crate) object: Option<String>,
    pub(crate) required: bool,
    pub(crate) many: bool,
}

/// Why an action failed: the one error of its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFailure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ActionFailure {
    /// A status code, such as `FLOW_EXCEPTION`, and a text.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// A call of an action that the org ran.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActionCall {
    /// `standard/emailSimple`, `flow/Route_Case`, `apex/ScoreLead`.
    pub action: String,
    /// 18-character id of the user who called it.
    pub user_id: String,
    /// The values of its inputs by their names.
    pub inputs: Map<String, Value>,
}

impl ActionParameter {
    /// A parameter of a type in the platform's words: `STRING`, `BOOLEAN`,
    /// `NUMBER`, `INTEGER`, `DATE`, `DATETIME`, `ID`, `REFERENCE`, `SOBJECT`, …
    #[must_use]
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        let (name, kind) = (name.into(), kind.into().to_uppercase());
        Self {
            label: name.clone(),
            name,
            description: String::new(),
            kind,
            object: None,
            required: false,
            many: false,
        }
    }

    /// Its label; its name unless set.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What it means.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// The object of a record or reference (API name).
    #[must_use]
    pub fn of_object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// A call without it is refused.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It is a list.
    #[must_use]
    pub fn many(mut self) -> Self {
        self.many = true;
        self
    }
}

impl InvocableAction {
    fn new(kind: ActionKind, name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            kind,
            label: name.replace('_', " "),
            name,
            description: String::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            run: Arc::new(|_| Ok(Value::Object(Map::new()))),
        }
    }

    /// A flow, by its API name: `/actions/custom/flow/{name}`.
    #[must_use]
    pub fn flow(name: impl Into<String>) -> Self {
        Self::new(ActionKind::Flow, name)
    }

    /// An invocable method of an Apex class: `/actions/custom/apex/{class}`.
    #[must_use]
    pub fn apex(class: impl Into<String>) -> Self {
        Self::new(ActionKind::Apex, class)
    }

    /// A standard action: `/actions/standard/{name}`. It takes the place of one
    /// that the org has by itself: `chatterPost`, `emailSimple`, `submit`.
    #[must_use]
    pub fn standard(name: impl Into<String>) -> Self {
        Self::new(ActionKind::Standard, name)
    }

    /// Its label; its name unless set.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What it does.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// One more input.
    #[must_use]
    pub fn input(mut self, input: ActionParameter) -> Self {
        self.inputs.push(input);
        self
    }

    /// One more output.
    #[must_use]
    pub fn output(mut self, output: ActionParameter) -> Self {
        self.outputs.push(output);
        self
    }

    /// Answers every call with these outputs: a JSON object with the values by
    /// the names of the outputs.
    #[must_use]
    pub fn answers(self, outputs: Value) -> Self {
        self.runs(move |_| Ok(outputs.clone()))
    }

    /// Answers each call with what `run` makes of its inputs.
    #[must_use]
    pub fn runs(
        mut self,
        run: impl Fn(&Map<String, Value>) -> Result<Value, ActionFailure> + Send + Sync + 'static,
    ) -> Self {
        self.run = Arc::new(run);
        self
    }
}

impl std::fmt::Debug for InvocableAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvocableAction")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

/// An approval process with one step: a record that is submitted waits for one
/// user, who approves or rejects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalProcess {
    pub(crate) object: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) criteria: Option<String>,
    pub(crate) approver: Option<String>,
}

impl ApprovalProcess {
    /// A process of `object` (API name) with an API name of its own. A record
    /// that enters it waits for the manager of who submitted it, or the
    /// administrator where there is no manager.
    #[must_use]
    pub fn new(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            name: name.into(),
            description: None,
            criteria: None,
            approver: None,
        }
    }

    /// What it is for.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Which records may enter: what stands after `WHERE` in a statement over
    /// the object.
    #[must_use]
    pub fn criteria(mut self, condition: impl Into<String>) -> Self {
        self.criteria = Some(condition.into());
        self
    }

    /// Who decides, by username.
    #[must_use]
    pub fn approver(mut self, username: impl Into<String>) -> Self {
        self.approver = Some(username.into());
        self
    }
}
