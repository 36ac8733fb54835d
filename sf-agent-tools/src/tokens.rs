//! How many tokens a text costs a model: about, and rather too many.

use serde::Serialize;

/// Tokens of a text in the vocabulary o200k, erring high: by a tenth to a half for JSON and prose.
///
/// Bytes bound it from above, since no token of a byte-level vocabulary is empty.
pub(crate) fn tokens(text: &str) -> usize {
    // A character of a rare script, or an emoji, may cost a token a byte.
    let rare: usize = text.chars().filter(|c| *c >= '\u{250}').map(|c| c.len_utf8() - 2).sum();
    (sf_schema::estimate_tokens(text) + rare + unspeakable(text)).min(text.len())
}

/// What letters cost more that are no words of any language: ids, keys, abbreviations.
fn unspeakable(text: &str) -> usize {
    let mut extra = 0;
    for word in text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1) {
        let vowel = |b: &u8| matches!(b | 0x20, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        let (mut run, mut longest, mut vowels, mut turns) = (0, 0, 0, 0);
        let mut before: Option<(bool, bool)> = None;
        for byte in word.as_bytes() {
            let (is_vowel, small) = (vowel(byte), byte.is_ascii_lowercase());
            run = if before.is_some_and(|(was, _)| was == is_vowel) { run + 1 } else { 1 };
            turns += usize::from(!small && before.is_some_and(|(_, small)| small));
            longest = longest.max(run);
            vowels += usize::from(is_vowel);
            before = Some((is_vowel, small));
        }
        let speakable = vowels * 5 >= word.len() && vowels * 5 <= word.len() * 4 && longest < 4;
        if !speakable || turns * 3 > word.len() {
            extra += word.len().div_ceil(2) - word.len().div_ceil(5);
        }
    }
    extra
}

/// Tokens of a value as a model sees it.
pub(crate) fn tokens_of(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| tokens(&text))
}
