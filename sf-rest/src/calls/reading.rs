//! One line per operation: records by other ways than a query, searches, feeds, and what the org
//! has.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ops::explain::{Explain, Plan};
use crate::ops::external_id::GetByExternalId;
use crate::ops::feeds::{Changed, Deleted, Removed, Updated};
use crate::ops::if_changed::{Conditional, IfChanged, Validators};
use crate::ops::layouts::{CompactLayoutSet, CompactLayouts, LayoutSet, Layouts};
use crate::ops::list_views::{ListViewPage, ListViewResults, ListViewRows, ListViews};
use crate::ops::parameterized_search::ParameterizedSearch;
use crate::ops::recent::Recent;
use crate::ops::record_counts::RecordCounts;
use crate::ops::related::{RelatedRecord, RelatedRecords};
use crate::ops::resources::Resources;
use crate::ops::retrieve::{GetRecords, MAX_IDS};
use crate::ops::search::{Found, Search};
use crate::ops::suggestions::{Suggested, Suggestions};
use crate::row::{QueryPage, Record};
use crate::{Client, Error, Id, Operation};

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// The resources of the API version: their paths by their names.
    pub async fn resources(&self) -> Result<BTreeMap<String, String>, Error> {
        self.send(&Resources).await
    }

    /// One record by an external id: these fields, or all that the user may read if there are none.
    pub async fn get_by_external_id(
        &self,
        object: &str,
        field: &str,
        value: &str,
        fields: &[&str],
    ) -> Result<Record, Error> {
        let get = GetByExternalId::new(object, field, value);
        self.send(&get.fields(fields.iter().copied())).await
    }

    /// Any number of records of one object by their ids, in requests of 2,000, with one entry per
    /// id in order; `None` for a record that does not exist or that the user may not read.
    pub async fn get_many(
        &self,
        object: &str,
        ids: &[Id],
        fields: &[&str],
    ) -> Result<Vec<Option<Record>>, Error> {
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_IDS) {
            records.extend(self.send(&GetRecords::new(object, ids, fields.iter().copied())).await?);
        }
        Ok(records)
    }

    /// The record that a lookup points to, by the name of the relationship (`Account`).
    pub async fn related_record(
        &self,
        object: &str,
        id: Id,
        relationship: &str,
        fields: &[&str],
    ) -> Result<Option<Record>, Error> {
        let related = RelatedRecord::new(object, id, relationship);
        self.send(&related.fields(fields.iter().copied())).await
    }

    /// The first page of the children of a record, by the name of the relationship (`Contacts`).
    pub async fn related_records(
        &self,
        object: &str,
        id: Id,
        relationship: &str,
        fields: &[&str],
    ) -> Result<QueryPage, Error> {
        let related = RelatedRecords::new(object, id, relationship);
        self.send(&related.fields(fields.iter().copied())).await
    }

    /// What an operation reads, if it is newer than `since`.
    pub async fn if_changed<O: Operation>(
        &self,
        operation: O,
        since: Validators,
    ) -> Result<Conditional<O::Output>, Error> {
        self.send(&IfChanged::new(operation, since)).await
    }

    /// How the platform would execute a statement, the cheapest way first.
    pub async fn explain(&self, soql: &str) -> Result<Vec<Plan>, Error> {
        self.send(&Explain::soql(soql)).await
    }

    /// A full-text search in SOSL.
    pub async fn search(&self, sosl: &str) -> Result<Found, Error> {
        self.send(&Search::new(sosl)).await
    }

    /// A full-text search by parameters.
    pub async fn search_by(&self, search: &ParameterizedSearch) -> Result<Found, Error> {
        self.send(search).await
    }

    /// Records whose name is like what a person is typing.
    pub async fn suggestions(&self, text: &str, objects: &[&str]) -> Result<Suggested, Error> {
        self.send(&Suggestions::new(text, objects.iter().copied())).await
    }

    /// The records that were created or changed in a span of at most 30 days.
    pub async fn updated(
        &self,
        object: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Changed, Error> {
        self.send(&Updated::new(object, start, end)).await
    }

    /// The records that were deleted in a span of at most 15 days.
    pub async fn deleted(
        &self,
        object: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Removed, Error> {
        self.send(&Deleted::new(object, start, end)).await
    }

    /// About how many records objects have.
    pub async fn record_counts(&self, objects: &[&str]) -> Result<BTreeMap<String, u64>, Error> {
        self.send(&RecordCounts::new(objects.iter().copied())).await
    }

    /// The records that the user worked on last.
    pub async fn recent(&self) -> Result<Vec<Record>, Error> {
        self.send(&Recent::new()).await
    }

    /// The page layouts of an object.
    pub async fn layouts(&self, object: &str) -> Result<LayoutSet, Error> {
        self.send(&Layouts::new(object)).await
    }

    /// The compact layouts of an object.
    pub async fn compact_layouts(&self, object: &str) -> Result<CompactLayoutSet, Error> {
        self.send(&CompactLayouts::new(object)).await
    }

    /// The first page of the list views of an object.
    pub async fn list_views(&self, object: &str) -> Result<ListViewPage, Error> {
        self.send(&ListViews::new(object)).await
    }

    /// The first rows of a list view, at most `limit`.
    pub async fn list_view_rows(
        &self,
        object: &str,
        id: Id,
        limit: u32,
    ) -> Result<ListViewRows, Error> {
        self.send(&ListViewResults::new(object, id).limit(limit)).await
    }
}
