//! Words of the platform that tell of what is hidden.

use std::collections::HashSet;

/// Names and labels that no text may hold, in lower case.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    /// Single words.
    pub(crate) names: HashSet<String>,
    /// Names of objects, as they are spelled: many are words of every day.
    pub(crate) objects: HashSet<String>,
    /// Labels of several words.
    pub(crate) phrases: HashSet<String>,
    /// What the ids of records start with that may not all be read.
    pub(crate) prefixes: HashSet<String>,
}

impl Hidden {
    /// Adds a field.
    pub(crate) fn add(&mut self, name: &str, label: &str) {
        self.names.insert(name.to_ascii_lowercase());
        let label = label.trim().to_lowercase();
        if label.contains(' ') {
            self.phrases.insert(label);
        } else if !label.is_empty() {
            self.names.insert(label);
        }
    }

    /// Whether a text names something hidden, or a record that may not be one to be read.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let mut words = text.split(|c: char| !is_name(c)).filter(|word| !word.is_empty());
        words.any(|word| {
            self.names.contains(&word.to_lowercase())
                || self.objects.contains(word)
                || (sf_rest::Id::parse(word).is_ok()
                    && word.get(..3).is_some_and(|prefix| self.prefixes.contains(prefix)))
        }) || self.phrases.iter().any(|phrase| lower.contains(phrase.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_and_ids() {
        let mut hidden = Hidden::default();
        hidden.add("Salary__c", "Salary");
        hidden.add("Bonus__c", "Yearly Bonus");
        hidden.prefixes.insert("003".to_owned());
        for text in [
            "No such column 'Salary__c'",
            "the SALARY is too high",
            "Check the yearly bonus.",
            "duplicates value on record with id: 003000000000001AAA",
        ] {
            assert!(hidden.is_in(text), "{text}");
        }
        for text in ["", "Salaries", "bonus", "on record 001000000000001AAA", "003"] {
            assert!(!hidden.is_in(text), "{text}");
        }
    }
}
