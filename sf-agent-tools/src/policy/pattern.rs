//! Names in rules: exact, or with `*` for any characters.

use super::PolicyError;

/// The name of an object, a field, a tool or an action, without regard to case; `*` stands for any
/// number of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    lower: String,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, PolicyError> {
        let text = text.trim();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'*' | b'-' | b':');
        if text.is_empty() || !text.bytes().all(fits) {
            let hint = if text.contains('.') {
                " Fields are named within their own object's rule, without a path."
            } else {
                ""
            };
            return Err(PolicyError::new(format!(
                "{text:?} is not a name: a name has letters, digits and underscores, and * for any \
                 characters.{hint}"
            )));
        }
        Ok(Self { text: text.to_owned(), lower: text.to_ascii_lowercase() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names one thing.
    pub(crate) fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether it is `*` alone.
    pub(crate) fn is_everything(&self) -> bool {
        self.text.bytes().all(|b| b == b'*')
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        if self.is_exact() {
            return self.text.eq_ignore_ascii_case(name);
        }
        let name = name.to_ascii_lowercase();
        let mut parts = self.lower.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = parts.collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.len() >= last.len() && rest.ends_with(last)
    }
}

pub(crate) fn any(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

/// Whether one of them names exactly this.
pub(crate) fn exactly(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_exact() && pattern.matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_characters() {
        let cases = [
            ("Email", "email", true),
            ("Email", "Emails", false),
            ("*", "Anything__c", true),
            ("Mailing*", "MailingCity", true),
            ("Mailing*", "Mailin", false),
            ("*__c", "Level__c", true),
            ("*__c", "Level__r", false),
            ("A*b*c", "AxxbxxC", true),
            ("A*b*c", "Axxcxxb", false),
            ("A*A", "A", false),
            ("**", "x", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(Pattern::new(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        for wrong in ["", "a b", "Account.Name", "é"] {
            Pattern::new(wrong).unwrap_err();
        }
    }
}
