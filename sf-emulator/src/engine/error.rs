//! Errors in the platform's shape, and why an org could not be opened.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::import::RowsError;
use super::schema::folder::DescribeError;

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
    pub(crate) duplicates: Option<Box<Value>>,
    /// Of `JSON_PARSER_ERROR`: what in the body it is about. The reply adds
    /// line and column.
    pub(crate) place: Option<Box<Place>>,
}

/// A place in a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: Vec<Step>,
    /// It is about the last key of the path, not about the value there.
    pub(crate) is_unknown_key: bool,
}

/// One step down in a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
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
        Self {
            code: code.into(),
            message: message.into(),
            fields: None,
            duplicates: None,
            place: None,
        }
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
            place: None,
        }
    }

    /// A value in a body that is none of the type wanted, which the platform's
    /// parser says before it looks at anything else. `key` is its key.
    pub(crate) fn misfit(ty: &str, value: &Value, key: Option<&str>) -> Self {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Object(_) => "{".to_owned(),
            other => other.to_string(),
        };
        // Replies are known in these two forms.
        let found = match value {
            Value::Array(_) => "START_ARRAY value".to_owned(),
            _ => format!(
                "{} value {} or request may be missing a required field",
                token(value),
                shortened(&text)
            ),
        };
        let message = format!("Cannot deserialize instance of {ty} from {found}");
        let path = key.map(|key| Step::Key(key.to_owned())).into_iter().collect();
        let place = Some(Box::new(Place { path, is_unknown_key: false }));
        Self { place, ..Self::new("JSON_PARSER_ERROR", message) }
    }

    /// A key that a body does not have.
    pub(crate) fn unknown_key(key: &str) -> Self {
        let place = Place { path: vec![Step::Key(key.to_owned())], is_unknown_key: true };
        let message = format!("Unrecognized field \"{}\"", shortened(key));
        Self { place: Some(Box::new(place)), ..Self::new("JSON_PARSER_ERROR", message) }
    }

    /// The same, of a body that stands inside another one.
    pub(crate) fn within(mut self, step: Step) -> Self {
        if let Some(place) = &mut self.place {
            place.path.insert(0, step);
        }
        self
    }
}

/// Jackson's name for the first token of a value.
fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

/// Values in error texts, cut where they would swamp the answer.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &text[..at]).into(),
        None => text.into(),
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

    /// The same, of a body that stands inside another one.
    pub(crate) fn within(mut self, step: &Step) -> Self {
        self.items = self.items.into_iter().map(|item| item.within(step.clone())).collect();
        self
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
    /// Describes could not become the org's schema.
    #[error(transparent)]
    Describe(#[from] DescribeError),
    /// Rows could not be taken in.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The org's file was made by another version of the schema that ships.
    #[error("{path} holds an org that another version of this program made; start with a new file")]
    OtherProgram { path: PathBuf },
    /// The org's file was made by another schema than the describes given.
    #[error(
        "{path} holds an org of another schema than {describe} describes; open it without describes, which keeps its own, or start with a new file"
    )]
    OtherDescribes { path: PathBuf, describe: PathBuf },
    /// Another process has the org open.
    #[error("{path} is in use by {holder}; stop that one or give another file")]
    InUse { path: PathBuf, holder: String },
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

impl OpenError {
    /// `process` is the number of the one that has it.
    pub(crate) fn in_use(path: &Path, process: Option<&str>) -> Self {
        let own = std::process::id().to_string();
        let holder = match process.filter(|process| !process.is_empty()) {
            Some(process) if process == own => "another org of this process".to_owned(),
            Some(process) => format!("another process, number {process}"),
            None => "another process".to_owned(),
        };
        Self::InUse { path: path.to_owned(), holder }
    }
}
