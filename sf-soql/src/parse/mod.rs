//! The parser: recursive descent, one token ahead, a second one where a word
//! may be a keyword or a name.
//!
//! It takes what the grammar takes. What depends on the organisation (does the
//! field exist, may it be grouped) and limits on counts are left to those who
//! know the schema.

mod condition;
mod expression;
mod function;
mod query;
mod returning;
mod search;
mod select;
mod tail;
mod value;

use crate::ast::{Ident, Path, Query, Search, Span};
use crate::error::{ParseError, ParseErrorKind};
use crate::keywords;
use crate::lexer::{Lexer, Token, TokenKind};
use crate::suggest;
use query::Place;

/// The longest statement that is taken, in characters (SOQL and SOSL
/// Reference, "SOQL and SOSL Limits").
pub const MAX_LENGTH: usize = 100_000;

/// How deep parentheses, calls and subqueries may nest, taken together. The
/// platform gives no number; this one keeps every walk of a tree within a
/// small stack.
pub const MAX_DEPTH: usize = 64;

type Result<T> = std::result::Result<T, ParseError>;

/// Parses one SELECT statement.
///
/// # Errors
/// [`ParseError`], when the text is not SOQL.
pub fn parse(statement: &str) -> Result<Query> {
    check_length(statement)?;
    let mut parser = Parser::new(statement);
    let query = parser.query(Place::Statement)?;
    if parser.token.kind == TokenKind::End { Ok(query) } else { Err(parser.after_query(&query)) }
}

/// Parses one SOSL statement.
///
/// ```
/// let search = sf_soql::parse_search("find {acme and not corp*} returning Account(Id, Name limit 5)")?;
/// assert_eq!(search.to_string(), "FIND {acme AND NOT corp*} RETURNING Account(Id, Name LIMIT 5)");
/// # Ok::<(), sf_soql::ParseError>(())
/// ```
///
/// # Errors
/// [`ParseError`], when the text is not SOSL.
pub fn parse_search(statement: &str) -> Result<Search> {
    check_length(statement)?;
    let mut parser = Parser::new(statement);
    let search = parser.search()?;
    if parser.token.kind == TokenKind::End { Ok(search) } else { Err(parser.after_search(&search)) }
}

fn check_length(statement: &str) -> Result<()> {
    if statement.len() <= MAX_LENGTH || statement.chars().count() <= MAX_LENGTH {
        return Ok(());
    }
    let mut error = ParseError::at(statement, 0, ParseErrorKind::TooLong);
    error.expected = format!("at most {MAX_LENGTH} characters");
    Err(error)
}

struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    /// The next token.
    token: Token,
    /// Where the last taken token ended.
    end: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Parser<'s> {
        let mut lexer = Lexer::new(source);
        let token = lexer.token();
        Parser { source, lexer, token, end: 0, depth: 0 }
    }

    fn text(&self, token: Token) -> &'s str {
        &self.source[token.span.range()]
    }

    /// The token after the next one.
    fn second(&self) -> Token {
        let mut ahead = self.lexer;
        ahead.token()
    }

    fn bump(&mut self) -> Token {
        let token = self.token;
        self.end = token.span.end();
        self.token = self.lexer.token();
        token
    }

    /// The span from `start` to the end of the last taken token.
    fn since(&self, start: Span) -> Span {
        Span::new(start.start(), self.end)
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind, expected: &str) -> Result<Token> {
        if self.at(kind) { Ok(self.bump()) } else { Err(self.unexpected(expected, &[])) }
    }

    fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == TokenKind::Word && self.text(token).eq_ignore_ascii_case(word)
    }

    fn at_word(&self, word: &str) -> bool {
        self.is_word(self.token, word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<Token> {
        if self.at_word(word) { Ok(self.bump()) } else { Err(self.unexpected(word, &[word])) }
    }

    /// A name whose first word is not reserved.
    fn name(&mut self, expected: &str) -> Result<Ident> {
        if !self.at(TokenKind::Word) || keywords::is_reserved_name(self.text(self.token)) {
            return Err(self.unexpected(expected, &[]));
        }
        let token = self.bump();
        Ok(Ident::trusted(self.text(token), token.span))
    }

    /// A dotted path. Only its first word is kept from being a keyword: after
    /// a dot nothing but a name can stand.
    fn path(&mut self, expected: &str) -> Result<Path> {
        let first = self.name(expected)?;
        if !self.at(TokenKind::Dot) {
            return Ok(first.into());
        }
        let start = first.span();
        let mut compact = self.token.span.start() == self.end;
        let mut text = String::new();
        while self.eat(TokenKind::Dot) {
            compact &= self.token.span.start() == self.end;
            let segment = self.expect(TokenKind::Word, "a field or relationship after the dot")?;
            compact &= !self.at(TokenKind::Dot) || self.token.span.start() == self.end;
            text.push('.');
            text.push_str(self.text(segment));
        }
        let span = self.since(start);
        // Blanks around a dot mean nothing, so they are not kept.
        let text = if compact {
            self.source[span.range()].into()
        } else {
            format!("{first}{text}").into()
        };
        Ok(Path::trusted(text, span))
    }

    /// Items separated by commas; at least one.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Runs `inner` one level deeper, or refuses to.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            let mut error = self.fault(ParseErrorKind::TooDeep, self.token);
            error.expected = format!("at most {MAX_DEPTH} levels of parentheses");
            return Err(error);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// The next token cannot stand here. `words` are the keywords that could.
    fn unexpected(&self, expected: &str, words: &[&str]) -> ParseError {
        self.unexpected_token(self.token, expected, words)
    }

    fn unexpected_token(&self, token: Token, expected: &str, words: &[&str]) -> ParseError {
        let kind = match token.kind {
            TokenKind::Unterminated => ParseErrorKind::UnterminatedString,
            TokenKind::BadLiteral => ParseErrorKind::InvalidLiteral,
            _ => ParseErrorKind::UnexpectedToken,
        };
        let mut error = self.fault(kind, token);
        error.expected = match token.kind {
            TokenKind::Unterminated => "text between two single quotes",
            TokenKind::BadLiteral => "a valid number, date or time",
            _ => expected,
        }
        .to_owned();
        error.suggestion = match token.kind {
            TokenKind::Unterminated => Some("the text is not closed, add the missing '".to_owned()),
            TokenKind::BadLiteral => Some(bad_literal(self.text(token)).to_owned()),
            TokenKind::End => None,
            _ => suggest::habit(self.source, token.span).map(str::to_owned).or_else(|| {
                let close = suggest::closest(self.text(token), words.iter().copied())?;
                (!close.eq_ignore_ascii_case(self.text(token)))
                    .then(|| format!("did you mean {close}?"))
            }),
        };
        error
    }

    fn fault(&self, kind: ParseErrorKind, token: Token) -> ParseError {
        let mut error = ParseError::at(self.source, token.span.start(), kind);
        error.found = match token.kind {
            TokenKind::End => ParseError::EOF.to_owned(),
            _ => self.text(token).chars().take(100).collect(),
        };
        error
    }
}

fn bad_literal(text: &str) -> &'static str {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 4 && bytes.get(4) == Some(&b'-') {
        if text.contains(['T', 't', ':']) {
            "a dateTime is written 2024-12-31T23:59:59Z or with an offset like +02:00, and must exist"
        } else if text.len() == 10 {
            "there is no such day, a date is written YYYY-MM-DD"
        } else {
            "a date is written YYYY-MM-DD"
        }
    } else if text.contains(':') {
        "a time is written 23:59:59.000Z"
    } else if bytes[1..].iter().any(|byte| matches!(byte, b'+' | b'-')) {
        "SOQL has no arithmetic, compute the value first"
    } else {
        "text stands in single quotes, names start with a letter"
    }
}
