//! Layouts and compact layouts: this org has one layout for each object, made
//! from its fields, and no compact layouts.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use crate::engine::{ApiError, Caller, LayoutField, Seen};
use crate::server::{Org, reply};

/// The id of the record type that every object has.
const MASTER: &str = "012000000000000AAA";

/// `/sobjects/X/describe/layouts`.
pub(crate) async fn layouts(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let name = known(&seen, &object)?;
    let path = format!("/services/data/v{}/sobjects/{name}/describe/layouts", caller.version);
    Ok(reply::ok(&json!({
        "layouts": [layout(&seen, name)?],
        "recordTypeMappings": [{
            "available": true,
            "defaultRecordTypeMapping": true,
            "developerName": "Master",
            "layoutId": null,
            "master": true,
            "name": "Master",
            "picklistsForRecordType": [],
            "recordTypeId": MASTER,
            "urls": { "layout": format!("{path}/{MASTER}") },
        }],
        "recordTypeSelectorRequired": [false],
    })))
}

/// `/sobjects/X/describe/layouts/{record type}`.
pub(crate) async fn layout_of_type(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, record_type)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let name = known(&seen, &object)?;
    if record_type != MASTER && Some(record_type.as_str()) != MASTER.get(..15) {
        return Err(ApiError::not_found());
    }
    Ok(reply::ok(&layout(&seen, name)?))
}

fn layout(seen: &Seen, object: &str) -> Result<Value, ApiError> {
    let fields = seen.layout_fields(object)?;
    let section = |heading: &str, items: &[LayoutField]| {
        let rows: Vec<Value> = items
            .chunks(2)
            .map(|pair| {
                let items: Vec<Value> = pair.iter().map(item).collect();
                json!({ "layoutItems": items, "numItems": pair.len() })
            })
            .collect();
        json!({
            "collapsed": false,
            "columns": 2,
            "heading": heading,
            "layoutRows": rows,
            "layoutSectionId": null,
            "parentLayoutId": null,
            "rows": items.len().div_ceil(2),
            "tabOrder": "LeftToRight",
            "useCollapsibleSection": false,
            "useHeading": true,
        })
    };
    let editable: Vec<LayoutField> =
        fields.iter().filter(|field| field.createable || field.updateable).cloned().collect();
    Ok(json!({
        "buttonLayoutSection": null,
        "detailLayoutSections": [section("Information", &fields)],
        "editLayoutSections": [section("Information", &editable)],
        "feedView": null,
        "highlightsPanelLayoutSection": null,
        "id": null,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": null,
        "relatedContent": null,
        "relatedLists": [],
        "saveOptions": [],
    }))
}

fn item(field: &LayoutField) -> Value {
    json!({
        "editableForNew": field.createable,
        "editableForUpdate": field.updateable,
        "label": field.label,
        "layoutComponents": [{
            "displayLines": 1,
            "tabOrder": 0,
            "type": "Field",
            "value": field.name,
        }],
        "placeholder": false,
        "required": field.required,
    })
}

/// `/sobjects/X/describe/compactLayouts`: the system's alone.
pub(crate) async fn compact(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let name = known(&seen, &object)?;
    let path =
        format!("/services/data/v{}/sobjects/{name}/describe/compactLayouts", caller.version);
    Ok(reply::ok(&json!({
        "compactLayouts": [],
        "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": [{
            "available": true,
            "compactLayoutId": null,
            "compactLayoutName": "SYSTEM",
            "recordTypeId": MASTER,
            "recordTypeName": "Master",
            "urls": { "compactLayout": format!("{path}/{MASTER}") },
        }],
        "urls": { "primary": format!("{path}/primary") },
    })))
}

fn known<'o>(seen: &'o Seen, object: &str) -> Result<&'o str, ApiError> {
    seen.object_name(object).ok_or_else(ApiError::not_found)
}
