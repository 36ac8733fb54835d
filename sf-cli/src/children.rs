//! Rows with all of their children: of a long list Salesforce sends the first, and the address of a
//! page for the others (REST API Developer Guide, "Query").

use std::collections::HashMap;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use sf_rest::{ChildRecords, Client, Error, Record, ValueRef};

/// Children that did not come with their row, by the address of the first page of them.
pub(crate) type Rest = HashMap<String, Vec<Record>>;

/// Reads the children of a row, and theirs, that did not come with it.
///
/// # Errors
/// [`Error::Incomplete`] if fewer or more come than were announced.
pub(crate) async fn rest(client: &Client, row: &Record) -> Result<Rest, Error> {
    let (mut rest, mut open) = (Rest::new(), vec![row.clone()]);
    while let Some(record) = open.pop() {
        for (_, value) in record.iter() {
            let ValueRef::Records(children) = value else { continue };
            open.extend(children.records());
            let more = others(client, &children).await?;
            open.extend(more.iter().cloned());
            if let Some(first) = children.next() {
                rest.insert(first.to_owned(), more);
            }
        }
    }
    Ok(rest)
}

async fn others(client: &Client, children: &ChildRecords) -> Result<Vec<Record>, Error> {
    let (here, expected) = (children.records().len() as u64, children.total_size());
    let (mut more, mut next) = (Vec::new(), children.next().map(str::to_owned));
    let received = |more: &[Record]| here + more.len() as u64;
    while let Some(url) = next.filter(|_| received(&more) < expected) {
        let page = client.next_page(&url).await?;
        // A page without rows could be followed for ever.
        next = page.next.filter(|_| !page.records.is_empty());
        more.extend(page.records);
    }
    if received(&more) != expected {
        let problem = "which are children of one record";
        return Err(Error::Incomplete { expected, received: received(&more), problem });
    }
    Ok(more)
}

/// A row as JSON, with the children that were read after it.
pub(crate) struct Whole<'a>(pub(crate) &'a Record, pub(crate) &'a Rest);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(record, rest) = self;
        let mut map = serializer.serialize_map(Some(record.len()))?;
        for (name, value) in record.iter() {
            match &value {
                ValueRef::Records(children) => {
                    map.serialize_entry(name, &Children(children, rest))?;
                }
                value => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// All children of a row, in the form of those that Salesforce sends at once.
pub(crate) struct Children<'a>(pub(crate) &'a ChildRecords, pub(crate) &'a Rest);

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("totalSize", &self.0.total_size())?;
        map.serialize_entry("done", &true)?;
        map.serialize_entry("records", &Rows(self.0, self.1))?;
        map.end()
    }
}

struct Rows<'a>(&'a ChildRecords, &'a Rest);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(children, rest) = self;
        let mut seq = serializer.serialize_seq(None)?;
        for record in children.records() {
            seq.serialize_element(&Whole(&record, rest))?;
        }
        for record in children.next().and_then(|first| rest.get(first)).into_iter().flatten() {
            seq.serialize_element(&Whole(record, rest))?;
        }
        seq.end()
    }
}
