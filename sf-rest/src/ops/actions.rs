//! Invocable actions: standard ones, flows, Apex methods and more, with one form of call (Actions
//! Developer Guide).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::records::refusal;
use crate::decode::or_default;
use crate::{ApiError, Error, Fields, Operation, Request, Response, Safety};

/// Where an action is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRef {
    /// `None` for a standard action.
    kind: Option<String>,
    name: String,
}

impl ActionRef {
    /// An action of the platform: `chatterPost`, `emailSimple`, `submit`.
    pub fn standard(name: impl Into<String>) -> Self {
        Self { kind: None, name: name.into() }
    }

    /// A flow, by its API name.
    pub fn flow(name: impl Into<String>) -> Self {
        Self::custom("flow", name)
    }

    /// A method of an Apex class, by the name of the class.
    pub fn apex(class: impl Into<String>) -> Self {
        Self::custom("apex", class)
    }

    /// Another kind, as [`ActionKinds`] lists them: `emailAlert`, `quickAction`, `sendNotification`.
    pub fn custom(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), name: name.into() }
    }

    fn request(&self, method: Method) -> Result<Request, Error> {
        match &self.kind {
            None => Request::new(method, "actions/standard/{name}", &[&self.name]),
            Some(kind) => Request::new(method, "actions/custom/{kind}/{name}", &[kind, &self.name]),
        }
    }
}

/// Lists the kinds of custom actions: their paths by their names.
#[derive(Debug, Clone, Copy)]
pub struct ActionKinds;

impl Operation for ActionKinds {
    type Output = BTreeMap<String, String>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "actions/custom", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the kinds of custom actions")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Lists the actions of one kind that the user may execute.
#[derive(Debug, Clone)]
pub struct Actions {
    kind: Option<String>,
}

impl Actions {
    /// The platform's.
    pub fn standard() -> Self {
        Self { kind: None }
    }

    /// Flows.
    pub fn flows() -> Self {
        Self::custom("flow")
    }

    /// Apex methods.
    pub fn apex() -> Self {
        Self::custom("apex")
    }

    /// Another kind, as [`ActionKinds`] lists them.
    pub fn custom(kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()) }
    }
}

/// An action in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// Its API name.
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// Its type: `CHATTERPOST`, `FLOW`, `APEX`, …
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
}

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "or_default")]
    actions: Vec<Action>,
}

impl Operation for Actions {
    type Output = Vec<Action>;

    fn request(&self) -> Result<Request, Error> {
        match &self.kind {
            None => Request::new(Method::GET, "actions/standard", &[]),
            Some(kind) => Request::new(Method::GET, "actions/custom/{kind}", &[kind]),
        }
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        Ok(response.json::<List>("a list of actions")?.actions)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Describes an action: its inputs and outputs.
#[derive(Debug, Clone)]
pub struct DescribeAction(pub ActionRef);

/// The description of an action. What has no field of its own here is in [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionDescription {
    /// Its API name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// What it does, as its author says.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// What it takes.
    #[serde(default, deserialize_with = "or_default")]
    pub inputs: Vec<ActionParameter>,
    /// What it gives.
    #[serde(default, deserialize_with = "or_default")]
    pub outputs: Vec<ActionParameter>,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An input or output of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ActionParameter {
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// What it means, as its author says.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Its type: `STRING`, `REFERENCE`, `BOOLEAN`, `SOBJECT`, …
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
    /// The object of a record or reference.
    #[serde(default)]
    pub sobject_type: Option<String>,
    /// Whether an input must be given.
    #[serde(default)]
    pub required: bool,
    /// How many values it holds; more than one is a list.
    #[serde(default)]
    pub max_occurs: Option<i64>,
}

impl Operation for DescribeAction {
    type Output = ActionDescription;

    fn request(&self) -> Result<Request, Error> {
        self.0.request(Method::GET)
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the description of an action")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Executes an action once per input; its output has one result per input, in order.
///
/// What an action does cannot be told from its name, so it is a [`Safety::Write`].
#[derive(Debug, Clone)]
pub struct InvokeAction {
    action: ActionRef,
    inputs: Vec<Fields>,
}

#[derive(Serialize)]
struct Body<'a> {
    inputs: &'a [Fields],
}

impl InvokeAction {
    /// Each input has the values of the action's parameters by their names; an action without
    /// parameters takes `json!({})`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if an input is not a JSON object.
    pub fn new(action: ActionRef, inputs: &[impl Serialize]) -> Result<Self, Error> {
        let inputs = inputs
            .iter()
            .map(|input| Fields::any(input, "an input of an action is"))
            .collect::<Result<_, _>>()?;
        Ok(Self { action, inputs })
    }
}

/// What one execution of an action did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ActionResult {
    /// Whether it succeeded.
    pub is_success: bool,
    /// Why it failed.
    #[serde(default, deserialize_with = "or_default")]
    pub errors: Vec<ApiError>,
    /// The values of its outputs by their names.
    #[serde(default, deserialize_with = "or_default")]
    pub output_values: Map<String, Value>,
}

impl Operation for InvokeAction {
    type Output = Vec<ActionResult>;

    fn request(&self) -> Result<Request, Error> {
        if self.inputs.is_empty() {
            return Err(Error::invalid("an action is executed once per input, and there is none"));
        }
        // Where an execution failed the status may be 400, with the results of all of them.
        Ok(self.action.request(Method::POST)?.json(&Body { inputs: &self.inputs })?.accept(400))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        const WHAT: &str = "one result per input of an action";
        let results: Vec<ActionResult> = match response.json(WHAT) {
            Ok(results) => results,
            Err(_) if response.status >= 400 => {
                return Err(refusal("POST actions/{kind}/{name}", response.status, &response.body));
            }
            Err(error) => return Err(error),
        };
        if results.len() != self.inputs.len() {
            let problem = format!("{} results for {} inputs", results.len(), self.inputs.len());
            return Err(response.unexpected(WHAT, problem));
        }
        Ok(results)
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}
