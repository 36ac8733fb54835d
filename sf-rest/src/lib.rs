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
//! - [`Record`], [`Row`], [`RowStream`]: rows of a query, dynamic or typed.
//! - [`Error`]: what happened, whether trying again helps, and what is unknown.

mod api_error;
mod calls;
mod client;
mod decode;
mod error;
mod fields;
mod id;
mod many;
mod operation;
pub mod ops;
mod path;
mod request;
mod retry;
mod row;
mod send;
mod stream;
mod usage;
mod version;

pub use api_error::{ApiError, ErrorCode};
pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind, SharedError};
pub use fields::Fields;
pub use http::Method;
pub use id::{Id, InvalidId};
pub use operation::{Operation, Safety};
pub use ops::collections::{Collection, CollectionRecord, SaveResult};
pub use ops::query::{NextPage, Query};
pub use ops::upsert::Upserted;
pub use request::{Request, Response};
pub use retry::RetryPolicy;
pub use row::{ChildRecords, QueryPage, Record, Row, ValueRef};
pub use sf_auth::{Error as AuthError, ErrorKind as AuthErrorKind};
pub use stream::RowStream;
pub use usage::ApiUsage;
pub use version::{ApiVersion, InvalidApiVersion};
