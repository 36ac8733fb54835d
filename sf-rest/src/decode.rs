//! From bytes to values, with errors that show where and what, and never too much.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::Error;

/// Longest excerpt of an answer in an error, in bytes.
const EXCERPT: usize = 160;

/// Reads JSON.
pub(crate) fn json<'de, T: Deserialize<'de>>(
    status: u16,
    body: &'de [u8],
    what: &'static str,
) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| failure(status, body, what, &e))
}

/// Reads `null`, which many resources write for an empty list, as the default.
pub(crate) fn or_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The error for an HTML page in the place of bytes of any kind, such as a blob, whose own form tells
/// nothing. A page that an org stores comes with the org's usage, as all answers of the data API do;
/// one of a proxy or of the edge does not.
pub(crate) fn page(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    what: &'static str,
) -> Option<Error> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?.trim_start();
    let is_html = ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|html| kind.get(..html.len()).is_some_and(|start| start.eq_ignore_ascii_case(html)));
    if !is_html || headers.contains_key("sforce-limit-info") {
        return None;
    }
    Some(Error::NotJson { status, what, form: "an HTML page", excerpt: excerpt(body) })
}

/// The error for a body that did not parse.
pub(crate) fn failure(
    status: u16,
    body: &[u8],
    what: &'static str,
    error: &serde_json::Error,
) -> Error {
    let excerpt = excerpt(body);
    let start = body.trim_ascii_start();
    let form = match start.first() {
        None => "empty",
        Some(b'<') => "an HTML or XML page",
        _ if error.is_eof() => "JSON that ends too early",
        _ if error.is_syntax() => "not valid JSON",
        _ => {
            // Serde's own text can quote a value of the answer; the place says enough.
            let problem =
                format!("unexpected form at line {}, column {}", error.line(), error.column());
            return Error::Decode { status, what, problem, excerpt };
        }
    };
    Error::NotJson { status, what, form, excerpt }
}

/// The beginning of a body as printable text, cut between characters.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let cut = body.len().min(EXCERPT);
    let text = String::from_utf8_lossy(&body[..cut]);
    // A character cut in half at the end shows as a replacement character; leave it out.
    let text = if cut < body.len() { text.trim_end_matches('\u{fffd}') } else { &text };
    let mut shown: String = text.chars().map(|c| if is_odd(c) { ' ' } else { c }).collect();
    if cut < body.len() {
        shown.push('…');
    }
    shown
}

/// Whether a character could command a terminal, or show a text as another one: controls, and the
/// marks that turn its direction or have no width.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_is_cut_between_characters() {
        for pad in 0..4 {
            let text = format!("{}{}", "x".repeat(pad), "é€𐍈".repeat(200));
            let shown = excerpt(text.as_bytes());
            assert!(shown.ends_with('…') && !shown.contains('\u{fffd}'), "{shown}");
        }
        assert_eq!(excerpt(b"a\nb\x00"), "a b ");
    }

    #[test]
    fn what_an_answer_is_instead() {
        let failed =
            |body: &str| json::<Vec<u32>>(200, body.as_bytes(), "a list").unwrap_err().to_string();
        insta::assert_snapshot!(failed("<h1>Bad Message 414</h1>"), @"the answer (HTTP 200) is an HTML or XML page instead of a list; it begins: <h1>Bad Message 414</h1>");
        insta::assert_snapshot!(failed("[1,2"), @"the answer (HTTP 200) is JSON that ends too early instead of a list; it begins: [1,2");
        insta::assert_snapshot!(failed("[1,x]"), @"the answer (HTTP 200) is not valid JSON instead of a list; it begins: [1,x]");
        insta::assert_snapshot!(failed("{\"a\":1}"), @r#"the answer (HTTP 200) is not a list: unexpected form at line 1, column 0; it begins: {"a":1}"#);
        insta::assert_snapshot!(failed(""), @"the answer (HTTP 200) is empty instead of a list; it begins: ");
    }

    proptest::proptest! {
        #[test]
        fn excerpt_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = excerpt(&bytes);
        }
    }
}
