//! The columns of a result: what each is called, and where its value stands in a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use sf_rest::Record;
use sf_soql::ast::{Ident, Path, Query, SelectItem};

use super::resume::{Plan, Plans};

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
    /// The columns of `query`. `first` is a row of its result: `FIELDS()` says
    /// nothing about which fields there are, the row does.
    pub(crate) fn of(query: &Query, first: Option<&Record>, mut plans: Plans) -> Self {
        let plan = plans.own.take();
        if query.select.iter().any(|item| matches!(item, SelectItem::Fields { .. })) {
            let names = first.into_iter().flat_map(|row| row.iter().map(|(name, _)| name));
            return Self { plan, ..Self::named(names) };
        }
        let aggregate = query.is_aggregate();
        // The platform names an aggregate or function without an alias expr0, expr1, ...
        let mut unnamed = 0;
        let items = query.select.iter().enumerate().map(|(at, item)| match item {
            SelectItem::Subquery(inner) => {
                let name = inner.from.name.last().to_owned();
                let plans = plans.children.remove(&at).unwrap_or_default();
                let columns = Arc::new(Self::of(inner, None, plans));
                Column { title: name.clone(), source: Source::Children(name, columns) }
            }
            item => column(query, item, aggregate, &mut unnamed),
        });
        Self { items: items.collect(), plan }
    }

    /// Columns put together by hand.
    pub(crate) fn of_items(items: Vec<Column>) -> Self {
        Self { items, plan: None }
    }

    /// Columns that are called as their fields are.
    pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let column =
            |name: &str| Column { title: name.to_owned(), source: Source::Path(name.to_owned()) };
        Self { items: names.into_iter().map(column).collect(), plan: None }
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
