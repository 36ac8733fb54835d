//! Reading describe JSON tolerantly: what is missing, null or of another type counts as absent.

use serde_json::Value;

/// Text under `key`, or empty.
pub(crate) fn text(value: &Value, key: &str) -> String {
    maybe_text(value, key).unwrap_or_default()
}

/// Text under `key`, if it is text and not empty.
pub(crate) fn maybe_text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
}

/// True only if `key` holds `true`.
pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// What `key` holds if it is true or false, otherwise `absent`.
pub(crate) fn flag_or(value: &Value, key: &str, absent: bool) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(absent)
}

/// A size or count under `key`, or zero.
pub(crate) fn number(value: &Value, key: &str) -> u32 {
    let raw = value.get(key).and_then(Value::as_u64).unwrap_or(0);
    u32::try_from(raw).unwrap_or(u32::MAX)
}

/// The items of a list under `key`.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list under `key`.
pub(crate) fn texts(value: &Value, key: &str) -> Vec<String> {
    items(value, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
