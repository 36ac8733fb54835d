//! How many tokens a text costs a model, about and rather too many.

/// Letters of a capitalised or small word that make one token at least.
const WORD: usize = 5;

/// An estimate of the tokens of `text` in the vocabulary o200k, meant to err
/// high: for cards and describes by a tenth to a third, for ids and other
/// texts without words more. It needs no vocabulary and reads the text once.
///
/// It splits as that vocabulary's tokenizer does, into words at each change of
/// case, digits by threes, and runs of other characters, and counts a token
/// for every few characters of a piece.
#[must_use]
pub fn estimate_tokens(text: &str) -> usize {
    // Short texts have less to average over.
    let mut tokens = if text.is_empty() { 0 } else { 2 };
    let mut rest = text.chars().peekable();
    let mut after_space = false;
    while let Some(first) = rest.next() {
        let class = Class::of(first);
        let mut count = 1;
        let mut capitals = usize::from(first.is_uppercase());
        let mut small = class == Class::Letter && capitals == 0;
        while let Some(next) = rest.next_if(|next| {
            Class::of(*next) == class && !(class == Class::Letter && small && next.is_uppercase())
        }) {
            count += 1;
            capitals += usize::from(next.is_uppercase());
            small = small || !next.is_uppercase();
        }
        tokens += match class {
            // Acronyms are rarer than words.
            Class::Letter if capitals > 1 => {
                (capitals - 1).div_ceil(2) + (count - capitals + 1).div_ceil(WORD)
            }
            Class::Letter => count.div_ceil(WORD),
            Class::Digit => count.div_ceil(3),
            Class::Mark => count.div_ceil(2),
            Class::Other => count * 2,
            // One space belongs to what comes after it, unless that is a number.
            Class::Space => {
                let alone = rest.peek().is_none_or(char::is_ascii_digit);
                usize::from(count > 1 || alone || first != ' ')
            }
        };
        // A text that changes from marks to words without a space is cut more often.
        tokens += usize::from(class == Class::Letter && !after_space && count > WORD * 2);
        after_space = class == Class::Space;
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Mark,
    Space,
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            _ if c.is_whitespace() => Self::Space,
            _ if c.is_ascii_digit() => Self::Digit,
            _ if c.is_ascii() && !c.is_ascii_alphabetic() => Self::Mark,
            // Latin letters with accents; scripts beyond cost up to two tokens a letter.
            _ if c < '\u{250}' && c.is_alphabetic() => Self::Letter,
            _ => Self::Other,
        }
    }
}
