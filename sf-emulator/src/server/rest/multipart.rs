//! `multipart/form-data`: a record with the bytes of its blob field.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::body;
use crate::engine::ApiError;

/// The text between the parts, if the request is one of several parts.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<&str> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (name, parameters) = kind.split_once(';')?;
    if !name.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_boundary = name.trim().eq_ignore_ascii_case("boundary");
        is_boundary.then(|| value.trim().trim_matches('"')).filter(|value| !value.is_empty())
    })
}

/// The fields of the JSON part, whatever its name, with those of the binary
/// parts, each named after its field, in base64.
pub(crate) fn record(boundary: &str, bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut record: Option<Map<String, Value>> = None;
    let mut blobs = Vec::new();
    for part in parts(boundary, bytes) {
        let Part { name, is_json, is_file, content } = read(part).ok_or_else(malformed)?;
        // A file may be JSON itself, and may come first.
        if is_json && !is_file && record.is_none() {
            record = Some(body::parse(content)?);
        } else {
            blobs.push((name, Value::from(STANDARD.encode(content))));
        }
    }
    let mut record = record.ok_or_else(malformed)?;
    record.extend(blobs);
    Ok(record)
}

fn malformed() -> ApiError {
    ApiError::bad_request(
        "INVALID_MULTIPART_REQUEST",
        "The request must have a part of type application/json and a part for the blob field",
    )
}

/// What stands between the boundaries, without the line ends around it.
fn parts<'b>(boundary: &str, bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let line = format!("--{boundary}");
    let line = line.as_bytes();
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], line) {
        let start = at + found;
        at = start + line.len();
        // A line of its own, the last one with two more hyphens.
        let begins = start == 0 || bytes[..start].ends_with(b"\n");
        if begins && (bytes[at..].starts_with(b"\r\n") || bytes[at..].starts_with(b"--")) {
            starts.push(start);
        }
    }
    let between = starts.windows(2).filter_map(|pair| bytes.get(pair[0] + line.len()..pair[1]));
    between.map(|part| trim_line(part.strip_prefix(b"\r\n").unwrap_or(part))).collect()
}

struct Part<'b> {
    name: String,
    is_json: bool,
    /// It has a file name.
    is_file: bool,
    content: &'b [u8],
}

fn read(part: &[u8]) -> Option<Part<'_>> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let (mut name, mut is_json, mut is_file) = (String::new(), false, false);
    for line in head.lines() {
        let (key, value) = line.split_once(':')?;
        if key.trim().eq_ignore_ascii_case("Content-Type") {
            is_json = value.trim().to_ascii_lowercase().starts_with("application/json");
        } else if key.trim().eq_ignore_ascii_case("Content-Disposition") {
            let given = value.split(';').find_map(|item| item.trim().strip_prefix("name="))?;
            name = given.trim_matches('"').to_owned();
            is_file = value.split(';').any(|item| item.trim().starts_with("filename"));
        }
    }
    Some(Part { name, is_json, is_file, content: &part[end + 4..] })
}

fn trim_line(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_one_record() {
        let text = "--b\r\nContent-Disposition: form-data; name=\"entity\"\r\nContent-Type: application/json\r\n\r\n{\"Name\":\"x\"}\r\n--b\r\nContent-Disposition: form-data; name=\"Body\"; filename=\"a\"\r\nContent-Type: text/plain\r\n\r\none\r\n--b-less\r\n--b--\r\n";
        let record = record("b", text.as_bytes()).unwrap();
        insta::assert_snapshot!(
            Value::Object(record),
            @r#"{"Name":"x","Body":"b25lDQotLWItbGVzcw=="}"#
        );
    }

    #[test]
    fn a_file_of_json_is_a_file() {
        let text = "--b\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n[1]\r\n--b\r\nContent-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\r\n\r\n{\"Title\":\"x\"}\r\n--b--\r\n";
        let record = record("b", text.as_bytes()).unwrap();
        insta::assert_snapshot!(Value::Object(record), @r#"{"Title":"x","VersionData":"WzFd"}"#);
    }

    #[test]
    fn broken_parts_are_refused() {
        for text in [
            "",
            "--b",
            "--b\r\n--b--",
            "--b\r\n\r\n\r\nx\r\n--b--",
            "--b\r\nname\r\n\r\nx\r\n--b--",
        ] {
            assert_eq!(record("b", text.as_bytes()).unwrap_err().status, 400, "{text:?}");
        }
    }
}
