//! Resources: what a host can read by its address and put before a model, without a call of a tool.
//!
//! | address | what it is |
//! |---|---|
//! | `salesforce://{org}/schema` | the objects that are to be seen |
//! | `salesforce://{org}/schema/{object}` | the card of one object |
//! | `salesforce://{org}/schema/{object}/{field}` | one field in full |
//! | `salesforce://{org}/reports` | the reports that the user can run |
//! | `salesforce://{org}/reports/{report}` | what one of them shows, by id or name |
//! | `salesforce://results/{id}` | a result that a tool kept as a file, for the caller that made it |
//!
//! All of it is read through the guarded [`Org`], so what a policy hides is no resource either.
//! Others come from a [`ResourceProvider`] that the org was built with
//! ([`OrgBuilder::resources`](crate::OrgBuilder::resources)).

mod address;
mod complete;
mod reports;
mod results;
mod schema;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use complete::Completion;
pub(crate) use complete::{fields, objects, ranked};
pub use watch::{ResourceChange, ResourceWatch};

use crate::{CallContext, Org, ToolError};

/// One thing that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceInfo {
    /// Its address.
    pub uri: String,
    /// A short name.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// What it holds, in a sentence.
    pub description: String,
    /// The media type of its text.
    pub mime_type: String,
    /// Bytes of its text, if known.
    pub size: Option<u64>,
}

impl ResourceInfo {
    /// A resource of plain text.
    pub fn new(uri: impl Into<String>, name: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: name.into(),
            title: title.into(),
            description: String::new(),
            mime_type: PLAIN.to_owned(),
            size: None,
        }
    }

    /// States what it holds.
    #[must_use]
    pub fn described(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// States another media type than plain text, and the number of bytes if it is known.
    #[must_use]
    pub fn of_type(mut self, mime_type: impl Into<String>, size: Option<u64>) -> Self {
        self.mime_type = mime_type.into();
        self.size = size;
        self
    }
}

/// Addresses of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceTemplate {
    /// The form, as a URI template (RFC 6570, level 1).
    pub uri_template: String,
    /// A short name.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// What is behind such an address, in a sentence.
    pub description: String,
    /// The media type of its text.
    pub mime_type: String,
}

impl ResourceTemplate {
    /// Addresses of plain texts.
    pub fn new(
        uri_template: impl Into<String>,
        name: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            uri_template: uri_template.into(),
            name: name.into(),
            title: title.into(),
            description: description.into(),
            mime_type: PLAIN.to_owned(),
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceText {
    /// The address.
    pub uri: String,
    /// The media type of the text.
    pub mime_type: String,
    /// The text. If it is not all there is, it says so itself.
    pub text: String,
}

impl ResourceText {
    /// A text of this media type.
    pub fn new(
        uri: impl Into<String>,
        mime_type: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self { uri: uri.into(), mime_type: mime_type.into(), text: text.into() }
    }
}

const PLAIN: &str = "text/plain";

/// Resources of one kind.
#[async_trait]
pub trait ResourceProvider: Send + Sync {
    /// What there is, in a fixed order.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    async fn list(&self, cx: &CallContext) -> Result<Vec<ResourceInfo>, ToolError>;

    /// The forms of its addresses.
    fn templates(&self) -> Vec<ResourceTemplate> {
        Vec::new()
    }

    /// What is behind an address; none if the address is of another kind.
    ///
    /// # Errors
    /// [`fix_your_call`](crate::ErrorClass::FixYourCall) if the address is of this kind and nothing
    /// is behind it; others if it could not be read.
    async fn read(&self, cx: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError>;

    /// A number that is another one after what is behind the address has changed; none if the
    /// address is of another kind, or what is behind it never changes. Salesforce is not asked again
    /// if it was within `age`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    async fn version(&self, uri: &str, age: Duration) -> Result<Option<u64>, ToolError> {
        let _ = (uri, age);
        Ok(None)
    }

    /// As [`version`](Self::version), of the list.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    async fn list_version(&self, age: Duration) -> Result<u64, ToolError> {
        let _ = age;
        Ok(0)
    }

    /// Values for an argument of one of its templates; none if the template is of another kind.
    /// `known` tells the arguments that are given already.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    async fn complete(
        &self,
        template: &str,
        argument: &str,
        typed: &str,
        known: &(dyn for<'a> Fn(&'a str) -> Option<String> + Sync),
    ) -> Result<Option<Completion>, ToolError> {
        let _ = (template, argument, typed, known);
        Ok(None)
    }
}

/// The resources of one identity, of one org or several. Cheap to clone.
#[derive(Clone)]
pub struct Resources {
    orgs: Arc<[Org]>,
    providers: Arc<[Arc<dyn ResourceProvider>]>,
}

impl Resources {
    /// The schema of `org`, and what else it has.
    #[must_use]
    pub fn new(org: &Org) -> Self {
        Self::made(org, org.name(), None)
    }

    /// Those of an org that its tool set calls `alias` among several.
    #[must_use]
    pub fn named(org: &Org, alias: &str) -> Self {
        Self::made(org, alias, Some(alias))
    }

    fn made(org: &Org, name: &str, alias: Option<&str>) -> Self {
        let schema: Arc<dyn ResourceProvider> = Arc::new(schema::Schema::new(org.clone(), name));
        let kept: Arc<dyn ResourceProvider> =
            Arc::new(results::KeptResults::new(org.clone(), alias));
        let reports: Arc<dyn ResourceProvider> =
            Arc::new(reports::Reports::new(org.clone(), name, alias));
        let more = org.more_resources().iter().cloned();
        let providers = [schema, reports, kept].into_iter().chain(more).collect();
        Self { orgs: Arc::new([org.clone()]), providers }
    }

    /// With those of another org of the same identity, which stand behind these.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let orgs = self.orgs.iter().chain(other.orgs.iter()).cloned().collect();
        let providers = self.providers.iter().chain(other.providers.iter()).cloned().collect();
        Self { orgs, providers }
    }

    /// Whether a text is an address of the kind that resources here have.
    #[must_use]
    pub fn is_address(uri: &str) -> bool {
        uri.starts_with(address::SCHEME)
    }

    /// Everything that can be read and has an address of its own.
    ///
    /// # Errors
    /// Outside the time windows of the policy, and if Salesforce could not be asked.
    pub async fn list(&self, cx: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        let mut all = Vec::new();
        for provider in self.providers.iter() {
            all.extend(cx.unless_cancelled(provider.list(cx)).await?);
        }
        Ok(all)
    }

    /// The forms of addresses.
    #[must_use]
    pub fn templates(&self) -> Vec<ResourceTemplate> {
        self.providers.iter().flat_map(|provider| provider.templates()).collect()
    }

    /// What is behind an address.
    ///
    /// # Errors
    /// [`fix_your_call`](crate::ErrorClass::FixYourCall) if nothing is, or nothing that this
    /// identity may see; others as [`list`](Self::list).
    pub async fn read(&self, cx: &CallContext, uri: &str) -> Result<ResourceText, ToolError> {
        for provider in self.providers.iter() {
            if let Some(text) = cx.unless_cancelled(provider.read(cx, uri)).await? {
                return Ok(text);
            }
        }
        let uri = crate::text::shorten(uri, 200);
        Err(ToolError::fix_your_call(format!("There is no resource {uri:?}.")))
    }

    /// Values for an argument of a template; empty for one that has none.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn complete(
        &self,
        template: &str,
        argument: &str,
        typed: &str,
        known: &(dyn for<'a> Fn(&'a str) -> Option<String> + Sync),
    ) -> Result<Completion, ToolError> {
        for provider in self.providers.iter() {
            if let Some(found) = provider.complete(template, argument, typed, known).await? {
                return Ok(found);
            }
        }
        Ok(Completion::default())
    }

    /// Changes of these resources, looked for every `every`, and at once after a call of a tool
    /// found that the org's schema had changed. Nothing is asked while nobody waits for
    /// [`ResourceWatch::next`].
    #[must_use]
    pub fn watch(&self, every: Duration) -> ResourceWatch {
        ResourceWatch::new(self.clone(), every)
    }

    /// What `uri` is now: a number that changes with it; none if it cannot be read.
    async fn version(&self, uri: &str, age: Duration) -> Result<Option<u64>, ToolError> {
        for provider in self.providers.iter() {
            if let Some(version) = provider.version(uri, age).await? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    async fn list_version(&self, age: Duration) -> Result<Vec<u64>, ToolError> {
        let mut versions = Vec::new();
        for provider in self.providers.iter() {
            versions.push(provider.list_version(age).await?);
        }
        Ok(versions)
    }
}

impl std::fmt::Debug for Resources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resources")
            .field("providers", &self.providers.len())
            .finish_non_exhaustive()
    }
}
