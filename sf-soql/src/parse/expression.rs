//! What stands between the braces of a search.
//!
//! The text has rules of its own, so it has its own lexer. The platform refuses
//! a reserved character without a backslash, in a phrase too ("mismatched
//! character '-' expecting '}'"); the same here.

use super::{MAX_DEPTH, Result};
use crate::ast::{Expression, Piece, RESERVED, Span, Term, is_operator, is_reserved};
use crate::error::{ParseError, ParseErrorKind};

const OPERAND: &str = "a word, a phrase in double quotes or `(`";

/// The text between the delimiters, and how to point into it.
pub(super) struct Body<'s> {
    /// The statement, to count lines and columns in.
    pub(super) source: &'s str,
    /// What is parsed: a part of `source`, or the meaning of a string in it.
    pub(super) text: &'s str,
    /// Where `text` starts in `source`.
    pub(super) start: usize,
    /// Where all of `text` stands if it is the meaning of a string, in which
    /// places cannot be told.
    pub(super) whole: Option<Span>,
}

/// The length of the text up to the first `}` without a backslash.
pub(super) fn closing_brace(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' => return Some(at),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}

/// A token and the bytes of the text that it covers.
struct Token {
    kind: Kind,
    from: usize,
    to: usize,
}

#[derive(Debug, PartialEq)]
enum Kind {
    Term(Term),
    And,
    Or,
    Not,
    Open,
    Close,
    End,
}

impl Body<'_> {
    pub(super) fn parse(&self) -> Result<Expression> {
        let mut reader = Reader { body: self, tokens: self.tokens()?, at: 0, depth: 0 };
        let part = reader.or()?;
        match reader.kind() {
            Kind::End => Ok(part.tree),
            _ => Err(reader.after_operand()),
        }
    }

    fn tokens(&self) -> Result<Vec<Token>> {
        let mut tokens = Vec::new();
        let mut at = 0;
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            let from = at;
            let kind = match self.text[at..].chars().next() {
                None => Kind::End,
                Some('(') => {
                    at += 1;
                    Kind::Open
                }
                Some(')') => {
                    at += 1;
                    Kind::Close
                }
                Some(_) => self.term(&mut at)?,
            };
            let end = kind == Kind::End;
            tokens.push(Token { kind, from, to: at });
            if end {
                return Ok(tokens);
            }
        }
    }

    /// A word, a phrase or an operator, from byte `at` on.
    fn term(&self, at: &mut usize) -> Result<Kind> {
        let from = *at;
        let phrase = self.text[from..].starts_with('"');
        *at += usize::from(phrase);
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            let mut rest = self.text[*at..].chars();
            let next = rest.next();
            match next {
                Some('"') if phrase => break,
                None if phrase => return Err(self.open_phrase(from)),
                None | Some('(' | ')' | '"') if !phrase => break,
                Some(blank) if !phrase && blank.is_whitespace() => break,
                Some(wildcard @ ('*' | '?')) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(if wildcard == '*' { Piece::Many } else { Piece::One });
                    *at += 1;
                }
                Some('\\') => match rest.next() {
                    Some(escaped) if is_reserved(escaped) => {
                        text.push(escaped);
                        *at += 2;
                    }
                    _ => return Err(self.bad_escape(*at)),
                },
                Some(reserved) if is_reserved(reserved) => {
                    return Err(self.reserved(*at, reserved));
                }
                Some(plain) => {
                    text.push(plain);
                    *at += plain.len_utf8();
                }
                None => break,
            }
        }
        if !phrase && pieces.is_empty() && is_operator(&text) {
            // As written: an operator has no escapes.
            return Ok(match text.to_ascii_uppercase().as_str() {
                "AND" => Kind::And,
                "OR" => Kind::Or,
                _ => Kind::Not,
            });
        }
        pieces.push(Piece::Text(text));
        *at += usize::from(phrase);
        Term::new(pieces, phrase).map(|term| Kind::Term(term.at(self.span(from, *at)))).map_err(
            |_| {
                let mut error = self.fault(ParseErrorKind::UnexpectedToken, from, *at);
                error.expected = "text between the double quotes".to_owned();
                error
            },
        )
    }

    fn span(&self, from: usize, to: usize) -> Span {
        self.whole.unwrap_or_else(|| Span::new(self.start + from, self.start + to))
    }

    fn fault(&self, kind: ParseErrorKind, from: usize, to: usize) -> ParseError {
        let mut error = ParseError::at(self.source, self.span(from, to).start(), kind);
        error.found = self.text[from..to].chars().take(100).collect();
        error
    }

    fn open_phrase(&self, from: usize) -> ParseError {
        let mut error = self.fault(ParseErrorKind::UnterminatedString, from, self.text.len());
        error.expected = "a phrase between two double quotes".to_owned();
        error.suggestion =
            Some(r#"close the phrase with ", or write \" for the character itself"#.to_owned());
        error
    }

    fn bad_escape(&self, at: usize) -> ParseError {
        let found: usize = self.text[at..].chars().take(2).map(char::len_utf8).sum();
        let mut error = self.fault(ParseErrorKind::InvalidEscape, at, at + found);
        error.expected = format!("an escape: a backslash and one of {RESERVED}");
        error.suggestion = Some(r"a backslash itself is written \\".to_owned());
        error
    }

    fn reserved(&self, at: usize, found: char) -> ParseError {
        let mut error = self.fault(ParseErrorKind::UnexpectedToken, at, at + found.len_utf8());
        error.expected = "a backslash before a reserved character".to_owned();
        let operator = match found {
            '&' => "write AND, or ",
            '|' => "write OR, or ",
            '!' => "write AND NOT, or ",
            _ => "write ",
        };
        error.suggestion = Some(format!(r"{operator}\{found} for the character itself"));
        error
    }
}

/// A tree and how many compound nodes are on its longest way down.
struct Part {
    tree: Expression,
    height: usize,
}

struct Reader<'b, 's> {
    body: &'b Body<'s>,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader<'_, '_> {
    /// The next token; the last one is the end, which is never taken.
    fn kind(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn eat(&mut self, kind: &Kind) -> bool {
        let found = self.kind() == kind;
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Part> {
        let mut parts = vec![self.and()?];
        while self.eat(&Kind::Or) {
            parts.push(self.and()?);
        }
        self.joined(parts, Expression::Or)
    }

    /// A chain of AND and AND NOT, which binds from right to left: `a AND NOT b
    /// AND c` looks for `a` without both of `b` and `c`.
    fn and(&mut self) -> Result<Part> {
        let mut operands = vec![(false, self.words()?)];
        while self.eat(&Kind::And) {
            let negated = self.eat(&Kind::Not);
            operands.push((negated, self.words()?));
        }
        // What stands right of an operand, last first.
        let mut right: Vec<Part> = Vec::new();
        let mut negated = false;
        while let Some((before, operand)) = operands.pop() {
            if negated {
                right.reverse();
                let missing = self.joined(std::mem::take(&mut right), Expression::And)?;
                let height = self.height([operand.height, missing.height])?;
                let (found, missing) = (Box::new(operand.tree), Box::new(missing.tree));
                right.push(Part { tree: Expression::AndNot { found, missing }, height });
            } else {
                right.push(operand);
            }
            negated = before;
        }
        right.reverse();
        self.joined(right, Expression::And)
    }

    fn words(&mut self) -> Result<Part> {
        let mut parts = vec![self.operand()?];
        while matches!(self.kind(), Kind::Term(_) | Kind::Open) {
            parts.push(self.operand()?);
        }
        self.joined(parts, Expression::Words)
    }

    /// The one part, or `several` of them.
    fn joined(
        &self,
        mut parts: Vec<Part>,
        several: fn(Vec<Expression>) -> Expression,
    ) -> Result<Part> {
        if parts.len() == 1 {
            return Ok(parts.swap_remove(0));
        }
        let height = self.height(parts.iter().map(|part| part.height))?;
        let tree = several(parts.into_iter().map(|part| part.tree).collect());
        Ok(Part { tree, height })
    }

    /// The height of a node above parts of these heights. A chain of AND NOT
    /// nests without parentheses, so the depth of those is not enough to know.
    fn height(&self, parts: impl IntoIterator<Item = usize>) -> Result<usize> {
        let height = parts.into_iter().max().unwrap_or(0) + 1;
        if height > MAX_DEPTH { Err(self.too_deep()) } else { Ok(height) }
    }

    fn too_deep(&self) -> ParseError {
        let mut error = self.unexpected("");
        error.kind = ParseErrorKind::TooDeep;
        error.expected = format!("at most {MAX_DEPTH} levels of operators and parentheses");
        error
    }

    fn operand(&mut self) -> Result<Part> {
        if let Some(token) = self.tokens.get_mut(self.at)
            && matches!(token.kind, Kind::Term(_))
            && let Kind::Term(term) = std::mem::replace(&mut token.kind, Kind::End)
        {
            self.at += 1;
            return Ok(Part { tree: Expression::Term(term), height: 0 });
        }
        match self.kind() {
            Kind::Open => {
                if self.depth >= MAX_DEPTH {
                    return Err(self.too_deep());
                }
                self.at += 1;
                self.depth += 1;
                let inner = self.or()?;
                if !self.eat(&Kind::Close) {
                    return Err(self.after_operand());
                }
                self.depth -= 1;
                Ok(inner)
            }
            Kind::Not => Err(self.advise(OPERAND, NOT)),
            Kind::And | Kind::Or if self.at == 0 => {
                Err(self.advise(OPERAND, "as a word to look for, write it in double quotes"))
            }
            _ => Err(self.unexpected(OPERAND)),
        }
    }

    fn after_operand(&self) -> ParseError {
        let close = if self.depth > 0 { "`)`" } else { "the end of the search" };
        let expected = format!("a word, a phrase, AND, AND NOT, OR or {close}");
        match self.kind() {
            Kind::Not => self.advise(&expected, NOT),
            Kind::Close => {
                let advice =
                    r"check that the parentheses pair up; the character itself is written \)";
                self.advise(&expected, advice)
            }
            _ => self.unexpected(&expected),
        }
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let (from, to) = match self.tokens.get(self.at) {
            Some(token) => (token.from, token.to),
            None => (self.body.text.len(), self.body.text.len()),
        };
        let mut error = self.body.fault(ParseErrorKind::UnexpectedToken, from, to);
        error.expected = expected.to_owned();
        if from == to {
            // The closing brace is what stands there; a quoted search has none
            // to point at.
            error.found = if self.body.whole.is_some() { "'" } else { "}" }.to_owned();
        }
        error
    }

    fn advise(&self, expected: &str, advice: &str) -> ParseError {
        let mut error = self.unexpected(expected);
        error.suggestion = Some(advice.to_owned());
        error
    }
}

const NOT: &str =
    r#"NOT stands after AND: found AND NOT missing; as a word to look for, write "not""#;
