//! `GET /limits`: the org's limits and what is left of them (REST API Developer Guide, Limits).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::{Error, Operation, Request, Response, Safety};

/// Reads the org's limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits;

/// One limit. Some have parts of their own, which are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase", serialize = "snake_case"))]
#[non_exhaustive]
pub struct Limit {
    /// The most.
    pub max: i64,
    /// What is left; can be negative where a limit may be overrun.
    pub remaining: i64,
}

impl Operation for Limits {
    type Output = BTreeMap<String, Limit>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "limits", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the limits of the org")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
