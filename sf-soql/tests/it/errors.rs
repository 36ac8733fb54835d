//! Errors as values: positions, kinds, limits.

use sf_soql::{MAX_DEPTH, MAX_LENGTH, ParseError, ParseErrorKind, parse};

fn error(statement: &str) -> ParseError {
    parse(statement).expect_err(statement)
}

#[test]
fn an_error_says_where_in_bytes_lines_and_characters() {
    let error = error("SELECT Id\r\nFROM Account\nWHERE Name = 'Zürich' ODER Phone = NULL");
    assert_eq!((error.line, error.column), (3, 23));
    assert_eq!(error.position, "SELECT Id\r\nFROM Account\nWHERE Name = 'Zürich' ".len());
    assert_eq!(error.found, "ODER");
    assert_eq!(error.kind(), ParseErrorKind::UnexpectedToken);
}

#[test]
fn the_end_is_found_as_eof() {
    let error = error("SELECT Id FROM");
    assert_eq!(error.found, ParseError::EOF);
    assert_eq!((error.position, error.column), (14, 15));
    assert_eq!(self::error("").found, ParseError::EOF);
}

#[test]
fn each_kind_of_error_is_told_apart() {
    let kinds = [
        ("SELECT Id FORM Account", ParseErrorKind::UnexpectedToken),
        ("SELECT Id FROM Account WHERE Name = 'x", ParseErrorKind::UnterminatedString),
        (r"SELECT Id FROM Account WHERE Name = '\x'", ParseErrorKind::InvalidEscape),
        ("SELECT Id FROM Account WHERE CloseDate = 2024-02-30", ParseErrorKind::InvalidLiteral),
        ("SELECT NVL(Id) FROM Account", ParseErrorKind::UnknownFunction),
    ];
    for (statement, kind) in kinds {
        assert_eq!(error(statement).kind, kind, "{statement}");
    }
}

#[test]
fn a_long_token_is_cut() {
    let error = error(&format!("SELECT Id {} Account", "é".repeat(5000)));
    assert_eq!(error.found, "é");
    let error = self::error(&format!("SELECT Id FROM Account {}", "x".repeat(5000) + " y"));
    assert_eq!(error.found.len(), 100);
}

/// One of each thing that nests, `levels` deep.
fn deep(levels: usize) -> [String; 4] {
    let nest = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    [
        format!("SELECT Id FROM A WHERE {}", nest("(", "Id = NULL", ")")),
        format!("SELECT Id FROM A WHERE {}", nest("NOT (", "Id = NULL", ")")),
        format!("SELECT {} FROM A", nest("(SELECT ", "(SELECT Id FROM B)", " FROM B)")),
        format!(
            "SELECT Id FROM A WHERE {}",
            nest("Id IN (SELECT Id FROM B WHERE ", "Id = NULL", ")")
        ),
    ]
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    for statement in deep(50_000 / 5).into_iter().chain(deep(MAX_DEPTH + 1)) {
        let Err(error) = parse(&statement) else { panic!("{statement}") };
        let expected = if statement.len() > MAX_LENGTH {
            ParseErrorKind::TooLong
        } else {
            ParseErrorKind::TooDeep
        };
        assert_eq!(error.kind, expected, "{error}");
    }
    for statement in deep(MAX_DEPTH - 1) {
        let query = parse(&statement).expect("shallow enough");
        assert_eq!(parse(&query.to_string()), Ok(query));
    }
}

#[test]
fn a_statement_may_be_long_but_not_too_long() {
    let padding = MAX_LENGTH - "SELECT Id FROM Account WHERE Name = ''".len();
    let statement =
        |length: usize| format!("SELECT Id FROM Account WHERE Name = '{}'", "ü".repeat(length));
    assert!(parse(&statement(padding)).is_ok());
    let error = error(&statement(padding + 1));
    assert_eq!(error.kind, ParseErrorKind::TooLong);
    assert_eq!(error.to_string(), "line 1, column 1: expected at most 100000 characters");
}
