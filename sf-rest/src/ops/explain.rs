//! `GET /query?explain=`: how the platform would execute a query, without executing it (REST API
//! Developer Guide, "Get Feedback on Query Performance"; the platform calls it beta).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// Asks for the plans of a query, the cheapest first.
#[derive(Debug, Clone)]
pub struct Explain {
    subject: String,
}

impl Explain {
    /// Of a SOQL statement.
    pub fn soql(soql: impl Into<String>) -> Self {
        Self { subject: soql.into() }
    }

    /// Of the query behind a report or a list view.
    pub fn report_or_list_view(id: Id) -> Self {
        Self { subject: id.to_string() }
    }
}

/// One way to execute the query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Plan {
    /// How many rows the leading operation is estimated to return.
    #[serde(default)]
    pub cardinality: u64,
    /// The fields of the index that is used.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<String>,
    /// `Index`, `Sharing`, `TableScan` or `Other`.
    #[serde(default)]
    pub leading_operation_type: String,
    /// Why filters are not used for an index.
    #[serde(default, deserialize_with = "or_default")]
    pub notes: Vec<PlanNote>,
    /// The cost in relation to the threshold of a selective query: above 1 it is not selective.
    #[serde(default)]
    pub relative_cost: f64,
    /// How many records the object is estimated to have.
    #[serde(default)]
    pub sobject_cardinality: u64,
    /// The object.
    #[serde(default)]
    pub sobject_type: String,
}

/// A remark of the optimizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct PlanNote {
    /// What it says, in English: why a filter cannot use an index, say.
    #[serde(default)]
    pub description: String,
    /// API names of the fields it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<String>,
    /// API name of the object it is about.
    #[serde(default)]
    pub table_enum_or_id: String,
}

#[derive(Deserialize)]
struct Plans {
    plans: Vec<Plan>,
}

impl Operation for Explain {
    type Output = Vec<Plan>;

    fn request(&self) -> Result<Request, Error> {
        if self.subject.trim().is_empty() {
            return Err(Error::invalid("the SOQL statement is empty"));
        }
        Ok(Request::new(Method::GET, "query", &[])?.query("explain", &self.subject).composable())
    }

    fn decode(&self, response: Response) -> Result<Vec<Plan>, Error> {
        Ok(response.json::<Plans>("the plans of a query")?.plans)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
