//! A schema with less in it: what one user sees.

use std::sync::Arc;

use serde_json::json;

use super::drift::patch;
use super::{Child, Field, Object, Schema};

impl Schema {
    /// With the objects that `shown` gives in place of each, if any.
    pub(crate) fn narrowed(&self, mut shown: impl FnMut(&Object) -> Option<Object>) -> Self {
        let objects = self.objects.iter().filter_map(|object| shown(object).map(Arc::new));
        Self::new(objects.collect(), self.hash, self.epoch)
    }
}

impl Object {
    /// With other fields and children.
    pub(crate) fn with(&self, fields: Vec<Field>, children: Vec<Child>) -> Self {
        let mut narrow = Self { fields, children, ..self.clone() };
        narrow.index_fields();
        narrow
    }

    /// With what else may be done. A describe that was loaded says so, too.
    pub(crate) fn allow(&mut self, create: bool, edit: bool, delete: bool) {
        self.createable &= create;
        self.updateable &= edit;
        self.deletable &= delete;
        self.undeletable &= delete;
        for raw in [&mut self.raw, &mut self.raw_summary].into_iter().flatten() {
            for (key, allowed) in [
                ("createable", self.createable),
                ("updateable", self.updateable),
                ("deletable", self.deletable),
                ("undeletable", self.undeletable),
            ] {
                if let Some(value) = raw.get_mut(key) {
                    *value = json!(allowed);
                }
            }
        }
    }
}

impl Field {
    /// With what else may be done and pointed to, in a describe that was loaded, too.
    pub(crate) fn allow(&mut self, create: bool, edit: bool, targets: Vec<String>) {
        self.createable &= create;
        self.updateable &= edit;
        self.reference_to = targets;
        if self.raw.is_some() {
            patch(
                &mut self.raw,
                [
                    ("createable", json!(self.createable)),
                    ("updateable", json!(self.updateable)),
                    ("referenceTo", json!(self.reference_to)),
                ],
            );
        }
    }
}
