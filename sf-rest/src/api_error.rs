//! The platform's own errors: an array of code, message and fields.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decode::or_default;

/// An error code such as `INVALID_FIELD`. Codes are not translated; new ones appear with releases,
/// so this is a string with constants and not an enum.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(Cow<'static, str>);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: ErrorCode = ErrorCode(Cow::Borrowed(stringify!($name)));)*
        }
    };
}

codes! {
    /// The request was rolled back because another record of it failed.
    ALL_OR_NONE_OPERATION_ROLLED_BACK;
    /// Another record has this unique value.
    DUPLICATE_VALUE;
    /// The part of a batch was not executed, since one before it failed.
    BATCH_PROCESSING_HALTED;
    /// A duplicate rule matched.
    DUPLICATES_DETECTED;
    /// The record has been deleted.
    ENTITY_IS_DELETED;
    /// A limit on the number of ids or records in one request.
    EXCEEDED_ID_LIMIT;
    /// The user may not do this to this record.
    INSUFFICIENT_ACCESS_OR_READONLY;
    /// A reference to a record that does not exist or is not visible.
    INVALID_CROSS_REFERENCE_KEY;
    /// No such field, or not accessible.
    INVALID_FIELD;
    /// The field cannot be written.
    INVALID_FIELD_FOR_INSERT_UPDATE;
    /// Not one of the values of a restricted picklist.
    INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST;
    /// The query locator has expired or is unknown.
    INVALID_QUERY_LOCATOR;
    /// The session has ended, or is not valid for this API.
    INVALID_SESSION_ID;
    /// No such object.
    INVALID_TYPE;
    /// Malformed id.
    MALFORMED_ID;
    /// The SOQL statement cannot be parsed.
    MALFORMED_QUERY;
    /// No such resource or record.
    NOT_FOUND;
    /// The part of a composite was not executed or was undone, since another one failed.
    PROCESSING_HALTED;
    /// The day's requests are used up, or too many run at once.
    REQUEST_LIMIT_EXCEEDED;
    /// Required fields are missing.
    REQUIRED_FIELD_MISSING;
    /// The server is too busy.
    SERVER_UNAVAILABLE;
    /// The text is longer than the field.
    STRING_TOO_LONG;
    /// Another transaction holds the record's lock; nothing was changed.
    UNABLE_TO_LOCK_ROW;
}

impl ErrorCode {
    /// A code from its text.
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self(code.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One item of an error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApiError {
    /// The code. Inside collections the platform names this key `statusCode`.
    #[serde(alias = "errorCode", alias = "statusCode")]
    pub code: ErrorCode,
    /// The message, in the user's language.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
    /// The fields it is about; often empty.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<String>,
    /// The record of a tree that it is about, by its
    /// [`reference`](crate::ops::tree::TreeHandle::reference).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of `DUPLICATES_DETECTED`: the ids of the records that are like it. The platform names the key
    /// `duplicateResut` (REST API Developer Guide, Duplicate Rule Header).
    #[serde(
        default,
        rename = "duplicateResut",
        alias = "duplicateResult",
        deserialize_with = "duplicate_ids",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub duplicates: Vec<String>,
}

/// The ids in `{"matchResults": [{"matchRecords": [{"record": {"Id": …}}]}]}`; none of what has
/// another form, since an error must stay readable.
fn duplicate_ids<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let found = serde_json::Value::deserialize(from)?;
    if let Some(ids) = found.as_array() {
        return Ok(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect());
    }
    let items = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(|v| v.as_array()).cloned().unwrap_or_default()
    };
    let results = items(&found, "matchResults");
    let records = results.iter().flat_map(|result| items(result, "matchRecords"));
    Ok(records.filter_map(|r| Some(r.get("record")?.get("Id")?.as_str()?.to_owned())).collect())
}

impl ApiError {
    /// An error with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: Vec::new(),
            reference: None,
            duplicates: Vec::new(),
        }
    }

    /// All items of an error body; empty if it is not the platform's error array, the single object
    /// that some resources send, or the results of a tree.
    pub fn read_all(body: &[u8]) -> Vec<ApiError> {
        serde_json::from_slice::<Vec<ApiError>>(body)
            .or_else(|_| serde_json::from_slice::<ApiError>(body).map(|one| vec![one]))
            .or_else(|_| serde_json::from_slice::<TreeErrors>(body).map(TreeErrors::items))
            .unwrap_or_default()
    }
}

/// `{"hasErrors": true, "results": [{"referenceId", "errors": […]}]}`, as the tree resource refuses.
#[derive(Deserialize)]
struct TreeErrors {
    results: Vec<RecordErrors>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordErrors {
    reference_id: Option<String>,
    #[serde(default)]
    errors: Vec<ApiError>,
}

impl TreeErrors {
    fn items(self) -> Vec<ApiError> {
        let named = |record: RecordErrors| {
            let reference = record.reference_id;
            record
                .errors
                .into_iter()
                .map(move |error| ApiError { reference: reference.clone(), ..error })
        };
        self.results.into_iter().flat_map(named).collect()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reference) = &self.reference {
            write!(f, "{reference}: ")?;
        }
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.fields.is_empty() {
            write!(f, " (fields: {})", self.fields.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_both_key_orders_and_unknown_keys() {
        let body = br#"[{"errorCode":"NOT_FOUND","message":"gone"},
            {"message":"m","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"],"duplicateResut":{"x":1}},
            {"statusCode":"NEW_CODE","message":null,"fields":null}]"#;
        let errors = ApiError::read_all(body);
        assert_eq!(errors.len(), 3);
        assert_eq!(errors[0].code, ErrorCode::NOT_FOUND);
        assert_eq!(errors[1].fields, ["LastName"]);
        assert_eq!(errors[2].code, ErrorCode::new("NEW_CODE"));
        assert!(errors.iter().all(|error| error.duplicates.is_empty()));
    }

    #[test]
    fn duplicates_are_named_by_their_ids() {
        let body = br#"[{"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?","duplicateResut":
            {"matchResults":[{"matchRecords":[{"record":{"Id":"003A"}},{"record":{}}]},{"matchRecords":[{"record":{"Id":"003B"}}]}]}}]"#;
        let errors = ApiError::read_all(body);
        assert_eq!(errors[0].duplicates, ["003A", "003B"]);
        let again = serde_json::to_vec(&errors).unwrap();
        assert_eq!(ApiError::read_all(&again), errors);
    }
}
