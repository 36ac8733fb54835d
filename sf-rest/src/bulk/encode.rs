//! Values of JSON as values of CSV (Bulk API 2.0 Developer Guide, "Valid CSV Record Rows").

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;

use crate::{Error, Fields};

/// What the platform reads as null; an empty value is one that it leaves as it is.
const NULL: &str = "#N/A";

/// The fields of a row, `Id` among them.
pub(super) fn fields(row: &impl Serialize) -> Result<Fields, Error> {
    serde_json::to_string(row)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(|e| Error::invalid(format!("a row is not a JSON object: {e}")))
}

/// The values of a row in the order of the columns.
pub(super) fn values<'a>(
    columns: &[String],
    fields: &'a Fields,
) -> Result<Vec<Cow<'a, str>>, Error> {
    let known = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let usual = fields.names().eq(columns.iter().map(String::as_str));
    if !usual && let Some(name) = twice(fields.names()) {
        return Err(Error::invalid(format!("a row has the field {name} twice")));
    }
    if !usual && let Some(stranger) = fields.names().find(|name| !known(name)) {
        return Err(Error::invalid(format!(
            "a row has the field {stranger}, which is not one of the columns ({}); the first row decides them, or \
             BulkIngest::columns",
            columns.join(", ")
        )));
    }
    let value = |column: &'_ String| match fields.get(column) {
        Some(json) => value(column, json),
        None => Ok(Cow::Borrowed("")),
    };
    columns.iter().map(value).collect()
}

/// A name that stands among those before it, in whatever case.
pub(super) fn twice<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(name.to_ascii_lowercase()))
}

fn value<'a>(column: &str, json: &'a str) -> Result<Cow<'a, str>, Error> {
    match json.as_bytes().first() {
        Some(b'n') => Ok(Cow::Borrowed(NULL)),
        Some(b'"') => {
            let text: Cow<'_, str> = match json.strip_prefix('"').and_then(|t| t.strip_suffix('"'))
            {
                Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
                _ => Cow::Owned(serde_json::from_str(json).map_err(|e| {
                    Error::invalid(format!("the value of {column} is not a text: {e}"))
                })?),
            };
            match &*text {
                // The platform stores no empty texts.
                "" => Ok(Cow::Borrowed(NULL)),
                NULL => Err(Error::invalid(format!(
                    "the value of {column} is the text {NULL}, which in a bulk job means null; send null, or \
                     another text"
                ))),
                _ => Ok(text),
            }
        }
        Some(b'{' | b'[') => Err(Error::invalid(format!(
            "the value of {column} is an object or an array, and CSV has neither: name a parent by a column such as \
             Owner.Email, and join the values of a multi-select picklist with semicolons"
        ))),
        // Numbers and booleans as they are.
        _ => Ok(Cow::Borrowed(json)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn encoded(columns: &[&str], row: &Value) -> String {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let fields = fields(row).unwrap();
        values(&columns, &fields).map_or_else(|e| e.to_string(), |values| format!("{values:?}"))
    }

    #[test]
    fn values_of_each_kind() {
        let row = json!({ "Id": "001", "A": null, "B": "", "C": "q\"\n", "D": 1e7, "E": true });
        insta::assert_snapshot!(encoded(&["E", "D", "C", "B", "a", "Id", "X"], &row), @r##"["true", "10000000.0", "q\"\n", "#N/A", "#N/A", "001", ""]"##);
        insta::assert_snapshot!(encoded(&["A"], &json!({ "B": 1 })), @"invalid request: a row has the field B, which is not one of the columns (A); the first row decides them, or BulkIngest::columns");
        insta::assert_snapshot!(encoded(&["A"], &json!({ "A": "#N/A" })), @"invalid request: the value of A is the text #N/A, which in a bulk job means null; send null, or another text");
        insta::assert_snapshot!(encoded(&["A"], &json!({ "A": [1] })), @"invalid request: the value of A is an object or an array, and CSV has neither: name a parent by a column such as Owner.Email, and join the values of a multi-select picklist with semicolons");
        insta::assert_snapshot!(encoded(&["A"], &json!({ "A": 1, "a": 2 })), @"invalid request: a row has the field a twice");
        assert!(fields(&json!(1)).is_err());
    }
}
