//! One walk over every place where a name of the schema can stand.
//!
//! Policies and schema checks both stand on [`walk`], so that neither can miss
//! a place that the other sees. [`walk_search`] is the same walk over a search.
//!
//! ```
//! use sf_soql::visit::{Reference, walk};
//!
//! let query = sf_soql::parse("SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact)")?;
//! let mut fields = Vec::new();
//! walk(&query, &mut |place| {
//!     if let Reference::Field(path) = place.reference {
//!         fields.push(format!("{}.{path} in {:?}", place.scope.query().from.name, place.clause));
//!     }
//! });
//! assert_eq!(fields, ["Account.Name in Select", "Account.Id in Where", "Contact.AccountId in Select"]);
//! # Ok::<(), sf_soql::ParseError>(())
//! ```

mod apex;
mod search;

pub use apex::{ApexConstruct, ApexOnly, apex_only};
pub use search::{SearchPlace, apex_only_search, walk_search};

use crate::ast::{
    Argument, Call, Condition, Expr, FieldSet, Function, Ident, InSet, Path, Query, SelectItem,
    Span, TypeOf,
};

/// Where a name stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What stands there.
    pub reference: Reference<'a>,
    /// The clause it stands in.
    pub clause: Clause,
    /// The innermost function around it.
    pub function: Option<Function>,
    /// The SELECT that it belongs to: its names resolve against this
    /// query's `FROM`.
    pub scope: &'a Scope<'a>,
}

/// A name of the schema, or what stands for several.
#[derive(Clone, Copy, Debug)]
pub enum Reference<'a> {
    /// The object of `FROM`, of the statement or of a semi-join.
    Object(&'a Path),
    /// The child relationship of a subquery's `FROM`. It belongs to the object
    /// of [`Scope::parent`].
    ChildRelationship(&'a Path),
    /// A further source of `FROM`: a path from another source.
    Join(&'a Path),
    /// A field, reached over the relationships before it. Its first name may
    /// be the object's own name or an alias. In `HAVING` and `ORDER BY` the
    /// whole may be an alias of the select list.
    Field(&'a Path),
    /// All fields of a kind.
    FieldSet(FieldSet, Span),
    /// `COUNT()`: rows without a field.
    Rows(Span),
    /// The relationship of a `TYPEOF`.
    TypeOf(&'a Path),
    /// An object of a `TYPEOF … WHEN`.
    TypeOfObject {
        /// The relationship that points to it.
        relationship: &'a Path,
        /// The object.
        object: &'a Ident,
    },
    /// A field of a `TYPEOF`.
    TypeOfField {
        /// The relationship whose object has the field.
        relationship: &'a Path,
        /// The object of its `WHEN`; none within `ELSE`, where it is a field
        /// of the object `Name`.
        object: Option<&'a Ident>,
        /// The field, from that object.
        path: &'a Path,
    },
}

/// A clause of a SELECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clause {
    /// `SELECT`.
    Select,
    /// `FROM`.
    From,
    /// `WHERE`.
    Where,
    /// `GROUP BY`.
    GroupBy,
    /// `HAVING`.
    Having,
    /// `ORDER BY`.
    OrderBy,
}

/// A SELECT and what is around it.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    query: &'a Query,
    kind: ScopeKind,
    parent: Option<&'a Scope<'a>>,
}

/// How a SELECT stands in the one around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The statement itself.
    Statement,
    /// A subquery of the select list.
    Child,
    /// The sub-select of an `IN`. Its object does not depend on the parent's.
    SemiJoin,
}

impl<'a> Scope<'a> {
    /// The SELECT.
    #[must_use]
    pub fn query(&self) -> &'a Query {
        self.query
    }

    /// How it stands in its parent.
    #[must_use]
    pub fn kind(&self) -> ScopeKind {
        self.kind
    }

    /// The SELECT around it.
    #[must_use]
    pub fn parent(&self) -> Option<&'a Scope<'a>> {
        self.parent
    }

    /// How many SELECTs are around it.
    #[must_use]
    pub fn depth(&self) -> usize {
        std::iter::successors(self.parent, |scope| scope.parent).count()
    }
}

/// Calls `visit` for every place of `query` and of the queries within, in the
/// order they are printed, but each `FROM` before the rest of its SELECT.
///
/// `USING SCOPE` and `WITH` name no object, relationship or field of the
/// query, so they are not walked: read [`Query::scope`] and [`Query::with`].
pub fn walk(query: &Query, visit: &mut dyn FnMut(Place<'_>)) {
    walk_scope(&Scope { query, kind: ScopeKind::Statement, parent: None }, visit);
}

fn walk_scope(scope: &Scope<'_>, visit: &mut dyn FnMut(Place<'_>)) {
    let query = scope.query;
    let mut at = Walk { scope, clause: Clause::From, visit };
    at.see(match scope.kind {
        ScopeKind::Child => Reference::ChildRelationship(&query.from.name),
        ScopeKind::Statement | ScopeKind::SemiJoin => Reference::Object(&query.from.name),
    });
    for join in &query.joins {
        at.see(Reference::Join(&join.name));
    }
    at.clause = Clause::Select;
    for item in &query.select {
        at.select_item(item);
    }
    at.clause = Clause::Where;
    if let Some(filter) = &query.filter {
        at.condition(filter);
    }
    at.clause = Clause::GroupBy;
    for item in query.group_by.iter().flat_map(|group_by| &group_by.items) {
        at.expr(item);
    }
    at.clause = Clause::Having;
    if let Some(having) = &query.having {
        at.condition(having);
    }
    at.clause = Clause::OrderBy;
    for item in &query.order_by {
        at.expr(&item.expr);
    }
}

struct Walk<'a, 'v> {
    scope: &'a Scope<'a>,
    clause: Clause,
    visit: &'v mut dyn FnMut(Place<'_>),
}

impl Walk<'_, '_> {
    fn see(&mut self, reference: Reference<'_>) {
        self.see_in(reference, None);
    }

    fn see_in(&mut self, reference: Reference<'_>, function: Option<Function>) {
        (self.visit)(Place { reference, clause: self.clause, function, scope: self.scope });
    }

    fn enter(&mut self, query: &Query, kind: ScopeKind) {
        walk_scope(&Scope { query, kind, parent: Some(self.scope) }, self.visit);
    }

    fn select_item(&mut self, item: &SelectItem) {
        match item {
            SelectItem::Field { path, .. } => self.see(Reference::Field(path)),
            SelectItem::Call { call, .. } => self.call(call),
            SelectItem::Subquery(query) => self.enter(query, ScopeKind::Child),
            SelectItem::TypeOf(type_of) => self.type_of(type_of),
            SelectItem::Fields { set, span } => self.see(Reference::FieldSet(*set, *span)),
        }
    }

    fn type_of(&mut self, type_of: &TypeOf) {
        let relationship = &type_of.relationship;
        self.see(Reference::TypeOf(relationship));
        for when in &type_of.whens {
            self.see(Reference::TypeOfObject { relationship, object: &when.object });
            for path in &when.fields {
                self.see(Reference::TypeOfField { relationship, object: Some(&when.object), path });
            }
        }
        for path in &type_of.otherwise {
            self.see(Reference::TypeOfField { relationship, object: None, path });
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Field(path) => self.see(Reference::Field(path)),
            Expr::Call(call) => self.call(call),
        }
    }

    fn call(&mut self, call: &Call) {
        if call.args.is_empty() {
            self.see_in(Reference::Rows(call.span), Some(call.function));
        }
        for arg in &call.args {
            match arg {
                Argument::Field(path) => self.see_in(Reference::Field(path), Some(call.function)),
                Argument::Call(inner) => self.call(inner),
                Argument::Literal(_) => {}
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(terms) | Condition::Or(terms) => {
                terms.iter().for_each(|term| self.condition(term));
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::Compare { left, .. } => self.expr(left),
            Condition::In { left, set, .. } => {
                self.expr(left);
                if let InSet::Query(query) = set {
                    self.enter(query, ScopeKind::SemiJoin);
                }
            }
            Condition::Includes { left, .. } => self.see(Reference::Field(left)),
        }
    }
}
