//! Locators: places in a result, as the platform's look (`MTAwMDA`).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

pub(super) fn write(offset: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(offset.to_string())
}

pub(super) fn read(text: &str) -> Option<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_platform_s() {
        assert_eq!(write(10_000), "MTAwMDA");
        assert_eq!(read("MTAwMDA"), Some(10_000));
        for text in ["", "null", "MTAwMDA=", "ü", "LTE"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
