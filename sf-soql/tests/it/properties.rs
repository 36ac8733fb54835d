//! What holds for every tree and for every text.

use proptest::prelude::*;
use sf_soql::ast::{Condition, Literal, SelectItem, Value};

use crate::generate;

proptest! {
    #[test]
    fn parsing_what_was_printed_gives_the_tree(query in generate::query()) {
        let printed = query.to_string();
        let parsed = sf_soql::parse(&printed);
        prop_assert_eq!(parsed.as_ref(), Ok(&query), "printed as {}", printed);
        prop_assert_eq!(parsed.map(|query| query.to_string()), Ok(printed));
    }

    #[test]
    fn spans_cover_the_text_they_came_from(query in generate::query()) {
        let printed = format!("\n  {query}  ");
        let parsed = sf_soql::parse(&printed).unwrap();
        prop_assert_eq!(&printed[parsed.span.range()], query.to_string());
        for item in &parsed.select {
            let expected = match item {
                SelectItem::Field { path, .. } => path.to_string(),
                SelectItem::Call { call, .. } => call.to_string(),
                SelectItem::Subquery(query) => query.to_string(),
                SelectItem::TypeOf(_) | SelectItem::Fields { .. } => item.to_string(),
            };
            prop_assert_eq!(&printed[item.span().range()], expected);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn no_heap_of_tokens_panics(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..30)) {
        check(&tokens.join(" "))?;
        check(&format!("SELECT Id FROM Account {}", tokens.join(" ")))?;
        check(&tokens.concat())?;
    }

    #[test]
    fn no_mutation_panics(
        query in generate::query(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..4usize, any::<char>()), 1..4),
    ) {
        let mut characters: Vec<char> = query.to_string().chars().collect();
        for (at, what, character) in cuts {
            let at = at.index(characters.len());
            match what {
                0 => { characters.remove(at); }
                1 => characters.insert(at, character),
                2 => characters.truncate(at.max(1)),
                _ => { let other = (at * 7) % characters.len(); characters.swap(at, other); }
            }
            if characters.is_empty() { break; }
        }
        check(&characters.into_iter().collect::<String>())?;
    }

    #[test]
    fn text_cannot_break_out_of_a_string(text in generate::string()) {
        let statement = format!("SELECT Id FROM Account WHERE Name = '{}' AND Id != NULL", sf_soql::escape::string(&text));
        let printed = sf_soql::parse(&statement).unwrap();
        let Some(Condition::And(terms)) = &printed.filter else { panic!("{printed}") };
        prop_assert_eq!(terms.len(), 2);
        let Condition::Compare { value, .. } = &terms[0] else { panic!("{printed}") };
        prop_assert_eq!(&value.value, &Value::String(text));
    }

    #[test]
    fn text_cannot_break_out_of_a_pattern(text in generate::string()) {
        let statement = format!("SELECT Id FROM Account WHERE Name LIKE '%{}%' AND Id != NULL", sf_soql::escape::like(&text));
        let printed = sf_soql::parse(&statement).unwrap();
        let Some(Condition::And(terms)) = &printed.filter else { panic!("{printed}") };
        prop_assert_eq!(terms.len(), 2);
        let Condition::Compare { value: Literal { value, .. }, .. } = &terms[0] else { panic!("{printed}") };
        let Value::Pattern(pattern) = value else { panic!("{printed}") };
        prop_assert_eq!(literal_part(pattern), Some(text));
    }
}

const TOKENS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "GROUP",
    "BY",
    "ROLLUP",
    "HAVING",
    "ORDER",
    "ASC",
    "NULLS",
    "FIRST",
    "LIMIT",
    "OFFSET",
    "FOR",
    "VIEW",
    "UPDATE",
    "ALL",
    "ROWS",
    "TYPEOF",
    "WHEN",
    "THEN",
    "END",
    "FIELDS",
    "COUNT",
    "DISTANCE",
    "GEOLOCATION",
    "FORMAT",
    "USING",
    "SCOPE",
    "WITH",
    "DATA",
    "CATEGORY",
    "AT",
    "Id",
    "Account",
    "(",
    ")",
    "(",
    ")",
    ",",
    ",",
    ".",
    ":",
    "=",
    "!=",
    "<",
    "'a'",
    "'",
    "\\",
    "5",
    "-1.5",
    "2024-01-01",
    "TODAY",
    "LAST_N_DAYS",
    "USD5",
    "NULL",
    "*",
    "\"",
    "é",
];

/// A text either does not parse, with an error that points into it, or prints
/// as a statement that means the same and prints the same.
fn check(text: &str) -> Result<(), TestCaseError> {
    match sf_soql::parse(text) {
        Ok(query) => {
            let printed = query.to_string();
            let again = sf_soql::parse(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&query), "{} printed as {}", text, printed);
        }
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.position), "{}", error.position);
            prop_assert!(error.line >= 1 && error.column >= 1);
            prop_assert!(!error.expected.is_empty() && !error.to_string().is_empty());
        }
    }
    Ok(())
}

/// The text that a pattern `%…%` matches literally; nothing if it holds
/// another wildcard.
fn literal_part(pattern: &str) -> Option<String> {
    let mut characters = pattern.strip_prefix('%')?.strip_suffix('%')?.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '%' | '_' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}
