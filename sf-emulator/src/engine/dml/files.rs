//! Files: the size and kind of what was uploaded, and the document that a new
//! version makes (Object Reference, ContentVersion).

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::params;
use rusqlite::types::Value as Sql;

use super::Context;
use super::derive::text;
use super::draft::Draft;
use crate::engine::{ApiError, ErrorItem, id};

fn size(draft: &Draft<'_>, field: &str) -> Option<i64> {
    match draft.given(field) {
        Some(Sql::Blob(bytes)) => i64::try_from(bytes.len()).ok(),
        _ => None,
    }
}

pub(super) fn attachment(draft: &mut Draft<'_>) {
    if let Some(size) = size(draft, "Body") {
        draft.set("BodyLength", size);
    }
}

/// A document is linked to a record once.
pub(super) fn new_link(cx: Context<'_>, draft: &mut Draft<'_>) -> Result<(), ApiError> {
    let id = |name: &str| draft.given(name).and_then(text).map(str::to_owned);
    let (Some(document), Some(entity)) = (id("ContentDocumentId"), id("LinkedEntityId")) else {
        return Ok(());
    };
    let sql =
        "SELECT EXISTS (SELECT 1 FROM \"ContentDocumentLink\" WHERE \"ContentDocumentId\" = ?1
               AND \"LinkedEntityId\" = ?2 AND \"IsDeleted\" = 0)";
    let known: bool =
        cx.connection.prepare_cached(sql)?.query_row([document, entity], |row| row.get(0))?;
    if known {
        // The platform's words, as its users quote them.
        let message =
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
        let none = [] as [String; 0];
        return Err(ApiError::new(400, ErrorItem::on_row("DUPLICATE_VALUE", message, none)));
    }
    Ok(())
}

/// A version of a document that exists, or of one made for it.
pub(super) fn new_version(
    cx: Context<'_>,
    draft: &mut Draft<'_>,
    new_id: &str,
) -> Result<(), ApiError> {
    let path = draft.given("PathOnClient").and_then(text).map(str::to_owned);
    let Some(path) = path else {
        let message = "Required fields are missing: [PathOnClient]";
        let item = ErrorItem::on_row("REQUIRED_FIELD_MISSING", message, ["PathOnClient"]);
        return Err(ApiError::new(400, item));
    };
    let extension = path
        .rsplit_once('.')
        .map(|(_, extension)| extension.chars().take(40).collect::<String>())
        .filter(|extension| !extension.contains(['/', '\\']));
    let kind = extension.as_ref().map_or_else(
        || "UNKNOWN".to_owned(),
        |extension| extension.to_uppercase().chars().take(20).collect(),
    );
    if let Some(Sql::Blob(bytes)) = draft.given("VersionData") {
        let sum: String = digest(&SHA256, bytes).as_ref()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        draft.set("Checksum", sum);
    }
    draft.set("ContentSize", size(draft, "VersionData").unwrap_or(0));
    draft.set("FileType", kind);
    draft.set("FileExtension", extension);
    draft.set("IsLatest", true);
    draft.set("ContentModifiedDate", cx.now());
    let document = match draft.given("ContentDocumentId").and_then(text).map(str::to_owned) {
        Some(document) => document,
        None => new_document(cx, draft)?,
    };
    draft.set("ContentDocumentId", document.clone());
    let sql = "SELECT COUNT(*) + 1 FROM \"ContentVersion\" WHERE \"ContentDocumentId\" = ?1";
    let number: i64 =
        cx.connection.prepare_cached(sql)?.query_row([&document], |row| row.get(0))?;
    draft.set("VersionNumber", number.to_string());
    cx.connection
        .prepare_cached(
            "UPDATE \"ContentVersion\" SET \"IsLatest\" = 0 WHERE \"ContentDocumentId\" = ?1",
        )?
        .execute([&document])?;
    let value = |name: &str| draft.given(name).cloned().unwrap_or(Sql::Null);
    cx.connection
        .prepare_cached(
            "UPDATE \"ContentDocument\" SET \"LatestPublishedVersionId\" = ?2, \"Title\" = ?3, \"ContentSize\" = ?4,
               \"FileType\" = ?5, \"FileExtension\" = ?6, \"ContentModifiedDate\" = ?7, \"LastModifiedDate\" = ?7,
               \"LastModifiedById\" = ?8, \"SystemModstamp\" = ?7 WHERE \"Id\" = ?1",
        )?
        .execute(params![
            document,
            new_id,
            value("Title"),
            value("ContentSize"),
            value("FileType"),
            value("FileExtension"),
            cx.now(),
            cx.caller.user_id
        ])?;
    Ok(())
}

fn next_row(cx: Context<'_>, object: &str) -> Result<i64, ApiError> {
    let sql = format!("SELECT COALESCE(MAX(row), 0) + 1 FROM \"{object}\"");
    Ok(cx.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// A document with its links to the owner and to where it was published.
fn new_document(cx: Context<'_>, draft: &Draft<'_>) -> Result<String, ApiError> {
    let row = next_row(cx, "ContentDocument")?;
    let document = id::make("069", u64::try_from(row).unwrap_or(0));
    let owner = draft.given("OwnerId").and_then(text).unwrap_or(&cx.caller.user_id).to_owned();
    let title = draft.given("Title").cloned().unwrap_or(Sql::Null);
    cx.connection
        .prepare_cached(
            "INSERT INTO \"ContentDocument\" (row, \"Id\", \"Title\", \"OwnerId\", \"PublishStatus\", \"CreatedDate\",
               \"CreatedById\", \"LastModifiedDate\", \"LastModifiedById\", \"SystemModstamp\")
             VALUES (?1, ?2, ?3, ?4, 'P', ?5, ?6, ?5, ?6, ?5)",
        )?
        .execute(params![row, document, title, owner, cx.now(), cx.caller.user_id])?;
    link(cx, &document, &owner, "I")?;
    if let Some(place) = draft.given("FirstPublishLocationId").and_then(text)
        && place != owner
    {
        link(cx, &document, place, "V")?;
    }
    Ok(document)
}

fn link(cx: Context<'_>, document: &str, entity: &str, share: &str) -> Result<(), ApiError> {
    let row = next_row(cx, "ContentDocumentLink")?;
    let link = id::make("06A", u64::try_from(row).unwrap_or(0));
    cx.connection
        .prepare_cached(
            "INSERT INTO \"ContentDocumentLink\" (row, \"Id\", \"LinkedEntityId\", \"ContentDocumentId\", \"ShareType\",
               \"Visibility\", \"SystemModstamp\") VALUES (?1, ?2, ?3, ?4, ?5, 'AllUsers', ?6)",
        )?
        .execute(params![row, link, entity, document, share, cx.now()])?;
    Ok(())
}
