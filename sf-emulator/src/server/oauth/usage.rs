//! Which apps have refresh tokens of which users, and their end by an
//! administrator (Connect REST API Developer Guide, OAuth Usage Resources).

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Extension, Router};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::families::Family;
use super::form::Form;
use super::user_by_id;
use crate::engine::{ApiError, Caller, datetime, id};
use crate::server::app::App;
use crate::server::rest::only;
use crate::server::{Org, reply};

const ROOT: &str = "/apps/oauth/usage";
const PAGE_SIZE: usize = 100;

/// Relative to the version, as all resources of the data API.
pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route(ROOT, only("GET,HEAD", get(apps)))
        .route("/apps/oauth/usage/tokens/{token}", only("DELETE", delete(end_one)))
        .route("/apps/oauth/usage/{app}/users", only("GET,HEAD", get(users)))
        .route("/apps/oauth/usage/{app}/tokens", only("DELETE", delete(end_app)))
        .route(
            "/apps/oauth/usage/{app}/{user}/tokens",
            only("DELETE,GET,HEAD", get(tokens).delete(end_user)),
        )
}

/// Apps that have a refresh token now.
async fn apps(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let apps = identified(&org).filter(|(_, app)| !org.oauth.families.of_app(app.id()).is_empty());
    let items = apps.map(|(identifier, app)| {
        json!({
            "developerName": developer_name(&app),
            "identifier": identifier,
            "label": app.settings.name,
        })
    });
    page("apps", items.collect(), ROOT, &caller, query.as_deref())
}

async fn users(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(app): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (identifier, app) = find(&org, &app)?;
    let families = org.oauth.families.of_app(app.id());
    let mut ids: Vec<String> = families.into_iter().map(|(_, one)| one.user_id).collect();
    ids.sort();
    ids.dedup();
    let mut items = Vec::new();
    for id in ids {
        let username = user_by_id(&org, &id).await.map(|user| user.username);
        items.push(json!({ "userIdentifier": id, "username": username }));
    }
    let path = format!("{ROOT}/{identifier}/users");
    Ok(page("users", items, &path, &caller, query.as_deref()))
}

async fn tokens(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((app, user)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (identifier, app) = find(&org, &app)?;
    let user = id::normalise(&user).ok_or_else(ApiError::not_found)?;
    let login = user_by_id(&org, &user).await.ok_or_else(ApiError::not_found)?;
    let at = |time: Timestamp| Value::from(datetime(time.as_millisecond()));
    let items: Vec<Value> = of_user(&org, &app, &user)
        .map(|(number, family)| {
            json!({
                "accessTokenFormat": "Opaque",
                "appDeveloperName": developer_name(&app),
                "appIdentifier": identifier,
                "initialConnectionAt": at(family.began),
                "lastUsedAt": at(family.used),
                "revocationUrl": below(&caller, &format!("{ROOT}/tokens/{}", name(number))),
                "useCount": family.uses,
                "userIdentifier": user,
                "username": login.username,
            })
        })
        .collect();
    Ok(reply::ok(&json!({ "tokens": items })))
}

async fn end_one(State(org): State<Arc<Org>>, Path(token): Path<String>) -> Response {
    let number = u64::from_str_radix(&token, 16).ok();
    match number.filter(|number| name(*number) == token && org.oauth.families.is_live(*number)) {
        Some(number) => end(&org, [number]),
        None => ApiError::not_found().into_response(),
    }
}

async fn end_app(
    State(org): State<Arc<Org>>,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let (_, app) = find(&org, &app)?;
    let families = org.oauth.families.of_app(app.id());
    Ok(end(&org, families.into_iter().map(|(number, _)| number)))
}

async fn end_user(
    State(org): State<Arc<Org>>,
    Path((app, user)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (_, app) = find(&org, &app)?;
    let user = id::normalise(&user).ok_or_else(ApiError::not_found)?;
    Ok(end(&org, of_user(&org, &app, &user).map(|(number, _)| number)))
}

/// Ends refresh tokens with their sessions.
fn end(org: &Org, numbers: impl IntoIterator<Item = u64>) -> Response {
    for number in numbers {
        org.oauth.families.end(number);
        org.sessions.end_family(number);
    }
    reply::empty(StatusCode::NO_CONTENT)
}

fn of_user(org: &Org, app: &App, user_id: &str) -> impl Iterator<Item = (u64, Family)> {
    let families = org.oauth.families.of_app(app.id()).into_iter();
    families.filter(move |(_, family)| family.user_id == user_id)
}

/// Apps are no records here: their identifiers count them.
fn identified(org: &Org) -> impl Iterator<Item = (String, Arc<App>)> {
    (1..).map(|number| id::make("0xI", number)).zip(org.apps.all())
}

fn find(org: &Org, identifier: &str) -> Result<(String, Arc<App>), ApiError> {
    let wanted = id::normalise(identifier).ok_or_else(ApiError::not_found)?;
    identified(org).find(|(id, _)| *id == wanted).ok_or_else(ApiError::not_found)
}

/// Letters, digits and single underscores.
fn developer_name(app: &App) -> String {
    let words = app.settings.name.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// The identifier of a refresh token, which says nothing about it.
fn name(number: u64) -> String {
    format!("{number:016x}")
}

fn below(caller: &Caller, path: &str) -> String {
    format!("/services/data/v{}{path}", caller.version)
}

/// `page` counts from 0; the last page names a next one too, which is empty.
fn page(
    items_key: &str,
    items: Vec<Value>,
    path: &str,
    caller: &Caller,
    query: Option<&str>,
) -> Response {
    let form = Form::read(query, &HeaderMap::new(), &[]);
    let number = |name: &str| form.get(name).and_then(|text| text.parse::<usize>().ok());
    let (at, size) = (number("page").unwrap_or(0), number("pageSize").unwrap_or(PAGE_SIZE));
    let url = |at: usize| below(caller, &format!("{path}?page={at}&pageSize={size}"));
    let shown: Vec<Value> = items.into_iter().skip(at.saturating_mul(size)).take(size).collect();
    reply::ok(&json!({
        "currentPageUrl": url(at),
        "nextPageUrl": url(at.saturating_add(1)),
        items_key: shown,
    }))
}
