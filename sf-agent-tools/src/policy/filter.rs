//! Row filters: a condition of SOQL, its variables, and what it says of values to be written.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sf_schema::{Bound, Meaning};
use sf_soql::ast::{
    Argument, Call, CompareOp, Condition, Expr, InSet, Literal, Path, Query, Source, Span, Value,
};
use sf_soql::visit::Clause;

use super::PolicyError;

/// Values of the variables of row filters; several for a variable after `IN`.
pub(crate) type Variables = HashMap<String, Vec<Value>>;

/// The variable that stands for the session's user.
pub(crate) const USER_ID: &str = "user_id";

/// A condition that rows must fulfil, as the policy states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    text: String,
    /// `SELECT Id FROM X WHERE` the condition.
    statement: Query,
    condition: Condition,
    variables: BTreeSet<String>,
}

impl RowFilter {
    pub(crate) fn parse(text: &str) -> Result<Self, PolicyError> {
        let statement = format!("SELECT Id FROM X WHERE {text}");
        let query = sf_soql::parse(&statement).map_err(|error| {
            PolicyError::new(format!(
                "{text:?} is not a SOQL condition such as \"OwnerId = :user_id\": {error}."
            ))
        })?;
        let mut bare = Query::new(query.select.clone(), query.from.clone());
        bare.filter.clone_from(&query.filter);
        let condition = match query.filter.clone() {
            Some(condition) if bare == query => condition,
            _ => {
                return Err(PolicyError::new(format!(
                    "{text:?} has more than a condition; leave out what follows it."
                )));
            }
        };
        if nested_sub_select(&condition, true) {
            return Err(PolicyError::new(
                "a sub-select can stand only where AND alone stands around it.",
            ));
        }
        let mut variables = BTreeSet::new();
        let mut wrong = None;
        let mut each = |variable: &Path, place: Place| {
            if place == Place::Elsewhere || variable.single().is_none() {
                wrong.get_or_insert_with(|| variable.to_string());
            }
            variables.insert(variable.to_string());
        };
        binds(&condition, &mut each);
        match wrong {
            Some(name) => Err(PolicyError::new(format!(
                ":{name} cannot stand there: a variable stands after = or another comparison, but \
                 not LIKE, or after IN."
            ))),
            None => {
                Ok(Self { text: text.trim().to_owned(), statement: query, condition, variables })
            }
        }
    }

    /// The condition as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables in it, without the colon.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// The SELECT that it is bound in.
    pub(crate) fn statement(&self, object: &str) -> Option<Query> {
        let mut query = self.statement.clone();
        query.from = Source::new(Path::new(object).ok()?);
        Some(query)
    }

    /// The condition of a session: variables replaced, and paths as the schema spells them, so that
    /// they mean the same in every SELECT. The name of a variable without a value, if there is one.
    pub(crate) fn of_session(
        &self,
        bound: &Bound,
        variables: &Variables,
    ) -> Result<SessionFilter, String> {
        let mut paths = bound
            .uses()
            .iter()
            .filter(|found| found.select == 0 && found.clause == Clause::Where)
            .filter_map(|found| match &found.meaning {
                Meaning::Field(field) => Some(field.path()),
                _ => None,
            });
        let mut condition = self.condition.clone();
        let mut first_names = BTreeSet::new();
        each_path(&mut condition, &mut |path| {
            let Some(canonical) = paths.next() else { return };
            if let Ok(canonical) = Path::new(&canonical) {
                if !canonical.first().eq_ignore_ascii_case(canonical.last()) || canonical.len() > 1
                {
                    first_names.insert(canonical.first().to_ascii_lowercase());
                }
                *path = canonical;
            }
        });
        fill(&mut condition, variables)?;
        let sub_select = has_sub_select(&condition);
        Ok(SessionFilter { condition, first_names, sub_select })
    }
}

/// A row filter of a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionFilter {
    pub(crate) condition: Condition,
    /// First names of its paths through parents, in lower case: an alias of such a name would change
    /// what the path means.
    pub(crate) first_names: BTreeSet<String>,
    pub(crate) sub_select: bool,
}

/// The row filters of a session, by the object's lower-case name.
pub(crate) type SessionFilters = HashMap<String, Arc<SessionFilter>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    One,
    Many,
    Elsewhere,
}

fn nested_sub_select(condition: &Condition, top: bool) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().any(|term| nested_sub_select(term, top)),
        Condition::Or(terms) => terms.iter().any(|term| nested_sub_select(term, false)),
        Condition::Not(inner) => nested_sub_select(inner, false),
        Condition::In { set: InSet::Query(_), .. } => !top,
        _ => false,
    }
}

fn has_sub_select(condition: &Condition) -> bool {
    match condition {
        Condition::And(terms) | Condition::Or(terms) => terms.iter().any(has_sub_select),
        Condition::Not(inner) => has_sub_select(inner),
        Condition::In { set, .. } => matches!(set, InSet::Query(_)),
        _ => false,
    }
}

fn binds(condition: &Condition, each: &mut dyn FnMut(&Path, Place)) {
    match condition {
        Condition::And(terms) | Condition::Or(terms) => {
            terms.iter().for_each(|term| binds(term, each));
        }
        Condition::Not(inner) => binds(inner, each),
        Condition::Compare { op, value, .. } => {
            if let Value::Bind(name) = &value.value {
                each(name, if *op == CompareOp::Like { Place::Elsewhere } else { Place::One });
            }
        }
        Condition::In { set, .. } => match set {
            InSet::Bind(name) => each(name, Place::Many),
            InSet::List(values) => values.iter().for_each(|value| {
                if let Value::Bind(name) = &value.value {
                    each(name, Place::Many);
                }
            }),
            InSet::Query(query) => {
                for condition in query.filter.iter().chain(&query.having) {
                    binds(condition, each);
                }
                for count in query.limit.iter().chain(&query.offset) {
                    if let sf_soql::ast::Count::Bind(name) = count {
                        each(name, Place::Elsewhere);
                    }
                }
            }
        },
        Condition::Includes { values, .. } => values.iter().for_each(|value| {
            if let Value::Bind(name) = &value.value {
                each(name, Place::Elsewhere);
            }
        }),
    }
}

/// Puts values in the place of variables.
fn fill(condition: &mut Condition, variables: &Variables) -> Result<(), String> {
    let find = |name: &Path| {
        variables.get(&name.as_str().to_ascii_lowercase()).ok_or_else(|| name.to_string())
    };
    match condition {
        Condition::And(terms) | Condition::Or(terms) => {
            terms.iter_mut().try_for_each(|term| fill(term, variables))
        }
        Condition::Not(inner) => fill(inner, variables),
        Condition::Compare { value, .. } => {
            if let Value::Bind(name) = &value.value {
                let [one] = find(name)?.as_slice() else { return Err(name.to_string()) };
                value.value = one.clone();
            }
            Ok(())
        }
        Condition::In { left, negated, set, span } => {
            let mut values = Vec::new();
            match set {
                InSet::Query(query) => {
                    for condition in query.filter.iter_mut().chain(&mut query.having) {
                        fill(condition, variables)?;
                    }
                    return Ok(());
                }
                InSet::Bind(name) => {
                    values.extend(find(name)?.iter().cloned().map(Literal::from));
                }
                InSet::List(list) => {
                    for literal in std::mem::take(list) {
                        match &literal.value {
                            Value::Bind(name) => {
                                values.extend(find(name)?.iter().cloned().map(Literal::from));
                            }
                            _ => values.push(literal),
                        }
                    }
                }
            }
            if values.is_empty() {
                // IN () is not SOQL: nothing is both null and not, and everything one of them.
                let is = |op| {
                    let (left, value) = (left.clone(), Literal::from(Value::Null));
                    Condition::Compare { left, op, value, span: *span }
                };
                let both = vec![is(CompareOp::Eq), is(CompareOp::Ne)];
                *condition = if *negated { Condition::Or(both) } else { Condition::And(both) };
                return Ok(());
            }
            *set = InSet::List(values);
            Ok(())
        }
        Condition::Includes { .. } => Ok(()),
    }
}

/// The paths of a condition in the order of the walk, without those of sub-selects.
fn each_path(condition: &mut Condition, each: &mut dyn FnMut(&mut Path)) {
    let expr = |expr: &mut Expr, each: &mut dyn FnMut(&mut Path)| match expr {
        Expr::Field(path) => each(path),
        Expr::Call(call) => each_argument(call, each),
    };
    match condition {
        Condition::And(terms) | Condition::Or(terms) => {
            terms.iter_mut().for_each(|term| each_path(term, each));
        }
        Condition::Not(inner) => each_path(inner, each),
        Condition::Compare { left, .. } | Condition::In { left, .. } => expr(left, each),
        Condition::Includes { left, .. } => each(left),
    }
}

fn each_argument(call: &mut Call, each: &mut dyn FnMut(&mut Path)) {
    for argument in &mut call.args {
        match argument {
            Argument::Field(path) => each(path),
            Argument::Call(inner) => each_argument(inner, each),
            Argument::Literal(_) => {}
        }
    }
}

/// Conditions joined by AND, the filter last.
pub(crate) fn joined(asked: Option<Condition>, filter: Condition) -> Condition {
    match asked {
        Some(asked) => asked.and(filter),
        None => filter,
    }
}

/// `field IN (texts)`; at least one.
pub(crate) fn one_of(field: Path, values: &[&str]) -> Condition {
    let left = Expr::Field(field);
    let list = values.iter().map(|value| Literal::from(Value::String((*value).to_owned())));
    Condition::In { left, negated: false, set: InSet::List(list.collect()), span: Span::default() }
}
