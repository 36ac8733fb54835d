//! Bytes as text: UTF-8, UTF-16, or what Windows wrote before.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Text;

/// Bytes that are not UTF-8 and have no mark are taken as Windows-1252, of which every byte is a
/// character; that is a guess, and told.
pub(super) fn text(bytes: &[u8]) -> Text {
    let (text, note) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let (text, broken) =
                encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or(&[]));
            let note = broken.then(|| {
                format!(
                    "It says that it is {}, and is not all of it: see \u{fffd}.",
                    encoding.name()
                )
            });
            (text.into_owned(), note)
        }
        None => match (wide(bytes), std::str::from_utf8(bytes)) {
            (Some(encoding), _) => {
                let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
                (
                    text,
                    Some(format!(
                        "Its encoding is not marked; it was read as {}.",
                        encoding.name()
                    )),
                )
            }
            (None, Ok(text)) => (text.to_owned(), None),
            (None, Err(_)) => {
                let text = WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
                let note = "It is not UTF-8, and was read as Windows-1252: letters that are not \
                            English may be wrong.";
                (text, Some(note.to_owned()))
            }
        },
    };
    // What no text has is of no use to a reader.
    let text = text.replace("\r\n", "\n").replace('\0', "");
    Text { text, missing: Vec::new(), notes: note.into_iter().collect() }
}

/// UTF-16 without a mark: every other byte of most characters is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let most = |zeros: usize| zeros * 2 > bytes.len() / 2;
    match (most(zeros(0)), most(zeros(1))) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}
