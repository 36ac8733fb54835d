//! `/services/apexrest`: the org's own resources, written in Apex (Apex Developer Guide, Exposing
//! Apex Classes as REST Web Services).

use std::marker::PhantomData;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::{Error, Operation, Request, Response, Safety, path};

/// A call of an Apex class. Its output is the answer's JSON as `T`; an answer without a body reads
/// as `null`.
///
/// What a class does with a method is its own affair: a GET is taken as a [`Safety::Read`], every
/// other method as a [`Safety::Write`] until [`safety`](Self::safety) says that repeating it does
/// no harm.
#[derive(Debug, Clone)]
pub struct ApexRest<T = Value> {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Box<RawValue>>,
    safety: Safety,
    output: PhantomData<fn() -> T>,
}

impl<T> ApexRest<T> {
    /// A method of a resource, by its path below `/services/apexrest/`: `orders/42`,
    /// `namespace/orders`. Its segments are encoded, so they are written as they are.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let safety =
            if matches!(method, Method::GET | Method::HEAD) { Safety::Read } else { Safety::Write };
        let (query, body, output) = (Vec::new(), None, PhantomData);
        Self { method, path: path.into(), query, body, safety, output }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the value cannot be written as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let body = to_raw_value(body)
            .map_err(|e| Error::invalid(format!("the body of the Apex call is not JSON: {e}")))?;
        self.body = Some(body);
        Ok(self)
    }

    /// What repeating the call does, as the author of the class knows.
    #[must_use]
    pub fn safety(mut self, safety: Safety) -> Self {
        self.safety = safety;
        self
    }
}

impl<T: DeserializeOwned + Send> Operation for ApexRest<T> {
    type Output = T;

    fn request(&self) -> Result<Request, Error> {
        let mut target = "/services/apexrest".to_owned();
        for part in self.path.trim_matches('/').split('/') {
            target.push('/');
            target.push_str(&path::segment("part of the path", part)?);
        }
        let mut request = Request::absolute(self.method.clone(), "apexrest/{path}", target);
        for (name, value) in &self.query {
            request = request.query(name, value);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => Ok(request),
        }
    }

    fn decode(&self, response: Response) -> Result<T, Error> {
        const WHAT: &str = "what the Apex class is said to answer";
        if response.body.is_empty() {
            let nothing = serde_json::from_value(Value::Null);
            return nothing.map_err(|_| response.unexpected(WHAT, "it has no body"));
        }
        response.json(WHAT)
    }

    fn safety(&self) -> Safety {
        self.safety
    }
}
