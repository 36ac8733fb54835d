//! Conditions, and what else decides which rows come and in which order.

use sf_schema::{FieldType, Meaning};
use sf_soql::ast::{
    Argument, Call, CompareOp, Condition, Date, DateTime, Expr, InSet, Literal, Number, Path, Span,
    Time, Value,
};
use sf_soql::visit::Clause;

use super::Walk;
use super::access::Found;
use crate::Mask;
use crate::policy::refusal::Reason;

impl Walk<'_> {
    pub(super) fn condition(&mut self, condition: &mut Condition, clause: Clause) {
        match condition {
            Condition::And(terms) | Condition::Or(terms) => {
                terms.iter_mut().for_each(|term| self.condition(term, clause));
            }
            Condition::Not(inner) => self.condition(inner, clause),
            Condition::Compare { left, op, value, .. } => {
                let equal = matches!(op, CompareOp::Eq | CompareOp::Ne);
                let values = std::slice::from_mut(value);
                self.compared(left, clause, if equal { Some(values) } else { None });
            }
            Condition::In { left, set, .. } => match set {
                InSet::List(values) => self.compared(left, clause, Some(values)),
                InSet::Query(query) => {
                    self.compared(left, clause, None);
                    // Its rows are not shown, so nothing is to be done with them.
                    self.select(query);
                }
                InSet::Bind(_) => {
                    self.compared(left, clause, None);
                    self.refuse(Reason::Unclear, left.span());
                }
            },
            Condition::Includes { left, .. } => {
                let span = left.span();
                if let Some(found) = self.next_field(clause, left) {
                    self.decides(&found, clause, span);
                }
            }
        }
    }

    /// What stands left of an operator, with the values it is compared with by equality.
    fn compared(&mut self, left: &Expr, clause: Clause, values: Option<&mut [Literal]>) {
        let path = match left {
            Expr::Call(call) => return self.call(call, clause),
            Expr::Field(path) => path,
        };
        let Some(found) = self.next_field(clause, path) else { return };
        match (&found.mask, values) {
            (Some((mask, kind)), Some(values)) if clause == Clause::Where => {
                if self.decides_by_parents(&found, clause, path.span()) {
                    self.unmask(&found, *mask, kind, values);
                }
            }
            _ => self.decides(&found, clause, path.span()),
        }
    }

    /// Puts values in the place of tokens.
    fn unmask(&mut self, found: &Found, mask: Mask, kind: &str, values: &mut [Literal]) {
        let field = || found.path.clone();
        for literal in values {
            let reason = match &literal.value {
                _ if mask != Mask::Token => Reason::NoTokens { field: field() },
                Value::Null => continue,
                Value::String(text) => {
                    let meant = self.facts.masks.resolve(kind, text);
                    match meant.and_then(|text| typed(found.ty.as_ref(), text)) {
                        Some(value) => {
                            literal.value = value;
                            continue;
                        }
                        None => Reason::NotAToken { field: field(), kind: kind.to_owned() },
                    }
                }
                _ => Reason::NotAToken { field: field(), kind: kind.to_owned() },
            };
            self.refuse(reason, literal.span);
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr, clause: Clause) {
        match expr {
            Expr::Call(call) => self.call(call, clause),
            Expr::Field(path) => {
                if let Some(found) = self.next_field(clause, path) {
                    self.decides(&found, clause, path.span());
                }
            }
        }
    }

    pub(super) fn call(&mut self, call: &Call, clause: Clause) {
        if call.args.is_empty() {
            self.next(clause);
        }
        for argument in &call.args {
            match argument {
                Argument::Call(inner) => self.call(inner, clause),
                Argument::Literal(_) => {}
                Argument::Field(path) => {
                    if let Some(found) = self.next_field(clause, path) {
                        self.decides(&found, clause, path.span());
                    }
                }
            }
        }
    }

    /// The next name, which is a field.
    pub(super) fn next_field(&mut self, clause: Clause, path: &Path) -> Option<Found> {
        let next = self.next(clause)?;
        match &next.meaning {
            Meaning::Field(field) => self.field(field, path.span()),
            _ => {
                self.refuse(Reason::Unclear, path.span());
                None
            }
        }
    }

    /// Refuses a field that is masked or whose parents may not be read, where it would decide what
    /// comes.
    fn decides(&mut self, found: &Found, clause: Clause, span: Span) {
        if self.decides_by_parents(found, clause, span) && found.mask.is_some() {
            let reason = match &found.mask {
                Some((mask, _)) if clause == Clause::Where && *mask != Mask::Token => {
                    Reason::NoTokens { field: found.path.clone() }
                }
                Some((_, kind)) if clause == Clause::Where => {
                    Reason::NotAToken { field: found.path.clone(), kind: kind.clone() }
                }
                _ => Reason::Masked { field: found.path.clone(), place: place(clause) },
            };
            self.refuse(reason, span);
        }
    }

    fn decides_by_parents(&mut self, found: &Found, clause: Clause, span: Span) -> bool {
        if found.parents.is_empty() {
            return true;
        }
        let reason = Reason::ParentRows { path: found.path.clone(), place: place(clause) };
        self.refuse(reason, span);
        false
    }
}

fn place(clause: Clause) -> &'static str {
    match clause {
        Clause::Select => "a function",
        Clause::From => "FROM",
        Clause::Where => "WHERE",
        Clause::GroupBy => "GROUP BY",
        Clause::Having => "HAVING",
        Clause::OrderBy => "ORDER BY",
    }
}

/// The literal of a field's type for a value as results show it.
fn typed(ty: Option<&FieldType>, text: String) -> Option<Value> {
    Some(match ty? {
        ty if ty.is_number() => Value::Number(Number::new(&text).ok()?),
        FieldType::Boolean => Value::Boolean(text.parse().ok()?),
        FieldType::Date => Value::Date(Date::new(&text).ok()?),
        FieldType::Datetime => Value::DateTime(DateTime::new(&text).ok()?),
        FieldType::Time => Value::Time(Time::new(&text).ok()?),
        _ => Value::String(text),
    })
}
