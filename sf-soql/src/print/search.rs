//! A search as canonical SOSL.

use std::fmt::{Display, Formatter, Result};

use super::{alias, list, parenthesised, separated};
use crate::ast::{Expression, Find, Returning, Search, SearchWith};
use crate::escape;

impl Display for Search {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "FIND {}", self.find)?;
        if let Some(group) = self.group {
            write!(f, " IN {} FIELDS", group.as_str())?;
        }
        if !self.returning.is_empty() {
            f.write_str(" RETURNING ")?;
            list(f, &self.returning)?;
        }
        for with in &self.with {
            write!(f, " WITH {with}")?;
        }
        if let Some(limit) = &self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        f.write_str(match (self.update_tracking, self.update_view_stat) {
            (Some(_), Some(_)) => " UPDATE TRACKING, VIEWSTAT",
            (Some(_), None) => " UPDATE TRACKING",
            (None, Some(_)) => " UPDATE VIEWSTAT",
            (None, None) => "",
        })
    }
}

impl Display for Find {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Find::Text { expression, quoted: false, .. } => write!(f, "{{{expression}}}"),
            Find::Text { expression, quoted: true, .. } => {
                f.write_str("'")?;
                escape::write_string(f, &expression.to_string())?;
                f.write_str("'")
            }
            Find::Bind(variable) => write!(f, ":{variable}"),
        }
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Expression::Term(term) => term.fmt(f),
            Expression::Words(parts) => chain(f, parts, " "),
            Expression::And(parts) => chain(f, parts, " AND "),
            Expression::Or(parts) => chain(f, parts, " OR "),
            Expression::AndNot { found, missing } => {
                within(f, found)?;
                f.write_str(" AND NOT ")?;
                within(f, missing)
            }
        }
    }
}

impl Display for Returning {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.object.fmt(f)?;
        let clauses = Clauses(self);
        // Clauses without fields are no SOSL; printed, so that it shows.
        if self.fields.is_empty() {
            return match clauses.to_string().as_str() {
                "" => Ok(()),
                clauses => write!(f, "({})", clauses.trim_start()),
            };
        }
        f.write_str("(")?;
        for (at, field) in self.fields.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", " }, field.expr)?;
            alias(f, field.alias.as_ref())?;
        }
        write!(f, "{clauses})")
    }
}

/// What may follow the fields, each with a space before.
struct Clauses<'a>(&'a Returning);

impl Display for Clauses<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(filter) = &self.0.filter {
            write!(f, " WHERE {filter}")?;
        }
        if let Some(list_view) = &self.0.list_view {
            write!(f, " USING ListView = {list_view}")?;
        }
        if !self.0.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(f, &self.0.order_by)?;
        }
        if let Some(limit) = &self.0.limit {
            write!(f, " LIMIT {limit}")?;
        }
        if let Some(offset) = &self.0.offset {
            write!(f, " OFFSET {offset}")?;
        }
        Ok(())
    }
}

impl Display for SearchWith {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SearchWith::Division { division, .. } => write!(f, "DIVISION = {division}"),
            SearchWith::DataCategory(filters) => {
                f.write_str("DATA CATEGORY ")?;
                separated(f, filters, " AND ")
            }
            SearchWith::Highlight { .. } => f.write_str("HIGHLIGHT"),
            SearchWith::Snippet { target_length: Some(length), .. } => {
                write!(f, "SNIPPET(target_length={length})")
            }
            SearchWith::Snippet { target_length: None, .. } => f.write_str("SNIPPET"),
            SearchWith::Network { networks, .. } => match &networks[..] {
                [one] => write!(f, "NETWORK = {one}"),
                several => {
                    f.write_str("NETWORK IN ")?;
                    parenthesised(f, several)
                }
            },
            SearchWith::PricebookId { id, .. } => write!(f, "PricebookId = {id}"),
            SearchWith::Metadata { .. } => f.write_str("METADATA = 'LABELS'"),
            SearchWith::SpellCorrection { on, .. } => f.write_str(if *on {
                "SPELL_CORRECTION = TRUE"
            } else {
                "SPELL_CORRECTION = FALSE"
            }),
            SearchWith::UserMode { .. } => f.write_str("USER_MODE"),
            SearchWith::SystemMode { .. } => f.write_str("SYSTEM_MODE"),
        }
    }
}

fn chain(f: &mut Formatter<'_>, parts: &[Expression], separator: &str) -> Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        within(f, part)?;
    }
    Ok(())
}

/// An expression within another.
fn within(f: &mut Formatter<'_>, expression: &Expression) -> Result {
    match expression {
        Expression::Term(term) => term.fmt(f),
        compound => write!(f, "({compound})"),
    }
}
