//! `TYPEOF Owner WHEN User THEN Email ELSE Name END`: fields by the object
//! that a polymorphic lookup points to.

use sf_soql::ast::{Path, TypeOf};

use super::scope::{Base, Target};
use super::select::{Builder, Node, Shape, relationship_name};
use crate::engine::ApiError;

impl<'a> Builder<'_, 'a> {
    pub(super) fn type_of(
        &mut self,
        shape: &mut Shape,
        type_of: &'a TypeOf,
    ) -> Result<(), ApiError> {
        let statement = self.scope.cx.statement;
        let span = type_of.relationship.span();
        let segments = self.scope.strip(type_of.relationship.segments().collect());
        let Some((last, parents)) = segments.split_last() else { return Ok(()) };
        let from = self.scope.follow(parents, span)?;
        let target = self.scope.follow(&segments, span)?;
        let Target::Many(hops) = &target else {
            let text = format!(
                "TYPEOF can only be used with a polymorphic relationship, which '{last}' is not"
            );
            return Err(statement.malformed(span, &text));
        };
        let key = relationship_name(&from, last);
        let whole = self.parent_of(&target);
        let mut branches = Vec::new();
        let place = format!(".{}", segments.join(".").to_ascii_lowercase());
        for when in &type_of.whens {
            let name = when.object.as_str();
            let hop = hops.iter().find(|hop| when.object.is(&hop.object.name));
            let hop = hop.ok_or_else(|| statement.no_such_object(when.object.span(), name))?;
            let mut branch =
                Shape { entity: hop.object.name.clone(), id: whole.id, nodes: Vec::new() };
            let object = &hop.object.name;
            let base = Base {
                target: Target::One(hop.clone()),
                key: format!("{place}#{object}"),
                hops: segments.len(),
            };
            self.branch(&mut branch, &base, &when.fields)?;
            branches.push(branch);
        }
        let mut otherwise = Shape { entity: "Name".to_owned(), id: whole.id, nodes: Vec::new() };
        let base = Base { target, key: place, hops: segments.len() };
        self.branch(&mut otherwise, &base, &type_of.otherwise)?;
        let shape = self.parent_shape(shape, parents, span)?;
        if shape.nodes.iter().any(|node| node.key() == key) {
            return Err(self.duplicate(span, &key));
        }
        shape.nodes.push(Node::TypeOf { key, branches, otherwise });
        Ok(())
    }

    fn branch(
        &mut self,
        branch: &mut Shape,
        base: &Base<'a>,
        fields: &'a [Path],
    ) -> Result<(), ApiError> {
        for path in fields {
            let segments: Vec<&str> = path.segments().collect();
            let Some((name, relationships)) = segments.split_last() else { continue };
            let target = self.scope.follow_from(base, relationships, path.span())?;
            let column = self.scope.field_of(&target, name, path.span())?;
            let shape = self.parent_shape_from(branch, base, relationships, path.span())?;
            if shape.nodes.iter().any(|node| node.key() == column.name) {
                return Err(self.duplicate(path.span(), &column.name));
            }
            match (&target, column.field) {
                (Target::One(hop), Some(field)) => self.field(shape, hop, field),
                _ => self.column(shape, column.name.clone(), &column),
            }
        }
        Ok(())
    }
}
