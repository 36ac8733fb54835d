//! What a user is shown of the objects: their describes, read as any client
//! reads them. Reports, list views and quick actions build on nothing else, so
//! that a field the user may not see is no column of theirs.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::engine::{ApiError, Caller, Engine};

/// An object's describe.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) label_plural: String,
    pub(crate) custom: bool,
    pub(crate) fields: Vec<Field>,
    #[serde(default)]
    pub(crate) supported_scopes: Vec<Scope>,
}

/// A scope of `USING SCOPE`.
#[derive(Debug, Deserialize)]
pub(crate) struct Scope {
    pub(crate) name: String,
}

/// A field's describe.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) custom: bool,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) nillable: bool,
    pub(crate) defaulted_on_create: bool,
    pub(crate) name_field: bool,
    pub(crate) length: u64,
    pub(crate) scale: usize,
    pub(crate) reference_to: Vec<String>,
    pub(crate) relationship_name: Option<String>,
    pub(crate) picklist_values: Vec<Choice>,
    pub(crate) compound_field_name: Option<String>,
}

/// A value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) value: String,
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The lookup behind a relationship name.
    pub(crate) fn lookup(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            let name = field.relationship_name.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The field that names a record.
    pub(crate) fn name_field(&self) -> Option<&Field> {
        // `FirstName` is a name field of the platform's, too, and `Name` the whole.
        let named = |field: &&Field| field.name_field && field.name == "Name";
        self.fields.iter().find(named).or_else(|| self.fields.iter().find(|f| f.name_field))
    }

    pub(crate) fn has_scope(&self, name: &str) -> bool {
        self.supported_scopes.iter().any(|scope| scope.name == name)
    }
}

/// The describes of one request, each read once.
pub(crate) struct Shown<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) caller: &'a Caller,
    read: HashMap<String, Option<Arc<Object>>>,
}

/// A field at the end of a path from an object.
pub(crate) struct Reached {
    pub(crate) object: Arc<Object>,
    /// Its name in the object's spelling.
    pub(crate) field: String,
    /// The whole path in the objects' spelling.
    pub(crate) path: String,
    /// The path of the lookup before the last step, `AccountId` of `Account.Name`.
    pub(crate) lookup: Option<String>,
}

impl Reached {
    pub(crate) fn describe(&self) -> Option<&Field> {
        self.object.field(&self.field)
    }
}

impl<'a> Shown<'a> {
    pub(crate) fn new(engine: &'a Engine, caller: &'a Caller) -> Self {
        Self { engine, caller, read: HashMap::new() }
    }

    /// The describe of an object; `None` if the user is shown none.
    pub(crate) fn object(&mut self, name: &str) -> Option<Arc<Object>> {
        let key = name.to_ascii_lowercase();
        if let Some(known) = self.read.get(&key) {
            return known.clone();
        }
        let text = self.engine.describe(self.caller, name).ok();
        let object = text.and_then(|text| serde_json::from_str(&text.0).ok()).map(Arc::new);
        self.read.insert(key, object.clone());
        object
    }

    /// The same, or 404.
    pub(crate) fn known(&mut self, name: &str) -> Result<Arc<Object>, ApiError> {
        self.object(name).ok_or_else(ApiError::not_found)
    }

    /// Follows a path such as `Account.Owner.Name`; `None` if a step of it is
    /// not shown. What may be of several objects has their `Name`, and no more.
    pub(crate) fn reach(&mut self, object: &str, path: &str) -> Option<Reached> {
        let mut at = self.object(object)?;
        let mut spelled = String::new();
        let mut lookup = None;
        let mut steps = path.split('.').peekable();
        while let Some(step) = steps.next() {
            if steps.peek().is_none() {
                let field = at.field(step)?.name.clone();
                let path = format!("{spelled}{field}");
                return Some(Reached { object: at, field, path, lookup });
            }
            let field = at.lookup(step)?;
            // A queue has a name as a user has, so either describe will do.
            let several = field.reference_to.len() > 1;
            let target = field.reference_to.last()?.clone();
            lookup = Some(format!("{spelled}{}", field.name));
            spelled = format!("{spelled}{}.", field.relationship_name.as_deref()?);
            if several && steps.peek() != Some(&"Name") {
                return None;
            }
            at = self.object(&target)?;
        }
        None
    }
}
