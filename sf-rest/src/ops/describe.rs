//! `GET /sobjects` and `GET /sobjects/{object}/describe` (REST API Developer Guide, Describe).

use http::Method;
use serde_json::Value;

use crate::{Error, Operation, Request, Response, Safety};

/// Lists all objects: `{"encoding", "maxBatchSize", "sobjects": […]}`.
#[derive(Debug, Clone, Copy)]
pub struct DescribeGlobal;

impl Operation for DescribeGlobal {
    type Output = Value;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects", &[])
    }

    fn decode(&self, response: Response) -> Result<Value, Error> {
        response.json("the list of objects")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Describes one object: its fields, child relationships and record types.
#[derive(Debug, Clone)]
pub struct Describe {
    object: String,
}

impl Describe {
    /// The description of an object by its API name, in any case.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into() }
    }
}

impl Operation for Describe {
    type Output = Value;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects/{object}/describe", &[&self.object])
    }

    fn decode(&self, response: Response) -> Result<Value, Error> {
        response.json("the description of an object")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
