//! `POST /composite`: up to 25 operations in one request, where later ones may use what earlier
//! ones answered (REST API Developer Guide, Composite).

use http::Method;
use serde::Serialize;

use super::answers::{Answers, CompositeBody};
use super::parts::{Handle, Parts, Subrequest};
use crate::{ApiVersion, Error, Operation, Request, Response, Safety, send};

/// The most parts of one request.
pub const MAX_PARTS: usize = 25;

/// The most queries and collections among them.
pub const MAX_QUERIES: usize = 5;

/// Operations that are executed in order, in one request.
///
/// ```
/// use serde_json::json;
/// use sf_rest::ops::composite::Composite;
/// use sf_rest::ops::records::CreateRecord;
///
/// # fn main() -> Result<(), sf_rest::Error> {
/// let mut composite = Composite::default().all_or_none();
/// let account = composite.add(CreateRecord::new("Account", &json!({ "Name": "Acme" }))?)?;
/// let contact = composite.add(
///     CreateRecord::new("Contact", &json!({ "LastName": "Ann" }))?
///         .with_reference("AccountId", &account.id())?,
/// )?;
/// // let answers = client.send(&composite).await?;
/// // let contact: Id = answers.get(&contact)?;
/// # let _ = contact;
/// # Ok(())
/// # }
/// ```
///
/// It is as safe to repeat as its most dangerous part, where a write that refers to another part is
/// a [`Safety::Write`]: executed again, a query can lead it to another record. Its output is
/// [`Answers`] even if parts of it failed.
#[derive(Debug)]
pub struct Composite {
    version: ApiVersion,
    all_or_none: bool,
    collate: Option<bool>,
    parts: Parts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    all_or_none: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    collate_subrequests: Option<bool>,
    composite_request: &'a [Subrequest<'a>],
}

/// For the default API version.
impl Default for Composite {
    fn default() -> Self {
        Self::new(ApiVersion::default())
    }
}

impl Composite {
    /// An empty composite. Its parts name the version in their addresses, so it is sent to that
    /// version whatever the client's is; [`Client::composite`](crate::Client::composite) makes one
    /// for the client's own.
    pub fn new(version: ApiVersion) -> Self {
        Self { version, all_or_none: false, collate: None, parts: Parts::new() }
    }

    /// Undoes everything when one part fails.
    #[must_use]
    pub fn all_or_none(mut self) -> Self {
        self.all_or_none = true;
        self
    }

    /// Whether the platform may execute independent parts together (`collateSubrequests`). Since
    /// API 49.0 it does unless it is told not to.
    #[must_use]
    pub fn collate(mut self, collate: bool) -> Self {
        self.collate = Some(collate);
        self
    }

    /// Adds an operation.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the composite is full, if the operation refers to a part that
    /// does not stand before it, if one of its values would be taken for a reference, or if it
    /// cannot be part of another request: Apex REST, another composite.
    pub fn add<O: Operation>(&mut self, operation: O) -> Result<Handle<O>, Error> {
        if self.parts.len() == MAX_PARTS {
            return Err(Error::invalid(format!("a composite has at most {MAX_PARTS} parts")));
        }
        let queries = self.parts.requests().iter().filter(|r| is_query(r)).count();
        self.parts.add(operation, |request| {
            if request.template().starts_with("composite") && !is_query(request) {
                return Err(Error::invalid(format!(
                    "{} cannot be part of a composite",
                    send::operation(request)
                )));
            }
            if is_query(request) && queries == MAX_QUERIES {
                return Err(Error::invalid(format!(
                    "a composite has at most {MAX_QUERIES} queries and collections"
                )));
            }
            Ok(())
        })
    }

    /// How many parts it has.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Queries and collections are counted together.
fn is_query(request: &Request) -> bool {
    let template = request.template();
    template.starts_with("query") || template.starts_with("composite/sobjects")
}

impl Operation for Composite {
    type Output = Answers;

    fn request(&self) -> Result<Request, Error> {
        if self.is_empty() {
            return Err(Error::invalid("the composite has no parts"));
        }
        let body = Body {
            all_or_none: self.all_or_none,
            collate_subrequests: self.collate,
            composite_request: &self.parts.subrequests(self.version)?,
        };
        let path = format!("/services/data/v{}/composite", self.version);
        Request::absolute(Method::POST, "composite", path).json(&body)
    }

    fn decode(&self, response: Response) -> Result<Answers, Error> {
        const WHAT: &str = "the answers of a composite";
        let body: CompositeBody<'_> = response.json(WHAT)?;
        body.answers(&self.parts, &response, WHAT)
    }

    fn safety(&self) -> Safety {
        self.parts.safety()
    }
}
