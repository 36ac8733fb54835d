//! An embedded Salesforce org on loopback: OAuth, REST and SOQL over SQLite, with faults on demand.
//!
//! A test, a demo or a newcomer without an org starts one in milliseconds and
//! points any Salesforce client at it:
//!
//! ```no_run
//! # async fn example() -> Result<(), sf_emulator::Error> {
//! use sf_emulator::{Emulator, Fault, Operation};
//!
//! let org = Emulator::start().await?;
//! println!("log in at {} as {}", org.url(), org.username());
//!
//! // The second page of the next query is cut in the middle of its body.
//! org.faults().push(Fault::cut_body().on(Operation::NextPage));
//!
//! // Three hours pass: every session is over its idle timeout.
//! org.advance(std::time::Duration::from_secs(3 * 60 * 60));
//! # Ok(())
//! # }
//! ```
//!
//! It binds loopback only, speaks plain HTTP/1.1, and keeps its data in memory
//! unless a file is given. [`Emulator`] is the running org, [`Builder`] its
//! settings, [`Fault`] what goes wrong on purpose, [`RequestRecord`] what was
//! asked of it.
//!
//! # Where the platform's answer is not established
//!
//! The public documentation leaves some answers open. This org's choices, on
//! which no client should base a decision: a retired version answers 410 with
//! `UNSUPPORTED_API_VERSION`; an unknown one 404 `NOT_FOUND`; a missing
//! `Authorization` header 401 `INVALID_SESSION_ID`, a malformed one
//! `INVALID_AUTH_HEADER`; a `batchSize` outside 200 to 2,000 is clamped; a
//! query locator may be read again at an offset that was handed out, and
//! refuses any other; more than 2,000 groups answer `EXCEEDED_ID_LIMIT`; a
//! failed precondition answers 412 `PRECONDITION_FAILED`; a body that is not
//! JSON answers 415 `UNSUPPORTED_MEDIA_TYPE`, one over 50 MB 413
//! `REQUEST_TOO_LARGE`; token errors always have status 400, and a bad
//! assertion says `invalid assertion` or `assertion expired`; a method that
//! SOAP does not have here is the fault `INVALID_OPERATION`.

mod builder;
mod clock;
mod emulator;
mod engine;
mod error;
mod fault;
mod operation;
mod request_log;
mod server;

pub use builder::Builder;
pub use emulator::Emulator;
pub use error::{Error, ErrorKind};
pub use fault::{Fault, Faults};
pub use operation::Operation;
pub use request_log::RequestRecord;
