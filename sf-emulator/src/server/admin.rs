//! The admin endpoint: faults, clock, sessions and the request log, for
//! programs that are not written in Rust.
//!
//! It is off unless the builder switches it on, and every request needs
//! `Authorization: Bearer` with the org's admin token. Its requests are neither
//! logged nor hit by faults.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::admin_actions::ActionSpec;
use super::admin_fault::FaultSpec;
use super::{Org, admin_actions, admin_schema, gate, reply};
use crate::access::IpRestriction;

const PREFIX: &str = "/__admin";
const MAX_BODY: usize = 4 * 1024 * 1024;

/// How long a request waits for the bulk jobs.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// What there is, for the reply to anything else.
const RESOURCES: [&str; 16] = [
    "GET, POST, DELETE /__admin/faults",
    "POST /__admin/faults/release",
    "GET, DELETE /__admin/requests",
    "GET /__admin/clock",
    "POST /__admin/clock/advance",
    "POST /__admin/sessions/expire",
    "POST /__admin/sessions/timeout",
    "POST /__admin/locators/expire",
    "POST /__admin/tokens",
    "POST /__admin/access",
    "POST /__admin/schema",
    "POST /__admin/bulk/hold, /__admin/bulk/release, /__admin/bulk/idle",
    "POST /__admin/bulk/step",
    "POST /__admin/reports/hold, /__admin/reports/step, /__admin/reports/release",
    "POST /__admin/actions",
    "GET, DELETE /__admin/actions/calls",
];

/// A refusal: status and what to do about it.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seconds {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    user_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessChange {
    ip: Option<IpRestriction>,
    lock_user: Option<String>,
    unlock_user: Option<String>,
    disable_api: Option<String>,
    enable_api: Option<String>,
    org_api: Option<bool>,
    end_login_hours: Option<String>,
    begin_login_hours: Option<String>,
    expire_password: Option<String>,
    renew_password: Option<String>,
    org_active: Option<bool>,
    logins_per_hour: Option<u32>,
}

/// Whether a path belongs to the admin endpoint.
pub(crate) fn is_here(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) async fn answer(org: &Arc<Org>, parts: &Parts, body: Incoming) -> Response {
    let answered = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => match allowed(org, parts) {
            Ok(path) => match path.strip_prefix("/bulk/") {
                Some(what) if parts.method == Method::POST => bulk(org, what).await,
                None if path == "/schema" && parts.method == Method::POST => {
                    admin_schema::alter(org, &body.to_bytes()).await
                }
                _ => handle(org, &parts.method, path, &body.to_bytes()),
            },
            Err(refused) => Err(refused),
        },
        Err(_) => Err(Refused(StatusCode::BAD_REQUEST, "the body is cut or over 4 MB".to_owned())),
    };
    match answered {
        Ok(Value::Null) => reply::empty(StatusCode::NO_CONTENT),
        Ok(value) => reply::ok(&value),
        Err(Refused(status, message)) => {
            reply::json(status, json!({ "error": message }).to_string())
        }
    }
}

/// The path below the prefix, for who has the token.
fn allowed<'p>(org: &Org, parts: &'p Parts) -> Result<&'p str, Refused> {
    let right = org.admin_token.as_deref().unwrap_or_default();
    let given = gate::token(&parts.headers).unwrap_or_default();
    if right.is_empty() || verify_slices_are_equal(given.as_bytes(), right.as_bytes()).is_err() {
        let message = "send the org's admin token: Authorization: Bearer …";
        return Err(Refused(StatusCode::UNAUTHORIZED, message.to_owned()));
    }
    Ok(parts.uri.path().strip_prefix(PREFIX).unwrap_or_default().trim_end_matches('/'))
}

/// The processing of bulk jobs, as `BulkJobs`.
async fn bulk(org: &Org, what: &str) -> Result<Value, Refused> {
    let jobs = &org.bulk.control;
    let nothing = |what: &str| {
        let message = format!("{what} within {} seconds", MAX_WAIT.as_secs());
        Refused(StatusCode::CONFLICT, message)
    };
    match what {
        "hold" => jobs.hold(),
        "release" => jobs.release(),
        "step" => match tokio::time::timeout(MAX_WAIT, jobs.step_of_job()).await {
            Ok(true) => {}
            Ok(false) => {
                let message = "the jobs are not held; POST /__admin/bulk/hold first".to_owned();
                return Err(Refused(StatusCode::CONFLICT, message));
            }
            Err(_) => return Err(nothing("no job came to a step")),
        },
        "idle" => {
            let idle = tokio::time::timeout(MAX_WAIT, jobs.idle()).await;
            idle.map_err(|_| nothing("the jobs did not end"))?;
        }
        _ => return Err(unknown()),
    }
    Ok(Value::Null)
}

fn unknown() -> Refused {
    let message = format!("there is no such resource; there are: {}", RESOURCES.join("; "));
    Refused(StatusCode::NOT_FOUND, message)
}

fn handle(org: &Org, method: &Method, path: &str, body: &Bytes) -> Result<Value, Refused> {
    match (method, path) {
        (&Method::GET, "/faults") => Ok(json!({ "pending": org.faults.pending() })),
        (&Method::POST, "/faults") => faults(org, body),
        (&Method::DELETE, "/faults") => {
            org.faults.clear();
            Ok(Value::Null)
        }
        (&Method::POST, "/faults/release") => {
            org.faults.release();
            Ok(Value::Null)
        }
        (&Method::GET, "/requests") => Ok(json!({
            "token_requests": org.log.token_requests(),
            "requests": org.log.records(),
        })),
        (&Method::DELETE, "/requests") => {
            org.log.clear();
            Ok(Value::Null)
        }
        (&Method::GET, "/clock") => Ok(clock(org)),
        (&Method::POST, "/clock/advance") => {
            org.clock.advance(seconds(body)?);
            Ok(clock(org))
        }
        (&Method::POST, "/sessions/expire") => {
            org.sessions.end_all();
            Ok(Value::Null)
        }
        (&Method::POST, "/sessions/timeout") => {
            org.sessions.set_timeout(seconds(body)?);
            Ok(Value::Null)
        }
        (&Method::POST, "/locators/expire") => {
            org.cursors.forget(None);
            Ok(Value::Null)
        }
        (&Method::POST, "/tokens") => {
            let user: User = if body.is_empty() { User { user_id: None } } else { read(body)? };
            let user_id = user.user_id.unwrap_or_else(|| org.admin.id.clone());
            Ok(
                json!({ "access_token": org.issue_token(&user_id), "instance_url": org.absolute("") }),
            )
        }
        (&Method::POST, "/access") => {
            access(org, read(body)?);
            Ok(Value::Null)
        }
        (&Method::POST, "/reports/hold") => {
            org.report_runs.hold();
            Ok(Value::Null)
        }
        (&Method::POST, "/reports/release") => {
            org.report_runs.release();
            Ok(Value::Null)
        }
        (&Method::POST, "/reports/step") => Ok(json!({ "stepped": org.report_runs.step() })),
        (&Method::POST, "/actions") => {
            org.actions.declare(read::<ActionSpec>(body)?.action());
            Ok(Value::Null)
        }
        (&Method::GET, "/actions/calls") => Ok(admin_actions::calls(&org.actions)),
        (&Method::DELETE, "/actions/calls") => {
            org.actions.clear_calls();
            Ok(Value::Null)
        }
        _ => Err(unknown()),
    }
}

/// All of them, or none if one is wrong.
fn faults(org: &Org, body: &Bytes) -> Result<Value, Refused> {
    let specs = match read(body)? {
        OneOrMany::Many(specs) => specs,
        OneOrMany::One(spec) => vec![spec],
    };
    let mut faults = Vec::with_capacity(specs.len());
    for (place, spec) in specs.into_iter().enumerate() {
        let wrong = |reason: String| {
            Refused(StatusCode::BAD_REQUEST, format!("fault {place}: {reason}; none was added"))
        };
        let spec: FaultSpec =
            serde_json::from_value(spec).map_err(|error| wrong(error.to_string()))?;
        faults.push(spec.build().map_err(wrong)?);
    }
    for fault in faults {
        org.faults.push(fault);
    }
    Ok(json!({ "pending": org.faults.pending() }))
}

fn access(org: &Org, change: AccessChange) {
    if let Some(ip) = change.ip {
        org.access.restrict_ip(ip);
    }
    if let Some(user_id) = change.lock_user {
        org.access.lock_user(user_id);
    }
    if let Some(user_id) = change.unlock_user {
        org.access.unlock_user(&user_id);
    }
    if let Some(user_id) = change.disable_api {
        org.access.disable_api(user_id);
    }
    if let Some(user_id) = change.enable_api {
        org.access.enable_api(&user_id);
    }
    if let Some(enabled) = change.org_api {
        org.access.set_org_api(enabled);
    }
    if let Some(user_id) = change.end_login_hours {
        org.access.end_login_hours(user_id);
    }
    if let Some(user_id) = change.begin_login_hours {
        org.access.begin_login_hours(&user_id);
    }
    if let Some(user_id) = change.expire_password {
        org.access.expire_password(user_id);
    }
    if let Some(user_id) = change.renew_password {
        org.access.renew_password(&user_id);
    }
    if let Some(active) = change.org_active {
        org.access.set_org_active(active);
    }
    if let Some(logins) = change.logins_per_hour {
        org.access.set_logins_per_hour(logins);
    }
}

fn clock(org: &Org) -> Value {
    json!({ "now": org.clock.now().to_string() })
}

fn seconds(body: &Bytes) -> Result<Duration, Refused> {
    let Seconds { seconds } = read(body)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        Refused(StatusCode::BAD_REQUEST, "`seconds` must be a positive number".to_owned())
    })
}

pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        Refused(StatusCode::BAD_REQUEST, format!("the body is not what is wanted: {error}"))
    })
}
