//! What the parts of a composite, batch or graph were answered.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use serde_json::value::RawValue;

use super::parts::{Handle, Parts};
use super::records::refusal;
use super::reference::name;
use crate::{ApiError, Error, ErrorCode, Operation, Response, send};

/// What the parts were answered, by their [`Handle`]s.
///
/// A request can be answered with success while each of its parts failed: ask
/// [`is_success`](Self::is_success), or [`get`](Self::get) each result.
#[derive(Debug, Clone)]
pub struct Answers {
    parts: u64,
    answers: Vec<Answer>,
    resent: bool,
}

/// One answer. Its `Debug` shows no header and nothing of the body.
#[derive(Clone)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    /// Method and path template.
    operation: String,
    /// A status at or above 400 that the operation reads itself.
    accepted: bool,
    /// Whether the part is a GET, which changes nothing.
    reads: bool,
}

/// A part that failed by itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FailedPart {
    /// Where it stands among the parts: [`Handle::place`].
    pub place: usize,
    /// Why: an [`Error::Api`], inside an [`Error::OutcomeUnknown`] for a write if the request was
    /// sent more than once, since an attempt before may have done what this one was refused.
    pub error: Error,
}

impl Answers {
    /// What one part was answered.
    ///
    /// # Errors
    /// As [`Client::send`](crate::Client::send) for the operation alone; [`Error::Halted`] if the
    /// part was not executed, or was undone, because another one failed; [`Error::InvalidRequest`]
    /// for a handle of another request.
    pub fn get<O: Operation>(&self, handle: &Handle<O>) -> Result<O::Output, Error> {
        let answer = self
            .answers
            .get(handle.place())
            .filter(|_| handle.parts() == self.parts)
            .ok_or_else(|| Error::invalid("the handle belongs to another request"))?;
        let safety = handle.operation().safety();
        let result = match answer.error() {
            None => handle.operation().decode(Response {
                status: answer.status,
                headers: answer.headers.clone(),
                body: answer.body.clone(),
                resent: self.resent,
            }),
            Some(error) => handle.operation().recover(error, self.resent),
        };
        result.map_err(|error| match send::is_open(safety, self.resent, &error) {
            true => send::part_unknown(answer.operation.clone(), error),
            false => error,
        })
    }

    /// Whether every part was answered with success. The records of a collection and the inputs of
    /// an action have results of their own in the output of their part.
    pub fn is_success(&self) -> bool {
        self.answers.iter().all(|answer| answer.status < 400)
    }

    /// The parts that failed by themselves, without those that were halted or undone for their
    /// sake: what has to be put right.
    pub fn failures(&self) -> impl Iterator<Item = FailedPart> + '_ {
        self.answers.iter().enumerate().filter_map(|(place, answer)| match answer.failure()? {
            Error::Halted { .. } => None,
            error if self.resent && !answer.reads => {
                let error = send::part_unknown(answer.operation.clone(), error);
                Some(FailedPart { place, error })
            }
            error => Some(FailedPart { place, error }),
        })
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Puts answers in the order of the parts; `given` has none missing.
    pub(super) fn new(parts: &Parts, resent: bool, given: Vec<(u16, HeaderMap, Bytes)>) -> Self {
        let answers =
            parts.requests().iter().zip(given).map(|(request, (status, headers, body))| {
                // `null` stands for an answer without a body.
                let body = if body.as_ref() == b"null" { Bytes::new() } else { body };
                let accepted = request.accepts(status);
                let (operation, reads) =
                    (send::operation(request), request.method() == Method::GET);
                Answer { status, headers, body, operation, accepted, reads }
            });
        Self { parts: parts.id(), answers: answers.collect(), resent }
    }

    pub(super) fn parts(&self) -> u64 {
        self.parts
    }
}

impl Answer {
    /// Why it failed, if the operation is not to read it.
    fn error(&self) -> Option<Error> {
        self.failure().filter(|error| !self.accepted || matches!(error, Error::Halted { .. }))
    }

    fn failure(&self) -> Option<Error> {
        if self.status < 400 {
            return None;
        }
        let errors = ApiError::read_all(&self.body);
        let halted = [ErrorCode::PROCESSING_HALTED, ErrorCode::BATCH_PROCESSING_HALTED];
        if let Some(error) = errors.iter().find(|e| halted.contains(&e.code)) {
            let operation = self.operation.clone();
            return Some(Error::Halted { operation, message: error.message.clone() });
        }
        Some(refusal(&self.operation, self.status, &self.body))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A composite's answer as it is written.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompositeBody<'a> {
    #[serde(borrow)]
    pub(crate) composite_response: Vec<CompositeItem<'a>>,
}

/// One item of it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompositeItem<'a> {
    #[serde(borrow)]
    pub(crate) body: &'a RawValue,
    #[serde(default)]
    http_headers: HashMap<String, Value>,
    pub(crate) http_status_code: u16,
    reference_id: String,
}

impl CompositeItem<'_> {
    pub(crate) fn headers(&self) -> HeaderMap {
        let pair = |(name, value): (&String, &Value)| {
            let name: HeaderName = name.parse().ok()?;
            let value = HeaderValue::from_str(value.as_str()?).ok()?;
            Some((name, value))
        };
        self.http_headers.iter().filter_map(pair).collect()
    }
}

impl CompositeBody<'_> {
    /// The answers of `parts`, which are found by their reference ids.
    pub(super) fn answers(
        &self,
        parts: &Parts,
        response: &Response,
        what: &'static str,
    ) -> Result<Answers, Error> {
        let mut given = Vec::with_capacity(parts.len());
        for place in 0..parts.len() {
            let id = name(place);
            let item = self.composite_response.iter().find(|item| item.reference_id == id);
            let Some(item) = item else {
                return Err(response.unexpected(what, format!("part {place} has no answer")));
            };
            given.push((item.http_status_code, item.headers(), response.part(item.body)));
        }
        Ok(Answers::new(parts, response.resent, given))
    }
}
