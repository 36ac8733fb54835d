//! Text cut to a length, always between characters.

/// `text`, or its first `max` characters with a note of how long it was.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => {
            let total = text.chars().count();
            format!("{}… ({total} characters)", &text[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(shorten("Zürich", 10), "Zürich");
        assert_eq!(shorten("Zürich", 2), "Zü… (6 characters)");
        assert_eq!(shorten("日本語のテキスト", 3), "日本語… (8 characters)");
        assert_eq!(shorten("👩‍👩‍👧", 1), "👩… (5 characters)");
        assert_eq!(shorten("", 0), "");
    }
}
