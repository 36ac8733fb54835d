//! Salesforce REST: operations as values, retry by safety class, pages that lose nothing.
//!
//! With a token of your own:
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use sf_auth::StaticCredentials;
//! use sf_rest::{Client, Record};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = StaticCredentials::new("https://acme.my.salesforce.com", "00D...!AQ...")?;
//! let client = Client::new(std::sync::Arc::new(credentials))?;
//! let mut rows = client.query::<Record>("SELECT Id, Name, Owner.Name FROM Account");
//! while let Some(account) = rows.try_next().await? {
//!     println!("{:?}", account.get("Name"));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`]: one method per call; [`Client::send`] for any [`Operation`].
//! - [`ops`]: the resources as values, which build requests and read answers without sending.
//! - [`Safety`] and [`RetryPolicy`]: what is sent again, and what never is.
//! - [`CallOptions`]: headers, time and retries of some calls, by [`Client::with`].
//! - [`Key`]: how a unique field settles a write whose answer was lost
//!   ([`Client::create_with_key`]).
//! - [`Condition`]: writes that happen only if nobody has changed the record since.
//! - [`Budget`], [`ApiUsage`]: the org's API requests, and a floor under them.
//! - [`Record`], [`Row`], [`RowStream`]: rows of a query, dynamic or typed.
//! - [`bulk`]: jobs that load or read any number of rows; [`blob`]: files, streamed.
//! - [`Error`]: what happened, whether trying again helps, and what is unknown.
//!
//! # Where the platform's answer is not established
//!
//! - The day's limit and the limit of requests at the same time share the code
//!   `REQUEST_LIMIT_EXCEEDED`. The English texts tell them apart; in another language the usage does
//!   (requests are left: it is not the day's), and without it the day's limit is assumed. Either
//!   refuses before anything is executed, so a mistake costs a wait, and no record.
//! - 429 and 420 are taken as said instead of executing the request, so all classes are sent again.
//! - After a redirect with 301, 302 or 303 a write may have been executed; 307 and 308 ask to make
//!   the same request elsewhere, so it was not.
//! - `If-Unmodified-Since` is sent with updates and deletions of any object, `If-Match` with updates
//!   of accounts alone: where a condition is ignored the write would go unguarded.
//! - That a query locator takes any offset is seen in practice and not documented. It is used only
//!   on request ([`CallOptions::pages_in_flight`]), and no page is believed that the page before it
//!   does not lead to.

mod api_error;
pub mod blob;
mod budget;
mod buffers;
mod build;
pub mod bulk;
mod calls;
mod client;
mod conditional;
mod decode;
mod error;
mod exchange;
mod fields;
mod id;
mod keyed;
mod long;
mod many;
pub mod notice;
mod operation;
pub mod ops;
mod options;
mod pages;
mod path;
mod polling;
mod report_rows;
mod report_runs;
mod request;
mod retry;
mod row;
mod send;
mod settle;
mod stream;
mod throttle;
mod usage;
mod version;

pub use api_error::{ApiError, ErrorCode};
pub use budget::{Budget, Floor};
pub use client::{Client, ClientBuilder};
pub use conditional::Condition;
pub use error::{Error, ErrorKind, SharedError};
pub use fields::Fields;
pub use http::Method;
pub use id::{Id, InvalidId};
pub use operation::{Key, Operation, Safety};
pub use ops::answers::Answers;
pub use ops::collections::{Collection, CollectionRecord, SaveResult};
pub use ops::parts::Handle;
pub use ops::query::{NextPage, Query};
pub use ops::reference::{IdOrRef, Reference};
pub use ops::upsert::Upserted;
pub use options::{AutoAssign, CallOptions, DuplicateRule};
pub use polling::Polling;
pub use report_rows::{Incomplete, Partition, ReportRow, ReportRows, ReportRowsQuery};
pub use request::{Request, Response};
pub use retry::RetryPolicy;
pub use row::{ChildRecords, QueryPage, Record, Row, ValueRef};
pub use sf_auth::{Error as AuthError, ErrorKind as AuthErrorKind};
pub use stream::RowStream;
pub use usage::ApiUsage;
pub use version::{ApiVersion, InvalidApiVersion};
