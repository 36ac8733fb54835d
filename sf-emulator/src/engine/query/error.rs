//! Refusals with the position in the statement, as the platform prints them:
//! a window of the statement, a caret under the place, row and column.
//!
//! The window's rule is not documented; this one fits the replies seen: about
//! 30 characters on either side, widened to the next blank or comma.

use std::fmt::Write as _;

use sf_soql::ast::Span;
use sf_soql::{ParseError, ParseErrorKind};

use crate::engine::ApiError;

const REACH: usize = 30;

/// What is added when a name might be a custom one.
const CUSTOM_FIELD: &str = "If you are attempting to use a custom field, be sure to append the '__c' after the \
    custom field name. Please reference your WSDL or the describe call for the appropriate names.";
const CUSTOM_ENTITY: &str = "If you are attempting to use a custom object, be sure to append the '__c' after the \
    entity name. Please reference your WSDL or the describe call for the appropriate names.";
const CUSTOM_RELATIONSHIP: &str = "If you are attempting to use a custom relationship, be sure to append the '__r' \
    after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.";

/// The text of a statement, for errors; empty when there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'s>(pub(crate) &'s str);

impl Statement<'_> {
    /// 400 with the caret under the span's start.
    pub(crate) fn error(self, code: &'static str, span: Span, message: &str) -> ApiError {
        if self.0.is_empty() {
            return ApiError::bad_request(code, message);
        }
        ApiError::bad_request(code, self.pointing_at(span.start(), message))
    }

    pub(crate) fn malformed(self, span: Span, message: &str) -> ApiError {
        self.error("MALFORMED_QUERY", span, message)
    }

    pub(crate) fn invalid_field(self, span: Span, message: &str) -> ApiError {
        self.error("INVALID_FIELD", span, message)
    }

    pub(crate) fn no_such_column(self, span: Span, column: &str, entity: &str) -> ApiError {
        self.invalid_field(
            span,
            &format!("No such column '{column}' on entity '{entity}'. {CUSTOM_FIELD}"),
        )
    }

    pub(crate) fn no_such_relationship(self, span: Span, name: &str) -> ApiError {
        let text =
            format!("Didn't understand relationship '{name}' in field path. {CUSTOM_RELATIONSHIP}");
        self.invalid_field(span, &text)
    }

    pub(crate) fn no_such_child(self, span: Span, name: &str) -> ApiError {
        let text = format!(
            "Didn't understand relationship '{name}' in FROM part of query call. {CUSTOM_RELATIONSHIP}"
        );
        self.error("INVALID_TYPE", span, &text)
    }

    pub(crate) fn no_such_object(self, span: Span, name: &str) -> ApiError {
        self.error(
            "INVALID_TYPE",
            span,
            &format!("sObject type '{name}' is not supported. {CUSTOM_ENTITY}"),
        )
    }

    /// A part of the language that this org does not have yet.
    pub(crate) fn unsupported(self, span: Span, what: &str) -> ApiError {
        self.malformed(span, &format!("{what} is not supported by this embedded org"))
    }

    /// What the database refuses because of its size.
    pub(crate) fn too_complicated() -> ApiError {
        let text = "QUERY_TOO_COMPLICATED: Query is too complicated. Reduce the number of fields, conditions or \
            relationships";
        ApiError::bad_request("QUERY_TOO_COMPLICATED", text)
    }

    pub(crate) fn unparsable(self, error: &ParseError) -> ApiError {
        if error.kind() == ParseErrorKind::TooLong {
            let text = "SOQL statements can not be longer than 100000 characters";
            return ApiError::bad_request("MALFORMED_QUERY", text);
        }
        if error.kind() == ParseErrorKind::UnterminatedString {
            // The platform's lexer gives up before there is a token to point at.
            let (row, line) = self.0.lines().enumerate().last().unwrap_or((0, ""));
            let column = line.chars().count();
            let text =
                format!("line {}:{column} mismatched character '<EOF>' expecting '''", row + 1);
            return ApiError::bad_request("MALFORMED_QUERY", text);
        }
        let text = match error.kind() {
            ParseErrorKind::UnknownFunction => format!("Unknown function: {}", error.found),
            _ => format!("unexpected token: '{}'", error.found),
        };
        self.malformed(Span::new(error.position, error.position), &text)
    }

    fn pointing_at(self, position: usize, message: &str) -> String {
        let before = self.0.get(..position).unwrap_or(self.0);
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line: Vec<char> =
            self.0[line_start..].chars().take_while(|char| *char != '\n').collect();
        let column = before[line_start..].chars().count();

        let is_gap = |char: &char| matches!(char, ' ' | ',');
        let start = column.saturating_sub(REACH);
        let start = line[..start]
            .iter()
            .rposition(is_gap)
            .map_or(0, |at| if start == 0 { 0 } else { at + 1 });
        let end = (column + REACH).min(line.len());
        let end = line[end..].iter().position(is_gap).map_or(line.len(), |at| end + at);

        let window: String = line[start..end].iter().collect();
        let mut text = format!("\n{window}\n");
        let caret = column - start + 1;
        let _ =
            write!(text, "{:>caret$}\nERROR at Row:{row}:Column:{}\n{message}", '^', column + 1);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_statement_is_shown_whole() {
        let error = Statement("SELECT Id FORM Account")
            .unparsable(&sf_soql::parse("SELECT Id FORM Account").unwrap_err());
        insta::assert_snapshot!(error.items[0].message.trim_start(), @"
        SELECT Id FORM Account
                  ^
        ERROR at Row:1:Column:11
        unexpected token: 'FORM'
        ");
    }

    #[test]
    fn a_long_one_is_cut_at_blanks_and_other_rows_left_out() {
        let soql = format!(
            "SELECT Id,\n {}Nope, Phone, Fax, Website, Industry, Rating FROM Account",
            "Name, ".repeat(20)
        );
        let at = soql.find("Nope").unwrap();
        let error = Statement(&soql).no_such_column(Span::new(at, at + 4), "Nope", "Account");
        insta::assert_snapshot!(error.items[0].message.trim_start(), @"
        Name, Name, Name, Name, Name, Nope, Phone, Fax, Website, Industry
                                      ^
        ERROR at Row:2:Column:122
        No such column 'Nope' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.
        ");
    }
}
