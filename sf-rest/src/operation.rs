//! An API call as a value.

use crate::{Error, Request, Response};

/// What repeating a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// Changes nothing.
    Read,
    /// Changes something, and leaves the same state when it is executed twice.
    Idempotent,
    /// Changes something each time: never sent again unless the platform certainly did not
    /// execute it.
    Write,
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
