//! Files: what is known of one, what is in it, and new ones.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use futures_util::TryStreamExt;
use serde_json::json;
use sf_rest::blob::{BlobBody, NewBlob};
use sf_rest::ops::blob::GetBlob;
use sf_rest::{Error, Id, Record, SaveResult};
use sf_soql::ast::{Path, Query, SelectItem, Source};

use super::{Org, Values};
use crate::policy::one_of;
use crate::prepare::{Action, Change, How, Row, announced, reported};
use crate::{CallContext, Effect, Problem, ToolError};

/// Ids that one query looks for.
pub(super) const IDS: usize = 200;

/// How often a file that came cut is read again.
const TRIES: usize = 3;

/// Prefixes of what a file is shared with and does not hang on: people, groups, the org.
const SHARED_WITH: &[&str] = &["005", "00G", "00D", "0F9", "0TO"];

/// A file, or an attachment of the old kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileInfo {
    /// Of the version, or of the attachment.
    pub(crate) id: String,
    /// The file that it is a version of; none for an attachment.
    pub(crate) document: Option<String>,
    pub(crate) title: String,
    /// In lower case.
    pub(crate) extension: String,
    pub(crate) bytes: Option<u64>,
    pub(crate) changed: Option<String>,
    /// Where words were found; none if none were looked for.
    pub(crate) by: Option<&'static str>,
    /// The record that an attachment hangs on.
    pub(super) parent: Option<String>,
}

/// The content of a new file.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Org {
    /// Whether a record is there and may be seen.
    ///
    /// # Errors
    /// If it is not, or its object is not to be seen.
    pub(crate) async fn record_is_there(&self, id: Id) -> Result<(), ToolError> {
        let absent = || {
            let text = format!("There is no record {id} that this connection can see.");
            ToolError::fix_your_call(text.clone()).with_problem(Problem::new("record", text))
        };
        let Some(object) = self.object_of(id).await? else { return Err(absent()) };
        let found = self.select(&object, &["Id"], "Id", &[id.as_str()]).await?;
        if found.is_empty() { Err(absent()) } else { Ok(()) }
    }

    /// The object whose records have ids like this one, if it is to be seen.
    ///
    /// # Errors
    /// If the objects cannot be listed.
    pub(crate) async fn object_of(&self, id: Id) -> Result<Option<String>, ToolError> {
        let objects = self.objects().await?;
        let own = |object: &&sf_schema::ObjectSummary| {
            object.key_prefix.as_deref() == Some(id.key_prefix())
        };
        Ok(objects.iter().find(own).map(|object| object.name.clone()))
    }

    /// Rows by the values of one field, with those of the fields that are to be seen.
    pub(super) async fn select(
        &self,
        object: &str,
        fields: &[&str],
        by: &str,
        values: &[&str],
    ) -> Result<Vec<Record>, ToolError> {
        let described = self.object(object).await?;
        let fields = fields.iter().filter(|name| described.field(name).is_some());
        let query = statement(object, fields.copied(), by, values)?;
        let mut rows = Vec::new();
        let mut page = self.query(&query).await?;
        loop {
            rows.append(&mut page.records);
            let Some(next) = page.next else { return Ok(rows) };
            page = self.next_page(&next).await?;
        }
    }

    /// What is known of a file: of its latest version if it is named by the file's own id.
    ///
    /// # Errors
    /// If it is none, or may not be read.
    pub(crate) async fn file(&self, id: Id) -> Result<FileInfo, ToolError> {
        let absent = || {
            let text = format!("There is no file {id} that this connection can read.");
            ToolError::fix_your_call(text.clone()).with_problem(Problem::new("file", text))
        };
        let (object, field, by) = match id.key_prefix() {
            "069" => ("ContentVersion", "VersionData", "ContentDocumentId"),
            "068" => ("ContentVersion", "VersionData", "Id"),
            "00P" => ("Attachment", "Body", "Id"),
            _ => {
                let text = format!(
                    "{id} is not the id of a file (069…), of a version of one (068…) or of an attachment \
                     (00P…). salesforce_list_files gives them."
                );
                return Err(
                    ToolError::fix_your_call(text.clone()).with_problem(Problem::new("file", text))
                );
            }
        };
        self.gate().fields(&[(object, field)]).await?;
        let fields = if object == "Attachment" { ATTACHMENT } else { VERSION };
        let rows = self.select(object, fields, by, &[id.as_str()]).await?;
        let is_latest =
            |row: &&Record| row.get("IsLatest").and_then(|v| v.as_bool()) != Some(false);
        let row = rows.iter().find(is_latest).or(rows.first()).ok_or_else(absent)?;
        let file = if object == "Attachment" { attachment(row) } else { version(row) };
        if self.inner.guard.is_some() {
            let seen = match (&file.document, &file.parent) {
                (Some(document), _) => !self.hanging(&[document]).await?.is_empty(),
                (None, Some(parent)) => match Id::parse(parent) {
                    Ok(parent) => self.record_is_there(parent).await.is_ok(),
                    Err(_) => false,
                },
                (None, None) => false,
            };
            if !seen {
                return Err(absent());
            }
        }
        Ok(file)
    }

    /// Those of the files that hang on a record that is to be seen. To be shared with a person is
    /// not to hang on a record.
    pub(super) async fn hanging(&self, documents: &[&str]) -> Result<HashSet<String>, ToolError> {
        let Some(guard) = &self.inner.guard else {
            return Ok(documents.iter().map(|id| (*id).to_owned()).collect());
        };
        let mut records: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for some in documents.chunks(IDS) {
            // Only compared, and told to nobody.
            let fields = ["ContentDocumentId", "LinkedEntityId"];
            let query = statement("ContentDocumentLink", fields, "ContentDocumentId", some)?;
            guard.request()?;
            let mut page = self.send_query(&query).await?;
            loop {
                for row in &page.records {
                    let pair = text(row, "ContentDocumentId").zip(text(row, "LinkedEntityId"));
                    let Some((document, record)) = pair else { continue };
                    let Ok(id) = Id::parse(&record) else { continue };
                    if !SHARED_WITH.contains(&id.key_prefix())
                        && let Some(object) = self.object_of(id).await?
                    {
                        records.entry(object).or_default().push((record, document));
                    }
                }
                let Some(next) = page.next else { break };
                guard.request()?;
                let next = self.inner.client.next_page(&next).await;
                page = next.map_err(|error| self.explained(&error, None))?;
            }
        }
        let mut seen = HashSet::new();
        for (object, pairs) in records {
            let ids: Vec<&str> = pairs.iter().map(|(record, _)| record.as_str()).collect();
            for some in ids.chunks(IDS) {
                let visible = self.permitted_ids(guard, &object, some).await?;
                let visible = pairs.iter().filter(|(record, _)| visible.contains(record));
                seen.extend(visible.map(|(_, document)| document.clone()));
            }
        }
        Ok(seen)
    }

    /// The bytes of a file, at most `most`.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn file_bytes(
        &self,
        cx: &CallContext,
        file: &FileInfo,
        most: u64,
    ) -> Result<Vec<u8>, ToolError> {
        let Ok(id) = Id::parse(&file.id) else {
            return Err(ToolError::ask_a_person("Salesforce gave the file no id; report it."));
        };
        let blob = match file.document {
            Some(_) => GetBlob::version(id),
            None => GetBlob::attachment(id),
        };
        let mut tries = 0;
        loop {
            tries += 1;
            self.gate().request()?;
            match self.download(cx, &blob, file.bytes, most).await {
                // A file that was cut is read again.
                Err(Error::Transport { .. } | Error::Decode { .. }) if tries < TRIES => {}
                Err(error) => return Err(self.explained(&error, None)),
                Ok(None) => {
                    return Err(ToolError::fix_your_call(format!(
                        "{} is larger than {} MB, which is the most that is read here.",
                        file.title,
                        most >> 20
                    )));
                }
                Ok(Some(bytes)) => return Ok(bytes),
            }
        }
    }

    async fn download(
        &self,
        cx: &CallContext,
        blob: &GetBlob,
        length: Option<u64>,
        most: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut pieces = self.inner.client.download(blob).await?;
        if let Some(length) = length {
            pieces = pieces.expect_length(length);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > most {
                return Ok(None);
            }
            cx.report(bytes.len() as u64, length, "bytes read");
        }
        Ok(Some(bytes))
    }

    /// Creates a file that hangs on a record: a `ContentVersion` with its values and its content.
    ///
    /// # Errors
    /// As for any create; with the call that tells whether it happened if its answer is lost.
    pub(crate) async fn attach(
        &self,
        cx: &CallContext,
        change: Change,
        how: How,
        content: Content,
    ) -> Result<SaveResult, ToolError> {
        let approved = self.clear(cx, &[Effect::Create], 1, &how).await?;
        let object = self.object(&change.object).await?;
        let body = match content {
            Content::Bytes(bytes) => BlobBody::bytes(bytes),
            Content::File(path) => {
                BlobBody::file(path).await.map_err(|error| self.explained(&error, None))?
            }
        };
        // The content is a value like any other for the rules.
        let mut whole = change.clone();
        for row in &mut whole.rows {
            row.values.insert("VersionData".to_owned(), json!(""));
        }
        let permitted = self.permit_change(whole).await?;
        let (mut sent, secrets) = (permitted.write, permitted.secrets);
        sent.rows.iter_mut().for_each(|row| drop(row.values.shift_remove("VersionData")));
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        let mut intent = None;
        if self.log().is_some() {
            let present = self.present(&object, &change, true).await?;
            let mut announced = announced(self, &object, &change, &present);
            let left = format!("a file, {} bytes", body.length());
            announced.records[0].left_out.insert("VersionData".to_owned(), left);
            self.sign(cx, &mut announced, &how, &[Effect::Create], approved).await?;
            intent = Some(announced);
        }
        self.count_writes(cx, 1)?;
        let org = self.clone();
        let values = sent.rows.first().map(|row: &Row| row.values.clone()).unwrap_or_default();
        let results = self
            .logged(intent, async move {
                let results = org.upload(&values, &body).await;
                let outcome = reported(&change, &results);
                (org.written(&change.object, results, &secrets), outcome)
            })
            .await?;
        results.into_iter().next().ok_or_else(|| {
            ToolError::outcome_unknown("Salesforce did not say what became of the file.")
        })
    }

    async fn upload(&self, values: &Values, body: &BlobBody) -> Result<Vec<SaveResult>, Error> {
        let path = values.get("PathOnClient").and_then(|path| path.as_str()).unwrap_or("file");
        let new = NewBlob::version(path, values)?;
        let saved = |id| vec![SaveResult::Saved { id, created: Some(true) }];
        self.inner.client.upload(&new, body).await.map(saved)
    }

    /// The file of a new version.
    pub(crate) async fn document_of(&self, version: Id) -> Option<String> {
        let fields = ["ContentDocumentId"];
        let rows = self.select("ContentVersion", &fields, "Id", &[version.as_str()]).await.ok()?;
        rows.first().and_then(|row| text(row, "ContentDocumentId"))
    }
}

/// A new file's values as a change.
pub(crate) fn new_file(record: Id, file_name: &str, title: &str) -> Change {
    let mut values = Values::new();
    values.insert("Title".to_owned(), json!(title));
    values.insert("PathOnClient".to_owned(), json!(file_name));
    values.insert("FirstPublishLocationId".to_owned(), json!(record.to_string()));
    let object = "ContentVersion".to_owned();
    let rows = vec![Row { values, ..Row::default() }];
    Change { action: Action::Create, object, key: None, all_or_none: true, rows }
}

pub(super) const DOCUMENT: &[&str] = &[
    "Id",
    "Title",
    "FileExtension",
    "ContentSize",
    "LatestPublishedVersionId",
    "LastModifiedDate",
];
pub(super) const VERSION: &[&str] = &[
    "Id",
    "ContentDocumentId",
    "Title",
    "FileExtension",
    "ContentSize",
    "LastModifiedDate",
    "IsLatest",
];
pub(super) const ATTACHMENT: &[&str] =
    &["Id", "Name", "BodyLength", "ParentId", "LastModifiedDate"];

fn statement<'a>(
    object: &str,
    fields: impl IntoIterator<Item = &'a str>,
    by: &str,
    values: &[&str],
) -> Result<Query, ToolError> {
    let fault = |_| ToolError::ask_a_person("The files cannot be looked for; report it.");
    let items: Result<Vec<SelectItem>, _> =
        fields.into_iter().map(|name| Path::new(name).map(SelectItem::field)).collect();
    let from = Source::new(Path::new(object).map_err(fault)?);
    let mut query = Query::new(items.map_err(fault)?, from);
    query.filter = Some(one_of(Path::new(by).map_err(fault)?, values));
    Ok(query)
}

pub(super) fn text(row: &Record, field: &str) -> Option<String> {
    row.get(field)?.as_str().map(str::to_owned)
}

fn number(row: &Record, field: &str) -> Option<u64> {
    row.get(field).and_then(|value| value.as_i64()).and_then(|value| u64::try_from(value).ok())
}

pub(super) fn document(row: &Record) -> FileInfo {
    let id = text(row, "Id");
    FileInfo {
        id: text(row, "LatestPublishedVersionId").or(id.clone()).unwrap_or_default(),
        document: id,
        ..named(row, "ContentSize")
    }
}

pub(super) fn version(row: &Record) -> FileInfo {
    FileInfo {
        id: text(row, "Id").unwrap_or_default(),
        document: Some(text(row, "ContentDocumentId").unwrap_or_default()),
        ..named(row, "ContentSize")
    }
}

fn named(row: &Record, size: &str) -> FileInfo {
    FileInfo {
        title: text(row, "Title").unwrap_or_default(),
        extension: text(row, "FileExtension").unwrap_or_default().to_ascii_lowercase(),
        bytes: number(row, size),
        changed: text(row, "LastModifiedDate"),
        ..FileInfo::default()
    }
}

pub(super) fn attachment(row: &Record) -> FileInfo {
    let title = text(row, "Name").unwrap_or_default();
    let extension = title.rsplit_once('.').map_or("", |(_, extension)| extension);
    FileInfo {
        id: text(row, "Id").unwrap_or_default(),
        extension: extension.to_ascii_lowercase(),
        bytes: number(row, "BodyLength"),
        changed: text(row, "LastModifiedDate"),
        parent: text(row, "ParentId"),
        title,
        ..FileInfo::default()
    }
}
