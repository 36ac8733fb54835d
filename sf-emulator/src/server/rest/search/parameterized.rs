//! `/parameterizedSearch`: a search without SOSL.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};
use sf_soql::ast::{Expression, Piece, SearchGroup, Term};

use super::{MAX_ROWS, Plan, Wanted, answer, check_offset, everywhere, malformed, parse};
use crate::engine::{ApiError, Caller, Seen, Step};
use crate::server::Org;
use crate::server::rest::body;

/// What was asked for, in either form.
#[derive(Default)]
struct Asked {
    q: String,
    group: String,
    fields: Vec<String>,
    default_limit: Option<usize>,
    overall_limit: Option<usize>,
    offset: usize,
    labels: bool,
    objects: Vec<Object>,
}

#[derive(Default)]
struct Object {
    name: String,
    fields: Vec<String>,
    limit: Option<usize>,
    condition: String,
    order: String,
}

/// `GET /parameterizedSearch?q=Acme&sobject=Account&Account.fields=id,name`.
pub(crate) async fn by_url(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = from_url(query.as_deref().unwrap_or_default())?;
    let plan = plan(&org.engine.metadata(&caller), &asked)?;
    answer(&org, caller, plan).await
}

/// `POST {"q":"Acme","sobjects":[{"name":"Account","fields":["id","name"]}]}`.
pub(crate) async fn by_body(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let asked = body::read(&headers, &body, |body| from_body(body))?;
    let plan = plan(&org.engine.metadata(&caller), &asked)?;
    answer(&org, caller, plan).await
}

fn from_url(query: &str) -> Result<Asked, ApiError> {
    let mut asked = Asked::default();
    let mut of_objects: HashMap<(String, String), String> = HashMap::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "q" => asked.q = value.into_owned(),
            "in" => asked.group = value.into_owned(),
            "fields" => asked.fields = list(&value),
            "defaultLimit" => asked.default_limit = Some(number(&key, &value)?),
            "overallLimit" => asked.overall_limit = Some(number(&key, &value)?),
            "offset" => asked.offset = number(&key, &value)?,
            "metadata" => asked.labels = is_labels(&value)?,
            "sobject" => {
                let names = list(&value).into_iter();
                asked.objects.extend(names.map(|name| Object { name, ..Object::default() }));
            }
            key => {
                if let Some((object, setting)) = key.split_once('.') {
                    let place = (object.to_ascii_lowercase(), setting.to_owned());
                    of_objects.insert(place, value.into_owned());
                }
            }
        }
    }
    for object in &mut asked.objects {
        let name = object.name.to_ascii_lowercase();
        let mut take = |setting: &str| of_objects.remove(&(name.clone(), setting.to_owned()));
        object.fields = take("fields").map(|fields| list(&fields)).unwrap_or_default();
        object.limit = take("limit").map(|limit| number("limit", &limit)).transpose()?;
        object.condition = take("where").unwrap_or_default();
        object.order = take("orderBy").unwrap_or_default();
    }
    Ok(asked)
}

fn from_body(body: &Map<String, Value>) -> Result<Asked, ApiError> {
    let mut asked = Asked {
        q: text(body, "q")?,
        group: text(body, "in")?,
        fields: texts(body, "fields")?,
        default_limit: count(body, "defaultLimit")?,
        overall_limit: count(body, "overallLimit")?,
        offset: count(body, "offset")?.unwrap_or(0),
        labels: match text(body, "metadata")?.as_str() {
            "" => false,
            given => is_labels(given)?,
        },
        objects: Vec::new(),
    };
    let objects = match body.get("sobjects") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(objects)) => objects,
        Some(other) => return Err(wrong("sobjects", other)),
    };
    for object in objects {
        let Value::Object(map) = object else { return Err(wrong("sobjects", object)) };
        asked.objects.push(Object {
            name: text(map, "name")?,
            fields: texts(map, "fields")?,
            limit: count(map, "limit")?,
            condition: text(map, "where")?,
            order: text(map, "orderBy")?,
        });
    }
    Ok(asked)
}

fn plan(seen: &Seen, asked: &Asked) -> Result<Plan, ApiError> {
    let expression = words(&asked.q).ok_or_else(|| {
        ApiError::bad_request("MISSING_ARGUMENT", "The parameter q is required: what to search for")
    })?;
    let group = SearchGroup::ALL
        .into_iter()
        .find(|group| {
            asked.group.is_empty() && *group == SearchGroup::All
                || group.as_str().eq_ignore_ascii_case(&asked.group)
        })
        .ok_or_else(|| malformed(&format!("Unknown search scope: {}", asked.group)))?;
    if asked.overall_limit.is_some_and(|limit| limit > MAX_ROWS) {
        return Err(malformed("overallLimit must be at most 2000"));
    }
    check_offset(asked.offset, asked.objects.len() != 1)?;
    let default = if asked.fields.is_empty() { "Id".to_owned() } else { asked.fields.join(", ") };
    let mut wanted = Vec::new();
    for object in &asked.objects {
        let fields =
            if object.fields.is_empty() { default.clone() } else { object.fields.join(", ") };
        let mut soql = format!("SELECT {fields} FROM {}", object.name);
        if !object.condition.trim().is_empty() {
            soql.push_str(&format!(" WHERE {}", object.condition));
        }
        if !object.order.trim().is_empty() {
            soql.push_str(&format!(" ORDER BY {}", order(&object.order)));
        }
        let query = parse(&soql)?;
        let limit = object.limit.or(asked.default_limit);
        wanted.push(Wanted { object: object.name.clone(), query, limit, offset: asked.offset });
    }
    if wanted.is_empty() {
        wanted = everywhere(seen, &default)?;
        wanted.iter_mut().for_each(|wanted| wanted.limit = asked.default_limit);
    }
    Ok(Plan {
        expression,
        group,
        wanted,
        limit: asked.overall_limit,
        labels: asked.labels,
        highlight: false,
    })
}

/// `Name ASC NULLS_LAST` is written with a blank in SOQL.
fn order(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.to_ascii_uppercase().as_str() {
        "NULLS_FIRST" => "NULLS FIRST",
        "NULLS_LAST" => "NULLS LAST",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The words as typed: `*` and `?` are wildcards, nothing is an operator.
fn words(text: &str) -> Option<Expression> {
    let mut terms: Vec<Expression> = text.split_whitespace().filter_map(word).collect();
    if terms.len() > 1 { Some(Expression::Words(terms)) } else { terms.pop() }
}

fn word(text: &str) -> Option<Expression> {
    let pieces = text.chars().map(|c| match c {
        '*' => Piece::Many,
        '?' => Piece::One,
        c => Piece::Text(c.to_string()),
    });
    let term = Term::new(pieces, false).or_else(|_| Term::phrase(text));
    term.ok().map(Expression::Term)
}

fn list(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

fn number(name: &str, text: &str) -> Result<usize, ApiError> {
    text.trim().parse().map_err(|_| malformed(&format!("{name} must be a number: {text}")))
}

fn is_labels(given: &str) -> Result<bool, ApiError> {
    if given.eq_ignore_ascii_case("LABELS") {
        return Ok(true);
    }
    Err(malformed(&format!("Unknown metadata: {given}")))
}

fn text(map: &Map<String, Value>, name: &str) -> Result<String, ApiError> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(wrong(name, other)),
    }
}

fn texts(map: &Map<String, Value>, name: &str) -> Result<Vec<String>, ApiError> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(name, item)))
            .collect(),
        Some(other) => Err(wrong(name, other)),
    }
}

fn count(map: &Map<String, Value>, name: &str) -> Result<Option<usize>, ApiError> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            count.map(Some).ok_or_else(|| wrong(name, value))
        }
    }
}

fn wrong(name: &str, found: &Value) -> ApiError {
    body::misfit(name, found).within(&Step::Key(name.to_owned()))
}
