//! `WITH`, `ORDER BY`, `LIMIT`, `OFFSET` and what follows them.

use super::{Parser, Result};
use crate::ast::{
    CategoryFilter, CategorySelector, Count, Direction, Nulls, Options, OrderBy, Path, Setting,
    Span, With,
};
use crate::lexer::TokenKind;

const WITH: [&str; 6] = [
    "SECURITY_ENFORCED",
    "USER_MODE",
    "SYSTEM_MODE",
    "DATA CATEGORY",
    "RecordVisibilityContext",
    "UserId",
];

impl Parser<'_> {
    pub(super) fn with(&mut self) -> Result<With> {
        self.bump();
        let span = self.token.span;
        let second = self.second();
        if self.eat_word("SECURITY_ENFORCED") {
            return Ok(With::SecurityEnforced { span });
        }
        if self.eat_word("USER_MODE") {
            return Ok(With::UserMode { span });
        }
        if self.eat_word("SYSTEM_MODE") {
            return Ok(With::SystemMode { span });
        }
        if self.at_word("UserId") && second.kind == TokenKind::Eq {
            self.bump();
            self.bump();
            let id = self.value()?;
            return Ok(With::UserId(id));
        }
        if self.at_word("RecordVisibilityContext") {
            self.bump();
            self.expect(TokenKind::Open, "`(`")?;
            let settings = self.list(Self::setting)?;
            self.expect(TokenKind::Close, "`,` or `)`")?;
            return Ok(With::RecordVisibilityContext(settings));
        }
        // The words DATA CATEGORY may be left out.
        if self.at_word("DATA") && self.is_word(second, "CATEGORY") {
            self.bump();
            self.bump();
        } else if second.kind != TokenKind::Word || selector(self.text(second)).is_none() {
            let expected =
                "SECURITY_ENFORCED, USER_MODE, DATA CATEGORY, RecordVisibilityContext or UserId";
            return Err(self.unexpected(expected, &WITH));
        }
        let mut filters = vec![self.category_filter()?];
        while self.eat_word("AND") {
            filters.push(self.category_filter()?);
        }
        Ok(With::DataCategory(filters))
    }

    fn setting(&mut self) -> Result<Setting> {
        let name = self.name("a parameter")?;
        self.expect(TokenKind::Eq, "`=`")?;
        let value = self.value()?;
        let span = self.since(name.span());
        Ok(Setting { name, value, span })
    }

    pub(super) fn category_filter(&mut self) -> Result<CategoryFilter> {
        let group = self.name("a data category group")?;
        let Some(selector) = self.word().and_then(selector) else {
            let words = ["AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"];
            return Err(self.unexpected("AT, ABOVE, BELOW or ABOVE_OR_BELOW", &words));
        };
        self.bump();
        let category = |parser: &mut Self| parser.name("a data category");
        let categories = if self.eat(TokenKind::Open) {
            let categories = self.list(category)?;
            self.expect(TokenKind::Close, "`,` or `)`")?;
            categories
        } else {
            vec![category(self)?]
        };
        let span = self.since(group.span());
        Ok(CategoryFilter { group, selector, categories, span })
    }

    pub(super) fn order_item(&mut self) -> Result<OrderBy> {
        let expr = self.expr("a field to sort by")?;
        let start = expr.span();
        let direction = if self.eat_word("DESC") {
            Direction::Descending
        } else {
            self.eat_word("ASC");
            Direction::Ascending
        };
        let nulls = if self.eat_word("NULLS") {
            if self.eat_word("FIRST") {
                Some(Nulls::First)
            } else if self.eat_word("LAST") {
                Some(Nulls::Last)
            } else {
                return Err(self.unexpected("FIRST or LAST", &["FIRST", "LAST"]));
            }
        } else {
            None
        };
        if self.at(TokenKind::Word) && !crate::keywords::is_clause(self.text(self.token)) {
            let expected = "`,`, ASC, DESC, NULLS, LIMIT, OFFSET or the end of the statement";
            let words = ["ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "FOR"];
            return Err(self.unexpected(expected, &words));
        }
        Ok(OrderBy { expr, direction, nulls, span: self.since(start) })
    }

    pub(super) fn count(&mut self) -> Result<Count> {
        if self.at(TokenKind::Colon) {
            return self.bind().map(Count::Bind);
        }
        let span = self.token.span;
        Ok(Count::Number { rows: self.whole_number()?, span })
    }

    pub(super) fn options(&mut self) -> Result<Options> {
        let mut options = Options::default();
        loop {
            let start = self.token.span;
            if self.eat_word("ALL") {
                self.expect_word("ROWS")?;
                self.once(&mut options.all_rows, start)?;
            } else if self.eat_word("FOR") {
                self.for_options(&mut options, start)?;
            } else if self.eat_word("UPDATE") {
                self.update_options(&mut options, start)?;
            } else {
                return Ok(options);
            }
        }
    }

    /// `FOR VIEW`, `FOR VIEW, REFERENCE`, `FOR VIEW FOR REFERENCE`.
    fn for_options(&mut self, options: &mut Options, mut start: Span) -> Result<()> {
        loop {
            let slot = if self.at_word("VIEW") {
                &mut options.for_view
            } else if self.at_word("REFERENCE") {
                &mut options.for_reference
            } else if self.at_word("UPDATE") {
                &mut options.for_update
            } else {
                return Err(
                    self.unexpected("VIEW, REFERENCE or UPDATE", &["VIEW", "REFERENCE", "UPDATE"])
                );
            };
            self.bump();
            self.once(slot, start)?;
            if !self.eat(TokenKind::Comma) {
                return Ok(());
            }
            start = self.token.span;
            self.eat_word("FOR");
        }
    }

    pub(super) fn update_options(&mut self, options: &mut Options, mut start: Span) -> Result<()> {
        loop {
            let slot = if self.at_word("TRACKING") {
                &mut options.update_tracking
            } else if self.at_word("VIEWSTAT") {
                &mut options.update_view_stat
            } else {
                return Err(self.unexpected("TRACKING or VIEWSTAT", &["TRACKING", "VIEWSTAT"]));
            };
            self.bump();
            self.once(slot, start)?;
            if !self.eat(TokenKind::Comma) {
                return Ok(());
            }
            start = self.token.span;
            self.eat_word("UPDATE");
        }
    }

    fn once(&self, slot: &mut Option<Span>, start: Span) -> Result<()> {
        if slot.is_some() {
            let again = crate::lexer::Token { kind: TokenKind::Word, span: self.since(start) };
            return Err(self.unexpected_token(again, "each option once", &[]));
        }
        *slot = Some(self.since(start));
        Ok(())
    }

    fn word(&self) -> Option<&str> {
        self.at(TokenKind::Word).then(|| self.text(self.token))
    }

    /// `:name`, `:record.Id`.
    pub(super) fn bind(&mut self) -> Result<Path> {
        self.bump();
        self.path("the name of a variable")
    }
}

fn selector(word: &str) -> Option<CategorySelector> {
    [
        CategorySelector::At,
        CategorySelector::Above,
        CategorySelector::Below,
        CategorySelector::AboveOrBelow,
    ]
    .into_iter()
    .find(|selector| selector.as_str().eq_ignore_ascii_case(word))
}
