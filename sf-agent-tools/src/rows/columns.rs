//! The columns of a result: what each is called, and where its value stands in a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use sf_rest::{Record, ValueRef};
use sf_soql::ast::{FieldSet, Ident, Path, Query, SelectItem};

use super::resume::{Plan, Plans, Tree};

/// The columns of a result, in the order of the SELECT list.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) items: Vec<Column>,
    /// How its rows go on without their page.
    pub(super) plan: Option<Arc<Plan>>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) source: Source,
}

/// Where a column's value stands in a row.
#[derive(Debug)]
pub(crate) enum Source {
    /// At a path through parents.
    Path(String),
    /// Under the first of these names that the row has.
    FirstOf(Vec<String>),
    /// The child records under this name, with columns of their own.
    Children(String, Arc<Columns>),
}

impl Columns {
    /// The columns of `query`. `rows` are some of its result: `FIELDS()` says nothing about which
    /// fields there are, a row does, and where there is none the objects of `tree` do.
    pub(super) fn of(
        query: &Query,
        rows: &[Record],
        tree: Option<&Tree>,
        mut plans: Plans,
    ) -> Self {
        let plan = plans.own.take();
        let aggregate = query.is_aggregate();
        // The platform names an aggregate or function without an alias expr0, expr1, ...
        let mut unnamed = 0;
        let mut items = Vec::with_capacity(query.select.len());
        let mut fields = Some(fields(query, rows, tree));
        for (at, item) in query.select.iter().enumerate() {
            match item {
                SelectItem::Subquery(inner) => {
                    let name = inner.from.name.last().to_owned();
                    let rows = if has_fields(inner) { children(rows, &name) } else { Vec::new() };
                    let tree = tree.and_then(|tree| tree.children.get(&at)).map(|(_, tree)| tree);
                    let plans = plans.children.remove(&at).unwrap_or_default();
                    let columns = Arc::new(Self::of(inner, &rows, tree, plans));
                    let source = Source::Children(name.clone(), columns);
                    items.push(Column { title: name, source });
                }
                // All sets stand where the first does: a row does not tell them apart.
                SelectItem::Fields { .. } => {
                    items.extend(fields.take().into_iter().flatten().map(plain));
                }
                item => items.push(column(query, item, aggregate, &mut unnamed)),
            }
        }
        Self { items, plan }
    }

    /// Columns put together by hand.
    pub(crate) fn of_items(items: Vec<Column>) -> Self {
        Self { items, plan: None }
    }

    /// Columns that are called as their fields are.
    pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let items = names.into_iter().map(|name| plain(name.to_owned()));
        Self { items: items.collect(), plan: None }
    }

    /// What the columns are called.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.items.iter().map(|c| c.title.clone()).collect()
    }

    /// The columns of the child lists, by the title of the column they stand in.
    pub(crate) fn nested(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for column in &self.items {
            if let Source::Children(_, columns) = &column.source {
                all.insert(column.title.clone(), columns.titles());
                for (title, inner) in columns.nested() {
                    all.insert(format!("{}.{title}", column.title), inner);
                }
            }
        }
        all
    }
}

/// The fields that the `FIELDS()` of a statement stand for.
fn fields(query: &Query, rows: &[Record], tree: Option<&Tree>) -> Vec<String> {
    let sets = query.select.iter().filter_map(|item| match item {
        SelectItem::Fields { set, .. } => Some(*set),
        _ => None,
    });
    let sets: Vec<FieldSet> = sets.collect();
    if sets.is_empty() {
        return Vec::new();
    }
    if let Some(row) = rows.first() {
        // What is selected beside them has columns of its own.
        let beside = query.select.iter().filter_map(|item| match item {
            SelectItem::Field { path, .. } => Some(relative(query, path)),
            SelectItem::Subquery(inner) => Some(inner.from.name.last().to_owned()),
            SelectItem::TypeOf(type_of) => Some(relative(query, &type_of.relationship)),
            SelectItem::Call { alias, .. } => alias.as_ref().map(|alias| alias.as_str().to_owned()),
            SelectItem::Fields { .. } => None,
        });
        let beside: Vec<String> = beside.collect();
        let is_beside = |name: &str| {
            let first = |path: &String| path.split('.').next().map(str::to_lowercase);
            beside.iter().any(|path| first(path) == Some(name.to_lowercase()))
        };
        let names = row.iter().map(|(name, _)| name).filter(|name| !is_beside(name));
        return names.map(str::to_owned).collect();
    }
    let stands_for = |custom: bool| {
        sets.iter().any(|set| match set {
            FieldSet::All => true,
            FieldSet::Custom => custom,
            FieldSet::Standard => !custom,
        })
    };
    let known = tree.into_iter().flat_map(|tree| &tree.object.fields);
    known.filter(|field| stands_for(field.custom)).map(|field| field.name.clone()).collect()
}

fn has_fields(query: &Query) -> bool {
    query.select.iter().any(|item| match item {
        SelectItem::Fields { .. } => true,
        SelectItem::Subquery(inner) => has_fields(inner),
        _ => false,
    })
}

/// The children that came with these rows.
fn children(rows: &[Record], name: &str) -> Vec<Record> {
    let mut all = Vec::new();
    for row in rows {
        if let Some(ValueRef::Records(children)) = row.get(name) {
            all.extend(children.records());
        }
    }
    all
}

fn plain(name: String) -> Column {
    Column { title: name.clone(), source: Source::Path(name) }
}

fn column(query: &Query, item: &SelectItem, aggregate: bool, unnamed: &mut usize) -> Column {
    match item {
        SelectItem::Field { path, alias } => {
            let path = relative(query, path);
            match alias {
                Some(alias) => named(alias.as_str(), vec![alias.as_str().to_owned()]),
                // A grouped field stands in an aggregate row under its last name.
                None if aggregate => {
                    let last = path.rsplit('.').next().unwrap_or(&path).to_owned();
                    named(&path, vec![last, path.clone()])
                }
                None => Column { title: path.clone(), source: Source::Path(path) },
            }
        }
        SelectItem::Call { call, alias } => call_column(query, call, alias.as_ref(), unnamed),
        SelectItem::Subquery(inner) => named(inner.from.name.last(), Vec::new()),
        SelectItem::TypeOf(type_of) => {
            let path = relative(query, &type_of.relationship);
            Column { title: path.clone(), source: Source::Path(path) }
        }
        SelectItem::Fields { .. } => named("FIELDS()", Vec::new()),
    }
}

fn call_column(
    query: &Query,
    call: &sf_soql::ast::Call,
    alias: Option<&Ident>,
    unnamed: &mut usize,
) -> Column {
    if let Some(alias) = alias {
        return named(alias.as_str(), vec![alias.as_str().to_owned()]);
    }
    let mut names = vec![format!("expr{unnamed}")];
    *unnamed += 1;
    // toLabel(Status) and the like stand under the field's own name.
    if let Some(field) = call.field() {
        names.push(relative(query, field));
        names.push(field.last().to_owned());
    }
    named(&call.to_string(), names)
}

fn named(title: &str, names: Vec<String>) -> Column {
    Column { title: title.to_owned(), source: Source::FirstOf(names) }
}

/// The path without the query's own object name or alias before it.
pub(super) fn relative(query: &Query, path: &Path) -> String {
    let own = query.from.alias.as_ref().is_some_and(|a| a.is(path.first()))
        || query.from.name.last().eq_ignore_ascii_case(path.first());
    match path.without_first() {
        Some(rest) if own => rest.as_str().to_owned(),
        _ => path.as_str().to_owned(),
    }
}
