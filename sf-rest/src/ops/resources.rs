//! `GET /services/data/vNN.0`: what the version offers to this user (REST API Developer Guide,
//! Resources by Version).

use std::collections::BTreeMap;

use http::Method;

use crate::{Error, Operation, Request, Response, Safety};

/// Lists the resources of the version: their paths by their names.
#[derive(Debug, Clone, Copy)]
pub struct Resources;

impl Operation for Resources {
    type Output = BTreeMap<String, String>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the resources of a version")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
