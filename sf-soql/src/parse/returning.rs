//! `RETURNING`.

use super::{Parser, Result};
use crate::ast::{Expr, Function, ReturnedField, Returning};
use crate::error::ParseError;
use crate::lexer::{Token, TokenKind};

const FIELD: &str = "a field or a function";
const GROUPING: &str = "a search counts and groups nothing";
const CLAUSES: [&str; 5] = ["WHERE", "USING", "ORDER", "LIMIT", "OFFSET"];

impl Parser<'_> {
    /// An object, alone or with its fields and clauses in parentheses.
    pub(super) fn returning(&mut self) -> Result<Returning> {
        let object = self.name("the name of an object")?;
        let start = object.span();
        let mut entry = Returning::new(object);
        if self.eat(TokenKind::Open) {
            self.entry(&mut entry)?;
            if !self.at(TokenKind::Close) {
                return Err(self.after_entry(&entry));
            }
            self.bump();
        }
        entry.span = self.since(start);
        Ok(entry)
    }

    fn entry(&mut self, entry: &mut Returning) -> Result<()> {
        if self.at_word("WHERE") || self.at_word("USING") || self.at_word("LIMIT") {
            return Err(self.advise(FIELD, "name the fields first: Account(Id WHERE …)"));
        }
        entry.fields = self.list(Self::returned_field)?;
        if self.eat_word("WHERE") {
            entry.filter = Some(self.logical()?);
        }
        if self.eat_word("USING") {
            self.expect_word("ListView")?;
            self.expect(TokenKind::Eq, "`=`")?;
            entry.list_view = Some(self.name("the name of a list view")?);
        }
        if self.eat_word("ORDER") {
            self.expect_word("BY")?;
            let items = self.list(Self::order_item);
            entry.order_by = items.map_err(|mut error| {
                error.expected = error.expected.replace("the end of the statement", "`)`");
                error
            })?;
        }
        if self.eat_word("LIMIT") {
            entry.limit = Some(self.count()?);
        }
        if self.eat_word("OFFSET") {
            entry.offset = Some(self.count()?);
        }
        Ok(())
    }

    fn returned_field(&mut self) -> Result<ReturnedField> {
        let token = self.token;
        let second = self.second();
        let advice = if self.at(TokenKind::Open) {
            Some("a search has no subqueries")
        } else if self.text(token) == "*"
            || self.at_word("FIELDS") && second.kind == TokenKind::Open
        {
            Some("a search has no `*` and no FIELDS(), name the fields")
        } else if self.at_word("TYPEOF")
            && second.kind == TokenKind::Word
            && !is_clause(self.text(second))
        {
            Some("a search has no TYPEOF, name fields of the relationship: What.Name")
        } else {
            None
        };
        if let Some(advice) = advice {
            return Err(self.advise(FIELD, advice));
        }
        let expr = self.expr(FIELD)?;
        if let Expr::Call(call) = &expr
            && (!is_returned(call.function) || call.has_aggregate())
        {
            let expected = "a field, toLabel(), FORMAT(), convertCurrency() or DISTANCE()";
            let mut error = self.unexpected_token(token, expected, &[]);
            error.suggestion = Some(GROUPING.to_owned());
            return Err(error);
        }
        let ends = |parser: &Self, next: Token| match next.kind {
            TokenKind::Comma | TokenKind::Close => true,
            TokenKind::Word => is_clause(parser.text(next)),
            _ => false,
        };
        let alias = self.alias(ends, "`,`, WHERE, ORDER BY, LIMIT or `)`", &CLAUSES)?;
        Ok(ReturnedField { expr, alias })
    }

    /// The error for an entry that does not end with `)`.
    fn after_entry(&self, entry: &Returning) -> ParseError {
        let taken = [
            entry.filter.is_some(),
            entry.list_view.is_some(),
            !entry.order_by.is_empty(),
            entry.limit.is_some(),
            entry.offset.is_some(),
        ];
        let next = taken.iter().rposition(|taken| *taken).map_or(0, |last| last + 1);
        let names = ["WHERE", "USING ListView", "ORDER BY", "LIMIT", "OFFSET"];
        let expected = match next {
            0 => format!("`,`, {} or `)`", names.join(", ")),
            5 => "`)`".to_owned(),
            1 => format!("AND, OR, {} or `)`", names[1..].join(", ")),
            _ => format!("{} or `)`", names[next..].join(", ")),
        };
        if self.at_word("GROUP") || self.at_word("HAVING") {
            return self.advise(&expected, GROUPING);
        }
        let mut error = self.unexpected(&expected, &CLAUSES[next..]);
        if error.suggestion.is_none() && is_clause(self.text(self.token)) {
            error.suggestion = Some(
                "the clauses stand once each, in this order: WHERE, USING ListView, ORDER BY, LIMIT, OFFSET".to_owned(),
            );
        }
        error
    }
}

/// The functions that a search takes.
fn is_returned(function: Function) -> bool {
    matches!(
        function,
        Function::ToLabel | Function::Format | Function::ConvertCurrency | Function::Distance
    )
}

fn is_clause(word: &str) -> bool {
    CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(word))
}
