//! `GET /services/data`: the API versions of the instance (REST API Developer Guide, Versions).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::{Error, Operation, Request, Response, Safety};

/// Lists the API versions. Needs no token, only the instance.
#[derive(Debug, Clone, Copy)]
pub struct Versions;

/// An API version that the instance serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersionInfo {
    /// Name of the release, for example `Spring '26`.
    pub label: String,
    /// Its root, for example `/services/data/v66.0`.
    pub url: String,
    /// Its number, for example `66.0`.
    pub version: String,
}

impl Operation for Versions {
    type Output = Vec<VersionInfo>;

    fn request(&self) -> Result<Request, Error> {
        Ok(Request::absolute(Method::GET, "/services/data", "/services/data").anonymous())
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the list of API versions")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
