//! What only Apex takes, found so that others can refuse it.

use crate::ast::{
    Argument, Call, Condition, Count, Expr, InSet, Literal, Path, Query, SelectItem, Span, Value,
    With,
};

/// A construct that Apex takes and the REST API refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApexOnly {
    /// Which.
    pub construct: ApexConstruct,
    /// Where it stood.
    pub span: Span,
}

/// The constructs of Apex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApexConstruct {
    /// `:name`.
    Bind,
    /// `ALL ROWS`.
    AllRows,
    /// `FOR UPDATE`.
    ForUpdate,
    /// `WITH SYSTEM_MODE`.
    SystemMode,
}

/// Everything in `query`, and in the queries within, that only Apex takes.
#[must_use]
pub fn apex_only(query: &Query) -> Vec<ApexOnly> {
    let mut finder = Finder { found: Vec::new() };
    finder.query(query);
    finder.found
}

struct Finder {
    found: Vec<ApexOnly>,
}

impl Finder {
    fn add(&mut self, construct: ApexConstruct, span: Span) {
        self.found.push(ApexOnly { construct, span });
    }

    fn query(&mut self, query: &Query) {
        for item in &query.select {
            match item {
                SelectItem::Subquery(inner) => self.query(inner),
                SelectItem::Call { call, .. } => self.call(call),
                SelectItem::Field { .. } | SelectItem::TypeOf(_) | SelectItem::Fields { .. } => {}
            }
        }
        query.filter.iter().for_each(|filter| self.condition(filter));
        match &query.with {
            Some(With::SystemMode { span }) => self.add(ApexConstruct::SystemMode, *span),
            Some(With::UserId(id)) => self.literal(id),
            Some(With::RecordVisibilityContext(settings)) => {
                settings.iter().for_each(|setting| self.literal(&setting.value));
            }
            Some(With::SecurityEnforced { .. } | With::UserMode { .. } | With::DataCategory(_))
            | None => {}
        }
        let grouped = query.group_by.iter().flat_map(|group_by| &group_by.items);
        grouped.for_each(|item| self.expr(item));
        query.having.iter().for_each(|having| self.condition(having));
        query.order_by.iter().for_each(|item| self.expr(&item.expr));
        for count in [&query.limit, &query.offset].into_iter().flatten() {
            if let Count::Bind(variable) = count {
                self.bind(variable);
            }
        }
        if let Some(span) = query.options.all_rows {
            self.add(ApexConstruct::AllRows, span);
        }
        if let Some(span) = query.options.for_update {
            self.add(ApexConstruct::ForUpdate, span);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(terms) | Condition::Or(terms) => {
                terms.iter().for_each(|term| self.condition(term));
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::Compare { left, value, .. } => {
                self.expr(left);
                self.literal(value);
            }
            Condition::In { left, set, .. } => {
                self.expr(left);
                match set {
                    InSet::List(values) => values.iter().for_each(|value| self.literal(value)),
                    InSet::Query(inner) => self.query(inner),
                    InSet::Bind(variable) => self.bind(variable),
                }
            }
            Condition::Includes { values, .. } => {
                values.iter().for_each(|value| self.literal(value));
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
    }

    fn call(&mut self, call: &Call) {
        for arg in &call.args {
            match arg {
                Argument::Call(inner) => self.call(inner),
                Argument::Literal(literal) => self.literal(literal),
                Argument::Field(_) => {}
            }
        }
    }

    fn literal(&mut self, literal: &Literal) {
        if let Value::Bind(variable) = &literal.value {
            self.bind(variable);
        }
    }

    fn bind(&mut self, variable: &Path) {
        self.add(ApexConstruct::Bind, variable.span());
    }
}
