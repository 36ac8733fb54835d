//! Which words are reserved where.

/// Words that cannot start a name anywhere.
///
/// The platform reserves words for aliases only (SOQL and SOSL Reference,
/// "Reserved Keywords"), but these could not be told from the grammar's own
/// words as a field or object either. `Group`, `Order`, `First`, `Last` can.
const NAMES: [&str; 18] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FROM", "HAVING", "IN", "INCLUDES", "LIKE", "LIMIT", "NOT",
    "NULL", "NULLS", "OR", "SELECT", "USING", "WHERE", "WITH",
];

/// Words that cannot be an alias besides [`NAMES`]: the documented ones, and
/// those that may follow where an alias could stand.
const ALIASES: [&str; 8] = ["ALL", "FIRST", "FOR", "GROUP", "LAST", "OFFSET", "ORDER", "UPDATE"];

/// The words that start a clause after `FROM`, in their order.
pub(crate) const CLAUSES: [&str; 10] =
    ["USING", "WHERE", "WITH", "GROUP", "ORDER", "LIMIT", "OFFSET", "ALL", "FOR", "UPDATE"];

pub(crate) fn is_reserved_name(word: &str) -> bool {
    word.len() <= 8 && contains(&NAMES, word)
}

pub(crate) fn is_reserved_alias(word: &str) -> bool {
    word.len() <= 8 && (contains(&NAMES, word) || contains(&ALIASES, word))
}

pub(crate) fn is_clause(word: &str) -> bool {
    contains(&CLAUSES, word)
}

fn contains(words: &[&str], word: &str) -> bool {
    words.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
