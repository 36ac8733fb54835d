//! Record ids: 15 characters plus a checksum of 3 (Salesforce, "What are the
//! differences between 15 and 18-digit Ids?").

use super::{ApiError, ErrorItem};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The instance part of every id of this org.
const INSTANCE: &str = "dE";

/// The 18-character id of an object's `number`th record.
pub(crate) fn make(prefix: &str, number: u64) -> String {
    let mut id = String::with_capacity(18);
    id.push_str(prefix);
    id.push_str(INSTANCE);
    id.push('0');
    let mut digits = [b'0'; 9];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    id.extend(digits.iter().map(|digit| char::from(*digit)));
    let checksum = checksum(id.as_bytes());
    id.push_str(&checksum);
    id
}

/// The number inside an id of an embedded org; `None` of an id from elsewhere.
pub(crate) fn number(id: &str) -> Option<i64> {
    let digits = id.get(3..15)?.strip_prefix(INSTANCE)?.strip_prefix('0')?;
    let mut number = 0_i64;
    for byte in digits.bytes() {
        let digit = BASE62.iter().position(|known| *known == byte)?;
        number = number * 62 + i64::try_from(digit).ok()?;
    }
    Some(number).filter(|number| *number > 0)
}

/// The 18-character form of an id given with 15 or 18 characters; `None` if it
/// is not an id. As on the platform the case of the first 15 decides and is
/// not mended from the checksum, but a checksum that does not fit is refused.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if !matches!(bytes.len(), 15 | 18) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let (body, given) = text.split_at(15);
    let checksum = checksum(body.as_bytes());
    (given.is_empty() || given.eq_ignore_ascii_case(&checksum)).then(|| format!("{body}{checksum}"))
}

/// Whether the text is an id.
pub(crate) fn is_id(text: &str) -> bool {
    normalise(text).is_some()
}

/// 404 of what stands in a path for an id or a field that identifies, and is
/// neither.
pub(crate) fn no_external_id(name: &str) -> ApiError {
    let message = format!("Provided external ID field does not exist or is not accessible: {name}");
    ApiError::new(404, ErrorItem::new("NOT_FOUND", message))
}

/// The first 15 characters, as error texts quote ids.
pub(crate) fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

fn checksum(body: &[u8]) -> String {
    body.chunks(5)
        .map(|group| {
            let bits = group
                .iter()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_uppercase())
                .fold(0_usize, |bits, (at, _)| bits | 1 << at);
            char::from(CHECKSUM[bits & 31])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_platform_s() {
        assert_eq!(normalise("001dM00003kRs59").unwrap(), "001dM00003kRs59QAC");
        assert_eq!(normalise("001dM00003kSQbVQAW").unwrap(), "001dM00003kSQbVQAW");
        assert_eq!(normalise("000000000000000").unwrap(), "000000000000000AAA");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "001",
            "001dM00003kRs59QAA",
            "001dM00003kRs5-",
            "001dM00003kRs59QACX",
            "ünicode-id-of-1",
        ] {
            assert_eq!(normalise(text), None, "{text}");
        }
    }

    #[test]
    fn made_ids_are_valid_and_differ() {
        let first = make("003", 1);
        assert_eq!(first.len(), 18);
        assert_eq!(normalise(&first).as_deref(), Some(first.as_str()));
        assert_ne!(first, make("003", 62));
    }
}
