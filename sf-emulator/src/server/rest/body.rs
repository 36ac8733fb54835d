//! JSON bodies of writes, and what the platform says about bad ones.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::engine::{ApiError, ErrorItem};

/// The body as an object.
pub(crate) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    check_type(headers)?;
    parse(body)
}

/// The text as an object.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(parse_error(format!(
            "Cannot deserialize instance of object from {} value at [line:1, column:1]",
            token_name(&other)
        ))),
        Err(error) => Err(parse_error(describe(&error, body))),
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default();
    let name = kind.split(';').next().unwrap_or_default().trim();
    if name.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!("Content-Type '{name}' not supported. Use application/json");
    Err(ApiError::new(415, ErrorItem::new("UNSUPPORTED_MEDIA_TYPE", message)))
}

/// 400 `JSON_PARSER_ERROR`.
pub(crate) fn parse_error(message: String) -> ApiError {
    ApiError::bad_request("JSON_PARSER_ERROR", message)
}

fn describe(error: &serde_json::Error, body: &[u8]) -> String {
    let (line, column) = (error.line().max(1), error.column().max(1));
    if error.is_eof() {
        return format!("Premature end-of-input at [line:{line}, column:{column}]");
    }
    let text = String::from_utf8_lossy(body);
    let found = text.lines().nth(line - 1).and_then(|text| text.chars().nth(column - 1));
    match found {
        Some(c) => format!(
            "Unexpected character ('{c}' (code {})) at [line:{line}, column:{column}]",
            u32::from(c)
        ),
        None => format!("Unexpected end of line at [line:{line}, column:{column}]"),
    }
}

/// Jackson's name for the first token of a value.
pub(crate) fn token_name(value: &Value) -> &'static str {
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
