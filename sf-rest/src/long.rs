//! Queries whose statement is too long for an address: the platform has no POST form of a query, and
//! takes them as the one part of a composite (REST API Developer Guide, Composite: a subrequest's
//! URL stands in the body).

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;

use crate::ops::answers::CompositeBody;
use crate::ops::parts::Subrequest;
use crate::{ApiVersion, Error, Request, Response};

/// Longer paths are composed: some room is left to the 16,384 bytes of the platform, which counts
/// the headers with them.
const MAX_PATH: usize = 15_500;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    all_or_none: bool,
    composite_request: [Subrequest<'a>; 1],
}

/// The composite to send instead of a request, if it has to be one.
pub(crate) fn composed(request: &Request, version: ApiVersion) -> Result<Option<Request>, Error> {
    if !request.is_composable() || request.path(version).len() <= MAX_PATH {
        return Ok(None);
    }
    let part = Subrequest::new("query".to_owned(), request, version)?;
    let body = Body { all_or_none: false, composite_request: [part] };
    // The Tooling API has one of its own (Tooling API, Composite; API 40.0 and later).
    let (template, resource) = match request.template().starts_with("tooling/") {
        true => ("tooling/composite(query)", "tooling/composite"),
        false => ("composite(query)", "composite"),
    };
    let path = format!("/services/data/v{version}/{resource}");
    Request::absolute(Method::POST, template, path).json(&body).map(Some)
}

/// The answer of the one part, as if it had been sent alone.
pub(crate) fn open(body: Bytes) -> Result<(u16, HeaderMap, Bytes), Error> {
    const WHAT: &str = "the answer of a composite with one part";
    let response = Response::new(200, body);
    let answers: CompositeBody<'_> = response.json(WHAT)?;
    match answers.composite_response.as_slice() {
        [item] => Ok((item.http_status_code, item.headers(), response.part(item.body))),
        items => Err(response.unexpected(WHAT, format!("it has {} answers", items.len()))),
    }
}
