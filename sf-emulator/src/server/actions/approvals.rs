//! `/process/approvals`: which processes there are; submit, approve, reject
//! (REST API Developer Guide, Process Approvals). Approvals live as long as the
//! org runs, and lock no record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{ApiError, Caller, Engine, id};
use crate::invocable::{ActionFailure, ApprovalProcess};
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

/// The processes of an org, and the records in them.
pub(crate) struct Approvals {
    processes: Vec<ApprovalProcess>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    begun: u64,
    instances: Vec<Instance>,
}

/// A record in a process.
#[derive(Clone)]
struct Instance {
    number: u64,
    record: String,
    approver: String,
}

impl Instance {
    fn id(&self) -> String {
        id::make("04g", self.number)
    }

    fn work_item(&self) -> String {
        id::make("04i", self.number)
    }
}

impl Approvals {
    pub(crate) fn new(processes: Vec<ApprovalProcess>) -> Self {
        Self { processes, open: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With the id of each: its place among all.
    fn numbered(&self) -> impl Iterator<Item = (String, &ApprovalProcess)> {
        (1..).zip(&self.processes).map(|(number, process)| (id::make("04a", number), process))
    }
}

/// `GET`: the processes by their objects.
pub(super) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let mut objects: Map<String, Value> = Map::new();
    for (id, process) in org.approvals.numbered() {
        // A process of an object that the user is not shown is not shown either.
        if org.engine.describe(&caller, &process.object).is_err() {
            continue;
        }
        let of_object = objects.entry(process.object.clone()).or_insert_with(|| json!([]));
        let place = of_object.as_array().map_or(0, Vec::len) + 1;
        let shown = json!({
            "description": process.description, "id": id, "name": process.name, "object": process.object,
            "sortOrder": place,
        });
        if let Some(list) = of_object.as_array_mut() {
            list.push(shown);
        }
    }
    reply::ok(&json!({ "approvals": objects }))
}

/// `GET /process/rules`: this org has no workflow rules.
pub(super) async fn rules() -> Response {
    reply::ok(&json!({ "rules": {} }))
}

/// A step, as clients send it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Step {
    action_type: String,
    context_id: String,
    context_actor_id: Option<String>,
    next_approver_ids: Option<Vec<String>>,
    process_definition_name_or_id: Option<String>,
    skip_entry_criteria: Option<Flag>,
}

/// The guide writes it as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Flag {
    Is(bool),
    Text(String),
}

impl Flag {
    fn is_set(&self) -> bool {
        match self {
            Self::Is(flag) => *flag,
            Self::Text(text) => text.eq_ignore_ascii_case("true"),
        }
    }
}

/// `POST {"requests": […]}`: one result per step, in order; the status is 200
/// whatever they say.
pub(super) async fn decide(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let mut given = body::object(&headers, &bytes)?;
    let steps = match given.shift_remove("requests") {
        Some(Value::Array(steps)) => steps,
        _ => return Err(ApiError::bad_request("MISSING_ARGUMENT", "requests is missing")),
    };
    let mut results = Vec::with_capacity(steps.len());
    for step in steps {
        let step = without_nulls(step);
        let step: Step = serde_json::from_value(step)
            .map_err(|error| body::parse_error(format!("The request is invalid: {error}")))?;
        let asked = step.context_id.clone();
        results.push(match carry_out(&org, &caller, step).await? {
            Ok(result) => result,
            Err(failure) => json!({
                "actorIds": null,
                "entityId": id::normalise(&asked),
                "errors": [{ "statusCode": failure.code, "message": failure.message, "fields": [] }],
                "instanceId": null,
                "instanceStatus": null,
                "newWorkitemIds": null,
                "success": false,
            }),
        });
    }
    Ok(reply::ok(&Value::Array(results)))
}

fn without_nulls(mut step: Value) -> Value {
    if let Value::Object(map) = &mut step {
        map.retain(|_, value| !value.is_null());
    }
    step
}

type Outcome = Result<Value, ActionFailure>;

fn fail<T>(code: &str, message: impl Into<String>) -> Result<T, ActionFailure> {
    Err(ActionFailure::new(code, message))
}

async fn carry_out(org: &Arc<Org>, caller: &Caller, step: Step) -> Result<Outcome, ApiError> {
    match step.action_type.to_ascii_lowercase().as_str() {
        "submit" => submit(org, caller, step).await,
        "approve" => Ok(decided(org, caller, &step, "Approved")),
        "reject" => Ok(decided(org, caller, &step, "Rejected")),
        other => Ok(fail("INVALID_OPERATION", format!("Invalid actionType: {other}"))),
    }
}

async fn submit(org: &Arc<Org>, caller: &Caller, step: Step) -> Result<Outcome, ApiError> {
    let held = Arc::clone(org);
    let asks = caller.clone();
    let found = on_engine(org, move |engine| Ok(enter(&held, engine, &asks, &step))).await?;
    Ok(found.and_then(|(record, approver)| {
        let mut open = org.approvals.lock();
        if open.instances.iter().any(|known| known.record == record) {
            return fail("ALREADY_IN_PROCESS", "Cannot submit object already in process.");
        }
        open.begun += 1;
        let instance = Instance { number: open.begun, record, approver };
        open.instances.push(instance.clone());
        Ok(result(&instance, "Pending", &[&instance.approver], &[instance.work_item()]))
    }))
}

/// The record that is submitted, and who is to decide.
fn enter(
    org: &Org,
    engine: &Engine,
    caller: &Caller,
    step: &Step,
) -> Result<(String, String), ActionFailure> {
    let bad_id = || ActionFailure::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    let record = id::normalise(&step.context_id).ok_or_else(bad_id)?;
    let seen = engine.metadata(caller);
    let object = seen.object_of_id(&record).ok_or_else(bad_id)?;
    engine.get(caller, object, &record, Some(&["Id".to_owned()])).map_err(|_| bad_id())?;
    let submitter = match &step.context_actor_id {
        None => caller.user_id.clone(),
        Some(given) => {
            let given = id::normalise(given).ok_or_else(bad_id)?;
            if given != caller.user_id && caller.user_id != org.admin.id {
                return fail(
                    "INSUFFICIENT_ACCESS_OR_READONLY",
                    "insufficient access rights on object id",
                );
            }
            given
        }
    };
    let skips = step.skip_entry_criteria.as_ref().is_some_and(Flag::is_set);
    let wanted = step.process_definition_name_or_id.as_deref();
    let is_wanted = |id: &str, process: &ApprovalProcess| {
        wanted.is_none_or(|wanted| {
            process.name == wanted || id::normalise(wanted).as_deref() == Some(id)
        })
    };
    let process = org
        .approvals
        .numbered()
        .filter(|(id, process)| process.object == object && is_wanted(id, process))
        .find(|(_, process)| (skips && wanted.is_some()) || fits(engine, caller, process, &record));
    let Some((_, process)) = process else {
        return fail("NO_APPLICABLE_PROCESS", "No applicable approval process was found.");
    };
    let next = step.next_approver_ids.as_ref().and_then(|ids| ids.first());
    let approver = match next {
        Some(given) => id::normalise(given).ok_or_else(bad_id)?,
        None => approver(org, engine, caller, process, &submitter)?,
    };
    Ok((record, approver))
}

/// Whether the record fulfils the entry criteria.
fn fits(engine: &Engine, caller: &Caller, process: &ApprovalProcess, record: &str) -> bool {
    let criteria =
        process.criteria.as_ref().map_or_else(String::new, |text| format!(" AND ({text})"));
    let soql = format!("SELECT COUNT() FROM {} WHERE Id = '{record}'{criteria}", process.object);
    engine.query(caller, &soql, false).is_ok_and(|cursor| cursor.total_size() == 1)
}

fn approver(
    org: &Org,
    engine: &Engine,
    caller: &Caller,
    process: &ApprovalProcess,
    submitter: &str,
) -> Result<String, ActionFailure> {
    if let Some(username) = &process.approver {
        let users = engine.logins().unwrap_or_default();
        let known = users.into_iter().find(|user| user.username.eq_ignore_ascii_case(username));
        return known.map(|user| user.id).ok_or_else(|| {
            ActionFailure::new(
                "INACTIVE_OWNER_OR_USER",
                "The approver of the process does not exist.",
            )
        });
    }
    let fields = ["ManagerId".to_owned()];
    let row = engine.get(caller, "User", submitter, Some(&fields)).ok();
    let row: Map<String, Value> =
        row.and_then(|row| serde_json::from_str(&row.json.0).ok()).unwrap_or_default();
    let manager = row.get("ManagerId").and_then(Value::as_str);
    Ok(manager.unwrap_or(&org.admin.id).to_owned())
}

/// An approval or a rejection, by the id of the work item or of the record.
fn decided(org: &Org, caller: &Caller, step: &Step, status: &str) -> Outcome {
    let wanted = id::normalise(&step.context_id);
    let mut open = org.approvals.lock();
    let known = open.instances.iter().position(|instance| {
        Some(&instance.record) == wanted.as_ref() || Some(instance.work_item()) == wanted
    });
    let Some(place) = known else {
        return fail("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    };
    if open.instances[place].approver != caller.user_id && caller.user_id != org.admin.id {
        let message = format!(
            "insufficient access rights on cross-reference id: {}",
            id::short(&step.context_id)
        );
        return fail("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message);
    }
    let instance = open.instances.remove(place);
    let mut result = result(&instance, status, &[], &[]);
    result["actorIds"] = Value::Null;
    Ok(result)
}

fn result(instance: &Instance, status: &str, actors: &[&String], work_items: &[String]) -> Value {
    json!({
        "actorIds": actors,
        "entityId": instance.record,
        "errors": null,
        "instanceId": instance.id(),
        "instanceStatus": status,
        "newWorkitemIds": work_items,
        "success": true,
    })
}

/// The standard action `submit`: its inputs as a step, its outputs under the
/// names that actions have for them.
pub(super) async fn submitted(
    org: &Arc<Org>,
    caller: &Caller,
    given: &Map<String, Value>,
) -> Result<Outcome, ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = given
        .get("nextApproverIds")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect());
    let skips = given.get("skipEntryCriteria").cloned();
    let step = Step {
        action_type: "Submit".to_owned(),
        context_id: text("objectId").unwrap_or_default(),
        context_actor_id: text("submitterId"),
        next_approver_ids: list,
        process_definition_name_or_id: text("processDefinitionNameOrId"),
        skip_entry_criteria: skips.and_then(|flag| serde_json::from_value(flag).ok()),
    };
    Ok(submit(org, caller, step).await?.map(|result| {
        json!({
            "actorIds": result["actorIds"],
            "entityId": result["entityId"],
            "instanceId": result["instanceId"],
            "instanceStatus": result["instanceStatus"],
            "newWorkItemIds": result["newWorkitemIds"],
        })
    }))
}
