//! Conditions of `WHERE` and `HAVING`.
//!
//! The platform's grammar has no precedence: a chain is all AND or all OR, and
//! a NOT stands alone at the start of the clause or of a parenthesis. So
//! `a AND NOT b` is refused by the platform ("unexpected token: 'NOT'"), and
//! `a AND (NOT b)` is taken; the same here.

use super::query::Place;
use super::{Parser, Result};
use crate::ast::{CompareOp, Condition, Expr, InSet, Value};
use crate::error::ParseError;
use crate::lexer::TokenKind;

const FIELD: &str = "a field, a function, NOT or `(`";
const OPERATORS: &str = "an operator (=, !=, <, <=, >, >=, LIKE, IN, NOT IN, INCLUDES or EXCLUDES)";

impl Parser<'_> {
    /// A whole clause, or what stands between two parentheses.
    pub(super) fn logical(&mut self) -> Result<Condition> {
        if self.eat_word("NOT") {
            let condition = Condition::Not(Box::new(self.term("a field, a function or `(`")?));
            if self.at_word("AND") || self.at_word("OR") {
                let advice = "put the NOT in parentheses: (NOT …) AND …";
                return Err(self.advise("the end of the condition", advice));
            }
            return Ok(condition);
        }
        let first = self.term(FIELD)?;
        let (word, other) = if self.at_word("AND") { ("AND", "OR") } else { ("OR", "AND") };
        if !self.at_word(word) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.eat_word(word) {
            if self.at_word("NOT") {
                return Err(self.advise(
                    "a field, a function or `(`",
                    "put the NOT in parentheses: … AND (NOT …)",
                ));
            }
            terms.push(self.term("a field, a function or `(`")?);
        }
        if self.at_word(other) {
            return Err(self.advise(
                &format!("{word} or the end of the condition"),
                "AND and OR are mixed, put one of them in parentheses: a AND (b OR c)",
            ));
        }
        Ok(if word == "AND" { Condition::And(terms) } else { Condition::Or(terms) })
    }

    /// A comparison, or a condition in parentheses.
    fn term(&mut self, expected: &str) -> Result<Condition> {
        if !self.eat(TokenKind::Open) {
            return self.comparison(expected);
        }
        if self.at_word("SELECT") {
            return Err(self.advise(FIELD, "a sub-select stands after IN: Id IN (SELECT …)"));
        }
        let inner = self.nested(Self::logical)?;
        if !self.at(TokenKind::Close) {
            return Err(self.unexpected("AND, OR or `)`", &["AND", "OR"]));
        }
        self.bump();
        Ok(inner)
    }

    fn comparison(&mut self, expected: &str) -> Result<Condition> {
        if !matches!(self.token.kind, TokenKind::Word) {
            let literal =
                matches!(self.token.kind, TokenKind::String | TokenKind::Number | TokenKind::Date);
            return Err(if literal {
                self.advise(expected, "the field stands left, the value right")
            } else {
                self.unexpected(expected, &[])
            });
        }
        let left = self.expr(expected)?;
        let start = left.span();
        let op = match self.token.kind {
            TokenKind::Eq => CompareOp::Eq,
            TokenKind::Ne => CompareOp::Ne,
            TokenKind::Lt => CompareOp::Lt,
            TokenKind::Le => CompareOp::Le,
            TokenKind::Gt => CompareOp::Gt,
            TokenKind::Ge => CompareOp::Ge,
            _ if self.at_word("LIKE") => CompareOp::Like,
            _ => return self.set_comparison(left),
        };
        self.bump();
        let value = if op == CompareOp::Like { self.pattern()? } else { self.value()? };
        Ok(Condition::Compare { left, op, value, span: self.since(start) })
    }

    /// The operators that take a list.
    fn set_comparison(&mut self, left: Expr) -> Result<Condition> {
        let start = left.span();
        if self.at_word("INCLUDES") || self.at_word("EXCLUDES") {
            let negated = self.at_word("EXCLUDES");
            let Expr::Field(left) = left else {
                return Err(self.unexpected("=, !=, <, <=, >, >=, LIKE or IN", &[]));
            };
            self.bump();
            let values =
                if self.at(TokenKind::Colon) { vec![self.value()?] } else { self.values()? };
            if let Some(other) =
                values.iter().find(|one| !matches!(one.value, Value::String(_) | Value::Bind(_)))
            {
                let token = crate::lexer::Token { kind: TokenKind::Word, span: other.span };
                return Err(self.unexpected_token(token, "text in single quotes", &[]));
            }
            return Ok(Condition::Includes { left, negated, values, span: self.since(start) });
        }
        let negated = self.at_word("NOT");
        if negated {
            let second = self.second();
            if self.is_word(second, "LIKE") {
                let advice = "write NOT before the field: NOT field LIKE '…', in parentheses beside AND or OR";
                return Err(self.advise(OPERATORS, advice));
            }
            if !self.is_word(second, "IN") {
                return Err(self.unexpected_token(second, "IN", &["IN"]));
            }
            self.bump();
        }
        if !self.eat_word("IN") {
            let ends = matches!(self.token.kind, TokenKind::End | TokenKind::Close);
            if ends || self.at_word("AND") || self.at_word("OR") {
                return Err(
                    self.advise(OPERATORS, "a field alone is no condition, write field = TRUE")
                );
            }
            return Err(self.unexpected(OPERATORS, &["LIKE", "IN", "NOT", "INCLUDES", "EXCLUDES"]));
        }
        let set = if self.at(TokenKind::Colon) {
            InSet::Bind(self.bind()?)
        } else if self.at(TokenKind::Open) && self.is_word(self.second(), "SELECT") {
            self.bump();
            let query = self.nested(|parser| parser.query(Place::SemiJoin))?;
            if !self.at(TokenKind::Close) {
                return Err(self.after_subquery(&query));
            }
            self.bump();
            InSet::Query(Box::new(query))
        } else {
            InSet::List(self.values()?)
        };
        Ok(Condition::In { left, negated, set, span: self.since(start) })
    }

    fn values(&mut self) -> Result<Vec<crate::ast::Literal>> {
        self.expect(TokenKind::Open, "`(` and a list of values")?;
        let values = self.list(Self::value)?;
        self.expect(TokenKind::Close, "`,` or `)`")?;
        Ok(values)
    }

    /// The next token cannot stand here, and the reason is known.
    pub(super) fn advise(&self, expected: &str, advice: &str) -> ParseError {
        let mut error = self.unexpected(expected, &[]);
        error.suggestion = Some(advice.to_owned());
        error
    }
}
