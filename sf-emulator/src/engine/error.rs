//! Errors in the platform's shape, and why an org could not be opened.

use std::borrow::Cow;
use std::path::PathBuf;

/// One item of the platform's error array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorItem {
    /// `errorCode`, or `statusCode` inside collections.
    pub(crate) code: Cow<'static, str>,
    /// Text as the platform words it.
    pub(crate) message: String,
    /// Present (possibly empty) on errors of a row's DML, absent elsewhere.
    pub(crate) fields: Option<Vec<String>>,
    /// Of `DUPLICATES_DETECTED`: what is printed under `duplicateResut` (sic).
    pub(crate) duplicates: Option<Box<serde_json::Value>>,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// HTTP status of the reply when the request is about this one thing.
    pub(crate) status: u16,
    /// At least one item.
    pub(crate) items: Vec<ErrorItem>,
    /// With status 300: the URLs of the records that share an external id; the
    /// reply of a single-record request is this array instead of the items.
    pub(crate) choices: Vec<String>,
    /// Whether the record was created before it was rolled back, which the items
    /// of an upsert still say.
    pub(crate) created: bool,
}

impl ErrorItem {
    /// An item without `fields`: query, routing and request-level errors.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), fields: None, duplicates: None }
    }

    /// An item about a row, with the fields it names.
    pub(crate) fn on_row<I, S>(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        fields: I,
    ) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            code: code.into(),
            message: message.into(),
            fields: Some(fields.into_iter().map(Into::into).collect()),
            duplicates: None,
        }
    }
}

impl ApiError {
    /// One item with the given status.
    pub(crate) fn new(status: u16, item: ErrorItem) -> Self {
        Self { status, items: vec![item], choices: Vec::new(), created: false }
    }

    /// Status 400, no `fields`.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, ErrorItem::new(code, message))
    }

    /// The router's 404.
    pub(crate) fn not_found() -> Self {
        Self::new(404, ErrorItem::new("NOT_FOUND", "The requested resource does not exist"))
    }

    /// 500 with the platform's wording; the cause goes to the log, not to the client.
    pub(crate) fn unexpected(cause: &dyn std::error::Error) -> Self {
        tracing::error!(error = %cause, "the embedded org failed");
        let message = "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)";
        Self::new(500, ErrorItem::new("UNKNOWN_EXCEPTION", message))
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::unexpected(&error)
    }
}

/// Why the engine could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    /// A schema file that ships with the crate is wrong.
    #[error("the built-in schema is wrong: {0}")]
    Schema(String),
    /// A rule given by the caller does not fit the schema.
    #[error("{0}")]
    Rule(String),
    /// The org's file was made by another version of the schema.
    #[error(
        "{path} holds an org of another schema ({found}, this program has {expected}); start with a new file"
    )]
    OtherSchema { path: PathBuf, found: String, expected: String },
    /// Another process has the org open.
    #[error("{path} is in use by another process; stop that one or give another file")]
    InUse { path: PathBuf },
    /// The file is something else.
    #[error("{path} is not an org's database; give another file")]
    NotAnOrg { path: PathBuf },
    /// The database refused.
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
    /// A file could not be read or written.
    #[error("cannot use {path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}
