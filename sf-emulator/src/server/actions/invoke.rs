//! `/actions`: list, describe and invoke.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{approvals, inputs, standard as built_in};
use crate::engine::{ApiError, Caller, Step};
use crate::invocable::{ActionCall, ActionFailure, ActionKind, ActionParameter, InvocableAction};
use crate::server::rest::body;
use crate::server::{Org, reply};

fn base(caller: &Caller) -> String {
    format!("/services/data/v{}/actions", caller.version)
}

impl ActionKind {
    /// Below `/actions`.
    fn path(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Flow => "custom/flow",
            Self::Apex => "custom/apex",
        }
    }

    fn word(self) -> &'static str {
        self.path().trim_start_matches("custom/")
    }

    fn custom(word: &str) -> Result<Self, ApiError> {
        match word {
            "flow" => Ok(Self::Flow),
            "apex" => Ok(Self::Apex),
            _ => Err(ApiError::not_found()),
        }
    }
}

/// The type of an action in lists: of a standard one its name in capitals, with
/// the one exception of the platform.
fn type_of(action: &InvocableAction) -> String {
    match action.kind {
        ActionKind::Flow => "FLOW".to_owned(),
        ActionKind::Apex => "APEX".to_owned(),
        ActionKind::Standard if action.name == built_in::SUBMIT => "SUBMITAPPROVAL".to_owned(),
        ActionKind::Standard => action.name.to_uppercase(),
    }
}

/// `GET /actions`.
pub(super) async fn kinds(Extension(caller): Extension<Caller>) -> Response {
    let base = base(&caller);
    reply::ok(
        &json!({ "custom": format!("{base}/custom"), "standard": format!("{base}/standard") }),
    )
}

/// `GET /actions/custom`.
pub(super) async fn custom_kinds(Extension(caller): Extension<Caller>) -> Response {
    let base = base(&caller);
    reply::ok(
        &json!({ "apex": format!("{base}/custom/apex"), "flow": format!("{base}/custom/flow") }),
    )
}

fn list(org: &Org, caller: &Caller, kind: ActionKind) -> Response {
    let base = format!("{}/{}", base(caller), kind.path());
    let actions = org.actions.of(kind).into_iter().map(|action| {
        json!({
            "label": action.label,
            "name": action.name,
            "type": type_of(&action),
            "url": format!("{base}/{}", action.name),
        })
    });
    reply::ok(&json!({ "actions": actions.collect::<Vec<_>>() }))
}

pub(super) async fn list_standard(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    list(&org, &caller, ActionKind::Standard)
}

pub(super) async fn list_custom(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
) -> Result<Response, ApiError> {
    Ok(list(&org, &caller, ActionKind::custom(&kind)?))
}

fn describe(org: &Org, kind: ActionKind, name: &str) -> Result<Response, ApiError> {
    let action = org.actions.find(kind, name).ok_or_else(ApiError::not_found)?;
    let inputs: Vec<Value> = action.inputs.iter().map(|one| parameter(one, true)).collect();
    let outputs: Vec<Value> = action.outputs.iter().map(|one| parameter(one, false)).collect();
    Ok(reply::ok(&json!({
        "category": null,
        "description": action.description,
        "inputs": inputs,
        "label": action.label,
        "name": action.name,
        "outputs": outputs,
        "standard": kind == ActionKind::Standard,
        "targetEntityName": null,
        "type": type_of(&action),
    })))
}

fn parameter(parameter: &ActionParameter, is_input: bool) -> Value {
    /// How many values a list may have.
    const LIST: u32 = 2_000;
    let mut shown = json!({
        "byteLength": 0,
        "description": parameter.description,
        "label": parameter.label,
        "maxOccurs": if parameter.many { LIST } else { 1 },
        "name": parameter.name,
        "picklistValues": null,
    });
    if is_input {
        shown["required"] = Value::from(parameter.required);
    }
    shown["sobjectType"] = Value::from(parameter.object.as_deref());
    shown["type"] = Value::from(parameter.kind.as_str());
    shown
}

pub(super) async fn describe_standard(
    State(org): State<Arc<Org>>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    describe(&org, ActionKind::Standard, &name)
}

pub(super) async fn describe_custom(
    State(org): State<Arc<Org>>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    describe(&org, ActionKind::custom(&kind)?, &name)
}

pub(super) async fn standard(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    invoke(&org, &caller, ActionKind::Standard, &name, &headers, &bytes).await
}

pub(super) async fn custom(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((kind, name)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let kind = ActionKind::custom(&kind)?;
    invoke(&org, &caller, kind, &name, &headers, &bytes).await
}

/// The most inputs of one call.
const MOST_INPUTS: usize = 200;

/// Runs the action once per input; each has a result, in order. The status is
/// 400 if one of them failed.
async fn invoke(
    org: &Arc<Org>,
    caller: &Caller,
    kind: ActionKind,
    name: &str,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Response, ApiError> {
    let action = org.actions.find(kind, name).ok_or_else(ApiError::not_found)?;
    let given = body::read(headers, bytes, read)?;
    let mut results = Vec::with_capacity(given.len());
    for inputs in given {
        results.push(match run(org, caller, &action, inputs).await? {
            Ok(outputs) => json!({
                "actionName": action.name, "errors": null, "isSuccess": true, "outputValues": outputs,
            }),
            Err(failure) => {
                let error = json!({ "statusCode": failure.code, "message": failure.message, "fields": [] });
                json!({ "actionName": action.name, "errors": [error], "isSuccess": false, "outputValues": null })
            }
        });
    }
    let failed = results.iter().any(|result| result["isSuccess"] == false);
    let status = if failed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(reply::json(status, Value::Array(results).to_string()))
}

/// `{"inputs": [{…}]}`.
fn read(given: &mut Map<String, Value>) -> Result<Vec<Map<String, Value>>, ApiError> {
    body::only_keys(given, &["inputs"])?;
    let inputs = match given.shift_remove("inputs") {
        Some(Value::Array(inputs)) => inputs,
        None | Some(Value::Null) => {
            return Err(ApiError::bad_request("MISSING_ARGUMENT", "inputs is missing"));
        }
        Some(other) => {
            return Err(body::misfit("array", &other).within(&Step::Key("inputs".to_owned())));
        }
    };
    if inputs.len() > MOST_INPUTS {
        let message = format!("An action takes at most {MOST_INPUTS} inputs at a time");
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    let object = |input: Value| match input {
        Value::Object(input) => Ok(input),
        other => Err(body::misfit("object", &other)),
    };
    inputs.into_iter().map(object).collect()
}

async fn run(
    org: &Arc<Org>,
    caller: &Caller,
    action: &InvocableAction,
    given: Map<String, Value>,
) -> Result<Result<Value, ActionFailure>, ApiError> {
    if let Err(failure) = inputs::check(action, &given) {
        return Ok(Err(failure));
    }
    org.actions.note(ActionCall {
        action: format!("{}/{}", action.kind.word(), action.name),
        user_id: caller.user_id.clone(),
        inputs: given.clone(),
    });
    // Declared without inputs it is somebody's stub for it.
    if action.kind == ActionKind::Standard
        && action.name == built_in::SUBMIT
        && !action.inputs.is_empty()
    {
        return approvals::submitted(org, caller, &given).await;
    }
    let outcome = (action.run)(&given);
    Ok(outcome.map(|outputs| match outputs {
        Value::Object(map) if map.is_empty() => Value::Null,
        other => other,
    }))
}
