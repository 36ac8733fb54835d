//! `/tooling`: the same resources for the org's metadata, such as Apex classes (Tooling API,
//! REST Resources).

use crate::{Error, Operation, Request, Response, Safety};

/// Any operation of a version, on the Tooling API: `Tooling(GetRecord::new("ApexClass", id))`,
/// `Tooling(Describe::new("ApexClass"))`.
///
/// For all rows of a query as a stream see [`Query::tooling`](crate::Query::tooling).
#[derive(Debug, Clone)]
pub struct Tooling<O>(pub O);

impl<O: Operation> Operation for Tooling<O> {
    type Output = O::Output;

    fn request(&self) -> Result<Request, Error> {
        Ok(self.0.request()?.below("tooling"))
    }

    fn decode(&self, response: Response) -> Result<O::Output, Error> {
        self.0.decode(response)
    }

    /// Keys are settled by the data API alone, so what needs one is not sent again here.
    fn safety(&self) -> Safety {
        if self.0.key().is_some() { Safety::Write } else { self.0.safety() }
    }

    fn recover(&self, error: Error, resent: bool) -> Result<O::Output, Error> {
        self.0.recover(error, resent)
    }
}
