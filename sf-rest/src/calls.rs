//! One line per operation.

mod acting;
mod analytics;
mod composition;
mod reading;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::ops::collections::{Collection, CollectionRecord, SaveResult};
use crate::ops::describe::{Describe, DescribeGlobal};
use crate::ops::limits::{Limit, Limits};
use crate::ops::query::{NextPage, Query};
use crate::ops::records::{CreateRecord, DeleteRecord, GetRecord, UpdateRecord};
use crate::ops::upsert::{UpsertRecord, Upserted};
use crate::ops::versions::{VersionInfo, Versions};
use crate::row::{QueryPage, Record, Row};
use crate::stream::RowStream;
use crate::{Client, Error, Id, many};

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// The API versions of the instance, oldest first.
    pub async fn versions(&self) -> Result<Vec<VersionInfo>, Error> {
        self.send(&Versions).await
    }

    /// The org's limits by name.
    pub async fn limits(&self) -> Result<BTreeMap<String, Limit>, Error> {
        self.send(&Limits).await
    }

    /// The list of all objects, as the platform sends it.
    pub async fn describe_global(&self) -> Result<Value, Error> {
        self.send(&DescribeGlobal).await
    }

    /// The description of one object, as the platform sends it.
    pub async fn describe(&self, object: &str) -> Result<Value, Error> {
        self.send(&Describe::new(object)).await
    }

    /// All rows of a query as a stream, of [`Record`] or of any deserializable type.
    pub fn query<R: Row>(&self, soql: impl Into<String>) -> RowStream<R> {
        self.query_with(Query::new(soql))
    }

    /// All rows of a query with options.
    pub fn query_with<R: Row>(&self, query: Query<R>) -> RowStream<R> {
        RowStream::new(self.clone(), query)
    }

    /// The first page of a query.
    pub async fn query_page(&self, query: &Query) -> Result<QueryPage, Error> {
        self.send(query).await
    }

    /// A later page, by the `next` of the page before.
    pub async fn next_page(&self, url: &str) -> Result<QueryPage, Error> {
        self.send(&NextPage::new(url)).await
    }

    /// One record: these fields, or all that the user may read if there are none.
    pub async fn get(&self, object: &str, id: Id, fields: &[&str]) -> Result<Record, Error> {
        self.send(&GetRecord::new(object, id).fields(fields.iter().copied())).await
    }

    /// Creates a record. Never sent twice: see [`Error::OutcomeUnknown`].
    pub async fn create(
        &self,
        object: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Id, Error> {
        let create = CreateRecord::new(object, fields)?;
        self.send(&create).await
    }

    /// Creates a record with an idempotency key, a value that it alone has in a unique external id
    /// field. After a lost answer the record is looked up by it: see [`CreateRecord::with_key`].
    pub async fn create_with_key(
        &self,
        object: &str,
        field: &str,
        value: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Id, Error> {
        let create = CreateRecord::new(object, fields)?.with_key(field, value)?;
        self.send(&create).await
    }

    /// Changes fields of a record.
    pub async fn update(
        &self,
        object: &str,
        id: Id,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        let update = UpdateRecord::new(object, id, fields)?;
        self.send(&update).await
    }

    /// Creates or updates the record whose external id field has this value.
    pub async fn upsert(
        &self,
        object: &str,
        field: &str,
        value: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Upserted, Error> {
        let upsert = UpsertRecord::new(object, field, value, fields)?;
        self.send(&upsert).await
    }

    /// Deletes a record.
    pub async fn delete(&self, object: &str, id: Id) -> Result<(), Error> {
        self.send(&DeleteRecord::new(object, id)).await
    }

    /// Writes any number of records, in requests of 200, with one result per record in order.
    ///
    /// Several requests are in flight at once
    /// ([`CallOptions::chunks_in_flight`](crate::CallOptions::chunks_in_flight)), so they may be
    /// executed in any order. A lost answer leaves the records of its own request unknown, and no
    /// others. After a request that failed as a whole no other is begun.
    ///
    /// # Errors
    /// Only if nothing can have been written; later failures stand in the results.
    pub async fn save(&self, write: &Collection) -> Result<Vec<SaveResult>, Error> {
        many::save(self, write).await
    }

    /// Creates records of one object. See [`save`](Self::save).
    pub async fn create_many<T: Serialize>(
        &self,
        object: &str,
        records: &[T],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, Error> {
        let records = collect(object, records)?;
        self.save(&Collection::create(records, all_or_none)).await
    }

    /// Creates records of one object, each with a value of its own in a unique external id field as
    /// its idempotency key: see [`Collection::with_key`] and [`save`](Self::save).
    pub async fn create_many_with_key<T: Serialize>(
        &self,
        object: &str,
        field: &str,
        records: &[T],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, Error> {
        let records = collect(object, records)?;
        self.save(&Collection::create(records, all_or_none).with_key(field)?).await
    }

    /// Updates records of one object, each by its id. See [`save`](Self::save).
    pub async fn update_many<T: Serialize>(
        &self,
        object: &str,
        records: &[(Id, T)],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, Error> {
        let records = records
            .iter()
            .map(|(id, fields)| Ok(CollectionRecord::new(object, fields)?.with_id(*id)))
            .collect::<Result<_, Error>>()?;
        self.save(&Collection::update(records, all_or_none)).await
    }

    /// Creates or updates records of one object by an external id field, which is one of the
    /// fields of each record. See [`save`](Self::save).
    pub async fn upsert_many<T: Serialize>(
        &self,
        object: &str,
        field: &str,
        records: &[T],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, Error> {
        let records = collect(object, records)?;
        self.save(&Collection::upsert(object, field, records, all_or_none)).await
    }

    /// Deletes records of any objects. See [`save`](Self::save).
    pub async fn delete_many(
        &self,
        ids: &[Id],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, Error> {
        self.save(&Collection::delete(ids.to_vec(), all_or_none)).await
    }
}

fn collect<T: Serialize>(object: &str, records: &[T]) -> Result<Vec<CollectionRecord>, Error> {
    records.iter().map(|fields| CollectionRecord::new(object, fields)).collect()
}
