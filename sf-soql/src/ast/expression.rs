//! What a SOSL search looks for: words, phrases and the operators between.

use std::fmt;

use super::Span;

/// A search expression, the text between the braces of `FIND {…}` (SOQL and
/// SOSL Reference, "FIND {SearchQuery}").
///
/// Parentheses bind strongest, then words side by side, then AND and AND NOT
/// from right to left, then OR. Printed, everything compound within something
/// else stands in parentheses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// A word or a phrase.
    Term(Term),
    /// Two or more side by side, no operator between. The platform looks for
    /// all of them, but in articles, documents and solutions for any.
    Words(Vec<Expression>),
    /// All of two or more.
    And(Vec<Expression>),
    /// One of two or more.
    Or(Vec<Expression>),
    /// `found AND NOT missing`.
    AndNot {
        /// What must be found.
        found: Box<Expression>,
        /// What must not.
        missing: Box<Expression>,
    },
}

impl Expression {
    /// The words of `text` as a person typed them, with nothing in them an
    /// operator or a wildcard: to be found all, in any order. Nothing if there
    /// is no word.
    ///
    /// ```
    /// use sf_soql::ast::Expression;
    ///
    /// let words = Expression::words("R&D or* {x}").unwrap();
    /// assert_eq!(words.to_string(), r"R\&D or\* \{x\}");
    /// assert_eq!(Expression::words("this or that").unwrap().to_string(), r#"this "or" that"#);
    /// assert_eq!(Expression::words("  "), None);
    /// ```
    #[must_use]
    pub fn words(text: &str) -> Option<Expression> {
        // A word that is an operator can stand as a phrase alone.
        let mut terms: Vec<Expression> = text
            .split_whitespace()
            .filter_map(|word| Term::word(word).or_else(|_| Term::phrase(word)).ok())
            .map(Expression::Term)
            .collect();
        if terms.len() > 1 { Some(Expression::Words(terms)) } else { terms.pop() }
    }

    /// Every word and phrase, first to last, those to be missing too.
    #[must_use]
    pub fn terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        self.collect(&mut terms);
        terms
    }

    fn collect<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Expression::Term(term) => terms.push(term),
            Expression::Words(parts) | Expression::And(parts) | Expression::Or(parts) => {
                parts.iter().for_each(|part| part.collect(terms));
            }
            Expression::AndNot { found, missing } => {
                found.collect(terms);
                missing.collect(terms);
            }
        }
    }

    /// From its first term to its last, without parentheses around.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Expression::Term(term) => term.span(),
            Expression::Words(parts) | Expression::And(parts) | Expression::Or(parts) => {
                Span::over(parts.iter().map(Expression::span))
            }
            Expression::AndNot { found, missing } => found.span().to(missing.span()),
        }
    }
}

impl From<Term> for Expression {
    fn from(term: Term) -> Expression {
        Expression::Term(term)
    }
}

/// A word or a phrase, escapes resolved.
///
/// Its parts are private and checked when made, so that a tree built by hand
/// cannot print an operator or leave its braces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    pieces: Box<[Piece]>,
    phrase: bool,
    span: Span,
}

/// A part of a [`Term`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text that stands for itself. Never empty, never beside another text.
    Text(String),
    /// `?`: one character.
    One,
    /// `*`: any characters.
    Many,
}

impl Term {
    /// A word that stands for itself; `*` and `?` in it are no wildcards.
    ///
    /// # Errors
    /// [`InvalidTerm`] if `text` is empty, holds white space or is one of the
    /// operators AND, OR, NOT: those can stand as a phrase.
    pub fn word(text: &str) -> Result<Term, InvalidTerm> {
        Term::new([Piece::Text(text.to_owned())], false)
    }

    /// `"text"`: its words directly after one another.
    ///
    /// # Errors
    /// [`InvalidTerm`] if `text` is blank.
    pub fn phrase(text: &str) -> Result<Term, InvalidTerm> {
        Term::new([Piece::Text(text.to_owned())], true)
    }

    /// A word, or a phrase, put together from its pieces. Neighbouring texts
    /// become one.
    ///
    /// # Errors
    /// [`InvalidTerm`] as for [`Term::word`] and [`Term::phrase`].
    pub fn new(pieces: impl IntoIterator<Item = Piece>, phrase: bool) -> Result<Term, InvalidTerm> {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
                (_, piece) => joined.push(piece),
            }
        }
        let reason = match &joined[..] {
            [] => "it is empty",
            [Piece::Text(text)] if text.trim().is_empty() => "it is blank",
            [Piece::Text(text)] if !phrase && is_operator(text) => {
                "as an operator it can stand in a phrase alone"
            }
            pieces if !phrase && pieces.iter().any(has_blank) => {
                "it holds white space, which a phrase may"
            }
            _ => return Ok(Term { pieces: joined.into(), phrase, span: Span::default() }),
        };
        let text = match joined.into_iter().next() {
            Some(Piece::Text(text)) => text.chars().take(80).collect(),
            _ => String::new(),
        };
        Err(InvalidTerm { text, reason })
    }

    pub(crate) fn at(self, span: Span) -> Term {
        Term { span, ..self }
    }

    /// Its pieces in order; at least one.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it stood in double quotes.
    #[must_use]
    pub fn is_phrase(&self) -> bool {
        self.phrase
    }

    /// The text, if there is no wildcard in it.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.pieces[..] {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Where it stood, with its quotes.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

/// Text that cannot be a word or a phrase of a search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a term to search for: {reason}")]
pub struct InvalidTerm {
    text: String,
    reason: &'static str,
}

/// The characters that need a backslash within `FIND {…}`, wildcards and quotes
/// among them.
pub(crate) const RESERVED: &str = r#"?&|!{}[]()^~*:\"'+-"#;

pub(crate) fn is_reserved(character: char) -> bool {
    character.is_ascii_punctuation() && RESERVED.contains(character)
}

pub(crate) fn is_operator(word: &str) -> bool {
    ["AND", "OR", "NOT"].iter().any(|operator| operator.eq_ignore_ascii_case(word))
}

fn has_blank(piece: &Piece) -> bool {
    matches!(piece, Piece::Text(text) if text.contains(char::is_whitespace))
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.phrase { "\"" } else { "" };
        f.write_str(quote)?;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => crate::escape::write_search(f, text)?,
                Piece::One => f.write_str("?")?,
                Piece::Many => f.write_str("*")?,
            }
        }
        f.write_str(quote)
    }
}
