//! The select list.

use super::query::Place;
use super::{Parser, Result};
use crate::ast::{FieldSet, Ident, Path, SelectItem, TypeOf, When};
use crate::lexer::{Token, TokenKind};

const ITEM: &str = "a field, a function or a subquery";

impl Parser<'_> {
    pub(super) fn select_item(&mut self) -> Result<SelectItem> {
        if self.at(TokenKind::Open) {
            return self.subquery();
        }
        if !self.at(TokenKind::Word) {
            return Err(self.unexpected(ITEM, &[]));
        }
        let second = self.second();
        if second.kind == TokenKind::Open {
            if self.at_word("FIELDS") {
                return self.fields();
            }
            let call = self.call()?;
            return Ok(SelectItem::Call { call, alias: self.field_alias()? });
        }
        if self.at_word("TYPEOF") && second.kind == TokenKind::Word && !self.is_word(second, "FROM")
        {
            return self.type_of().map(SelectItem::TypeOf);
        }
        // `SELECT DISTINCT Name` would read as a field with a wrong alias.
        if self.at_word("DISTINCT")
            && second.kind == TokenKind::Word
            && !self.is_word(second, "FROM")
        {
            return Err(self.unexpected(ITEM, &[]));
        }
        let path = self.path(ITEM)?;
        Ok(SelectItem::Field { path, alias: self.field_alias()? })
    }

    fn field_alias(&mut self) -> Result<Option<Ident>> {
        let ends = |parser: &Self, next: Token| {
            next.kind == TokenKind::Comma || parser.is_word(next, "FROM")
        };
        self.alias(ends, "`,` or FROM", &["FROM"])
    }

    fn subquery(&mut self) -> Result<SelectItem> {
        self.bump();
        let query = self.nested(|parser| parser.query(Place::Child))?;
        if !self.at(TokenKind::Close) {
            return Err(self.after_subquery(&query));
        }
        self.bump();
        Ok(SelectItem::Subquery(Box::new(query)))
    }

    /// The error for a subquery that does not end with `)`.
    pub(super) fn after_subquery(&self, query: &crate::ast::Query) -> crate::ParseError {
        let mut error = self.after_query(query);
        error.expected = error.expected.replace("the end of the statement", "`)`");
        error
    }

    fn fields(&mut self) -> Result<SelectItem> {
        let start = self.bump().span;
        self.bump();
        let set = [FieldSet::All, FieldSet::Standard, FieldSet::Custom]
            .into_iter()
            .find(|set| self.at_word(set.as_str()))
            .ok_or_else(|| {
                self.unexpected("ALL, STANDARD or CUSTOM", &["ALL", "STANDARD", "CUSTOM"])
            })?;
        self.bump();
        self.expect(TokenKind::Close, "`)`")?;
        Ok(SelectItem::Fields { set, span: self.since(start) })
    }

    fn type_of(&mut self) -> Result<TypeOf> {
        let start = self.bump().span;
        let relationship = self.path("a polymorphic relationship")?;
        let mut whens = Vec::new();
        while self.at_word("WHEN") {
            let start = self.bump().span;
            let object = self.name("the name of an object")?;
            self.expect_word("THEN")?;
            let fields = self.type_of_fields()?;
            whens.push(When { object, fields, span: self.since(start) });
        }
        if whens.is_empty() {
            return Err(self.unexpected("WHEN", &["WHEN"]));
        }
        let otherwise = if self.eat_word("ELSE") { self.type_of_fields()? } else { Vec::new() };
        if !self.eat_word("END") {
            let expected =
                if otherwise.is_empty() { "`,`, WHEN, ELSE or END" } else { "`,` or END" };
            return Err(self.unexpected(expected, &["WHEN", "ELSE", "END"]));
        }
        Ok(TypeOf { relationship, whens, otherwise, span: self.since(start) })
    }

    fn type_of_fields(&mut self) -> Result<Vec<Path>> {
        self.list(|parser| {
            let path = parser.path("a field")?;
            if parser.at(TokenKind::Open) {
                return Err(parser.unexpected("a field, since TYPEOF takes no functions", &[]));
            }
            Ok(path)
        })
    }
}
