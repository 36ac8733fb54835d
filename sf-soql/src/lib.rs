//! The SOQL and SOSL languages: parse, build, print, escape. No I/O.
//!
//! ```
//! use sf_soql::ast::{CompareOp, Condition, Expr, Literal, Path, Value};
//!
//! let mut query = sf_soql::parse(
//!     "select Id, Account.Name, (select Subject from Cases) from Contact where Email like '%@example.com'",
//! )?;
//! assert_eq!(query.from.name.as_str(), "Contact");
//!
//! // Narrow it to one owner, whatever the caller's condition was.
//! let owned = Condition::Compare {
//!     left: Expr::Field(Path::new("OwnerId")?),
//!     op: CompareOp::Eq,
//!     value: Literal::from(Value::String("005000000000001AAA".into())),
//!     span: Default::default(),
//! };
//! query.filter = Some(match query.filter.take() {
//!     Some(asked) => asked.and(owned),
//!     None => owned,
//! });
//! assert_eq!(
//!     query.to_string(),
//!     "SELECT Id, Account.Name, (SELECT Subject FROM Cases) FROM Contact \
//!      WHERE Email LIKE '%@example.com' AND OwnerId = '005000000000001AAA'",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Contents
//!
//! - [`parse`], [`parse_search`]: a SELECT or a SOSL statement to a tree, or a
//!   [`ParseError`] that says where, what was expected, what was found, and how
//!   to mend it.
//! - [`ast`]: the trees. `Display` of [`ast::Query`], [`ast::Search`] and of
//!   their parts prints canonical text; parsing what was printed gives an equal
//!   tree. A tree changed by hand is printed by [`ast::Query::to_soql`], which
//!   makes sure of it.
//! - [`build`]: a builder of SELECT statements that cannot inject.
//! - [`visit`]: one walk over every place where an object, a relationship or a
//!   field stands, for policies and schema checks.
//! - [`escape`]: text and literals that cannot break out of their place in a
//!   statement put together as text.
//!
//! # What is taken
//!
//! The whole SELECT and FIND statements of the SOQL and SOSL Reference (API
//! version 66). What only Apex takes (bind variables, `ALL ROWS`, `FOR UPDATE`,
//! `WITH SYSTEM_MODE`, `FIND '…'`) is parsed too, so that a consumer can refuse
//! it by name: [`visit::apex_only`] finds it. What depends on an organisation's
//! schema, and limits on counts, are not this crate's matter.
//!
//! The parser does not recurse deeper than [`MAX_DEPTH`], so neither it nor a
//! walk over its trees can exhaust the stack.

pub mod ast;
pub mod build;
mod check;
mod error;
pub mod escape;
mod keywords;
mod lexer;
mod parse;
mod print;
mod scan;
mod suggest;
pub mod visit;

pub use check::InvalidTree;
pub use error::{ParseError, ParseErrorKind};
pub use parse::{MAX_DEPTH, MAX_LENGTH, parse, parse_search};
