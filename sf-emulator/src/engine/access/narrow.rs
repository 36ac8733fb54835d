//! The schema without what a user does not see.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

use super::kind::{Kind, kind};
use super::rights::{ObjectRights, Rights};
use super::{Seen, Use};
use crate::engine::schema::load::Fnv;
use crate::engine::schema::{Child, Field, Object, Schema};

/// What a user may change of the own record without managing users.
const PERSONAL: [&str; 14] = [
    "FirstName",
    "LastName",
    "Alias",
    "CommunityNickname",
    "Title",
    "CompanyName",
    "Department",
    "Phone",
    "MobilePhone",
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
];

impl Seen {
    pub(super) fn new(rights: Rights, base: Arc<Schema>) -> Self {
        let tag = format!("{:08x}", base.hash >> 32);
        let whole = rights.whole_schema();
        let schema = Arc::clone(&base);
        let mut seen = Self { rights, base, schema, tag };
        if !whole {
            seen.schema = Arc::new(seen.narrowed());
            seen.tag = tag_of(&seen.schema);
        }
        seen
    }

    fn narrowed(&self) -> Schema {
        let all = self.base.objects.iter();
        let all = all.map(|object| (object.name.as_str(), self.rights.object(&self.base, object)));
        let seen: HashMap<&str, ObjectRights> = all.filter(|(_, rights)| rights.read).collect();
        let shown = |name: &str| Some((self.base.object(name)?, *seen.get(name)?));
        self.base.narrowed(|object| {
            let (_, rights) = shown(&object.name)?;
            let is_shown =
                |target: &&String| shown(target).is_some() || self.base.object(target).is_none();
            let fields = object.fields.iter().filter_map(|field| {
                let targets = field.reference_to.iter().filter(is_shown).cloned().collect();
                self.field(object, rights, field, targets)
            });
            let sees = |child: &&Child| {
                shown(&child.object).is_some_and(|(object, _)| {
                    object
                        .field(&child.field)
                        .is_some_and(|field| self.rights.field(object, field).read)
                })
            };
            let children = object.children.iter().filter(sees).cloned().collect();
            let mut narrow = object.with(fields.collect(), children);
            narrow.allow(rights.create, rights.edit, rights.delete);
            Some(narrow)
        })
    }

    /// A field as the user sees it, if the user does.
    fn field(
        &self,
        object: &Object,
        of_object: ObjectRights,
        field: &Field,
        targets: Vec<String>,
    ) -> Option<Field> {
        let rights = self.rights.field(object, field);
        if !rights.read {
            return None;
        }
        let mut field = field.clone();
        if let Some((_, target, shown)) = &field.via {
            // What a parent shows here is hidden where it is hidden there.
            let target = self.base.object(target)?;
            let there = target.field(shown)?;
            if !self.rights.object(&self.base, target).read
                || !self.rights.field(target, there).read
            {
                return None;
            }
            field.via_condition = self.condition(target, "via", Use::Probe);
        }
        let personal = !matches!(kind(object), Kind::Setup)
            || self.rights.manage_users
            || PERSONAL.contains(&field.name.as_str());
        let (create, edit) = (of_object.create && rights.edit, of_object.edit && rights.edit);
        field.allow(create, edit && personal, targets);
        Some(field)
    }
}

/// Eight hex digits over all that a describe shows differently to different users.
fn tag_of(schema: &Schema) -> String {
    let mut hasher = Fnv::default();
    hasher.write(&schema.hash.to_be_bytes());
    for object in &schema.objects {
        hasher.write(object.name.as_bytes());
        hasher.write(&[
            u8::from(object.createable),
            u8::from(object.updateable),
            u8::from(object.deletable),
        ]);
        for field in &object.fields {
            hasher.write(field.name.as_bytes());
            hasher.write(&[u8::from(field.createable), u8::from(field.updateable)]);
        }
    }
    format!("{:08x}", hasher.finish() >> 32)
}
