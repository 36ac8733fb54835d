//! `GET /search/layout`: which columns search results have (REST API Developer Guide, Search Result
//! Layouts).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::decode::or_default;
use crate::{Error, Operation, Request, Response, Safety};

/// Lists the columns of search results of objects, as their search layouts say.
#[derive(Debug, Clone)]
pub struct SearchLayouts {
    objects: Vec<String>,
}

/// The search layout of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct SearchLayout {
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// How many rows a list of results has.
    #[serde(default)]
    pub limit_rows: u32,
    /// The columns.
    #[serde(default, deserialize_with = "or_default")]
    pub search_columns: Vec<SearchColumn>,
}

/// One column of a search layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchColumn {
    /// The field, with its object: `Account.Name`.
    #[serde(default, deserialize_with = "or_default")]
    pub field: String,
    /// The label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The name by which results have the value.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

impl SearchLayouts {
    /// Of these objects; the output has one layout for each, in order.
    pub fn new(objects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { objects: objects.into_iter().map(Into::into).collect() }
    }
}

impl Operation for SearchLayouts {
    type Output = Vec<SearchLayout>;

    fn request(&self) -> Result<Request, Error> {
        if self.objects.is_empty() {
            return Err(Error::invalid("search layouts need at least one object"));
        }
        Ok(Request::new(Method::GET, "search/layout", &[])?.query("q", &self.objects.join(",")))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("search layouts")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
