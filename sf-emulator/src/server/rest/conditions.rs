//! Conditional requests on rows (REST API Developer Guide, "Conditional
//! Requests"): dates on every object, tags on Account alone.

use axum::response::Response;
use http::header::{
    ETAG, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
    LAST_MODIFIED,
};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::engine::{ApiError, Caller, Engine, ErrorItem, Row};
use crate::server::reply::{self, date_header, empty, http_date, with_header};

/// The one object whose rows have tags.
const TAGGED: &str = "Account";

/// What must be so for a write to happen.
pub(crate) struct Guard {
    object: String,
    id: String,
    /// `If-Unmodified-Since`.
    since: Option<Timestamp>,
    /// `If-Match`.
    tags: Option<String>,
}

impl Guard {
    /// `None` if the request has no condition.
    pub(crate) fn of(
        headers: &HeaderMap,
        object: &str,
        id: &str,
    ) -> Result<Option<Self>, ApiError> {
        let since = match headers.get(IF_UNMODIFIED_SINCE) {
            None => None,
            Some(_) => Some(
                date_header(headers, IF_UNMODIFIED_SINCE)
                    .ok_or_else(|| malformed(&IF_UNMODIFIED_SINCE))?,
            ),
        };
        let is_tagged = object.eq_ignore_ascii_case(TAGGED);
        let tags = headers
            .get(IF_MATCH)
            .filter(|_| is_tagged)
            .map(|tags| tags.to_str().map(str::to_owned).map_err(|_| malformed(&IF_MATCH)))
            .transpose()?;
        if since.is_none() && tags.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { object: object.to_owned(), id: id.to_owned(), since, tags }))
    }

    /// 412 if the record is another one than the client knows.
    pub(crate) fn check(&self, engine: &Engine, caller: &Caller) -> Result<(), ApiError> {
        let row = engine.get(caller, &self.object, &self.id, Some(&["Id".to_owned()]))?;
        let refused =
            |message: &str| Err(ApiError::new(412, ErrorItem::new("PRECONDITION_FAILED", message)));
        if self.since.is_some_and(|since| row.last_modified.as_second() > since.as_second()) {
            return refused("The record was modified after the time given in If-Unmodified-Since");
        }
        if self.tags.as_ref().is_some_and(|tags| !names(tags, &tag(&row))) {
            return refused("The record's entity tag is not among those given in If-Match");
        }
        Ok(())
    }
}

fn malformed(name: &HeaderName) -> ApiError {
    ApiError::bad_request("INVALID_HEADER_VALUE", format!("The header {name} is malformed"))
}

/// The record, or 304 if the client's copy is as new. A tag, if sent, decides
/// alone.
pub(crate) fn row_reply(row: Row, headers: &HeaderMap) -> Response {
    let is_tagged = row.object == TAGGED;
    let tag = tag(&row);
    let fresh = match headers.get(IF_NONE_MATCH).filter(|_| is_tagged) {
        Some(tags) => tags.to_str().is_ok_and(|tags| names(tags, &tag)),
        None => date_header(headers, IF_MODIFIED_SINCE)
            .is_some_and(|since| row.last_modified.as_second() <= since.as_second()),
    };
    let response = if fresh {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        reply::json(StatusCode::OK, row.json.0)
    };
    let response = with_header(response, LAST_MODIFIED, &http_date(row.last_modified));
    if is_tagged { with_header(response, ETAG, &format!("\"{tag}\"")) } else { response }
}

fn tag(row: &Row) -> String {
    format!("{:016x}", row.revision)
}

/// Whether a list of tags has this one; the compressed form is the same thing.
pub(crate) fn names(tags: &str, tag: &str) -> bool {
    tags.split(',').any(|one| {
        let one = one.trim().trim_start_matches("W/").trim_matches('"');
        one == "*" || one.strip_suffix("--gzip").unwrap_or(one) == tag
    })
}
