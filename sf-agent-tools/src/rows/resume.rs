//! Going on by key: a statement whose order is total is asked again for the rows behind the last.
//!
//! A statement without an order of its own is sent ordered by Id, which any order that Salesforce
//! may choose for it allows. One with an order keeps exactly that order, and can be gone on with if
//! it ends in a unique field and if what Salesforce sorts by and what it compares by is known to be
//! the same: for ids, numbers, dates and points in time. It is not for texts, which are sorted by
//! the rules of the user's language, for picklists, which are sorted by their own order, for
//! formulas, whose values have digits that are not shown, and for fields of a parent, where NULLS
//! LAST is ignored (SOQL and SOSL Reference, ORDER BY).

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use sf_rest::{Id, Record, ValueRef};
use sf_schema::{Field, FieldType, Object};
use sf_soql::ast::{
    CompareOp, Condition, Count, Date, DateTime, Direction, Expr, Ident, Literal, Nulls, Number,
    OrderBy, Path, Query, SelectItem, Source, Span, Value,
};

use super::columns::relative;
use crate::Org;
use crate::cursor::{MOST_STATEMENT, Resume};

/// Digits that a double holds for sure, so that the number shown equals the one stored.
const SURE_DIGITS: usize = 15;

/// How the rows of a statement go on without their page.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    statement: Query,
    keys: Vec<Key>,
    /// Of a child list: its field that points at the parent.
    parent: Option<Path>,
    /// Of a child list: what its rows are called.
    list: Option<String>,
}

/// The plans of a statement and of the subqueries at these places of its select list.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    pub(super) own: Option<Arc<Plan>>,
    pub(super) children: BTreeMap<usize, Plans>,
}

#[derive(Debug, Clone)]
struct Key {
    field: String,
    ty: FieldType,
    descending: bool,
    nulls_last: bool,
    nillable: bool,
}

/// The objects that a statement and its subqueries select from.
pub(super) struct Tree {
    pub(super) object: Arc<Object>,
    /// With the field that points at the parent.
    pub(super) children: BTreeMap<usize, (String, Tree)>,
}

/// The objects of `query`, which selects from `object`. What is not known is left out.
pub(super) fn tree<'a>(
    org: &'a Org,
    query: &'a Query,
    object: Arc<Object>,
) -> Pin<Box<dyn Future<Output = Tree> + Send + 'a>> {
    Box::pin(async move {
        let mut children = BTreeMap::new();
        for (at, item) in query.select.iter().enumerate() {
            let SelectItem::Subquery(inner) = item else { continue };
            let Some(child) = object.child(inner.from.name.last()) else { continue };
            let Ok(target) = org.object(&child.object).await else { continue };
            children.insert(at, (child.field.clone(), tree(org, inner, target).await));
        }
        Tree { object, children }
    })
}

/// Gives the statement and its subqueries the order by Id where they have none; false if nothing
/// was to do.
pub(super) fn order(query: &mut Query, tree: &Tree) -> bool {
    let mut changed = false;
    if query.order_by.is_empty()
        && is_of_rows(query)
        && has_key(&tree.object)
        && let Ok(id) = Path::new("Id")
    {
        let (direction, span) = (Direction::Ascending, Span::default());
        query.order_by.push(OrderBy { expr: Expr::Field(id), direction, nulls: None, span });
        changed = true;
    }
    for (at, (_, child)) in &tree.children {
        if let Some(SelectItem::Subquery(inner)) = query.select.get_mut(*at) {
            changed |= order(inner, child);
        }
    }
    changed
}

/// The plans of a statement as it was sent.
pub(super) fn plans(query: &Query, tree: &Tree) -> Plans {
    let mut all = Plans { own: Plan::of(query, &tree.object).map(Arc::new), ..Plans::default() };
    for (at, (field, child)) in &tree.children {
        let Some(SelectItem::Subquery(inner)) = query.select.get(*at) else { continue };
        let mut plans = plans(inner, child);
        plans.own = plans.own.and_then(|plan| plan.alone(&child.object, field)).map(Arc::new);
        all.children.insert(*at, plans);
    }
    all
}

/// Whether its rows are records, and of one object.
fn is_of_rows(query: &Query) -> bool {
    !query.is_count() && !query.is_aggregate() && query.joins.is_empty()
}

/// Whether its records can be sorted and compared by id. Big objects and external ones cannot.
fn has_key(object: &Object) -> bool {
    let id = object.field("Id").is_some_and(|id| id.sortable && id.filterable);
    id && object.queryable && !object.name.ends_with("__b") && !object.name.ends_with("__x")
}

impl Plan {
    /// None if the order is not one to go on by.
    pub(super) fn of(query: &Query, object: &Object) -> Option<Self> {
        if !is_of_rows(query) || matches!(query.limit, Some(Count::Bind(_))) || !has_key(object) {
            return None;
        }
        let selected = |name: &str| {
            query.select.iter().any(|item| match item {
                SelectItem::Field { path, .. } => relative(query, path).eq_ignore_ascii_case(name),
                SelectItem::Fields { .. } => true,
                _ => false,
            })
        };
        let mut keys = Vec::new();
        for item in &query.order_by {
            let field = object.field(&relative(query, item.expr.as_field()?))?;
            if !is_comparable(object, field) {
                return None;
            }
            keys.push(Key {
                field: field.name.clone(),
                ty: field.ty.clone(),
                descending: item.direction == Direction::Descending,
                nulls_last: item.nulls == Some(Nulls::Last),
                nillable: field.nillable,
            });
            if field.ty != FieldType::Id && !selected(&field.name) {
                return None;
            }
            if field.ty == FieldType::Id || (field.unique && !field.nillable) {
                let statement = query.clone();
                return Some(Self { statement, keys, parent: None, list: None });
            }
        }
        None
    }

    /// Of a subquery: as a statement on its object, still without the condition on the parent.
    fn alone(&self, object: &Object, field: &str) -> Option<Self> {
        let mut plan = self.clone();
        let list = plan.statement.from.name.last().to_owned();
        // Paths may start with the relationship's name, which is an alias from here on.
        let alias = plan.statement.from.alias.take().or_else(|| Ident::new(&list).ok());
        plan.statement.from = Source { alias, ..Source::new(Path::new(&object.name).ok()?) };
        (plan.parent, plan.list) = (Some(Path::new(field).ok()?), Some(list));
        Some(plan)
    }

    /// With the condition on the parent.
    pub(super) fn of_parent(&self, row: &Record) -> Option<Self> {
        let mut plan = self.clone();
        let of = equal(plan.parent.take()?, Value::String(id(row)?));
        plan.statement.filter = Some(joined(plan.statement.filter.take(), of));
        Some(plan)
    }

    /// As the plan of a child list of this name.
    pub(super) fn of_list(mut self, list: Option<String>) -> Self {
        self.list = list;
        self
    }

    /// Bytes of its statement, if a cursor carries it.
    pub(super) fn length(&self) -> usize {
        Some(self.statement.to_string().len()).filter(|n| *n <= MOST_STATEMENT).unwrap_or(0)
    }

    /// The values of the sort keys in a row; none if they cannot be had exactly.
    pub(super) fn key(&self, row: &Record) -> Option<Vec<Option<String>>> {
        self.keys.iter().map(|key| key.text(row)).collect()
    }

    /// What a cursor behind the row with this key carries; `seen` rows came before.
    pub(super) fn resume(&self, key: Vec<Option<String>>, seen: u64) -> Option<Resume> {
        let soql = self.statement.to_soql().ok()?;
        Some(Resume { soql, key, seen, list: self.list.clone() })
    }

    /// The statement for what is behind the row with this key; `seen` rows came before.
    pub(super) fn rest(&self, key: &[Option<String>], seen: u64) -> Option<Query> {
        let mut query = self.statement.clone();
        if key.is_empty() {
            return Some(query);
        }
        if key.len() != self.keys.len() {
            return None;
        }
        query.filter = Some(joined(query.filter.take(), self.behind(&query, key)?));
        query.offset = None;
        if let Some(rows) = query.limit.as_ref().and_then(Count::rows) {
            query.limit = Some(Count::from(rows.saturating_sub(seen)));
        }
        Some(query)
    }

    /// That a row stands behind the one with this key, in the statement's order.
    fn behind(&self, query: &Query, key: &[Option<String>]) -> Option<Condition> {
        let own = query.from.alias.as_ref().map(Ident::as_str);
        let mut ways = Vec::new();
        let mut equals: Vec<Condition> = Vec::new();
        for (key, text) in self.keys.iter().zip(key) {
            let path = match own {
                Some(alias) => Path::new(&format!("{alias}.{}", key.field)).ok()?,
                None => Path::new(&key.field).ok()?,
            };
            let value = text.as_deref().map(|text| key.literal(text));
            let value = match value {
                Some(None) => return None,
                Some(Some(value)) => Some(value),
                None => None,
            };
            if let Some(after) = key.after(&path, value.as_ref()) {
                ways.push(all(equals.iter().cloned().chain([after]).collect()));
            }
            equals.push(equal(path, value.unwrap_or(Value::Null)));
        }
        match ways.len() {
            0 => None,
            1 => ways.pop(),
            _ => Some(Condition::Or(ways)),
        }
    }
}

/// Whether Salesforce is known to sort by what it compares by.
fn is_comparable(object: &Object, field: &Field) -> bool {
    // Where records have currencies of their own, amounts are converted for some uses.
    let currencies = || object.field("CurrencyIsoCode").is_some();
    let known = match field.ty {
        FieldType::Id | FieldType::Date | FieldType::Datetime => true,
        FieldType::Currency => !currencies(),
        ref ty => ty.is_number(),
    };
    known && !field.calculated && !field.encrypted && field.sortable && field.filterable
}

impl Key {
    /// The key's value in a row, as text; none if it cannot be had exactly.
    fn text(&self, row: &Record) -> Option<Option<String>> {
        if self.ty == FieldType::Id {
            return id(row).map(Some);
        }
        match row.get(&self.field)? {
            ValueRef::Null => Some(None),
            ValueRef::Number(text) => {
                let digits = text.bytes().take_while(|b| !matches!(b, b'e' | b'E'));
                let digits = digits.filter(u8::is_ascii_digit).count();
                (digits <= SURE_DIGITS).then(|| Some(text.to_owned()))
            }
            ValueRef::String(text) => Some(Some(text.to_owned())),
            _ => None,
        }
    }

    fn literal(&self, text: &str) -> Option<Value> {
        Some(match self.ty {
            FieldType::Id => Value::String(Id::parse(text).ok()?.to_string()),
            FieldType::Date => Value::Date(Date::new(text).ok()?),
            FieldType::Datetime => {
                let plain = text.replace(".000", "").replace("+0000", "Z");
                Value::DateTime(DateTime::new(&plain).ok()?)
            }
            _ => Value::Number(Number::new(text).ok()?),
        })
    }

    /// That a row's value stands behind `value`; none if nothing does.
    fn after(&self, path: &Path, value: Option<&Value>) -> Option<Condition> {
        let null = |op| compare(path.clone(), op, Value::Null);
        let Some(value) = value else {
            // Rows without a value come first unless the statement says otherwise.
            return (!self.nulls_last).then(|| null(CompareOp::Ne));
        };
        let op = if self.descending { CompareOp::Lt } else { CompareOp::Gt };
        let beyond = compare(path.clone(), op, value.clone());
        Some(match (self.nillable, self.nulls_last) {
            (false, _) => beyond,
            (true, true) => Condition::Or(vec![beyond, null(CompareOp::Eq)]),
            // Said, so that it does not matter how an empty value compares.
            (true, false) => all(vec![null(CompareOp::Ne), beyond]),
        })
    }
}

/// The id of a row, which stands in its address if it was not selected.
fn id(row: &Record) -> Option<String> {
    let id = match row.get("Id") {
        Some(value) => value.as_str()?,
        None => row.url()?.rsplit('/').next()?,
    };
    Id::parse(id).ok().map(|id| id.to_string())
}

fn equal(path: Path, value: Value) -> Condition {
    compare(path, CompareOp::Eq, value)
}

fn compare(path: Path, op: CompareOp, value: Value) -> Condition {
    let (left, value) = (Expr::Field(path), Literal::from(value));
    Condition::Compare { left, op, value, span: Span::default() }
}

fn joined(filter: Option<Condition>, more: Condition) -> Condition {
    match filter {
        Some(filter) => filter.and(more),
        None => more,
    }
}

/// All of one or more, flat.
fn all(mut conditions: Vec<Condition>) -> Condition {
    match (conditions.len(), conditions.pop()) {
        (1, Some(one)) => one,
        (_, Some(last)) => {
            conditions.into_iter().chain([last]).reduce(Condition::and).unwrap_or_else(empty)
        }
        (_, None) => empty(),
    }
}

/// Never printed: the check of a tree refuses it.
fn empty() -> Condition {
    Condition::And(Vec::new())
}
