//! A catalog to and from a snapshot.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use sf_rest::ops::if_changed::Validators;

use super::table::{Kept, Key};
use super::{Catalog, INDEX};
use crate::snapshot::{Dated, Snapshot};
use crate::{Error, Object};

/// What a catalog took from a snapshot file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Restored {
    /// How many objects it knows from the file.
    pub objects: usize,
    /// Why the file was not used: it is damaged, of another version of this
    /// crate, or of another user. Everything is fetched anew then. A file that
    /// does not exist is no reason to warn.
    pub warning: Option<Error>,
}

impl Catalog {
    /// All that this catalog knows now, without fetching anything.
    ///
    /// # Errors
    /// [`Error::Fetch`] if there is no session to tell whose view it is.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let owner = self.owner().await?;
        let taken_at = Timestamp::now();
        let mut objects = Vec::new();
        for (_, kept) in self.inner.objects.kept(&owner) {
            objects.push(dated(kept, taken_at, |object: Arc<Object>| (*object).clone()));
        }
        let index = self.inner.index.kept(&owner).into_iter().next();
        Ok(Snapshot {
            identity: self.identity().await?,
            api_version: self.inner.client.version().to_string(),
            taken_at,
            index: index.map(|(_, kept)| dated(kept, taken_at, |list| list.to_vec())),
            objects,
        })
    }

    /// Takes over what a snapshot knows. What is older than this catalog's
    /// lifetime is asked for before it is believed, which costs a 304 if it has
    /// not changed.
    ///
    /// # Errors
    /// [`Error::SnapshotOfAnother`] if it is another user's view or of another
    /// API version; [`Error::Fetch`] if there is no session.
    pub async fn restore(&self, snapshot: Snapshot) -> Result<usize, Error> {
        let (identity, version) = (self.identity().await?, self.inner.client.version().to_string());
        if snapshot.identity != identity || snapshot.api_version != version {
            return Err(Error::SnapshotOfAnother {
                found: format!("{} at API {}", snapshot.identity, snapshot.api_version),
                wanted: format!("{identity} at API {version}"),
            });
        }
        let owner = self.owner().await?;
        let key = |name: &str| Key { owner: Arc::clone(&owner), name: name.to_lowercase() };
        if let Some(index) = snapshot.index {
            self.inner.index.put(key(INDEX), kept(index, Into::into));
        }
        let count = snapshot.objects.len();
        for object in snapshot.objects {
            self.inner.objects.put(key(&object.value.name), kept(object, Arc::new));
        }
        Ok(count)
    }

    /// Starts from a snapshot file if it can be used. A file that cannot is
    /// told in the answer and otherwise as if it were not there.
    ///
    /// # Errors
    /// [`Error::Fetch`] if there is no session.
    pub async fn start_from(&self, path: &Path) -> Result<Restored, Error> {
        let snapshot = match Snapshot::load(path) {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Ok(Restored { objects: 0, warning: None }),
            Err(error) => return Ok(Restored { objects: 0, warning: Some(error) }),
        };
        match self.restore(snapshot).await {
            Ok(objects) => Ok(Restored { objects, warning: None }),
            Err(Error::Fetch(error)) => Err(Error::Fetch(error)),
            Err(other) => Ok(Restored { objects: 0, warning: Some(other) }),
        }
    }
}

fn dated<V, S>(kept: Kept<V>, now: Timestamp, value: impl FnOnce(V) -> S) -> Dated<S> {
    Dated {
        checked_at: kept
            .checked
            .and_then(|at| now.checked_sub(at.elapsed()).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH),
        etag: kept.validators.etag().map(str::to_owned),
        last_modified: kept.validators.last_modified().map(str::to_owned),
        value: value(kept.value),
    }
}

fn kept<S, V>(dated: Dated<S>, value: impl FnOnce(S) -> V) -> Kept<V> {
    let validators = Validators::from_texts(dated.etag.as_deref(), dated.last_modified.as_deref());
    // A time in the future, or before this machine started, counts as never.
    let age = Timestamp::now().duration_since(dated.checked_at);
    let checked = age.try_into().ok().and_then(|age| Instant::now().checked_sub(age));
    Kept { value: value(dated.value), validators: validators.unwrap_or_default(), checked }
}
