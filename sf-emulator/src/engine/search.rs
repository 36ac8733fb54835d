//! Words in the text of records: what SOSL and parameterized search stand on.
//!
//! There is no index: every row of the objects asked for is read. Text is cut
//! into words at everything that is neither letter nor digit, and compared
//! without regard to case (SOQL and SOSL Reference, "FIND {SearchQuery}").

use super::schema::{Field, FieldType, Object};
use super::storage::tables::quote;
use super::{ApiError, Caller, Cursor, Engine, Seen, query};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Terms {
    /// One word, or several that must follow each other (`"new business"`); in
    /// each `*` stands for any letters and `?` for one. A word of `a.b@c` is cut
    /// like the texts are, so it is a phrase too.
    Phrase(String),
    /// All of them; words side by side are this.
    And(Vec<Terms>),
    /// One of them.
    Or(Vec<Terms>),
    /// Not this one; inside `And` it is SOSL's `AND NOT`.
    Not(Box<Terms>),
}

/// The fields that are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SearchFields {
    /// Every text field, long ones too.
    All,
    /// The name, and what the platform counts as one.
    Name,
    Email,
    Phone,
}

/// A search, to be combined with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) terms: Terms,
    pub(crate) fields: SearchFields,
}

impl Engine {
    /// The records that a SOQL statement gives and in which the words are found.
    /// An entry of `RETURNING` is such a statement: `Account(Name WHERE … ORDER
    /// BY … LIMIT 5)` is `SELECT Name FROM Account WHERE …`. Page through the
    /// cursor as through any other.
    pub(crate) fn search(
        &self,
        caller: &Caller,
        soql: &str,
        search: &Search,
    ) -> Result<Cursor, ApiError> {
        let seen = self.seen(caller)?;
        self.read(|connection| query::run(connection, &seen, caller, soql, false, Some(search)))
    }
}

impl Seen {
    /// The objects that a search without `RETURNING` looks into, in the order
    /// of the global describe.
    pub(crate) fn searchable_objects(&self) -> impl Iterator<Item = &str> {
        let searchable = self.schema.objects.iter().filter(|object| object.searchable);
        searchable.map(|object| object.name.as_str())
    }
}

/// SQL that is 1 for the rows of `alias` in which the terms are found.
pub(super) fn sql(object: &Object, alias: &str, search: &Search) -> (String, Vec<String>) {
    let columns: Vec<String> = object
        .fields
        .iter()
        .filter(|field| field.is_stored() && is_searched(field, search.fields))
        .map(|field| format!("COALESCE({alias}.{}, '')", quote(&field.name)))
        .collect();
    if columns.is_empty() {
        return ("0".to_owned(), Vec::new());
    }
    // The separator is no part of any word, and no phrase spans it.
    let text = columns.join(" || char(31) || ");
    let mut phrases = Vec::new();
    let sql = terms_sql(&search.terms, &text, &mut phrases);
    (sql, phrases)
}

/// `{n}` stands for the n-th phrase.
fn terms_sql(terms: &Terms, text: &str, phrases: &mut Vec<String>) -> String {
    let join = |parts: &[Terms], operator: &str, empty: &str, phrases: &mut Vec<String>| {
        let parts: Vec<String> = parts.iter().map(|part| terms_sql(part, text, phrases)).collect();
        if parts.is_empty() { empty.to_owned() } else { format!("({})", parts.join(operator)) }
    };
    match terms {
        Terms::Phrase(phrase) => {
            phrases.push(phrase.clone());
            format!("sf_words({{{}}}, {text})", phrases.len() - 1)
        }
        Terms::And(parts) => join(parts, " AND ", "1", phrases),
        Terms::Or(parts) => join(parts, " OR ", "0", phrases),
        Terms::Not(inner) => format!("(NOT {})", terms_sql(inner, text, phrases)),
    }
}

fn is_searched(field: &Field, fields: SearchFields) -> bool {
    match fields {
        SearchFields::Email => field.ty == FieldType::Email,
        SearchFields::Phone => field.ty == FieldType::Phone,
        SearchFields::Name => {
            // Beside the name: Subject of cases, Company of leads and the like.
            let also = ["Subject", "Website", "Company", "SerialNumber", "SuppliedName"];
            field.name_field
                || field.compound.as_deref() == Some("Name")
                || also.contains(&field.name.as_str())
        }
        SearchFields::All => matches!(
            field.ty,
            FieldType::String
                | FieldType::TextArea
                | FieldType::Email
                | FieldType::Phone
                | FieldType::Url
                | FieldType::Combobox
                | FieldType::Picklist
        ),
    }
}
