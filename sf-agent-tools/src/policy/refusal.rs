//! What is said of a statement that the policy refuses.

use std::fmt;

use sf_soql::ast::Span;

use crate::{Problem, ToolError};

/// Why a part of a statement is not permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The schema without what is hidden does not have it.
    Unknown(String),
    /// A masked field where only its value could stand.
    Masked { field: String, place: &'static str },
    /// A masked field compared with what is not one of its tokens.
    NotAToken { field: String, kind: String },
    /// A masked field whose mask leads back to nothing.
    NoTokens { field: String },
    /// A path through a parent with a row filter, where it would decide which rows come or how.
    ParentRows { path: String, place: &'static str },
    /// A field behind a reference to several objects, one of which masks it.
    PolymorphicMask { path: String },
    /// `USING SCOPE`.
    Scope(String),
    /// `WITH`.
    With(&'static str),
    /// `FOR VIEW` and the like.
    Option(&'static str),
    /// `FIELDS()` of nothing.
    NoFields(String),
    /// An alias that would change what a row filter means.
    Alias { alias: String, object: String },
    /// Two columns of one name, of which one has to be masked or looked at.
    SameName(String),
    /// A row filter with a sub-select where none can stand.
    SubSelect { object: String },
    /// Search words would be compared with what is hidden.
    SearchIn { object: String, group: &'static str },
    /// A search without RETURNING.
    SearchEverything,
    /// A search of files, whichever records they hang on.
    SearchFiles { object: String },
    /// A list view, whose conditions are unknown.
    ListView(String),
    /// What cannot be told apart well enough to be enforced.
    Unclear,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "There is no {name} that this user can see."),
            Self::Masked { field, place } => write!(
                f,
                "{field} is masked: it can be selected by its plain name, but not stand in {place}."
            ),
            Self::NotAToken { field, kind } => write!(
                f,
                "{field} is masked: compare it by =, !=, IN or NOT IN with null or with a token that a \
                 result of this session showed, such as '<{kind}:1.…>'."
            ),
            Self::NoTokens { field } => {
                write!(f, "{field} is masked: it can be selected, but not stand in a condition.")
            }
            Self::ParentRows { path, place } => write!(
                f,
                "{path} leads to records of which only some may be read: it can be selected by its \
                 plain path, but not stand in {place}. Query the parent's object first, then compare \
                 the reference with the ids that come."
            ),
            Self::PolymorphicMask { path } => write!(
                f,
                "{path} is masked in one of the objects that it may lead to. Query that object itself."
            ),
            Self::Scope(scope) => write!(
                f,
                "USING SCOPE {scope} selects by what cannot be checked here. Leave it out, and filter \
                 by fields."
            ),
            Self::With(what) => {
                write!(f, "WITH {what} cannot be checked here. Leave it out, and filter by fields.")
            }
            Self::Option(what) => {
                write!(f, "{what} would change records on the way. Leave it out.")
            }
            Self::NoFields(set) => write!(f, "{set} has no field that can be read. Name the fields."),
            Self::Alias { alias, object } => write!(
                f,
                "The alias {alias} is also the name of a relationship of {object}, by which its \
                 records are limited. Choose another alias."
            ),
            Self::SameName(name) => {
                write!(f, "Two columns of the answer would be called {name}. Choose another alias.")
            }
            Self::SubSelect { object } => write!(
                f,
                "Only some records of {object} may be read, by a condition that cannot stand here. \
                 Query {object} by itself."
            ),
            Self::SearchIn { object, group } => write!(
                f,
                "A search in {group} would also look into fields of {object} that cannot be read. \
                 Search IN NAME, EMAIL or PHONE FIELDS, whichever serves, or query {object} with a \
                 condition."
            ),
            Self::SearchFiles { object } => write!(
                f,
                "A search of {object} looks into files whichever records they hang on. \
                 salesforce_list_files finds words in those that may be seen."
            ),
            Self::SearchEverything => f.write_str(
                "A search without RETURNING looks into every object. Name the objects after RETURNING.",
            ),
            Self::ListView(name) => write!(
                f,
                "The conditions of the list view {name} cannot be checked here. Leave USING out, and \
                 state the conditions."
            ),
            Self::Unclear => f.write_str(
                "This statement cannot be checked part by part. Write it in a simpler way.",
            ),
        }
    }
}

/// One thing that is not permitted, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    pub(crate) span: Span,
}

/// What a model is told of a refused statement.
pub(crate) fn told(mut refused: Vec<Refused>, argument: &str) -> ToolError {
    refused.sort_by_key(|one| (one.span.start(), one.span.end()));
    let mut texts: Vec<String> = refused.iter().map(|one| one.reason.to_string()).collect();
    texts.dedup();
    ToolError::fix_your_call(
        "The policy of this connection does not permit the statement as it stands. Nothing was sent.",
    )
    .with_problems(texts.into_iter().map(|text| Problem::new(argument, text)))
}
