//! An API call as a value.

use crate::{Error, Id, Request, Response};

/// What repeating a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// Changes nothing.
    Read,
    /// Changes something, and leaves the same state when it is executed twice. For an upsert that is
    /// so only if its field is unique, which its [`Key`] says.
    Idempotent,
    /// Changes something each time: never sent again unless the platform certainly did not
    /// execute it.
    Write,
}

/// A field by which a write can be settled after its answer was lost, if the org describes it as
/// unique. Otherwise the write ends as [`Error::OutcomeUnknown`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Key<'a, T> {
    /// The write finds its record by the field, and leaves the same state when it is sent again.
    Repeat {
        /// Its object.
        object: &'a str,
        /// The field.
        field: &'a str,
    },
    /// The write creates a record with this value. A record that has it after a lost answer is the
    /// one that was created; if there is none, the write is sent again.
    LookUp {
        /// Its object.
        object: &'a str,
        /// The field.
        field: &'a str,
        /// The value.
        value: &'a str,
        /// The output for the record that was found.
        found: fn(Id) -> T,
    },
}

impl<'a, T> Key<'a, T> {
    pub(crate) fn field(&self) -> (&'a str, &'a str) {
        match self {
            Self::Repeat { object, field } | Self::LookUp { object, field, .. } => (object, field),
        }
    }
}

/// An API call as a value: it builds its request and reads its answer, and sends nothing.
///
/// The same value can be sent by [`Client::send`](crate::Client::send), printed as a dry run, or
/// tested without a server.
pub trait Operation: Send + Sync {
    /// What the answer means.
    type Output: Send;

    /// The request.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]; nothing has been sent then.
    fn request(&self) -> Result<Request, Error>;

    /// Reads an answer with a status below 400.
    ///
    /// # Errors
    /// [`Error::Decode`] and [`Error::NotJson`] if it is not what was expected.
    fn decode(&self, response: Response) -> Result<Self::Output, Error>;

    /// What repeating it does.
    fn safety(&self) -> Safety;

    /// The field that settles it after a lost answer. With a key it is sent again only by what the
    /// key says.
    fn key(&self) -> Option<Key<'_, Self::Output>> {
        None
    }

    /// Turns a refusal into an output where it means that the work is done. `resent` says that an
    /// earlier attempt may have been executed; an error that is given back then becomes
    /// [`Error::OutcomeUnknown`].
    ///
    /// # Errors
    /// The error itself, by default.
    fn recover(&self, error: Error, resent: bool) -> Result<Self::Output, Error> {
        let _ = resent;
        Err(error)
    }
}
