//! The select list as a plan: SQL columns to fetch, and the shape of the JSON
//! that a row becomes.

use std::collections::HashSet;

use sf_soql::ast::{Call, FieldSet, Function, Ident, Path, Query, SelectItem, Span};

use super::scope::{Base, Column, Hop, Scope, Target, column_of};
use super::{children, function, rules};
use crate::engine::ApiError;
use crate::engine::schema::{Field, FieldType, Object, Storage};
use crate::engine::storage::tables::quote;

/// What one row of the result looks like.
#[derive(Debug)]
pub(crate) struct Shape {
    /// `attributes.type`; for the entity `Name` the row's id tells the object.
    pub(super) entity: String,
    /// Column of the row's id.
    pub(super) id: usize,
    pub(super) nodes: Vec<Node>,
}

/// One key of a row.
#[derive(Debug)]
pub(super) enum Node {
    Field {
        key: String,
        column: usize,
        storage: Storage,
    },
    /// Keys of an address with their columns.
    Address {
        key: String,
        parts: Vec<(&'static str, usize, Storage)>,
    },
    /// A path where the bytes are read; the column tells whether there are any.
    Blob {
        key: String,
        column: usize,
    },
    Parent {
        key: String,
        shape: Shape,
    },
    /// Of the branches the one whose entity the row is; else the fields of the
    /// entity `Name`.
    TypeOf {
        key: String,
        branches: Vec<Shape>,
        otherwise: Shape,
    },
    Children(Box<children::Plan>),
}

impl Node {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Field { key, .. }
            | Self::Address { key, .. }
            | Self::Blob { key, .. }
            | Self::Parent { key, .. }
            | Self::TypeOf { key, .. } => key,
            Self::Children(plan) => &plan.key,
        }
    }
}

/// Collects columns while the shape is built.
pub(super) struct Builder<'s, 'a> {
    pub(super) scope: &'s mut Scope<'a>,
    columns: Vec<String>,
    /// How deep this query is nested in others: 0 for the statement.
    depth: usize,
}

/// SQL of the columns, and the shape over them.
pub(super) struct Selected {
    pub(super) columns: Vec<String>,
    pub(super) shape: Shape,
}

/// Keys of an address in the platform's order, with the end of the part's name.
const ADDRESS: [(&str, &str); 10] = [
    ("city", "City"),
    ("country", "Country"),
    ("countryCode", "CountryCode"),
    ("geocodeAccuracy", "GeocodeAccuracy"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("postalCode", "PostalCode"),
    ("state", "State"),
    ("stateCode", "StateCode"),
    ("street", "Street"),
];

/// Child subqueries of one query (SOQL and SOSL Reference, "Understanding
/// Relationship Query Limitations").
const MAX_CHILDREN: usize = 20;

/// FIELDS(ALL) and FIELDS(CUSTOM) need a limit of at most this.
const MOST_WITH_ALL_FIELDS: u64 = 200;

impl<'s, 'a> Builder<'s, 'a> {
    pub(super) fn new(scope: &'s mut Scope<'a>, depth: usize) -> Self {
        Self { scope, columns: Vec::new(), depth }
    }

    /// The plan of a query's select list.
    pub(super) fn of_query(mut self, query: &'a Query) -> Result<Selected, ApiError> {
        let mut shape = self.root();
        let mut seen = HashSet::new();
        for item in &query.select {
            match item {
                SelectItem::Field { path, alias } => {
                    if let Some(alias) = alias {
                        return Err(self.alias_refused(alias));
                    }
                    self.path(&mut shape, path, &mut seen)?;
                }
                SelectItem::Call { call, alias } => {
                    self.call(&mut shape, call, alias.as_ref(), &mut seen)?;
                }
                SelectItem::Subquery(inner) => {
                    let limit = query.limit.as_ref().and_then(sf_soql::ast::Count::rows);
                    let single = limit == Some(1);
                    let plan = children::plan(
                        self.scope.cx,
                        self.scope.object,
                        inner,
                        self.depth + 1,
                        single,
                    )?;
                    if shape.nodes.iter().any(|node| node.key() == plan.key) {
                        return Err(self.duplicate(inner.span, &plan.key));
                    }
                    let is_children = |node: &&Node| matches!(node, Node::Children(_));
                    if shape.nodes.iter().filter(is_children).count() == MAX_CHILDREN {
                        let text = "No more than 20 parent-to-child relationships can be specified in a query";
                        return Err(self.scope.cx.statement.malformed(inner.span, text));
                    }
                    shape.nodes.push(Node::Children(Box::new(plan)));
                }
                SelectItem::Fields { set, span } => {
                    self.field_set(&mut shape, *set, *span, query, &mut seen)?;
                }
                SelectItem::TypeOf(type_of) => self.type_of(&mut shape, type_of)?,
            }
        }
        Ok(Selected { columns: self.columns, shape })
    }

    /// The plan of all fields of a record, or of the paths asked for.
    pub(super) fn of_record(mut self, paths: Option<&'a [Path]>) -> Result<Selected, ApiError> {
        let mut shape = self.root();
        let mut seen = HashSet::new();
        match paths {
            None => {
                let hop = self.scope.root();
                for field in &self.scope.object.fields {
                    self.field(&mut shape, &hop, field);
                }
            }
            Some(paths) => {
                // As in the platform's reply the id is always there, last.
                for path in paths {
                    self.path(&mut shape, path, &mut seen)?;
                }
                if seen.insert("id".to_owned()) {
                    let id = shape.id;
                    shape.nodes.push(Node::Field {
                        key: "Id".to_owned(),
                        column: id,
                        storage: Storage::Id,
                    });
                }
            }
        }
        Ok(Selected { columns: self.columns, shape })
    }

    fn root(&mut self) -> Shape {
        let hop = self.scope.root();
        let id = self.add(format!("{}.\"Id\"", hop.alias));
        Shape { entity: hop.object.name.clone(), id, nodes: Vec::new() }
    }

    fn add(&mut self, sql: String) -> usize {
        if let Some(at) = self.columns.iter().position(|known| *known == sql) {
            return at;
        }
        self.columns.push(sql);
        self.columns.len() - 1
    }

    fn path(
        &mut self,
        shape: &mut Shape,
        path: &'a Path,
        seen: &mut HashSet<String>,
    ) -> Result<(), ApiError> {
        let segments = self.scope.strip(path.segments().collect());
        let Some((name, relationships)) = segments.split_last() else { return Ok(()) };
        let target = self.scope.follow(relationships, path.span())?;
        let shape = self.parent_shape(shape, relationships, path.span())?;
        let repeated = |this: &Self, name: &str| this.duplicate(path.span(), name);
        if let Target::One(hop) = &target
            && let Some(field) = hop.object.field(name)
        {
            let full = [relationships, &[field.name.as_str()]].concat().join(".");
            if !seen.insert(full.to_ascii_lowercase()) {
                return Err(repeated(self, &field.name));
            }
            self.field(shape, hop, field);
            return Ok(());
        }
        let column = self.scope.field_of(&target, name, path.span())?;
        if !seen.insert(segments.join(".").to_ascii_lowercase()) {
            return Err(repeated(self, &column.name));
        }
        self.column(shape, column.name.clone(), &column);
        Ok(())
    }

    pub(super) fn duplicate(&self, span: Span, name: &str) -> ApiError {
        self.scope.cx.statement.invalid_field(span, &format!("duplicate field selected: {name}"))
    }

    /// Walks down to the shape of a parent, making what is missing.
    pub(super) fn parent_shape<'n>(
        &mut self,
        shape: &'n mut Shape,
        relationships: &[&'a str],
        span: Span,
    ) -> Result<&'n mut Shape, ApiError> {
        let base = self.scope.base();
        self.parent_shape_from(shape, &base, relationships, span)
    }

    pub(super) fn parent_shape_from<'n>(
        &mut self,
        mut shape: &'n mut Shape,
        base: &Base<'a>,
        relationships: &[&'a str],
        span: Span,
    ) -> Result<&'n mut Shape, ApiError> {
        for depth in 1..=relationships.len() {
            let before = self.scope.follow_from(base, &relationships[..depth - 1], span)?;
            let target = self.scope.follow_from(base, &relationships[..depth], span)?;
            let key = relationship_name(&before, relationships[depth - 1]);
            let at = match shape.nodes.iter().position(|node| node.key() == key) {
                Some(at) => at,
                None => {
                    let parent = self.parent_of(&target);
                    shape.nodes.push(Node::Parent { key, shape: parent });
                    shape.nodes.len() - 1
                }
            };
            let Node::Parent { shape: parent, .. } = &mut shape.nodes[at] else {
                return Err(self.duplicate(span, relationships[depth - 1]));
            };
            shape = parent;
        }
        Ok(shape)
    }

    pub(super) fn parent_of(&mut self, target: &Target<'a>) -> Shape {
        match target {
            Target::One(hop) => {
                let id = self.add(format!("{}.\"Id\"", hop.alias));
                Shape { entity: hop.object.name.clone(), id, nodes: Vec::new() }
            }
            Target::Many(hops) => {
                let ids: Vec<String> =
                    hops.iter().map(|hop| format!("{}.\"Id\"", hop.alias)).collect();
                let id = match &ids[..] {
                    [one] => self.add(one.clone()),
                    several => self.add(format!("COALESCE({})", several.join(", "))),
                };
                Shape { entity: "Name".to_owned(), id, nodes: Vec::new() }
            }
        }
    }

    pub(super) fn field(&mut self, shape: &mut Shape, hop: &Hop<'a>, field: &'a Field) {
        if field.ty == FieldType::Base64 {
            let column = self.add(format!("({}.{} IS NOT NULL)", hop.alias, quote(&field.name)));
            shape.nodes.push(Node::Blob { key: field.name.clone(), column });
        } else if field.ty.is_compound() {
            let parts = address_parts(hop.object, field)
                .map(|(key, part)| {
                    let column = self.add(format!("{}.{}", hop.alias, quote(&part.name)));
                    (key, column, part.ty.storage())
                })
                .collect();
            shape.nodes.push(Node::Address { key: field.name.clone(), parts });
        } else {
            self.column(shape, field.name.clone(), &column_of(hop, field));
        }
    }

    pub(super) fn column(&mut self, shape: &mut Shape, key: String, column: &Column<'_>) {
        let at = self.add(column.sql.clone());
        shape.nodes.push(Node::Field { key, column: at, storage: column.ty.storage() });
    }

    fn call(
        &mut self,
        shape: &mut Shape,
        call: &'a Call,
        alias: Option<&Ident>,
        seen: &mut HashSet<String>,
    ) -> Result<(), ApiError> {
        let statement = self.scope.cx.statement;
        if call.is_bare_count() {
            let text = "COUNT() must be the only element in the SELECT list";
            return Err(statement.malformed(call.span, text));
        }
        if call.function.is_date() || call.function == Function::Grouping {
            let text = format!("Field must be grouped or aggregated: {}", call.function.name());
            return Err(statement.malformed(call.span, &text));
        }
        let column = function::selected(self.scope, call)?;
        let (shape, key) = match (alias, call.field()) {
            (Some(alias), _) => (shape, alias.as_str().to_owned()),
            (None, Some(path)) if call.function != Function::Distance => {
                let segments = self.scope.strip(path.segments().collect());
                if !seen.insert(segments.join(".").to_ascii_lowercase()) {
                    return Err(self.duplicate(call.span, &column.name));
                }
                let parents = segments.split_last().map_or(&[][..], |(_, parents)| parents);
                (self.parent_shape(shape, parents, path.span())?, column.name.clone())
            }
            _ => {
                let unnamed = shape.nodes.iter().filter(|node| node.key().starts_with("expr"));
                let key = format!("expr{}", unnamed.count());
                (shape, key)
            }
        };
        if shape.nodes.iter().any(|node| node.key() == key) {
            return Err(self.duplicate(call.span, &key));
        }
        self.column(shape, key, &column);
        Ok(())
    }

    fn alias_refused(&self, alias: &Ident) -> ApiError {
        self.scope
            .cx
            .statement
            .malformed(alias.span(), "only aggregate expressions use field aliasing")
    }

    fn field_set(
        &mut self,
        shape: &mut Shape,
        set: FieldSet,
        span: Span,
        query: &Query,
        seen: &mut HashSet<String>,
    ) -> Result<(), ApiError> {
        let limit = query.limit.as_ref().and_then(sf_soql::ast::Count::rows);
        if set != FieldSet::Standard
            && limit.is_none_or(|limit| limit > MOST_WITH_ALL_FIELDS)
            && !rules::is_by_id(query)
        {
            let text = "The SOQL FIELDS function must have a LIMIT of at most 200";
            return Err(self.scope.cx.statement.malformed(span, text));
        }
        let hop = self.scope.root();
        let before = shape.nodes.len();
        for field in &self.scope.object.fields {
            let wanted = match set {
                FieldSet::All => true,
                FieldSet::Standard => !field.custom,
                FieldSet::Custom => field.custom,
            };
            if wanted {
                if !seen.insert(field.name.to_ascii_lowercase()) {
                    return Err(self.duplicate(span, &field.name));
                }
                self.field(shape, &hop, field);
            }
        }
        if shape.nodes.len() == before {
            let text = "'FIELDS(...)' expansion function must result in at least one field being selected.";
            return Err(self.scope.cx.statement.malformed(span, text));
        }
        Ok(())
    }
}

/// The parts of an address that the object has, in the reply's order.
pub(super) fn address_parts<'o>(
    object: &'o Object,
    address: &'o Field,
) -> impl Iterator<Item = (&'static str, &'o Field)> {
    ADDRESS.into_iter().filter_map(move |(key, suffix)| {
        let is_part = |field: &&Field| {
            field.compound.as_deref() == Some(address.name.as_str())
                && field.name.trim_end_matches("__s").ends_with(suffix)
        };
        object.fields.iter().find(is_part).map(|field| (key, field))
    })
}

pub(super) fn relationship_name(from: &Target<'_>, given: &str) -> String {
    let hops = match from {
        Target::One(hop) => std::slice::from_ref(hop),
        Target::Many(hops) => hops.as_slice(),
    };
    hops.iter()
        .find_map(|hop| hop.object.parent(given)?.relationship_name.clone())
        .unwrap_or_else(|| given.to_owned())
}
