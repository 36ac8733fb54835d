//! The objects of an org, fetched once each and kept for a while.

mod facts;
mod index;
mod snapshots;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use sf_rest::ops::describe::{Describe, DescribeGlobal};

pub use self::index::{IndexEntry, IndexFilter};
pub use self::snapshots::Restored;
use self::table::{Key, Table, lock};
use crate::suggest::plain;
use crate::{Error, Layouts, Object, ObjectSummary, Resolution, Usage, resolve_object};

/// How long a describe is believed. Schemas change seldom; a schema error of
/// the org drops the entry at once through [`Catalog::forget`].
const DEFAULT_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How many candidates an unknown name is answered with.
const CANDIDATES: usize = 5;

/// The name under which the list of objects is kept.
const INDEX: &str = "";

/// The schema of one identity's org: what exists, and each object in full.
///
/// Everything is fetched at most once at a time however many callers wait for
/// it, and believed for a while. After that the org is asked whether it has
/// changed, which costs a request but no body if it has not. A describe shows
/// what one user may see, so what is kept is kept for the org, the user and
/// the API version; if the client's credentials turn out to be another user's,
/// it is dropped. Cheap to clone; clones share the cache.
///
/// Whether a change of a user's permissions changes the platform's tags and
/// dates of a describe is not documented. [`forget`](Self::forget) therefore
/// drops what is kept instead of asking whether it has changed.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    client: sf_rest::Client,
    lifetime: Duration,
    identity: Option<String>,
    owner: Mutex<Arc<str>>,
    index: Table<Arc<[ObjectSummary]>>,
    objects: Table<Arc<Object>>,
    layouts: Table<Arc<Layouts>>,
    usage: Table<Arc<Usage>>,
    rows: Table<Arc<BTreeMap<String, u64>>>,
    /// For whom the numbers of records could not be had, and when.
    no_rows: Mutex<Option<(Arc<str>, Instant)>>,
}

/// Settings of a [`Catalog`].
#[derive(Debug)]
#[must_use]
pub struct CatalogBuilder {
    client: sf_rest::Client,
    lifetime: Duration,
    identity: Option<String>,
}

impl CatalogBuilder {
    /// How long what was fetched is believed; 15 minutes by default.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Whose view it is, for sessions that do not say (`00D…/005…`). Without
    /// it such a session's snapshots are of no use to another process.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// The catalog.
    #[must_use]
    pub fn build(self) -> Catalog {
        let Self { client, lifetime, identity } = self;
        Catalog {
            inner: Arc::new(Inner {
                client,
                lifetime,
                identity,
                owner: Mutex::new("".into()),
                index: Table::new(),
                objects: Table::new(),
                layouts: Table::new(),
                usage: Table::new(),
                rows: Table::new(),
                no_rows: Mutex::default(),
            }),
        }
    }
}

/// An object found by a name that a person or a model wrote.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resolved {
    /// The object.
    pub object: Arc<Object>,
    /// False if the name was not its API name but its label or the like.
    pub by_api_name: bool,
}

impl Catalog {
    /// A catalog that fetches through `client`.
    #[must_use]
    pub fn new(client: sf_rest::Client) -> Self {
        Self::builder(client).build()
    }

    /// A catalog that believes what it fetched for `lifetime`.
    #[must_use]
    pub fn with_lifetime(client: sf_rest::Client, lifetime: Duration) -> Self {
        Self::builder(client).lifetime(lifetime).build()
    }

    /// A catalog with settings.
    pub fn builder(client: sf_rest::Client) -> CatalogBuilder {
        CatalogBuilder { client, lifetime: DEFAULT_LIFETIME, identity: None }
    }

    /// All objects that the user can see, as the global describe lists them.
    ///
    /// # Errors
    /// [`Error::Fetch`] if Salesforce could not be asked.
    pub async fn objects(&self) -> Result<Arc<[ObjectSummary]>, Error> {
        let key = self.key(INDEX).await?;
        let read = |raw: Value| Ok(ObjectSummary::list_from_describe_global(&raw).into());
        let inner = &self.inner;
        inner.index.get(key, inner.lifetime, &inner.client, DescribeGlobal, read).await
    }

    /// The object of this API name, in any case.
    ///
    /// # Errors
    /// [`Error::UnknownObject`] with the names that were probably meant;
    /// [`Error::Fetch`] if Salesforce could not be asked.
    pub async fn object(&self, name: &str) -> Result<Arc<Object>, Error> {
        let name = name.trim();
        // The name becomes a part of a URL path: only what an API name may hold goes there.
        let is_api_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_api_name && let Some(object) = self.fetch(name).await? {
            return Ok(object);
        }
        Err(self.unknown(name).await?)
    }

    /// The object that a person or a model means by `name`: its API name, or
    /// whatever [`resolve_object`] takes for the name of exactly one object that
    /// can be queried.
    ///
    /// # Errors
    /// As [`object`](Self::object); a name that fits several objects is unknown,
    /// with these as the candidates.
    pub async fn resolve(&self, name: &str) -> Result<Resolved, Error> {
        let (name, nearest) = match self.object(name).await {
            Ok(object) => return Ok(Resolved { object, by_api_name: true }),
            Err(Error::UnknownObject { name, candidates }) => (name, candidates),
            Err(other) => return Err(other),
        };
        let list = self.objects().await?;
        match resolve_object(&name, list.iter().filter(|o| o.queryable)) {
            Resolution::One(found, _) => {
                let object = self.object(&found).await?;
                Ok(Resolved { object, by_api_name: false })
            }
            Resolution::Several(several) => {
                let mut candidates: Vec<String> = several.into_iter().map(|c| c.name).collect();
                candidates.truncate(CANDIDATES);
                Err(Error::UnknownObject { name, candidates })
            }
            Resolution::None(_) => Err(Error::UnknownObject { name, candidates: nearest }),
        }
    }

    /// Drops what is cached of an object, so that the next use fetches it anew.
    pub fn forget(&self, name: &str) {
        let name = name.to_lowercase();
        self.inner.objects.forget(|key| key.name == name);
        self.inner.layouts.forget(|key| key.name == name);
        self.inner.usage.forget(|key| key.name == name);
    }

    /// Has the org asked, at the next use, whether an object has changed, unless it was asked within
    /// `age`. What is kept stays: if nothing has changed, the question costs no body.
    pub fn recheck(&self, name: &str, age: Duration) {
        let name = name.trim().to_lowercase();
        self.inner.objects.doubt(age, |key| key.name == name);
    }

    /// As [`recheck`](Self::recheck), of the list of objects.
    pub fn recheck_list(&self, age: Duration) {
        self.inner.index.doubt(age, |_| true);
    }

    /// As [`recheck`](Self::recheck), of all objects and of their list. Tells whether this made any
    /// doubtful: if not, what was used since the last time is no older than `age`.
    pub fn recheck_all(&self, age: Duration) -> bool {
        let objects = self.inner.objects.doubt(age, |_| true);
        self.inner.index.doubt(age, |_| true) || objects
    }

    /// Drops all that is cached.
    pub fn forget_all(&self) {
        self.drop_where(|_| true);
    }

    /// Drops what is cached of an object, and the list of objects, if `error`
    /// says that the org's schema is not the one that is cached: it does not
    /// know a field, an object or a picklist value that a call named. Tells
    /// whether it did.
    ///
    /// What it does not know can also be of another object that the call reached
    /// (a parent, children, a semi-join), and the error's text is no safe way to
    /// tell. So the org is asked about each of the others before it is believed
    /// again, which costs no body where nothing has changed.
    pub fn forget_after(&self, name: &str, error: &sf_rest::Error) -> bool {
        let stale = is_schema_error(error);
        if stale {
            self.forget(name);
            self.inner.index.forget(|_| true);
            self.inner.objects.doubt(Duration::ZERO, |_| true);
        }
        stale
    }

    fn drop_where(&self, drop: impl Fn(&Key) -> bool) {
        self.inner.index.forget(&drop);
        self.inner.objects.forget(&drop);
        self.inner.layouts.forget(&drop);
        self.inner.usage.forget(&drop);
        self.inner.rows.forget(&drop);
    }

    /// Org and user of the client's session.
    async fn identity(&self) -> Result<String, Error> {
        if let Some(identity) = &self.inner.identity {
            return Ok(identity.clone());
        }
        Ok(self.inner.client.session().await?.identity())
    }

    /// Org, user and API version; what is kept for others is dropped.
    async fn owner(&self) -> Result<Arc<str>, Error> {
        let owner = format!("{} {}", self.identity().await?, self.inner.client.version());
        let mut known = lock(&self.inner.owner);
        if **known != *owner {
            *known = owner.into();
            self.drop_where(|key| key.owner != *known);
        }
        Ok(Arc::clone(&known))
    }

    async fn key(&self, name: &str) -> Result<Key, Error> {
        Ok(Key { owner: self.owner().await?, name: name.to_lowercase() })
    }

    /// None if the org has no such object.
    async fn fetch(&self, name: &str) -> Result<Option<Arc<Object>>, Error> {
        let key = self.key(name).await?;
        let read = |raw: Value| Ok(Arc::new(Object::from_describe(&raw)?));
        let inner = &self.inner;
        let describe = Describe::new(name);
        match inner.objects.get(key, inner.lifetime, &inner.client, describe, read).await {
            Ok(object) => Ok(Some(object)),
            Err(Error::Fetch(error)) if is_not_found(&error) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn unknown(&self, name: &str) -> Result<Error, Error> {
        let list = self.objects().await?;
        let wanted = plain(name);
        let mut candidates: Vec<String> =
            list.iter().filter(|o| fits(o, &wanted)).map(|o| o.name.clone()).collect();
        let names = list.iter().map(|o| o.name.as_str());
        let labels = list.iter().flat_map(|o| [o.label.as_str(), o.label_plural.as_str()]);
        let by_name = crate::suggest(name, names);
        let by_label = crate::suggest(name, labels);
        let labelled = by_label.iter().flat_map(|label| {
            list.iter()
                .filter(move |o| o.label == *label || o.label_plural == *label)
                .map(|o| o.name.clone())
        });
        for candidate in by_name.into_iter().chain(labelled) {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        candidates.truncate(CANDIDATES);
        Ok(Error::UnknownObject { name: name.to_owned(), candidates })
    }
}

/// Names, label, plural label, or the API name without its namespace.
fn fits(object: &ObjectSummary, wanted: &str) -> bool {
    let bare = match object.name.split_once("__") {
        Some((namespace, rest)) if rest.contains("__") && !namespace.is_empty() => rest,
        _ => &object.name,
    };
    [&object.name, &object.label, &object.label_plural, bare].iter().any(|n| plain(n) == wanted)
}

fn is_not_found(error: &sf_rest::Error) -> bool {
    error.has_code(&sf_rest::ErrorCode::NOT_FOUND)
}

/// The codes by which the org says that it does not have what a call named (SOAP API Developer
/// Guide, `ExceptionCode` and `StatusCode`).
fn is_schema_error(error: &sf_rest::Error) -> bool {
    error.api_errors().iter().any(|e| {
        matches!(
            e.code.as_str(),
            "INVALID_FIELD"
                | "INVALID_TYPE"
                | "INVALID_FIELD_FOR_INSERT_UPDATE"
                | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        )
    })
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("lifetime", &self.inner.lifetime).finish_non_exhaustive()
    }
}
