//! A schema with less in it: what one user sees.

use std::collections::HashMap;

use super::{Child, Field, Object, Schema};

impl Schema {
    /// With the objects that `shown` gives in place of each, if any.
    pub(crate) fn narrowed(&self, shown: impl FnMut(&Object) -> Option<Object>) -> Self {
        let objects: Vec<Object> = self.objects.iter().filter_map(shown).collect();
        let by_name = places(objects.iter().map(|object| &object.name));
        Self { objects, by_name, hash: self.hash }
    }
}

impl Object {
    /// With other fields and children.
    pub(crate) fn with(&self, fields: Vec<Field>, children: Vec<Child>) -> Self {
        let field_by_name = places(fields.iter().map(|field| &field.name));
        Self {
            name: self.name.clone(),
            label: self.label.clone(),
            label_plural: self.label_plural.clone(),
            key_prefix: self.key_prefix.clone(),
            scopes: self.scopes.clone(),
            fields,
            children,
            field_by_name,
            ..*self
        }
    }
}

fn places<'n>(names: impl Iterator<Item = &'n String>) -> HashMap<String, usize> {
    names.enumerate().map(|(at, name)| (name.to_ascii_lowercase(), at)).collect()
}
