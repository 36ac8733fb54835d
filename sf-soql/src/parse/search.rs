//! The SOSL statement.

use super::expression::{Body, closing_brace};
use super::{Parser, Result};
use crate::ast::{Find, Literal, Options, Search, SearchGroup, SearchWith, Value};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{Lexer, TokenKind};

const WITH: [&str; 11] = [
    "DIVISION",
    "DATA CATEGORY",
    "HIGHLIGHT",
    "SNIPPET",
    "NETWORK",
    "PricebookId",
    "METADATA",
    "SPELL_CORRECTION",
    "USER_MODE",
    "SYSTEM_MODE",
    "DATA",
];
const BRACES: &str = "what is searched for stands in braces: FIND {acme}";

impl Parser<'_> {
    pub(super) fn search(&mut self) -> Result<Search> {
        if self.at_word("SELECT") {
            return Err(
                self.advise("FIND", "SELECT is a SOQL query, it goes to query and not to search")
            );
        }
        let start = self.expect_word("FIND")?.span;
        let find = self.find()?;
        let mut search = Search {
            find,
            group: None,
            returning: Vec::new(),
            with: Vec::new(),
            limit: None,
            update_tracking: None,
            update_view_stat: None,
            span: start,
        };
        if self.eat_word("IN") {
            search.group = Some(self.search_group()?);
        }
        if self.eat_word("RETURNING") {
            search.returning = self.list(Self::returning)?;
        }
        while self.eat_word("WITH") {
            let clause = self.token;
            let with = self.search_with()?;
            let kind = std::mem::discriminant(&with);
            if search.with.iter().any(|one| std::mem::discriminant(one) == kind) {
                return Err(self.unexpected_token(clause, "each WITH clause once", &[]));
            }
            search.with.push(with);
        }
        if self.eat_word("LIMIT") {
            search.limit = Some(self.count()?);
        }
        let mut options = Options::default();
        while self.at_word("UPDATE") {
            let start = self.bump().span;
            self.update_options(&mut options, start)?;
        }
        search.update_tracking = options.update_tracking;
        search.update_view_stat = options.update_view_stat;
        search.span = self.since(start);
        Ok(search)
    }

    fn find(&mut self) -> Result<Find> {
        let token = self.token;
        let start = token.span.start();
        if self.at(TokenKind::Colon) {
            return self.bind().map(Find::Bind);
        }
        if self.at(TokenKind::String) {
            let text = self.string(token, false)?;
            let body = Body { source: self.source, text: &text, start, whole: Some(token.span) };
            let expression = body.parse()?;
            self.bump();
            return Ok(Find::Text { expression, quoted: true, span: token.span });
        }
        let Some(rest) = self.source[start..].strip_prefix('{') else {
            return Err(match token.kind {
                TokenKind::Unterminated => self.unexpected("", &[]),
                _ => self.advise("`{` and what to search for", BRACES),
            });
        };
        let Some(length) = closing_brace(rest) else {
            let mut error = self.fault(ParseErrorKind::UnterminatedString, token);
            error.expected = "a search between `{` and `}`".to_owned();
            error.suggestion = Some("the search is not closed, add the missing }".to_owned());
            return Err(error);
        };
        let text = &rest[..length];
        let body = Body { source: self.source, text, start: start + 1, whole: None };
        let expression = body.parse()?;
        self.end = start + length + 2;
        self.lexer = Lexer::from(self.source, self.end);
        self.token = self.lexer.token();
        Ok(Find::Text { expression, quoted: false, span: self.since(token.span) })
    }

    fn search_group(&mut self) -> Result<SearchGroup> {
        let Some(group) = SearchGroup::ALL.into_iter().find(|group| self.at_word(group.as_str()))
        else {
            let words = SearchGroup::ALL.map(SearchGroup::as_str);
            return Err(self.unexpected("ALL, NAME, EMAIL, PHONE or SIDEBAR", &words));
        };
        self.bump();
        self.expect_word("FIELDS")?;
        Ok(group)
    }

    fn search_with(&mut self) -> Result<SearchWith> {
        let token = self.token;
        let start = token.span;
        let is = |word: &str| self.is_word(token, word);
        if is("DATA") {
            self.bump();
            self.expect_word("CATEGORY")?;
            let mut filters = vec![self.category_filter()?];
            while self.eat_word("AND") {
                filters.push(self.category_filter()?);
            }
            return Ok(SearchWith::DataCategory(filters));
        }
        let simple = [
            ("HIGHLIGHT", SearchWith::Highlight { span: start }),
            ("USER_MODE", SearchWith::UserMode { span: start }),
            ("SYSTEM_MODE", SearchWith::SystemMode { span: start }),
        ];
        if let Some((_, with)) = simple.into_iter().find(|(word, _)| is(word)) {
            self.bump();
            return Ok(with);
        }
        let words = ["DIVISION", "PricebookId", "METADATA", "SPELL_CORRECTION", "NETWORK"];
        let Some(word) = words.into_iter().find(|word| is(word)) else {
            return if self.eat_word("SNIPPET") {
                let target_length = self.target_length()?;
                Ok(SearchWith::Snippet { target_length, span: self.since(start) })
            } else {
                let expected = "DIVISION, DATA CATEGORY, HIGHLIGHT, SNIPPET, NETWORK, PricebookId, METADATA or SPELL_CORRECTION";
                Err(self.unexpected(expected, &WITH))
            };
        };
        self.bump();
        if word == "NETWORK" && self.eat_word("IN") {
            self.expect(TokenKind::Open, "`(` and a list of ids")?;
            let networks = self.list(|parser| parser.text_value("the id of a site in quotes"))?;
            self.expect(TokenKind::Close, "`,` or `)`")?;
            return Ok(SearchWith::Network { networks, span: self.since(start) });
        }
        self.expect(TokenKind::Eq, if word == "NETWORK" { "`=` or IN" } else { "`=`" })?;
        let value = self.token;
        Ok(match word {
            "DIVISION" => {
                let division = self.text_value("the name of a division in quotes")?;
                SearchWith::Division { division, span: self.since(start) }
            }
            "NETWORK" => {
                let networks = vec![self.text_value("the id of a site in quotes")?];
                SearchWith::Network { networks, span: self.since(start) }
            }
            "PricebookId" => {
                let id = self.text_value("the id of a price book in quotes")?;
                SearchWith::PricebookId { id, span: self.since(start) }
            }
            "METADATA" => {
                let labels = self.text_value("'LABELS'")?;
                if !matches!(&labels.value, Value::String(text) if text.eq_ignore_ascii_case("LABELS"))
                {
                    return Err(self.unexpected_token(value, "'LABELS'", &[]));
                }
                SearchWith::Metadata { span: self.since(start) }
            }
            _ => {
                let on = self.at_word("TRUE");
                if !on && !self.at_word("FALSE") {
                    return Err(self.unexpected("TRUE or FALSE", &["TRUE", "FALSE"]));
                }
                self.bump();
                SearchWith::SpellCorrection { on, span: self.since(start) }
            }
        })
    }

    /// `(target_length=120)`, which may be left out.
    fn target_length(&mut self) -> Result<Option<u64>> {
        if !self.eat(TokenKind::Open) {
            return Ok(None);
        }
        self.expect_word("target_length")?;
        self.expect(TokenKind::Eq, "`=`")?;
        let length = self.whole_number()?;
        self.expect(TokenKind::Close, "`)`")?;
        Ok(Some(length))
    }

    /// A string or a bind variable.
    fn text_value(&mut self, expected: &str) -> Result<Literal> {
        match self.token.kind {
            TokenKind::String | TokenKind::Colon => self.value(),
            _ => Err(self.unexpected(expected, &[])),
        }
    }

    /// The error for a search that goes on after its last clause.
    pub(super) fn after_search(&self, search: &Search) -> ParseError {
        let mut words = vec!["IN", "RETURNING", "WITH", "LIMIT", "UPDATE"];
        let updated = search.update_tracking.is_some() || search.update_view_stat.is_some();
        let taken = if updated {
            5
        } else if search.limit.is_some() {
            4
        } else if !search.with.is_empty() || !search.returning.is_empty() {
            2
        } else {
            usize::from(search.group.is_some())
        };
        words.drain(..taken);
        let mut expected = words.join(", ");
        expected.push_str(if words.is_empty() {
            "the end of the statement"
        } else {
            " or the end of the statement"
        });
        let mut error = self.unexpected(&expected, &words);
        if error.suggestion.is_none() && is_clause(self.text(self.token)) {
            error.suggestion = Some(
                "the clauses stand once each, in this order: FIND, IN, RETURNING, WITH, LIMIT, UPDATE; WHERE, USING ListView, ORDER BY and OFFSET stand within RETURNING: Account(Id WHERE …)".to_owned(),
            );
        }
        error
    }
}

fn is_clause(word: &str) -> bool {
    ["IN", "RETURNING", "WITH", "LIMIT", "UPDATE", "WHERE", "USING", "ORDER", "OFFSET", "FIND"]
        .iter()
        .any(|clause| clause.eq_ignore_ascii_case(word))
}
