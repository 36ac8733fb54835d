//! The objects of an org, fetched once each and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::suggest::plain;
use crate::{Error, Object, ObjectSummary};

/// How long a describe is believed. Schemas change seldom; a schema error of
/// the org drops the entry at once through [`Catalog::forget`].
const DEFAULT_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How many candidates an unknown name is answered with.
const CANDIDATES: usize = 5;

/// The schema of one identity's org: what exists, and each object in full.
///
/// Every describe is fetched at most once at a time however many callers wait
/// for it, and kept for a while. Cheap to clone; clones share the cache. A
/// describe shows what one user may see, so a catalog belongs to one identity.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    client: sf_rest::Client,
    lifetime: Duration,
    list: Mutex<Entry<Arc<[ObjectSummary]>>>,
    objects: Mutex<HashMap<String, Entry<Arc<Object>>>>,
}

/// A value that is being fetched, or was, since `born`.
struct Entry<T> {
    born: Instant,
    cell: Arc<OnceCell<T>>,
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
        Self::with_lifetime(client, DEFAULT_LIFETIME)
    }

    /// A catalog that believes what it fetched for `lifetime`.
    #[must_use]
    pub fn with_lifetime(client: sf_rest::Client, lifetime: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                lifetime,
                list: Mutex::new(Entry::new()),
                objects: Mutex::new(HashMap::new()),
            }),
        }
    }

    /// All objects that the user can see, as the global describe lists them.
    ///
    /// # Errors
    /// [`Error::Fetch`] if Salesforce could not be asked.
    pub async fn objects(&self) -> Result<Arc<[ObjectSummary]>, Error> {
        let cell = lock(&self.inner.list).current(self.inner.lifetime);
        let list = cell
            .get_or_try_init(|| async {
                let raw = self.inner.client.describe_global().await?;
                Ok::<_, Error>(ObjectSummary::list_from_describe_global(&raw).into())
            })
            .await?;
        Ok(Arc::clone(list))
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

    /// The object that a person or a model means by `name`: its API name, its
    /// label or plural, or its API name without namespace and suffix, if
    /// exactly one object fits.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn resolve(&self, name: &str) -> Result<Resolved, Error> {
        match self.object(name).await {
            Ok(object) => Ok(Resolved { object, by_api_name: true }),
            Err(Error::UnknownObject { name, candidates }) => {
                let list = self.objects().await?;
                let wanted = plain(&name);
                let mut fitting = list.iter().filter(|o| o.queryable && fits(o, &wanted));
                match (fitting.next(), fitting.next()) {
                    (Some(one), None) => {
                        let object = self.object(&one.name).await?;
                        Ok(Resolved { object, by_api_name: false })
                    }
                    _ => Err(Error::UnknownObject { name, candidates }),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// Drops what is cached of an object, so that the next use fetches it anew.
    pub fn forget(&self, name: &str) {
        lock(&self.inner.objects).remove(&name.to_lowercase());
    }

    /// None if the org has no such object.
    async fn fetch(&self, name: &str) -> Result<Option<Arc<Object>>, Error> {
        let key = name.to_lowercase();
        let cell = lock(&self.inner.objects)
            .entry(key.clone())
            .or_insert_with(Entry::new)
            .current(self.inner.lifetime);
        let fetched = cell
            .get_or_try_init(|| async {
                let raw = self.inner.client.describe(name).await?;
                Ok::<_, Error>(Arc::new(Object::from_describe(&raw)?))
            })
            .await;
        match fetched {
            Ok(object) => Ok(Some(Arc::clone(object))),
            Err(error) => {
                // Names that do not exist must not fill the map.
                lock(&self.inner.objects).retain(|k, e| *k != key || e.cell.initialized());
                match error {
                    Error::Fetch(error) if is_not_found(&error) => Ok(None),
                    other => Err(other),
                }
            }
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

impl<T> Entry<T> {
    fn new() -> Self {
        Self { born: Instant::now(), cell: Arc::new(OnceCell::new()) }
    }

    /// The cell to read or fill; a fresh one once the old has lived its time.
    fn current(&mut self, lifetime: Duration) -> Arc<OnceCell<T>> {
        if self.born.elapsed() > lifetime {
            *self = Self::new();
        }
        Arc::clone(&self.cell)
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

/// The data behind these locks is valid at every step, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("lifetime", &self.inner.lifetime).finish_non_exhaustive()
    }
}
