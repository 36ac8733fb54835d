//! What holds for every search and for every text taken as one.

use proptest::prelude::*;
use sf_soql::ast::{Expression, Find, Search, Term};
use sf_soql::visit::{ApexConstruct, SearchPlace, apex_only_search, walk_search};
use sf_soql::{ParseError, ParseErrorKind, escape, parse_search};

use crate::{generate, generate_search};

fn expression(search: &str) -> Expression {
    match parse_search(search).expect(search).find {
        Find::Text { expression, .. } => expression,
        Find::Bind(variable) => panic!("{variable}"),
    }
}

proptest! {
    #[test]
    fn parsing_what_was_printed_gives_the_search(search in generate_search::search()) {
        let printed = search.to_string();
        let parsed = parse_search(&printed);
        prop_assert_eq!(parsed.as_ref(), Ok(&search), "printed as {}", printed);
        prop_assert_eq!(parsed.map(|search| search.to_string()), Ok(printed.clone()));
        prop_assert_eq!(search.to_sosl(), Ok(printed));
    }

    #[test]
    fn spans_cover_the_text_they_came_from(search in generate_search::search()) {
        let printed = format!("\n  {search}  ");
        let parsed = parse_search(&printed).unwrap();
        prop_assert_eq!(&printed[parsed.span.range()], search.to_string());
        for entry in &parsed.returning {
            prop_assert_eq!(&printed[entry.span.range()], entry.to_string());
            for item in &entry.order_by {
                prop_assert_eq!(&printed[item.span.range()], item.to_string());
            }
        }
        for with in &parsed.with {
            let text = with.to_string();
            let text = text.strip_prefix("DATA CATEGORY ").unwrap_or(&text);
            prop_assert_eq!(&printed[with.span().range()], text);
        }
        if let Find::Text { expression, quoted, span } = &parsed.find {
            prop_assert_eq!(&printed[span.range()], parsed.find.to_string());
            for term in expression.terms() {
                let expected = if *quoted { parsed.find.to_string() } else { term.to_string() };
                prop_assert_eq!(&printed[term.span().range()], expected);
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), words in r#"[a-z&{}()"\\ '*?NOT-]{0,20}"#) {
        check(&text)?;
        check(&format!("FIND {text}"))?;
        check(&format!("FIND {{{words}}}"))?;
        check(&format!("FIND '{words}'"))?;
        check(&format!("FIND {{{words}"))?;
    }

    #[test]
    fn no_heap_of_tokens_panics(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..30)) {
        check(&tokens.join(" "))?;
        check(&format!("FIND {{a}} {}", tokens.join(" ")))?;
        check(&format!("FIND {{a}} RETURNING Account({}", tokens.join(" ")))?;
        check(&format!("FIND {{{}}}", tokens.join(" ")))?;
        check(&tokens.concat())?;
    }

    #[test]
    fn no_mutation_panics(
        search in generate_search::search(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..3usize, any::<char>()), 1..4),
    ) {
        let mut characters: Vec<char> = search.to_string().chars().collect();
        for (at, what, character) in cuts {
            let at = at.index(characters.len());
            match what {
                0 => { characters.remove(at); }
                1 => characters.insert(at, character),
                _ => characters.truncate(at.max(1)),
            }
            if characters.is_empty() { break; }
        }
        check(&characters.into_iter().collect::<String>())?;
    }

    /// Whatever a person types comes back as the words typed, all to be found,
    /// beside what the statement has around it.
    #[test]
    fn words_cannot_break_out_of_a_search(text in prop_oneof![generate::string(), r#"[a-c&{}()"\\ '*?-]{0,12}( (AND|or|NOT) [a-c]{1,3})?"#]) {
        let term = escape::sosl_term(&text);
        let words: Vec<&str> = text.split_whitespace().collect();
        prop_assert_eq!(term.is_empty(), words.is_empty());
        let search = format!("FIND {{before AND {term} AND NOT after}} RETURNING Account(Id)");
        if words.is_empty() {
            prop_assert!(parse_search(&search).is_err());
            return Ok(());
        }
        let parsed = parse_search(&search).unwrap();
        prop_assert_eq!(parsed.returning.len(), 1);
        let Some(Expression::And(parts)) = parsed.find.expression() else { panic!("{parsed}") };
        let [before, Expression::AndNot { found, missing }] = &parts[..] else { panic!("{parsed}") };
        prop_assert_eq!(before.to_string(), "before");
        prop_assert_eq!(missing.to_string(), "after");
        let found: Vec<&str> = found.terms().into_iter().map(|term| term.text().unwrap()).collect();
        prop_assert_eq!(found, words);
    }

    #[test]
    fn a_phrase_cannot_break_out_of_a_search(text in generate::string()) {
        let phrase = escape::sosl_phrase(&text);
        prop_assert_eq!(phrase.is_empty(), text.trim().is_empty());
        if phrase.is_empty() {
            return Ok(());
        }
        let parsed = parse_search(&format!("FIND {{{phrase} OR x}} IN NAME FIELDS")).unwrap();
        let Some(Expression::Or(parts)) = parsed.find.expression() else { panic!("{parsed}") };
        prop_assert_eq!(&parts[0], &Expression::Term(Term::phrase(&text).unwrap()));
        prop_assert_eq!(parts.len(), 2);
    }

    /// Counted in the tree's Debug text, so that a place added to the tree and
    /// forgotten by the walk fails here.
    #[test]
    fn no_name_of_a_search_is_missed(search in generate_search::search()) {
        let (mut paths, mut everything) = (0, 0);
        walk_search(&search, &mut |place| match place {
            SearchPlace::EveryObject => everything += 1,
            SearchPlace::Returning { entry, place } => {
                use sf_soql::visit::Reference;
                match place.reference {
                    // Not a path in the tree: the object, and the Id that no
                    // field list stands for.
                    Reference::Object(_) if place.scope.parent().is_none() => {}
                    Reference::Field(_) if entry.fields.is_empty() => {}
                    Reference::FieldSet(..) | Reference::Rows(_) | Reference::TypeOfObject { .. } => {}
                    _ => paths += 1,
                }
            }
        });
        let tree = format!("{search:?}");
        let binds = tree.matches("Bind(Path {").count();
        prop_assert_eq!(paths, tree.matches("Path {").count() - binds);
        prop_assert_eq!(everything, usize::from(search.returning.is_empty()));
        let found = apex_only_search(&search);
        prop_assert_eq!(found.iter().filter(|one| one.construct == ApexConstruct::Bind).count(), binds);
        let system = found.iter().filter(|one| one.construct == ApexConstruct::SystemMode).count();
        prop_assert_eq!(system, tree.matches("SystemMode").count());
    }
}

#[test]
fn operators_bind_as_documented() {
    let shape = |text: &str| expression(&format!("FIND {{{text}}}")).to_string();
    assert_eq!(shape("a OR b AND c"), "a OR (b AND c)");
    assert_eq!(shape("a AND b OR c AND d"), "(a AND b) OR (c AND d)");
    assert_eq!(shape("a AND NOT b AND c"), "a AND NOT (b AND c)");
    assert_eq!(shape("a AND b AND NOT c"), "a AND (b AND NOT c)");
    assert_eq!(shape("a AND NOT b AND NOT c"), "a AND NOT (b AND NOT c)");
    assert_eq!(shape("a b AND c"), "(a b) AND c");
    assert_eq!(shape("a b OR c d"), "(a b) OR (c d)");
    assert_eq!(shape("(a OR b) c"), "(a OR b) c");
    assert_eq!(shape("((a))"), "a");
}

#[test]
fn quotes_resolve_the_escapes_of_a_string_first() {
    let quoted = expression(r"FIND 'O\\\'Brien AND a\\-b'");
    assert_eq!(quoted, expression(r"FIND {O\'Brien AND a\-b}"));
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    let max = sf_soql::MAX_DEPTH;
    let nest = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    let steps = |levels: usize| format!("{}a{}", "(b OR ".repeat(levels), ")".repeat(levels));
    let chain = |levels: usize| format!("a{}", " AND NOT b".repeat(levels));
    let parse = |text: String| parse_search(&format!("FIND {{{text}}}"));
    for text in [nest(max), steps(max), chain(max), format!("{} OR c", chain(max - 1))] {
        assert_eq!(parse(text).unwrap().check(), Ok(()));
    }
    let deeper = [
        nest(max + 1),
        steps(max + 1),
        chain(max + 1),
        format!("{} OR c", chain(max)),
        format!("{} OR c", steps(max)),
        nest(40_000),
        chain(9_000),
    ];
    for text in deeper {
        assert_eq!(parse(text).unwrap_err().kind, ParseErrorKind::TooDeep);
    }
}

#[test]
fn an_error_says_where_in_the_statement() {
    let error = parse_search("FIND {Zürich AND\n  AB-C} RETURNING Account").unwrap_err();
    assert_eq!((error.line, error.column, error.found.as_str()), (2, 5, "-"));
    let error: ParseError = parse_search(r#"FIND {"Zürich"#).unwrap_err();
    assert_eq!((error.position, error.kind), (5, ParseErrorKind::UnterminatedString));
}

#[test]
fn a_search_can_be_built() {
    let mut search = Search::new(Expression::words("O'Brien & Söhne").unwrap());
    search.returning.push(sf_soql::ast::Returning::new("Account".parse().unwrap()));
    assert_eq!(search.to_sosl().unwrap(), r"FIND {O\'Brien \& Söhne} RETURNING Account");
    assert_eq!(search.returning[0].to_query().to_string(), "SELECT Id FROM Account");
}

#[test]
fn terms_are_checked() {
    for text in ["", " ", "two words", "and", "Not"] {
        assert!(Term::word(text).is_err(), "{text}");
    }
    assert!(Term::phrase("\t").is_err());
    assert_eq!(Term::phrase("Not").unwrap().to_string(), r#""Not""#);
    insta::assert_snapshot!(
        Term::word("two words").unwrap_err(),
        @"`two words` is not a term to search for: it holds white space, which a phrase may"
    );
}

const TOKENS: &[&str] = &[
    "FIND",
    "{",
    "}",
    "{a}",
    "'a'",
    "IN",
    "ALL",
    "NAME",
    "FIELDS",
    "RETURNING",
    "Account",
    "Contact",
    "(",
    ")",
    "(",
    ")",
    ",",
    "Id",
    "Name",
    "toLabel",
    "WHERE",
    "=",
    "'x'",
    "USING",
    "ListView",
    "ORDER",
    "BY",
    "DESC",
    "LIMIT",
    "5",
    "OFFSET",
    "WITH",
    "DIVISION",
    "DATA",
    "CATEGORY",
    "AT",
    "HIGHLIGHT",
    "SNIPPET",
    "target_length",
    "NETWORK",
    "PricebookId",
    "METADATA",
    "'LABELS'",
    "SPELL_CORRECTION",
    "TRUE",
    "UPDATE",
    "TRACKING",
    "VIEWSTAT",
    "AND",
    "OR",
    "NOT",
    "\"",
    "\\",
    "*",
    "?",
    "-",
    ":",
    "é",
];

/// A text either does not parse, with an error that points into it, or prints
/// as a search that means the same and prints the same.
fn check(text: &str) -> Result<(), TestCaseError> {
    match parse_search(text) {
        Ok(search) => prop_assert!(search.check().is_ok(), "{} printed as {}", text, search),
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.position), "{}", error.position);
            prop_assert!(error.line >= 1 && error.column >= 1);
            prop_assert!(!error.expected.is_empty() && !error.to_string().is_empty());
        }
    }
    Ok(())
}
