//! Statements of query jobs: what Bulk refuses, and the columns of the result.

use sf_soql::ast::{FieldSet, Query, SelectItem};

use super::objects::{Field, Objects};
use crate::engine::{ApiError, Caller, Engine};

/// A checked statement.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) object: String,
    /// With `FIELDS(STANDARD)` spelled out.
    pub(super) soql: String,
    pub(super) columns: Vec<Column>,
    /// Neither ordered nor limited, so the platform could split it.
    pub(super) pk_chunking: bool,
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) header: String,
    /// The keys that lead to the value in a row's JSON.
    pub(super) path: Vec<String>,
    pub(super) is_datetime: bool,
}

/// Checks a statement as the creation of a job does.
pub(super) fn plan(
    engine: &Engine,
    caller: &Caller,
    soql: &str,
    include_deleted: bool,
) -> Result<Plan, ApiError> {
    let Ok(query) = sf_soql::parse(soql) else {
        // The engine words the error as the platform does.
        engine.query(caller, soql, include_deleted)?;
        return Err(ApiError::bad_request("MALFORMED_QUERY", "unexpected token"));
    };
    refuse(&query)?;
    validate(engine, caller, soql, &query, include_deleted)?;
    let mut objects = Objects::new(engine, caller);
    let object = objects.get(query.from.name.as_str())?.name.clone();
    let (soql, query) = spell_out(&mut objects, &object, soql, query)?;
    let columns = query.select.iter().map(|item| column(&mut objects, &object, &query, item));
    let columns = columns.collect::<Result<_, _>>()?;
    let pk_chunking = query.order_by.is_empty() && query.limit.is_none();
    Ok(Plan { object, soql, columns, pk_chunking })
}

fn not_in_bulk(what: &str) -> ApiError {
    ApiError::bad_request("API_ERROR", format!("{what} not supported in Bulk Query"))
}

/// Clauses that a job cannot have (Bulk API 2.0 Developer Guide, "Query Jobs").
fn refuse(query: &Query) -> Result<(), ApiError> {
    if query.group_by.is_some() {
        return Err(not_in_bulk("Group By"));
    }
    if query.is_count() || query.is_aggregate() {
        return Err(not_in_bulk("Aggregate functions"));
    }
    if query.offset.is_some() {
        return Err(not_in_bulk("Offset"));
    }
    for item in &query.select {
        match item {
            SelectItem::Subquery(_) => return Err(not_in_bulk("Aggregate Relationships")),
            SelectItem::TypeOf(_) => return Err(not_in_bulk("TypeOf")),
            SelectItem::Fields { set, .. } if *set != FieldSet::Standard => {
                let message = "The SOQL FIELDS function is not supported with an unbounded set of fields in this API.";
                return Err(ApiError::bad_request("MALFORMED_QUERY", message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lets the engine bind all names, finding no row where that can be avoided.
fn validate(
    engine: &Engine,
    caller: &Caller,
    soql: &str,
    query: &Query,
    include_deleted: bool,
) -> Result<(), ApiError> {
    let text = soql.get(..query.span.end()).unwrap_or(soql);
    let bare = query.limit.is_none() && query.options == sf_soql::ast::Options::default();
    if bare && engine.query(caller, &format!("{text} LIMIT 0"), include_deleted).is_ok() {
        return Ok(());
    }
    // For an error that quotes the statement as it was given.
    engine.query(caller, soql, include_deleted).map(|_| ())
}

/// Replaces `FIELDS(STANDARD)` by the fields it stands for.
fn spell_out(
    objects: &mut Objects<'_>,
    object: &str,
    soql: &str,
    query: Query,
) -> Result<(String, Query), ApiError> {
    let set = query.select.iter().find_map(|item| match item {
        SelectItem::Fields { span, .. } => Some(span.range()),
        _ => None,
    });
    let Some((before, after)) =
        set.and_then(|set| Some((soql.get(..set.start)?, soql.get(set.end..)?)))
    else {
        return Ok((soql.to_owned(), query));
    };
    let fields = objects.get(object)?.standard().collect::<Vec<_>>().join(", ");
    let soql = format!("{before}{fields}{after}");
    let query = sf_soql::parse(&soql).map_err(|error| ApiError::unexpected(&error))?;
    Ok((soql, query))
}

fn column(
    objects: &mut Objects<'_>,
    object: &str,
    query: &Query,
    item: &SelectItem,
) -> Result<Column, ApiError> {
    let (path, alias, is_call) = match item {
        SelectItem::Field { path, .. } => (Some(path), None, false),
        SelectItem::Call { call, alias } => (call.field(), alias.as_ref(), true),
        _ => (None, None, false),
    };
    let own = alias.map(sf_soql::ast::Ident::as_str);
    if let Some(alias) = own {
        let path = vec![alias.to_owned()];
        return Ok(Column { header: alias.to_owned(), path, is_datetime: false });
    }
    let mut segments: Vec<&str> = path.into_iter().flat_map(|path| path.segments()).collect();
    strip_source(query, &mut segments);
    let (path, ty) = resolve(objects, object, &segments)?;
    if ty == Some(Type::Compound) {
        return Err(not_in_bulk("Selecting compound data"));
    }
    let is_datetime = ty == Some(Type::DateTime) && !is_call;
    Ok(Column { header: path.join("."), path, is_datetime })
}

/// `SELECT a.Name FROM Account a`, and paths that start at a joined source.
fn strip_source<'q>(query: &'q Query, segments: &mut Vec<&'q str>) {
    // A join may start at another join's alias; each has its own, so this ends.
    for _ in 0..=query.joins.len() {
        let Some(source) = segments.first().filter(|_| segments.len() > 1) else { return };
        let Some(source) = query.source(source) else { return };
        if std::ptr::eq(source, &query.from) {
            segments.remove(0);
            return;
        }
        let path: Vec<&str> = source.name.segments().collect();
        segments.splice(0..1, path);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    DateTime,
    Compound,
    Other,
}

/// A path in the schema's capitalisation, and the type it ends in if known.
fn resolve(
    objects: &mut Objects<'_>,
    object: &str,
    segments: &[&str],
) -> Result<(Vec<String>, Option<Type>), ApiError> {
    let mut path = Vec::with_capacity(segments.len());
    let mut candidates = vec![object.to_owned()];
    for (at, segment) in segments.iter().enumerate() {
        let mut found: Option<(String, Option<Type>, Vec<String>)> = None;
        for name in &candidates {
            // A lookup may name an object that this org does not have.
            let Ok(object) = objects.get(name) else { continue };
            let last = at + 1 == segments.len();
            let field = if last { object.field(segment) } else { object.parent(segment) };
            if let Some(field) = field {
                let relationship = field.relationship_name.clone().filter(|_| !last);
                let name = relationship.unwrap_or_else(|| field.name.clone());
                found = Some((name, Some(type_of(field)), field.reference_to.clone()));
                break;
            }
        }
        let (name, ty, next) = found.unwrap_or_else(|| ((*segment).to_owned(), None, Vec::new()));
        path.push(name);
        candidates = next;
        if at + 1 == segments.len() {
            return Ok((path, ty));
        }
    }
    Ok((path, None))
}

fn type_of(field: &Field) -> Type {
    if field.is_compound() {
        Type::Compound
    } else if field.ty == "datetime" {
        Type::DateTime
    } else {
        Type::Other
    }
}
