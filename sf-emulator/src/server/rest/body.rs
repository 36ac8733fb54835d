//! JSON bodies of writes, and what the platform says about bad ones.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::json_text;
use crate::engine::{ApiError, ErrorItem, Step};

/// The body as an object.
pub(crate) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    check_type(headers)?;
    parse(body)
}

/// What `read` takes out of the body; where the body does not fit, the error
/// says at which line and column.
pub(crate) fn read<T>(
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&mut Map<String, Value>) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    read(&mut object(headers, body)?).map_err(|error| placed(error, body))
}

/// The text as an object.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(placed(misfit("object", &other), body)),
        Err(error) => Err(parse_error(json_text::fault(body).unwrap_or_else(|| {
            // A number that no type holds.
            let (line, column) = (error.line(), error.column());
            format!("Numeric value out of range at [line:{line}, column:{column}]")
        }))),
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

/// 400 of a value that is not of the type wanted; [`placed`] adds where.
pub(crate) fn misfit(ty: &str, found: &Value) -> ApiError {
    ApiError::new(400, ErrorItem::misfit(ty, found, None))
}

/// Refuses keys that the request does not have, the first of them.
pub(crate) fn only_keys(map: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(ApiError::new(400, ErrorItem::unknown_key(key))),
        None => Ok(()),
    }
}

/// A switch, off unless given.
pub(crate) fn flag(map: &Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        // Jackson takes these words as well.
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(other) => Err(misfit("boolean", other).within(&Step::Key(name.to_owned()))),
    }
}

/// Adds to each item the line and column of the body that it is about.
pub(crate) fn placed(mut error: ApiError, body: &[u8]) -> ApiError {
    for item in &mut error.items {
        let place = item.place.take().and_then(|place| json_text::locate(body, &place));
        if let Some(place) = place {
            // As the platform words it, of a list without "at".
            let at = if item.message.ends_with("START_ARRAY value") { "" } else { "at " };
            item.message = format!("{} {at}{place}", item.message);
        }
    }
    error
}
