//! Tasks and events: what their status, times and lookups imply.

use rusqlite::OptionalExtension as _;
use rusqlite::types::Value as Sql;

use super::Context;
use super::derive::{Record, text};
use super::draft::Draft;
use crate::engine::{ApiError, json, scalar};

const MINUTE: i64 = 60_000;

pub(super) fn task(
    cx: Context<'_>,
    draft: &mut Draft<'_>,
    record: &Record,
) -> Result<(), ApiError> {
    let closed = text(record.after(draft, "Status")) == Some("Completed");
    let high = text(record.after(draft, "Priority")) == Some("High");
    draft.set("IsClosed", closed);
    draft.set("IsHighPriority", high);
    match (closed, record.before("CompletedDateTime")) {
        (true, Sql::Null) => draft.set("CompletedDateTime", cx.now()),
        (true, _) => {}
        (false, _) => draft.set("CompletedDateTime", Sql::Null),
    }
    account(cx, draft, record)
}

pub(super) fn event(
    cx: Context<'_>,
    draft: &mut Draft<'_>,
    record: &Record,
) -> Result<(), ApiError> {
    let time = |draft: &Draft<'_>, name: &str| match draft.given(name) {
        Some(Sql::Integer(millis)) => Some(*millis),
        _ => None,
    };
    let before = |name: &str| match record.before(name) {
        Sql::Integer(value) => Some(*value),
        _ => None,
    };
    let day = draft
        .given("ActivityDate")
        .and_then(text)
        .and_then(|day| scalar::datetime(&format!("{day}T00:00:00Z")));
    let start = time(draft, "StartDateTime")
        .or_else(|| time(draft, "ActivityDateTime"))
        .or(day)
        .or_else(|| before("StartDateTime"));
    let Some(start) = start else { return account(cx, draft, record) };
    let minutes = time(draft, "DurationInMinutes")
        .or_else(|| time(draft, "EndDateTime").map(|end| (end - start) / MINUTE))
        .or_else(|| before("DurationInMinutes"))
        .unwrap_or(0);
    let end = start + minutes * MINUTE;
    let date_of = |millis| json::datetime(millis).get(..10).map(str::to_owned);
    draft.set("StartDateTime", start);
    draft.set("ActivityDateTime", start);
    draft.set("ActivityDate", date_of(start));
    draft.set("DurationInMinutes", minutes);
    draft.set("EndDateTime", end);
    draft.set("EndDate", date_of(end));
    account(cx, draft, record)
}

/// The account that an activity is about, itself or through what it is about.
fn account(cx: Context<'_>, draft: &mut Draft<'_>, record: &Record) -> Result<(), ApiError> {
    let of = |id: Option<&str>| -> Result<Option<String>, ApiError> {
        let Some(id) = id else { return Ok(None) };
        let Some(object) = cx.schema.by_prefix(id) else { return Ok(None) };
        if object.name == "Account" {
            return Ok(Some(id.to_owned()));
        }
        if object.field("AccountId").is_none() {
            return Ok(None);
        }
        let sql = format!("SELECT \"AccountId\" FROM \"{}\" WHERE \"Id\" = ?1", object.name);
        let found = cx.connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0));
        Ok(found.optional()?.flatten())
    };
    let account = match of(text(record.after(draft, "WhatId")))? {
        Some(account) => Some(account),
        None => of(text(record.after(draft, "WhoId")))?,
    };
    draft.set("AccountId", account);
    Ok(())
}
