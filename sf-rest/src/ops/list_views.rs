//! `/sobjects/{object}/listviews`: the lists that people made (REST API Developer Guide, List
//! Views, List View Describe, List View Results).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// The most rows of one request for results.
pub const MAX_ROWS: u32 = 2_000;

/// Lists the list views of an object that the user may see: the first page.
#[derive(Debug, Clone)]
pub struct ListViews {
    object: String,
}

/// A later page of [`ListViews`], by the address that the page before gave.
#[derive(Debug, Clone)]
pub struct NextListViews {
    url: String,
}

/// A page of list views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ListViewPage {
    /// The list views.
    pub listviews: Vec<ListView>,
    /// Whether this is the last page.
    pub done: bool,
    /// The address of the next page, if there is one.
    #[serde(default, rename(deserialize = "nextRecordsUrl"))]
    pub next: Option<String>,
    /// How many there are in all.
    #[serde(default)]
    pub size: u64,
}

/// A list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ListView {
    /// Its id.
    pub id: Id,
    /// Its API name.
    #[serde(default, deserialize_with = "or_default")]
    pub developer_name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// Whether a SOQL statement can do the same: [`DescribeListView`] tells it.
    #[serde(default)]
    pub soql_compatible: bool,
}

/// Describes a list view: its columns, its order, and the statement behind it.
#[derive(Debug, Clone)]
pub struct DescribeListView {
    object: String,
    id: Id,
}

/// The description of a list view. What has no field of its own here is in [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ListViewDescription {
    /// The columns, in order.
    #[serde(default, deserialize_with = "or_default")]
    pub columns: Vec<ListViewColumn>,
    /// The statement that finds its records.
    #[serde(default)]
    pub query: Option<String>,
    /// Whose records: `everything`, `mine`, …
    #[serde(default)]
    pub scope: Option<String>,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A column of a list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ListViewColumn {
    /// The field, or a path of fields; the key of each row's values.
    #[serde(default, deserialize_with = "or_default")]
    pub field_name_or_path: String,
    /// The label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The type of the field.
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
    /// Whether a person sees it; hidden ones, such as the id, come with the rows all the same.
    #[serde(default)]
    pub hidden: bool,
}

/// Reads the rows of a list view.
#[derive(Debug, Clone)]
pub struct ListViewResults {
    object: String,
    id: Id,
    limit: Option<u32>,
    offset: u32,
}

/// Rows of a list view. The platform sends every value as text, dates as a person reads them in
/// no fixed time zone: for values to calculate with, execute the description's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListViewRows {
    /// The columns, in order.
    pub columns: Vec<ListViewColumn>,
    /// The rows: values by [`ListViewColumn::field_name_or_path`].
    pub rows: Vec<BTreeMap<String, Option<String>>>,
    /// Whether the list ends with these rows.
    pub done: bool,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default, deserialize_with = "or_default")]
    columns: Vec<ListViewColumn>,
    records: Vec<ResultRow>,
    done: bool,
}

#[derive(Deserialize)]
struct ResultRow {
    columns: Vec<ResultValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultValue {
    field_name_or_path: String,
    #[serde(default)]
    value: Value,
}

impl ListViews {
    /// Of an object.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into() }
    }
}

impl NextListViews {
    /// The page at an address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }
}

impl DescribeListView {
    /// One list view of an object.
    pub fn new(object: impl Into<String>, id: Id) -> Self {
        Self { object: object.into(), id }
    }
}

impl ListViewResults {
    /// The first rows; the platform gives 25 unless [`limit`](Self::limit) says more.
    pub fn new(object: impl Into<String>, id: Id) -> Self {
        Self { object: object.into(), id, limit: None, offset: 0 }
    }

    /// At most this many rows; 1 to [`MAX_ROWS`].
    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leaves out the first rows.
    #[must_use]
    pub fn offset(mut self, rows: u32) -> Self {
        self.offset = rows;
        self
    }
}

impl Operation for ListViews {
    type Output = ListViewPage;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects/{object}/listviews", &[&self.object])
    }

    fn decode(&self, response: Response) -> Result<ListViewPage, Error> {
        response.json("a page of list views")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for NextListViews {
    type Output = ListViewPage;

    fn request(&self) -> Result<Request, Error> {
        Ok(Request::absolute(Method::GET, "sobjects/{object}/listviews", &self.url))
    }

    fn decode(&self, response: Response) -> Result<ListViewPage, Error> {
        response.json("a page of list views")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for DescribeListView {
    type Output = ListViewDescription;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.id.as_str()];
        Request::new(Method::GET, "sobjects/{object}/listviews/{id}/describe", &path)
    }

    fn decode(&self, response: Response) -> Result<ListViewDescription, Error> {
        response.json("the description of a list view")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for ListViewResults {
    type Output = ListViewRows;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.id.as_str()];
        let mut request =
            Request::new(Method::GET, "sobjects/{object}/listviews/{id}/results", &path)?;
        if let Some(limit) = self.limit {
            if !(1..=MAX_ROWS).contains(&limit) {
                return Err(Error::invalid(format!(
                    "a list view gives 1 to {MAX_ROWS} rows at a time, not {limit}"
                )));
            }
            request = request.query("limit", &limit.to_string());
        }
        if self.offset > 0 {
            request = request.query("offset", &self.offset.to_string());
        }
        Ok(request)
    }

    fn decode(&self, response: Response) -> Result<ListViewRows, Error> {
        let results: Results = response.json("the rows of a list view")?;
        let text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let row = |row: ResultRow| {
            row.columns
                .into_iter()
                .map(|column| (column.field_name_or_path, text(column.value)))
                .collect()
        };
        Ok(ListViewRows {
            columns: results.columns,
            rows: results.records.into_iter().map(row).collect(),
            done: results.done,
        })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
