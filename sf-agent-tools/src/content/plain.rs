//! Bytes as text: UTF-8, UTF-16 with a mark, or what Windows wrote before.

use encoding_rs::{Encoding, WINDOWS_1252};

/// Bytes that are not UTF-8 and have no mark are taken as Windows-1252, of which every byte is a
/// character.
pub(super) fn decode(bytes: &[u8]) -> String {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or(&[]));
            text.into_owned()
        }
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        },
    };
    // What no text has is of no use to a reader.
    text.replace("\r\n", "\n").replace('\0', "")
}
