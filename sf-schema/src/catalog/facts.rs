//! What is known of objects beside their describes: layouts, use, number of records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use sf_rest::Query;
use sf_rest::ops::layouts::Layouts as DescribeLayouts;
use sf_rest::ops::record_counts::RecordCounts;

use super::table::lock;
use super::{Catalog, INDEX};
use crate::{Error, Known, Layouts, Usage};

/// Records that [`Catalog::usage`] looks at: the most that `FIELDS(ALL)` may
/// be asked for (SOQL and SOSL Reference, FIELDS).
const SAMPLE: u32 = 200;

impl Catalog {
    /// What the page layouts of an object tell: the fields that people work
    /// with, and the picklist values of each record type. One more request.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn layouts(&self, name: &str) -> Result<Arc<Layouts>, Error> {
        let object = self.object(name).await?;
        let key = self.key(&object.name).await?;
        let operation = DescribeLayouts::new(&object.name);
        let inner = &self.inner;
        let read = |set| Ok(Layouts::from_layouts(&set).into());
        inner.layouts.get(key, inner.lifetime, &inner.client, operation, read).await
    }

    /// How often each field of an object holds a value, in a sample of 200
    /// records, those that the org returns first. One more request.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn usage(&self, name: &str) -> Result<Arc<Usage>, Error> {
        let object = self.object(name).await?;
        let key = self.key(&object.name).await?;
        let soql = format!("SELECT FIELDS(ALL) FROM {} LIMIT {SAMPLE}", object.name);
        let query: Query = Query::new(soql);
        let read = |page| Ok(Usage::of_page(&page).into());
        let inner = &self.inner;
        inner.usage.get(key, inner.lifetime, &inner.client, query, read).await
    }

    /// About how many records each object of the org has, by API name; objects
    /// without any are left out. One request for all objects, believed for as
    /// long as a describe.
    ///
    /// # Errors
    /// [`Error::Fetch`] if Salesforce could not be asked, or does not tell this
    /// user.
    pub async fn row_counts(&self) -> Result<Arc<BTreeMap<String, u64>>, Error> {
        let key = self.key(INDEX).await?;
        let every = RecordCounts::new(None::<String>);
        let inner = &self.inner;
        let read = |counts: BTreeMap<String, u64>| Ok(Arc::new(counts));
        inner.rows.get(key, inner.lifetime, &inner.client, every, read).await
    }

    /// Tells `known` how many records its objects have, so that
    /// [`check_query`](crate::check_query) can warn of large ones. It costs what
    /// [`row_counts`](Self::row_counts) does, one request in the catalog's
    /// lifetime; so does a failure, after which nothing is asked and nothing
    /// learnt for as long.
    ///
    /// # Errors
    /// As [`row_counts`](Self::row_counts). What is known stays as it was; a
    /// caller that checks a query goes on without.
    pub async fn learn_rows(&self, known: &mut Known) -> Result<(), Error> {
        let owner = self.owner().await?;
        let failed = lock(&self.inner.no_rows).clone();
        if failed.is_some_and(|(of, at)| of == owner && at.elapsed() < self.inner.lifetime) {
            return Ok(());
        }
        let counts = match self.row_counts().await {
            Ok(counts) => counts,
            Err(error) => {
                *lock(&self.inner.no_rows) = Some((owner, Instant::now()));
                return Err(error);
            }
        };
        for (object, rows) in counts.iter() {
            known.set_rows(object, *rows);
        }
        Ok(())
    }

    /// Tells `known` how much the fields of `object` are used
    /// ([`usage`](Self::usage): at most one request beside the describe), so that
    /// of candidates about equally near the more used one comes first.
    ///
    /// # Errors
    /// As [`usage`](Self::usage).
    pub async fn learn_usage(&self, object: &str, known: &mut Known) -> Result<(), Error> {
        let object = self.object(object).await?;
        let usage = self.usage(&object.name).await?;
        known.set_usage(&object.name, (*usage).clone());
        Ok(())
    }
}
