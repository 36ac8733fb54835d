//! Names of one query, bound to tables: which joins a path needs and which
//! column it ends in.

use std::collections::HashMap;

use rusqlite::types::Value;
use sf_soql::ast::{Path, Query, Source, Span};

use super::error::Statement;
use crate::engine::access::Use;
use crate::engine::schema::{Field, FieldType, Object, Schema};
use crate::engine::search::Search;
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, Caller, Seen};

/// The longest path: five relationships up (SOQL and SOSL Reference,
/// "Understanding Relationship Query Limitations").
const MAX_HOPS: usize = 5;

/// Different parents of one query (same page).
const MAX_PARENTS: usize = 55;

/// From this many targets of a lookup on, those without rows are not joined:
/// SQLite joins 64 tables.
const MANY_TARGETS: usize = 12;

/// What every part of a query needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// As the caller sees it.
    pub(crate) schema: &'a Schema,
    /// Who the rows are for; `None` is the org itself, which sees all.
    pub(crate) seen: Option<&'a Seen>,
    /// Whether the statement runs once, or for each row of a page.
    pub(crate) usage: Use,
    pub(crate) caller: &'a Caller,
    pub(crate) statement: Statement<'a>,
    pub(crate) include_deleted: bool,
    /// Words that the statement's records, not their children, must have.
    pub(crate) search: Option<&'a Search>,
}

impl Context<'_> {
    /// The condition that the caller sees a row; `None` if each is seen.
    pub(crate) fn visible(&self, object: &Object, alias: &str) -> Option<String> {
        self.seen?.condition(object, alias, self.usage)
    }
}

/// Values bound to a statement's numbered parameters.
#[derive(Debug, Default)]
pub(crate) struct Params(pub(crate) Vec<Value>);

impl Params {
    /// Binds a value and gives its place holder.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("?{}", self.0.len())
    }
}

/// A joined table: a row of `object`, called `alias` in the SQL.
#[derive(Debug, Clone)]
pub(crate) struct Hop<'a> {
    pub(crate) object: &'a Object,
    pub(crate) alias: String,
}

/// Where a chain of relationships ends.
#[derive(Debug, Clone)]
pub(crate) enum Target<'a> {
    One(Hop<'a>),
    /// A polymorphic lookup: one of these rows, seen as the entity `Name`.
    Many(Vec<Hop<'a>>),
}

/// Where a chain of relationships starts: the queried object, or a branch of
/// `TYPEOF`.
#[derive(Debug, Clone)]
pub(crate) struct Base<'a> {
    pub(crate) target: Target<'a>,
    /// Tells joins of different bases apart.
    pub(crate) key: String,
    /// Relationships that lead here.
    pub(crate) hops: usize,
}

/// A field that a path ended in.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a> {
    pub(crate) sql: String,
    /// In the schema's capitalisation.
    pub(crate) name: String,
    pub(crate) ty: FieldType,
    /// `None` for `Owner.Type`, which no object has.
    pub(crate) field: Option<&'a Field>,
}

/// The tables of one query.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) cx: Context<'a>,
    pub(crate) object: &'a Object,
    /// Prefix of table names, so that nested queries do not collide.
    prefix: String,
    aliases: HashMap<String, Vec<&'a str>>,
    joins: Vec<String>,
    joined: HashMap<String, Target<'a>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(cx: Context<'a>, object: &'a Object, prefix: &str) -> Self {
        let aliases = HashMap::from([(object.name.to_ascii_lowercase(), Vec::new())]);
        Self {
            cx,
            object,
            prefix: prefix.to_owned(),
            aliases,
            joins: Vec::new(),
            joined: HashMap::new(),
        }
    }

    /// With the aliases of the query's FROM.
    pub(crate) fn of_query(
        cx: Context<'a>,
        object: &'a Object,
        prefix: &str,
        query: &'a Query,
    ) -> Result<Self, ApiError> {
        let mut scope = Self::new(cx, object, prefix);
        if let Some(alias) = &query.from.alias {
            scope.aliases.insert(alias.as_str().to_ascii_lowercase(), Vec::new());
        }
        for join in &query.joins {
            scope.add_join(join)?;
        }
        Ok(scope)
    }

    fn add_join(&mut self, source: &'a Source) -> Result<(), ApiError> {
        let segments = self.strip(source.name.segments().collect());
        self.follow(&segments, source.span)?;
        if let Some(alias) = &source.alias {
            self.aliases.insert(alias.as_str().to_ascii_lowercase(), segments);
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> Hop<'a> {
        Hop { object: self.object, alias: format!("{}0", self.prefix) }
    }

    /// `"Contact" AS a0 LEFT JOIN …`.
    pub(crate) fn tables_sql(&self) -> String {
        let root = self.root();
        let mut sql = format!("{} AS {}", quote(&root.object.name), root.alias);
        for join in &self.joins {
            sql.push_str(join);
        }
        sql
    }

    /// Segments without the object's own name or alias in front.
    pub(crate) fn strip(&self, segments: Vec<&'a str>) -> Vec<&'a str> {
        if segments.len() < 2 {
            return segments;
        }
        // A relationship of the same name wins: `Account.Name FROM Account`
        // has none, `Contact.Name FROM Case` has.
        match self.aliases.get(&segments[0].to_ascii_lowercase()) {
            Some(stands_for) => {
                stands_for.iter().copied().chain(segments.into_iter().skip(1)).collect()
            }
            None => segments,
        }
    }

    /// Whether a path leads over a relationship.
    pub(crate) fn is_of_parent(&self, path: &'a Path) -> bool {
        self.strip(path.segments().collect()).len() > 1
    }

    pub(crate) fn column(&mut self, path: &'a Path) -> Result<Column<'a>, ApiError> {
        let segments = self.strip(path.segments().collect());
        let (last, parents) = segments.split_last().ok_or_else(ApiError::not_found)?;
        let target = self.follow(parents, path.span())?;
        self.field_of(&target, last, path.span())
    }

    pub(crate) fn base(&self) -> Base<'a> {
        Base { target: Target::One(self.root()), key: String::new(), hops: 0 }
    }

    /// Joins what the relationships need.
    pub(crate) fn follow(
        &mut self,
        relationships: &[&str],
        span: Span,
    ) -> Result<Target<'a>, ApiError> {
        self.follow_from(&self.base(), relationships, span)
    }

    /// As [`Scope::follow`], from elsewhere than the queried object.
    pub(crate) fn follow_from(
        &mut self,
        base: &Base<'a>,
        relationships: &[&str],
        span: Span,
    ) -> Result<Target<'a>, ApiError> {
        if base.hops + relationships.len() > MAX_HOPS {
            let text = "SOQL relationship paths can not have more than 5 levels";
            return Err(self.cx.statement.malformed(span, text));
        }
        let mut target = base.target.clone();
        let mut key = base.key.clone();
        for relationship in relationships {
            key.push('.');
            key.push_str(&relationship.to_ascii_lowercase());
            if let Some(known) = self.joined.get(&key) {
                target = known.clone();
                continue;
            }
            if self.joined.len() == MAX_PARENTS {
                let text =
                    "No more than 55 child-to-parent relationships can be specified in a query";
                return Err(self.cx.statement.malformed(span, text));
            }
            let (from, lookup) = self.lookup(&target, relationship, span)?;
            target = self.join(&from, lookup, relationship, span)?;
            self.joined.insert(key.clone(), target.clone());
        }
        Ok(target)
    }

    fn lookup(
        &self,
        target: &Target<'a>,
        relationship: &str,
        span: Span,
    ) -> Result<(Hop<'a>, &'a Field), ApiError> {
        let hops = match target {
            Target::One(hop) => std::slice::from_ref(hop),
            Target::Many(hops) => hops.as_slice(),
        };
        hops.iter()
            .find_map(|hop| hop.object.parent(relationship).map(|field| (hop.clone(), field)))
            .ok_or_else(|| self.cx.statement.no_such_relationship(span, relationship))
    }

    fn join(
        &mut self,
        from: &Hop<'a>,
        lookup: &Field,
        relationship: &str,
        span: Span,
    ) -> Result<Target<'a>, ApiError> {
        let mut hops = Vec::new();
        let mut targets: Vec<&'a Object> =
            lookup.reference_to.iter().filter_map(|name| self.cx.schema.object(name)).collect();
        if targets.len() > MANY_TARGETS {
            let first = targets[0];
            targets.retain(|object| !object.is_empty());
            if targets.is_empty() {
                targets.push(first);
            }
        }
        for object in targets {
            let alias = format!("{}{}", self.prefix, self.joins.len() + 1);
            let (table, column) = (quote(&object.name), quote(&lookup.name));
            let mut join = format!(
                " LEFT JOIN {table} AS {alias} ON {alias}.\"Id\" = {}.{column}",
                from.alias
            );
            // A parent that the caller does not see is no parent.
            if let Some(seen) = self.cx.visible(object, &alias) {
                join.push_str(" AND ");
                join.push_str(&seen);
            }
            self.joins.push(join);
            hops.push(Hop { object, alias });
        }
        match hops.len() {
            0 => Err(self.cx.statement.no_such_relationship(span, relationship)),
            1 if !lookup.is_polymorphic() => Ok(Target::One(hops.remove(0))),
            _ => Ok(Target::Many(hops)),
        }
    }

    pub(crate) fn field_of(
        &self,
        target: &Target<'a>,
        name: &str,
        span: Span,
    ) -> Result<Column<'a>, ApiError> {
        match target {
            Target::One(hop) => {
                let missing = || self.cx.statement.no_such_column(span, name, &hop.object.name);
                let field = hop.object.field(name).ok_or_else(missing)?;
                Ok(column_of(hop, field))
            }
            Target::Many(hops) => {
                let missing = || self.cx.statement.no_such_column(span, name, "Name");
                name_entity_column(hops, name).ok_or_else(missing)
            }
        }
    }
}

pub(crate) fn column_of<'a>(hop: &Hop<'_>, field: &'a Field) -> Column<'a> {
    let sql = match &field.via {
        None => format!("{}.{}", hop.alias, quote(&field.name)),
        Some((lookup, object, shown)) => {
            let (object, shown) = (quote(object), quote(shown));
            let row = format!("{}.{}", hop.alias, quote(lookup));
            let seen = field.via_condition.as_ref();
            let seen = seen.map(|seen| format!(" AND {seen}")).unwrap_or_default();
            format!(
                "((SELECT via.{shown} FROM {object} AS via WHERE via.\"Id\" = {row}{seen}) COLLATE sf)"
            )
        }
    };
    Column { sql, name: field.name.clone(), ty: field.ty, field: Some(field) }
}

/// Fields of the entity `Name`, through which the platform shows the row of a
/// polymorphic lookup.
const NAME_FIELDS: [&str; 12] = [
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Alias",
    "Email",
    "Username",
    "Phone",
    "Title",
    "IsActive",
    "ProfileId",
    "UserType",
];

fn name_entity_column<'a>(hops: &[Hop<'a>], name: &str) -> Option<Column<'a>> {
    if name.eq_ignore_ascii_case("Type") {
        let whens: String = hops
            .iter()
            .map(|hop| format!(" WHEN {}.\"Id\" IS NOT NULL THEN '{}'", hop.alias, hop.object.name))
            .collect();
        let sql = format!("(CASE{whens} END COLLATE sf)");
        return Some(Column { sql, name: "Type".to_owned(), ty: FieldType::String, field: None });
    }
    NAME_FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name))?;
    let found: Vec<_> = hops
        .iter()
        .filter_map(|hop| Some(column_of(hop, name_entity_field(hop.object, name)?)))
        .collect();
    let first = found.first()?.clone();
    let parts: Vec<&str> = found.iter().map(|column| column.sql.as_str()).collect();
    let sql = match &parts[..] {
        [one] => (*one).to_owned(),
        many if first.ty.is_text() => format!("(COALESCE({}) COLLATE sf)", many.join(", ")),
        many => format!("COALESCE({})", many.join(", ")),
    };
    let name = NAME_FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name))?;
    Some(Column { sql, name: (*name).to_owned(), ..first })
}

/// The entity's `Name` is whatever names the record: a case's number.
fn name_entity_field<'o>(object: &'o Object, name: &str) -> Option<&'o Field> {
    match object.field(name) {
        None if name.eq_ignore_ascii_case("Name") => object.name_field(),
        field => field,
    }
}
