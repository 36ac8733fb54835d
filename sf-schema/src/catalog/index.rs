//! The list of objects, narrowed.

use super::{Catalog, fits};
use crate::suggest::plain;
use crate::{Error, ObjectSummary};

/// Which objects to list. The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexFilter {
    /// Only objects whose records may be queried.
    pub queryable: bool,
    /// Only those made by an administrator or a package, or only the others.
    pub custom: Option<bool>,
    /// Only objects that have records, by [`Catalog::row_counts`].
    pub has_rows: bool,
    /// Only objects whose API name or label holds this text, in any case;
    /// those that are named by it stand first.
    pub search: Option<String>,
}

/// An object of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexEntry {
    /// What the list tells of it.
    pub object: ObjectSummary,
    /// About how many records it has, if that was asked for.
    pub rows: Option<u64>,
}

impl IndexFilter {
    /// Only objects whose API name or label holds `text`.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Only objects whose records may be queried.
    #[must_use]
    pub fn queryable(mut self) -> Self {
        self.queryable = true;
        self
    }

    /// Only custom objects, or only standard ones.
    #[must_use]
    pub fn custom(mut self, custom: bool) -> Self {
        self.custom = Some(custom);
        self
    }

    /// Only objects that have records.
    #[must_use]
    pub fn has_rows(mut self) -> Self {
        self.has_rows = true;
        self
    }

    /// How well an object fits the text: 0 is named by it, 1 begins with it, 2
    /// holds it.
    fn rank(&self, object: &ObjectSummary) -> Option<u8> {
        let Some(search) = self.search.as_deref().map(str::trim).filter(|s| !s.is_empty()) else {
            return Some(2);
        };
        let (lower, bare) = (search.to_lowercase(), plain(search));
        if fits(object, &bare) {
            return Some(0);
        }
        let texts = [&object.name, &object.label, &object.label_plural].map(|t| t.to_lowercase());
        if texts.iter().any(|text| text.starts_with(&lower)) {
            return Some(1);
        }
        let holds = texts.iter().any(|text| text.contains(&lower))
            || (!bare.is_empty() && plain(&object.name).contains(&bare));
        holds.then_some(2)
    }
}

impl Catalog {
    /// The objects that fit `filter`: those named by its text first, then by
    /// API name.
    ///
    /// # Errors
    /// [`Error::Fetch`] if Salesforce could not be asked.
    pub async fn index(&self, filter: &IndexFilter) -> Result<Vec<IndexEntry>, Error> {
        let list = self.objects().await?;
        let mut fitting: Vec<(u8, IndexEntry)> = list
            .iter()
            .filter(|o| !filter.queryable || o.queryable)
            .filter(|o| filter.custom.is_none_or(|custom| o.custom == custom))
            .filter_map(|o| Some((filter.rank(o)?, IndexEntry { object: o.clone(), rows: None })))
            .collect();
        if filter.has_rows {
            let counts = self.row_counts().await?;
            for (_, entry) in &mut fitting {
                entry.rows = counts.get(&entry.object.name).copied();
            }
            fitting.retain(|(_, entry)| entry.rows.is_some_and(|rows| rows > 0));
        }
        fitting.sort_by_cached_key(|(rank, entry)| (*rank, entry.object.name.to_lowercase()));
        Ok(fitting.into_iter().map(|(_, entry)| entry).collect())
    }
}
