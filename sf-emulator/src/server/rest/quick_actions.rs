//! Quick actions, global and of an object: list, describe, default values,
//! execute (REST API Developer Guide, Quick Actions; the actions themselves are
//! in `data/quick_actions.json`).

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::EXPIRES;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body;
use crate::engine::{ApiError, Caller, Engine, Step, Write, id};
use crate::server::shown::{Object, Shown};
use crate::server::{Org, on_engine, reply};

#[derive(Debug, Deserialize)]
struct Action {
    /// On whose pages it is; `None` is a global one.
    object: Option<String>,
    name: String,
    label: String,
    #[serde(rename = "type")]
    kind: String,
    target: String,
    fields: Vec<String>,
    defaults: Map<String, Value>,
}

static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/quick_actions.json")).unwrap_or_default()
});

impl Action {
    fn updates(&self) -> bool {
        self.kind == "Update"
    }

    /// Whether it is among those of an object, the global ones included.
    fn is_of(&self, object: Option<&str>) -> bool {
        self.object.is_none() || self.object.as_deref() == object
    }

    fn summary(&self, caller: &Caller, object: Option<&str>) -> Value {
        let url = self.url(caller, object);
        let mut urls = json!({
            "defaultValues": format!("{url}/defaultValues"),
            "quickAction": url,
            "describe": format!("{url}/describe"),
        });
        if object.is_some() {
            urls["defaultValuesTemplate"] = Value::from(format!("{url}/defaultValues/{{ID}}"));
        }
        json!({ "label": self.label, "name": self.name, "type": self.kind, "urls": urls })
    }

    fn url(&self, caller: &Caller, object: Option<&str>) -> String {
        let place = object.map_or_else(String::new, |object| format!("/sobjects/{object}"));
        format!("/services/data/v{}{place}/quickActions/{}", caller.version, self.name)
    }
}

/// The object of the path in its own spelling.
fn place(shown: &mut Shown<'_>, object: Option<String>) -> Result<Option<String>, ApiError> {
    object.map(|object| Ok(shown.known(&object)?.name.clone())).transpose()
}

/// One action, by its name or that with its object before a dot.
fn find(object: Option<&str>, wanted: &str) -> Result<&'static Action, ApiError> {
    let bare = match (object, wanted.split_once('.')) {
        (Some(object), Some((before, name))) if before.eq_ignore_ascii_case(object) => name,
        _ => wanted,
    };
    let known = |action: &&Action| action.is_of(object) && action.name.eq_ignore_ascii_case(bare);
    ACTIONS.iter().find(known).ok_or_else(ApiError::not_found)
}

/// The lookup of the target that points to records of the context's object.
fn parent_field<'o>(target: &'o Object, context: Option<&str>) -> Option<&'o str> {
    let context = context?;
    let points = |field: &&crate::server::shown::Field| {
        field.createable
            && field.name != "OwnerId"
            && field.reference_to.iter().any(|to| to == context)
    };
    target.fields.iter().find(points).map(|field| field.name.as_str())
}

pub(crate) async fn global(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    list(&org, caller, None).await
}

pub(crate) async fn of_object(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    list(&org, caller, Some(object)).await
}

/// What the caller is shown the target of.
async fn list(
    org: &Arc<Org>,
    caller: Caller,
    object: Option<String>,
) -> Result<Response, ApiError> {
    let listed = on_engine(org, move |engine| {
        let mut shown = Shown::new(engine, &caller);
        let object = place(&mut shown, object)?;
        let mut listed = Vec::new();
        for action in ACTIONS.iter().filter(|action| action.is_of(object.as_deref())) {
            if shown.object(&action.target).is_some() {
                listed.push(action.summary(&caller, object.as_deref()));
            }
        }
        Ok(Value::Array(listed))
    })
    .await?;
    Ok(reply::ok(&listed))
}

/// The parts of a path below `quickActions`, with or without an object.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    object: Option<String>,
    action: String,
    context: Option<String>,
}

pub(crate) async fn get(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(named): Path<Named>,
) -> Result<Response, ApiError> {
    let shown = on_engine(&org, move |engine| {
        let object = place(&mut Shown::new(engine, &caller), named.object)?;
        Ok(find(object.as_deref(), &named.action)?.summary(&caller, object.as_deref()))
    })
    .await?;
    Ok(reply::ok(&shown))
}

pub(crate) async fn describe(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(named): Path<Named>,
) -> Result<Response, ApiError> {
    let described = on_engine(&org, move |engine| {
        let mut shown = Shown::new(engine, &caller);
        let object = place(&mut shown, named.object)?;
        let action = find(object.as_deref(), &named.action)?;
        Ok(description(action, object.as_deref(), &*shown.known(&action.target)?))
    })
    .await?;
    Ok(reply::ok(&described))
}

fn description(action: &Action, object: Option<&str>, target: &Object) -> Value {
    let rows: Vec<Value> = action
        .fields
        .iter()
        .filter_map(|name| target.field(name))
        .map(|field| {
            let required = !field.nillable && !field.defaulted_on_create && field.createable;
            let component = json!({
                "displayLines": 1, "tabOrder": 0, "type": "Field", "value": field.name,
            });
            let item = json!({
                "editableForNew": field.createable, "editableForUpdate": field.updateable, "label": field.label,
                "layoutComponents": [component], "placeholder": false, "required": required,
            });
            json!({ "layoutItems": [item], "numItems": 1 })
        })
        .collect();
    let defaults: Vec<Value> = action
        .defaults
        .iter()
        .map(|(field, value)| json!({ "defaultValue": value, "field": field }))
        .collect();
    let parent = if action.updates() { None } else { parent_field(target, object) };
    json!({
        "accessLevelRequired": null,
        "actionEnumOrId": action.name,
        "canvasApplicationId": null,
        "canvasApplicationName": null,
        "colors": [],
        "contextSobjectType": object,
        "defaultValues": defaults,
        "flowDevName": null,
        "flowRecordIdVar": null,
        "height": null,
        "iconName": null,
        "iconUrl": null,
        "icons": [],
        "label": action.label,
        "layout": {
            "collapsed": false, "columns": 1, "heading": null, "layoutRows": rows, "layoutSectionId": null,
            "parentLayoutId": null, "rows": action.fields.len(), "tabOrder": "TopToBottom",
            "useCollapsibleSection": false, "useHeading": false,
        },
        "lightningComponentBundleId": null,
        "lightningComponentBundleName": null,
        "lightningComponentQualifiedName": null,
        "miniIconUrl": null,
        "mobileExtensionDisplayMode": null,
        "mobileExtensionId": null,
        "name": action.name,
        "showQuickActionLcHeader": false,
        "showQuickActionVfHeader": false,
        "targetParentField": parent,
        "targetRecordTypeId": null,
        "targetSobjectType": target.name,
        "type": action.kind,
        "visualforcePageName": null,
        "visualforcePageUrl": null,
        "width": null,
    })
}

/// The record of the path's end, if the user may see it, and its object.
fn context(engine: &Engine, caller: &Caller, given: &str) -> Result<(String, String), ApiError> {
    let full = id::normalise(given).ok_or_else(|| id::no_external_id(given))?;
    let seen = engine.metadata(caller);
    let object = seen.object_of_id(&full).ok_or_else(ApiError::not_found)?.to_owned();
    engine.get(caller, &object, &full, Some(&["Id".to_owned()]))?;
    Ok((object, full))
}

/// The values that a person would find filled in.
pub(crate) async fn default_values(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(named): Path<Named>,
) -> Result<Response, ApiError> {
    let now = caller.now;
    let values = on_engine(&org, move |engine| {
        let mut shown = Shown::new(engine, &caller);
        let object = place(&mut shown, named.object)?;
        let action = find(object.as_deref(), &named.action)?;
        let target = shown.known(&action.target)?;
        let context = named.context.map(|id| context(engine, &caller, &id)).transpose()?;
        let mut values = Map::new();
        values.insert("attributes".to_owned(), json!({ "type": target.name }));
        if let Some((object, id)) = &context {
            if action.updates() {
                let fields: Vec<String> = action
                    .fields
                    .iter()
                    .filter(|field| target.field(field).is_some())
                    .cloned()
                    .collect();
                let row = engine.get(&caller, object, id, Some(&fields))?;
                values = serde_json::from_str(&row.json.0).unwrap_or_default();
            } else if let Some(field) = parent_field(&target, Some(object)) {
                values.insert(field.to_owned(), Value::from(id.as_str()));
            }
        }
        for (field, value) in &action.defaults {
            if target.field(field).is_some() {
                values.insert(field.clone(), value.clone());
            }
        }
        Ok(Value::Object(values))
    })
    .await?;
    // Values are good for a quarter of an hour.
    let expires = now.checked_add(Duration::from_secs(15 * 60)).unwrap_or(now);
    Ok(reply::with_header(reply::ok(&values), EXPIRES, &reply::http_date(expires)))
}

/// Writes the record, with what the action fills in where the client did not.
pub(crate) async fn execute(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(named): Path<Named>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let (asked, mut record) = body::read(&headers, &bytes, |given| {
        body::only_keys(given, &["contextId", "record"])?;
        let record = match given.shift_remove("record") {
            Some(Value::Object(record)) => record,
            None | Some(Value::Null) => Map::new(),
            Some(other) => {
                let at = Step::Key("record".to_owned());
                return Err(body::misfit("object", &other).within(&at));
            }
        };
        Ok((given.get("contextId").and_then(Value::as_str).map(str::to_owned), record))
    })?;
    record.shift_remove("attributes");
    let done = on_engine(&org, move |engine| {
        let mut shown = Shown::new(engine, &caller);
        let object = place(&mut shown, named.object)?;
        let action = find(object.as_deref(), &named.action)?;
        let target = shown.known(&action.target)?;
        let context = asked.map(|id| context(engine, &caller, &id)).transpose()?;
        if let Some((of, _)) = &context
            && object.as_ref().is_some_and(|object| object != of)
        {
            return Err(ApiError::bad_request(
                "INVALID_ID_FIELD",
                "contextId is not a record of the action's object",
            ));
        }
        let has = |record: &Map<String, Value>, name: &str| {
            record.keys().any(|key| key.eq_ignore_ascii_case(name))
        };
        for (field, value) in &action.defaults {
            if !has(&record, field) && target.field(field).is_some() {
                record.insert(field.clone(), value.clone());
            }
        }
        let write = if action.updates() {
            let (object, id) = context.clone().ok_or_else(|| {
                ApiError::bad_request(
                    "MISSING_ARGUMENT",
                    "contextId is missing: the action updates a record",
                )
            })?;
            Write::Update { object, id, fields: record }
        } else {
            let parent = context
                .as_ref()
                .and_then(|(object, id)| Some((parent_field(&target, Some(object))?, id)));
            if let Some((field, id)) = parent
                && !has(&record, field)
            {
                record.insert(field.to_owned(), Value::from(id.as_str()));
            }
            Write::Create { object: target.name.clone(), fields: record }
        };
        let written = engine.write(&caller, &[write], true).into_iter().next();
        let written = written.ok_or_else(ApiError::not_found)??;
        Ok(json!({
            "contextId": context.map(|(_, id)| id),
            "created": written.created,
            "errors": [],
            "feedItemIds": null,
            "id": written.id,
            "success": true,
            "successMessage": null,
        }))
    })
    .await?;
    let status = if done["created"] == true { StatusCode::CREATED } else { StatusCode::OK };
    Ok(reply::json(status, done.to_string()))
}
