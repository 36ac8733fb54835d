//! `POST /composite/sobjects/{object}`: many records of one object by their ids (REST API
//! Developer Guide, sObject Collections, "Get Records with a Request Body").

use http::Method;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Error, Id, Operation, Record, Request, Response, Safety};

/// The most ids of one request: the guide's figure for this form. It allows about 800 in the GET
/// form, whose address grows with them.
pub const MAX_IDS: usize = 2_000;

/// Reads up to [`MAX_IDS`] records. Its output has one entry per id, in order; `None` for a record
/// that does not exist or that the user may not read.
#[derive(Debug, Clone)]
pub struct GetRecords {
    object: String,
    ids: Vec<Id>,
    fields: Vec<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    ids: &'a [Id],
    fields: &'a [String],
}

impl GetRecords {
    /// These fields of these records. The platform wants at least one field.
    pub fn new(
        object: impl Into<String>,
        ids: impl Into<Vec<Id>>,
        fields: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        Self { object: object.into(), ids: ids.into(), fields }
    }
}

impl Operation for GetRecords {
    type Output = Vec<Option<Record>>;

    fn request(&self) -> Result<Request, Error> {
        if !(1..=MAX_IDS).contains(&self.ids.len()) {
            let given = self.ids.len();
            return Err(Error::invalid(format!(
                "one request takes 1 to {MAX_IDS} ids, not {given}"
            )));
        }
        if self.fields.is_empty() {
            return Err(Error::invalid("a read of many records names the fields to read"));
        }
        Request::new(Method::POST, "composite/sobjects/{object}", &[&self.object])?
            .json(&Body { ids: &self.ids, fields: &self.fields })
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        const WHAT: &str = "one record per id";
        let rows: Vec<Option<&RawValue>> = response.json(WHAT)?;
        if rows.len() != self.ids.len() {
            let problem = format!("{} records for {} ids", rows.len(), self.ids.len());
            return Err(response.unexpected(WHAT, problem));
        }
        let record =
            |raw: Option<&RawValue>| raw.map(|raw| Record::parse(&response.part(raw))).transpose();
        rows.into_iter().map(record).collect()
    }

    /// It only reads, although it is a POST.
    fn safety(&self) -> Safety {
        Safety::Read
    }
}
