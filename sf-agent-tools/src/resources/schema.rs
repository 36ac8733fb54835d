//! The schema as resources: the list of objects, cards, single fields.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use sf_schema::{CardOptions, Picture, estimate_tokens, index_line};

use super::address::{Addresses, Place};
use super::{Completion, PLAIN, ResourceInfo, ResourceProvider, ResourceTemplate, ResourceText};
use crate::{CallContext, Org, ToolError};

/// Tokens of a card: twice what the tool tells unasked, since a person chose to read it.
const CARD: usize = 4_000;

/// Tokens of one field, values of picklists among them.
const FIELD: usize = 2_000;

/// Tokens of the list of objects.
const LIST: usize = 12_000;

/// The schema of one org.
pub(super) struct Schema {
    org: Org,
    name: String,
    at: Addresses,
}

impl Schema {
    pub(super) fn new(org: Org, name: &str) -> Self {
        Self { org, name: name.to_owned(), at: Addresses::new(name) }
    }

    async fn objects(&self) -> Result<String, ToolError> {
        let objects = self.org.objects().await?;
        let mut text = format!(
            "Objects of {}, one a line: API name, label, start of its ids, and what this user may do \
             (q query, c create, u update, d delete). {} is the card of one.\n",
            self.name,
            self.at.object_template(),
        );
        let mut used = estimate_tokens(&text);
        let shown: Vec<_> = objects.iter().filter(|o| o.queryable).collect();
        for (at, object) in shown.iter().enumerate() {
            let line = index_line(object);
            used += estimate_tokens(&line) + 1;
            if used > LIST {
                let left = shown.len() - at;
                text.push_str(&format!(
                    "{left} more are not listed here; salesforce_list_objects finds them by name.\n"
                ));
                break;
            }
            text.push_str(&line);
            text.push('\n');
        }
        Ok(text)
    }

    async fn card(&self, object: &str) -> Result<String, ToolError> {
        let object = self.org.object(object).await?;
        let mut options = CardOptions::default();
        options.budget = CARD;
        Ok(Picture::new(&object).card(options).text)
    }

    async fn field(&self, object: &str, field: &str) -> Result<String, ToolError> {
        let object = self.org.object(object).await?;
        if let Some(found) = object.field(field) {
            return Ok(Picture::new(&object).field(found, FIELD).text);
        }
        let near = object.suggest_fields(field);
        let field = crate::text::shorten(field, 80);
        let meant = near.first().map_or(String::new(), |near| format!(" Did you mean {near}?"));
        Err(ToolError::fix_your_call(format!("{} has no field {field:?}.{meant}", object.name)))
    }
}

#[async_trait]
impl ResourceProvider for Schema {
    async fn list(&self, _: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        self.org.open()?;
        let objects = self.org.objects().await?;
        let whole =
            ResourceInfo::new(self.at.list(), "schema", format!("Objects of {}", self.name))
                .described("Every object that this user can query, one a line.");
        let cards = objects.iter().filter(|object| object.queryable).map(|object| {
            let title = if object.label == object.name {
                object.name.clone()
            } else {
                format!("{} ({})", object.label, object.name)
            };
            ResourceInfo::new(self.at.object(&object.name), &object.name, title)
                .described(format!("Fields, picklist values and relations of {}.", object.name))
        });
        Ok(std::iter::once(whole).chain(cards).collect())
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        let about = |what: &str| format!("{what} in {}.", self.name);
        vec![
            ResourceTemplate::new(
                self.at.object_template(),
                "object",
                "Card of an object",
                about("Fields, picklist values and relations of one object"),
            ),
            ResourceTemplate::new(
                self.at.field_template(),
                "field",
                "One field in full",
                about("Type, limits, formula and every value of one field"),
            ),
        ]
    }

    async fn read(&self, _: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError> {
        let Some(place) = self.at.place(uri) else { return Ok(None) };
        self.org.open()?;
        let text = match place {
            Place::List => self.objects().await?,
            Place::Object(object) => self.card(&object).await?,
            Place::Field(object, field) => self.field(&object, &field).await?,
        };
        Ok(Some(ResourceText::new(uri, PLAIN, text)))
    }

    async fn version(&self, uri: &str, age: Duration) -> Result<Option<u64>, ToolError> {
        let object = match self.at.place(uri) {
            None => return Ok(None),
            Some(Place::List) => return self.list_version(age).await.map(Some),
            Some(Place::Object(object) | Place::Field(object, _)) => object,
        };
        match self.org.object_now(&object, age).await {
            Ok(object) => Ok(Some(hashed(&*object))),
            // Gone, or hidden: another state than any that it had.
            Err(error) if error.class == crate::ErrorClass::FixYourCall => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    async fn list_version(&self, age: Duration) -> Result<u64, ToolError> {
        Ok(hashed(&*self.org.objects_now(age).await?))
    }

    async fn complete(
        &self,
        template: &str,
        argument: &str,
        typed: &str,
        known: &(dyn for<'a> Fn(&'a str) -> Option<String> + Sync),
    ) -> Result<Option<Completion>, ToolError> {
        if template != self.at.object_template() && template != self.at.field_template() {
            return Ok(None);
        }
        self.org.open()?;
        let found = match argument {
            "object" => super::objects(&self.org, typed).await?,
            "field" => super::fields(&self.org, known("object").as_deref(), typed).await?,
            _ => Completion::default(),
        };
        Ok(Some(found))
    }
}

/// A number for a value, the same in this process as long as the value is.
fn hashed<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes.hash(&mut hasher),
        Err(error) => tracing::error!(%error, "a schema does not serialise"),
    }
    hasher.finish()
}
