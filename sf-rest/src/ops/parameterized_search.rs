//! `POST /parameterizedSearch`: full-text search without a statement (REST API Developer Guide,
//! Parameterized Search).

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use super::search::{Found, found};
use crate::{Error, Operation, Request, Response, Safety};

/// A full-text search by parameters, without a statement: nothing has to be escaped.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterizedSearch {
    q: String,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    scope: Option<SearchIn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sobjects: Vec<SearchObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overall_limit: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_limit: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spell_correction: Option<bool>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Which fields are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SearchIn {
    /// All that can be searched: the default.
    All,
    /// Names.
    Name,
    /// Email addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// Names, email addresses and telephone numbers of the sidebar search.
    Sidebar,
}

/// One object that is searched, and what is read of its records.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchObject {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u16>,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_by: Option<String>,
}

impl SearchObject {
    /// An object, of whose records only the id is read.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Vec::new(), limit: None, filter: None, order_by: None }
    }

    /// The fields to read.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// At most this many records of it.
    #[must_use]
    pub fn limit(mut self, records: u16) -> Self {
        self.limit = Some(records);
        self
    }

    /// A condition in SOQL, without `WHERE`.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<String>) -> Self {
        self.filter = Some(condition.into());
        self
    }

    /// The order, as in SOQL without `ORDER BY`: `Name ASC NULLS LAST`.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }
}

impl ParameterizedSearch {
    /// A search for a text in all objects and fields.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            q: text.into(),
            scope: None,
            fields: Vec::new(),
            sobjects: Vec::new(),
            overall_limit: None,
            default_limit: None,
            offset: None,
            spell_correction: None,
            rest: Map::new(),
        }
    }

    /// Which fields are searched.
    #[must_use]
    pub fn scope(mut self, scope: SearchIn) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The fields to read of objects that name none themselves.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Searches this object, and not all of them.
    #[must_use]
    pub fn object(mut self, object: SearchObject) -> Self {
        self.sobjects.push(object);
        self
    }

    /// At most this many records in all; the platform gives at most 2,000.
    #[must_use]
    pub fn overall_limit(mut self, records: u16) -> Self {
        self.overall_limit = Some(records);
        self
    }

    /// At most this many records of each object that has no limit of its own.
    #[must_use]
    pub fn default_limit(mut self, records: u16) -> Self {
        self.default_limit = Some(records);
        self
    }

    /// Leaves out the first results, at most 2,000; only for a search of one object.
    #[must_use]
    pub fn offset(mut self, records: u16) -> Self {
        self.offset = Some(records);
        self
    }

    /// Whether a text without results is corrected and searched again. The platform does so unless
    /// told not to.
    #[must_use]
    pub fn spell_correction(mut self, correct: bool) -> Self {
        self.spell_correction = Some(correct);
        self
    }

    /// Any other parameter: `snippet` (50 to 1,000 characters around what was found), `metadata`
    /// (`LABELS`), `dataCategories`, `division`, `netWorkIds`, `pricebookId`, `updateTracking`,
    /// `updateViewStat`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.rest.insert(name.into(), value.into());
        self
    }
}

impl Operation for ParameterizedSearch {
    type Output = Found;

    fn request(&self) -> Result<Request, Error> {
        if self.q.trim().is_empty() {
            return Err(Error::invalid("the text to search for is empty"));
        }
        if self.offset.is_some() && self.sobjects.len() != 1 {
            return Err(Error::invalid("an offset is for a search of exactly one object"));
        }
        Request::new(Method::POST, "parameterizedSearch", &[])?.json(self)
    }

    fn decode(&self, response: Response) -> Result<Found, Error> {
        found(&response)
    }

    /// It only reads, although it is a POST.
    fn safety(&self) -> Safety {
        Safety::Read
    }
}
