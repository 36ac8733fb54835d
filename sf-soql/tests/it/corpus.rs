//! The corpus: statements that are taken, with what they print as, and
//! statements that are refused, with the answer.
//!
//! `accepted.txt`, `searches_accepted.txt`: a statement prints as itself, or as
//! the line `-> …` below. `refused.txt`, `searches_refused.txt`: below each
//! statement `!! …`, the error. `\n` within a statement is a line break.
//! `SF_SOQL_BLESS=1` rewrites the files; read the difference before you keep it.

use std::fmt::{Debug, Display, Write};
use std::path::{Path, PathBuf};

use sf_soql::ParseError;

#[test]
fn accepted_statements_print_canonically() {
    check("accepted.txt", "-> ", |statement| accepted(statement, sf_soql::parse));
}

#[test]
fn refused_statements_say_why() {
    check("refused.txt", "!! ", |statement| refused(statement, sf_soql::parse));
}

#[test]
fn accepted_searches_print_canonically() {
    check("searches_accepted.txt", "-> ", |search| accepted(search, sf_soql::parse_search));
}

#[test]
fn refused_searches_say_why() {
    check("searches_refused.txt", "!! ", |search| refused(search, sf_soql::parse_search));
}

type Parse<T> = fn(&str) -> Result<T, ParseError>;

fn accepted<T: Display + Debug + PartialEq>(text: &str, parse: Parse<T>) -> Option<String> {
    match parse(text) {
        Ok(tree) => {
            let printed = tree.to_string();
            assert_eq!(parse(&printed), Ok(tree), "printed as {printed}");
            (printed != text).then_some(printed)
        }
        Err(error) => Some(format!("REFUSED: {error}")),
    }
}

fn refused<T: Display>(text: &str, parse: Parse<T>) -> Option<String> {
    Some(match parse(text) {
        Ok(tree) => format!("ACCEPTED: {tree}"),
        Err(error) => error.to_string(),
    })
}

/// Compares each statement's answer with the line below it, if there is one.
fn check(name: &str, mark: &str, answer: impl Fn(&str) -> Option<String>) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let corpus = std::fs::read_to_string(&path).expect("the corpus is there");
    let mut actual = String::new();
    let mut statements = 0;
    for line in corpus.lines().filter(|line| !line.starts_with(mark)) {
        writeln!(actual, "{line}").unwrap();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        statements += 1;
        if let Some(answer) = answer(&line.replace("\\n ", "\n")) {
            writeln!(actual, "{mark}{answer}").unwrap();
        }
    }
    assert!(statements > 50, "{name} holds {statements} statements");
    if std::env::var_os("SF_SOQL_BLESS").is_some() {
        std::fs::write(&path, &actual).expect("the corpus is writable");
        return;
    }
    for (expected, actual) in corpus.lines().zip(actual.lines()) {
        assert_eq!(expected, actual, "{name}");
    }
    assert_eq!(corpus.lines().count(), actual.lines().count(), "{name}");
}
