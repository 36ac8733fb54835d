//! The statement, `FROM` and the order of the clauses.

use super::{Parser, Result};
use crate::ast::{Expr, GroupBy, GroupKind, Ident, Query, Source};
use crate::error::ParseError;
use crate::keywords;
use crate::lexer::{Token, TokenKind};

/// Where a SELECT stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Statement,
    Child,
    SemiJoin,
}

impl Parser<'_> {
    pub(super) fn query(&mut self, place: Place) -> Result<Query> {
        if place == Place::Statement && self.at_word("FIND") {
            return Err(
                self.advise("SELECT", "FIND is a SOSL search, it goes to search and not to query")
            );
        }
        let start = self.expect_word("SELECT")?.span;
        let select = self.list(Self::select_item)?;
        if !self.at_word("FROM") {
            return Err(self.unexpected("`,` or FROM", &["FROM"]));
        }
        self.bump();
        let from = self.source(place == Place::Child)?;
        let mut query = Query::new(select, from);
        while self.eat(TokenKind::Comma) {
            query.joins.push(self.source(true)?);
        }
        if self.eat_word("USING") {
            self.expect_word("SCOPE")?;
            query.scope = Some(self.name("a scope such as mine, team or everything")?);
        }
        if self.eat_word("WHERE") {
            query.filter = Some(self.logical()?);
        }
        if self.at_word("WITH") {
            query.with = Some(self.with()?);
        }
        if self.at_word("GROUP") {
            query.group_by = Some(self.group_by()?);
            if self.eat_word("HAVING") {
                query.having = Some(self.logical()?);
            }
        }
        if self.eat_word("ORDER") {
            self.expect_word("BY")?;
            query.order_by = self.list(Self::order_item)?;
        }
        if self.eat_word("LIMIT") {
            query.limit = Some(self.count()?);
        }
        if self.eat_word("OFFSET") {
            query.offset = Some(self.count()?);
        }
        query.options = self.options()?;
        query.span = self.since(start);
        Ok(query)
    }

    /// The error for a statement that goes on after its last clause.
    pub(super) fn after_query(&self, query: &Query) -> ParseError {
        let (expected, words) = next_clauses(query);
        let mut error = self.unexpected(&expected, &words);
        let found = self.text(self.token);
        if error.suggestion.is_none()
            && (keywords::is_clause(found) || found.eq_ignore_ascii_case("HAVING"))
        {
            error.suggestion = Some(
                if found.eq_ignore_ascii_case("HAVING") && query.group_by.is_none() {
                    "HAVING needs a GROUP BY before it"
                } else {
                    "the clauses stand once each, in this order: FROM, USING SCOPE, WHERE, WITH, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, FOR, UPDATE"
                }
                .to_owned(),
            );
        }
        if error.suggestion.is_none() && matches!(self.text(self.token), "(" | ")") {
            error.suggestion = Some("check that the parentheses pair up".to_owned());
        }
        error
    }

    fn source(&mut self, dotted: bool) -> Result<Source> {
        let start = self.token.span;
        let expected = if dotted { "an object or relationship" } else { "the name of an object" };
        let name = if dotted { self.path(expected)? } else { self.name(expected)?.into() };
        let alias = self.alias(
            |parser, next| match next.kind {
                TokenKind::End | TokenKind::Comma | TokenKind::Close => true,
                TokenKind::Word => keywords::is_clause(parser.text(next)),
                _ => false,
            },
            "an alias or a clause such as WHERE",
            &keywords::CLAUSES,
        )?;
        Ok(Source { name, alias, span: self.since(start) })
    }

    /// An alias, if there is one. It is taken only if what follows `ends` the
    /// entry: else it, or the word after it, is a misspelt one of `words`.
    pub(super) fn alias(
        &mut self,
        ends: impl Fn(&Self, Token) -> bool,
        expected: &str,
        words: &[&str],
    ) -> Result<Option<Ident>> {
        if !self.at(TokenKind::Word) || keywords::is_reserved_alias(self.text(self.token)) {
            return Ok(None);
        }
        let next = self.second();
        if ends(self, next) && !self.at_word("AS") {
            return self.name("an alias").map(Some);
        }
        let error = self.unexpected(expected, words);
        if error.suggestion.is_none() && next.kind == TokenKind::Word {
            let second = self.unexpected_token(next, expected, words);
            if second.suggestion.is_some() {
                return Err(second);
            }
        }
        Err(error)
    }

    fn group_by(&mut self) -> Result<GroupBy> {
        let start = self.bump().span;
        self.expect_word("BY")?;
        let called = self.at(TokenKind::Word) && self.second().kind == TokenKind::Open;
        let kind = if called && self.at_word("ROLLUP") {
            GroupKind::Rollup
        } else if called && self.at_word("CUBE") {
            GroupKind::Cube
        } else {
            GroupKind::Plain
        };
        let items = if kind == GroupKind::Plain {
            self.list(|parser| parser.expr("a field to group by"))?
        } else {
            self.bump();
            self.bump();
            let items = self.list(|parser| parser.expr("a field to group by"))?;
            self.expect(TokenKind::Close, "`,` or `)`")?;
            items
        };
        Ok(GroupBy { kind, items, span: self.since(start) })
    }

    /// A field or a function.
    pub(super) fn expr(&mut self, expected: &str) -> Result<Expr> {
        if self.at(TokenKind::Word) && self.second().kind == TokenKind::Open {
            return self.call().map(Expr::Call);
        }
        self.path(expected).map(Expr::Field)
    }
}

/// What may follow the last clause of `query`, in words and as keywords.
fn next_clauses(query: &Query) -> (String, Vec<&'static str>) {
    let mut words: Vec<&'static str> = Vec::new();
    let later = [
        (query.limit.is_some() || query.offset.is_some(), &["OFFSET"][..]),
        (!query.order_by.is_empty(), &["LIMIT", "OFFSET"]),
        (query.having.is_some(), &["ORDER BY", "LIMIT", "OFFSET"]),
        (query.group_by.is_some(), &["HAVING", "ORDER BY", "LIMIT", "OFFSET"]),
        (query.with.is_some(), &["GROUP BY", "ORDER BY", "LIMIT", "OFFSET"]),
        (query.filter.is_some(), &["AND", "OR", "WITH", "GROUP BY", "ORDER BY", "LIMIT", "OFFSET"]),
    ];
    match later.into_iter().find(|(present, _)| *present) {
        Some((_, next)) => words.extend(next),
        None => words.extend(["WHERE", "GROUP BY", "ORDER BY", "LIMIT"]),
    }
    if query.offset.is_some() {
        words.clear();
    }
    let mut expected = words.join(", ");
    expected.push_str(if words.is_empty() {
        "the end of the statement"
    } else {
        " or the end of the statement"
    });
    // The slip is looked for in the first word of a clause alone.
    let firsts = words.into_iter().map(|word| word.split(' ').next().unwrap_or(word)).collect();
    (expected, firsts)
}
