//! The printer: a tree as canonical SOQL.
//!
//! Keywords are upper case and one space separates words, so that what is sent
//! reads the same however it was written. Parentheses are printed wherever a
//! condition stands within another, which the platform requires around a NOT
//! beside AND or OR.

mod search;

use std::fmt::{Display, Formatter, Result};

use crate::ast::{
    Argument, Call, CategoryFilter, Condition, Count, Direction, Expr, GroupBy, GroupKind, InSet,
    Literal, Nulls, Options, OrderBy, Path, Query, SelectItem, Source, TypeOf, Value, With,
};
use crate::escape;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT ")?;
        list(f, &self.select)?;
        write!(f, " FROM {}", self.from)?;
        for join in &self.joins {
            write!(f, ", {join}")?;
        }
        if let Some(scope) = &self.scope {
            write!(f, " USING SCOPE {scope}")?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if let Some(with) = &self.with {
            write!(f, " WITH {with}")?;
        }
        if let Some(group_by) = &self.group_by {
            write!(f, " GROUP BY {group_by}")?;
        }
        if let Some(having) = &self.having {
            write!(f, " HAVING {having}")?;
        }
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(f, &self.order_by)?;
        }
        if let Some(limit) = &self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        if let Some(offset) = &self.offset {
            write!(f, " OFFSET {offset}")?;
        }
        write!(f, "{}", self.options)
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.name)?;
        alias(f, self.alias.as_ref())
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SelectItem::Field { path, alias: name } => {
                write!(f, "{path}")?;
                alias(f, name.as_ref())
            }
            SelectItem::Call { call, alias: name } => {
                write!(f, "{call}")?;
                alias(f, name.as_ref())
            }
            SelectItem::Subquery(query) => write!(f, "({query})"),
            SelectItem::TypeOf(type_of) => write!(f, "{type_of}"),
            SelectItem::Fields { set, .. } => write!(f, "FIELDS({})", set.as_str()),
        }
    }
}

impl Display for TypeOf {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "TYPEOF {}", self.relationship)?;
        for when in &self.whens {
            write!(f, " WHEN {} THEN ", when.object)?;
            list(f, &when.fields)?;
        }
        if !self.otherwise.is_empty() {
            f.write_str(" ELSE ")?;
            list::<Path>(f, &self.otherwise)?;
        }
        f.write_str(" END")
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Expr::Field(path) => path.fmt(f),
            Expr::Call(call) => call.fmt(f),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}(", self.function.name())?;
        list(f, &self.args)?;
        f.write_str(")")
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Argument::Field(path) => path.fmt(f),
            Argument::Call(call) => call.fmt(f),
            Argument::Literal(literal) => literal.fmt(f),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Condition::And(terms) => chain(f, terms, " AND "),
            Condition::Or(terms) => chain(f, terms, " OR "),
            Condition::Not(inner) => {
                f.write_str("NOT ")?;
                within(f, inner)
            }
            Condition::Compare { left, op, value, .. } => {
                write!(f, "{left} {} {value}", op.as_str())
            }
            Condition::In { left, negated, set, .. } => {
                write!(f, "{left} {} ", if *negated { "NOT IN" } else { "IN" })?;
                match set {
                    InSet::List(values) => parenthesised(f, values),
                    InSet::Query(query) => write!(f, "({query})"),
                    InSet::Bind(variable) => write!(f, ":{variable}"),
                }
            }
            Condition::Includes { left, negated, values, .. } => {
                write!(f, "{left} {} ", if *negated { "EXCLUDES" } else { "INCLUDES" })?;
                match &values[..] {
                    [one @ Literal { value: Value::Bind(_), .. }] => one.fmt(f),
                    values => parenthesised(f, values),
                }
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.value.fmt(f)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Value::String(text) => {
                f.write_str("'")?;
                escape::write_string(f, text)?;
                f.write_str("'")
            }
            Value::Pattern(pattern) => {
                f.write_str("'")?;
                escape::write_pattern(f, pattern)?;
                f.write_str("'")
            }
            Value::Number(number) => f.write_str(number.as_str()),
            Value::Boolean(true) => f.write_str("TRUE"),
            Value::Boolean(false) => f.write_str("FALSE"),
            Value::Null => f.write_str("NULL"),
            Value::Date(date) => f.write_str(date.as_str()),
            Value::DateTime(date_time) => f.write_str(date_time.as_str()),
            Value::Time(time) => f.write_str(time.as_str()),
            Value::DateLiteral(literal) => literal.fmt(f),
            Value::Currency(currency) => currency.fmt(f),
            Value::Bind(variable) => write!(f, ":{variable}"),
        }
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            With::SecurityEnforced { .. } => f.write_str("SECURITY_ENFORCED"),
            With::UserMode { .. } => f.write_str("USER_MODE"),
            With::SystemMode { .. } => f.write_str("SYSTEM_MODE"),
            With::DataCategory(filters) => {
                f.write_str("DATA CATEGORY ")?;
                separated(f, filters, " AND ")
            }
            With::RecordVisibilityContext(settings) => {
                f.write_str("RecordVisibilityContext(")?;
                for (at, setting) in settings.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{} = {}", setting.name, setting.value)?;
                }
                f.write_str(")")
            }
            With::UserId(id) => write!(f, "UserId = {id}"),
        }
    }
}

impl Display for CategoryFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {} ", self.group, self.selector.as_str())?;
        match &self.categories[..] {
            [one] => one.fmt(f),
            several => parenthesised(f, several),
        }
    }
}

impl Display for GroupBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind {
            GroupKind::Plain => return list(f, &self.items),
            GroupKind::Rollup => f.write_str("ROLLUP")?,
            GroupKind::Cube => f.write_str("CUBE")?,
        }
        parenthesised(f, &self.items)
    }
}

impl Display for OrderBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.expr.fmt(f)?;
        if self.direction == Direction::Descending {
            f.write_str(" DESC")?;
        }
        f.write_str(match self.nulls {
            Some(Nulls::First) => " NULLS FIRST",
            Some(Nulls::Last) => " NULLS LAST",
            None => "",
        })
    }
}

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Count::Number { rows, .. } => rows.fmt(f),
            Count::Bind(variable) => write!(f, ":{variable}"),
        }
    }
}

/// With a space before each option, since there may be none.
impl Display for Options {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let options = [
            (self.all_rows, " ALL ROWS"),
            (self.for_view, " FOR VIEW"),
            (self.for_reference, " FOR REFERENCE"),
            (self.for_update, " FOR UPDATE"),
            (self.update_tracking, " UPDATE TRACKING"),
            (
                self.update_view_stat,
                if self.update_tracking.is_some() { ", VIEWSTAT" } else { " UPDATE VIEWSTAT" },
            ),
        ];
        options
            .iter()
            .filter(|(option, _)| option.is_some())
            .try_for_each(|(_, text)| f.write_str(text))
    }
}

fn alias(f: &mut Formatter<'_>, alias: Option<&crate::ast::Ident>) -> Result {
    alias.map_or(Ok(()), |alias| write!(f, " {alias}"))
}

fn chain(f: &mut Formatter<'_>, terms: &[Condition], separator: &str) -> Result {
    for (at, term) in terms.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        within(f, term)?;
    }
    Ok(())
}

/// A condition within another.
fn within(f: &mut Formatter<'_>, condition: &Condition) -> Result {
    match condition {
        Condition::And(_) | Condition::Or(_) | Condition::Not(_) => write!(f, "({condition})"),
        _ => condition.fmt(f),
    }
}

fn parenthesised<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> Result {
    f.write_str("(")?;
    list(f, items)?;
    f.write_str(")")
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> Result {
    separated(f, items, ", ")
}

fn separated<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
