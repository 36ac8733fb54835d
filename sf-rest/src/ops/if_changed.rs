//! Reading a resource only if it has changed (REST API Developer Guide, Conditional Requests).

use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::{Condition, Error, Operation, Request, Response, Safety};

/// How the platform told a version of a resource: to be kept with what was read, and sent with the
/// next [`IfChanged`], or with a write that must not undo another's ([`unchanged`](Self::unchanged)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl Validators {
    /// Only a point in time, in whole seconds.
    pub fn modified_since(time: Timestamp) -> Self {
        let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time);
        let last_modified = text.ok().and_then(|text| HeaderValue::from_str(&text).ok());
        Self { etag: None, last_modified }
    }

    /// From their texts, as they were stored.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a text that no header can hold.
    pub fn from_texts(etag: Option<&str>, last_modified: Option<&str>) -> Result<Self, Error> {
        let header = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| Error::invalid("an entity tag or date has characters no header holds"))
        };
        Ok(Self {
            etag: etag.map(header).transpose()?,
            last_modified: last_modified.map(header).transpose()?,
        })
    }

    /// The entity tag. Rows have one for Account alone.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_ref()?.to_str().ok()
    }

    /// The time of the last change, as an HTTP date.
    pub fn last_modified(&self) -> Option<&str> {
        self.last_modified.as_ref()?.to_str().ok()
    }

    /// Whether the platform named no version.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// The condition that nobody has changed the record since it was read: by its tag where it has
    /// one, else by its time. `None` if the platform named no version.
    pub fn unchanged(&self) -> Option<Condition> {
        let tag = self.etag().map(|tag| Condition::Tag(tag.to_owned()));
        let time = || {
            let date = jiff::fmt::rfc2822::parse(self.last_modified()?).ok()?;
            Some(Condition::UnmodifiedSince(date.timestamp()))
        };
        tag.or_else(time)
    }

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let (etag, last_modified) =
            (headers.get(ETAG).cloned(), headers.get(LAST_MODIFIED).cloned());
        Self { etag, last_modified }
    }
}

/// Any operation that reads, made conditional. Rows, describes and layouts honour it; what does not
/// is simply read.
#[derive(Debug, Clone)]
pub struct IfChanged<O> {
    operation: O,
    since: Validators,
}

impl<O: Operation> IfChanged<O> {
    /// Reads what is newer than `since`, whose default reads it in any case, to learn the first
    /// validators.
    pub fn new(operation: O, since: Validators) -> Self {
        Self { operation, since }
    }
}

/// The outcome of a conditional read.
#[derive(Debug, Clone)]
pub enum Conditional<T> {
    /// It is as it was (HTTP 304).
    NotModified,
    /// It is new to the caller.
    Changed {
        /// What it is.
        value: T,
        /// How to ask next time.
        validators: Validators,
    },
}

impl<T> Conditional<T> {
    /// The value, if it is new.
    pub fn changed(self) -> Option<T> {
        match self {
            Self::NotModified => None,
            Self::Changed { value, .. } => Some(value),
        }
    }
}

impl<O: Operation> Operation for IfChanged<O> {
    type Output = Conditional<O::Output>;

    fn request(&self) -> Result<Request, Error> {
        if self.operation.safety() != Safety::Read {
            return Err(Error::invalid("only what is read can be read if it has changed"));
        }
        let mut request = self.operation.request()?;
        if let Some(etag) = &self.since.etag {
            request = request.header(IF_NONE_MATCH, etag.clone());
        }
        if let Some(time) = &self.since.last_modified {
            request = request.header(IF_MODIFIED_SINCE, time.clone());
        }
        Ok(request)
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        if response.status == 304 {
            return Ok(Conditional::NotModified);
        }
        let validators = Validators::of(&response.headers);
        Ok(Conditional::Changed { value: self.operation.decode(response)?, validators })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
