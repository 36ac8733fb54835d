//! The walk over a search.

use super::apex::{ApexConstruct, ApexOnly, apex_only};
use super::{Place, walk};
use crate::ast::{Find, Literal, Path, Returning, Search, SearchWith, Span, Value};

/// What a search reads, place by place.
#[derive(Clone, Copy, Debug)]
pub enum SearchPlace<'a> {
    /// There is no `RETURNING`: the answer holds ids of every searchable
    /// object. Seen once, and nothing else with it.
    EveryObject,
    /// A place of an entry of `RETURNING`.
    Returning {
        /// The entry. It may also name a list view, whose conditions and
        /// fields are not in the statement.
        entry: &'a Returning,
        /// The place, in the SELECT that the entry amounts to
        /// ([`Returning::to_query`]); its spans point into the search.
        place: Place<'a>,
    },
}

/// Calls `visit` for every place of `search` where a name of the schema
/// stands, as [`walk`] does for a SELECT.
///
/// What the words are looked for in is not walked, since no name stands there:
/// a search finds a row by any searchable field of its object, of those that
/// [`Search::group`] leaves, whether or not the field is returned. `WITH` names
/// no object and no field either.
///
/// ```
/// use sf_soql::visit::{Reference, SearchPlace, walk_search};
///
/// let search = sf_soql::parse_search("FIND {acme} RETURNING Account(Name WHERE Owner.IsActive = TRUE), Lead")?;
/// let mut seen = Vec::new();
/// walk_search(&search, &mut |place| match place {
///     SearchPlace::EveryObject => seen.push("everything".to_owned()),
///     SearchPlace::Returning { entry, place } => match place.reference {
///         Reference::Field(path) => seen.push(format!("{}.{path}", entry.object)),
///         Reference::Object(object) => seen.push(object.to_string()),
///         other => seen.push(format!("{other:?}")),
///     },
/// });
/// assert_eq!(seen, ["Account", "Account.Name", "Account.Owner.IsActive", "Lead", "Lead.Id"]);
/// # Ok::<(), sf_soql::ParseError>(())
/// ```
pub fn walk_search(search: &Search, visit: &mut dyn FnMut(SearchPlace<'_>)) {
    if search.returning.is_empty() {
        visit(SearchPlace::EveryObject);
    }
    for entry in &search.returning {
        walk(&entry.to_query(), &mut |place| visit(SearchPlace::Returning { entry, place }));
    }
}

/// Everything in `search` that only Apex takes, but the single quotes of
/// [`Find::Text`]: clear `quoted` to print braces.
#[must_use]
pub fn apex_only_search(search: &Search) -> Vec<ApexOnly> {
    let mut found = Vec::new();
    let mut bind = |variable: &Path| {
        found.push(ApexOnly { construct: ApexConstruct::Bind, span: variable.span() });
    };
    if let Find::Bind(variable) = &search.find {
        bind(variable);
    }
    for entry in &search.returning {
        found.extend(apex_only(&entry.to_query()));
    }
    let mut add = |construct, span: Span| found.push(ApexOnly { construct, span });
    for with in &search.with {
        let values: &[Literal] = match with {
            SearchWith::SystemMode { span } => {
                add(ApexConstruct::SystemMode, *span);
                &[]
            }
            SearchWith::Division { division: one, .. }
            | SearchWith::PricebookId { id: one, .. } => std::slice::from_ref(one),
            SearchWith::Network { networks, .. } => networks,
            SearchWith::DataCategory(_)
            | SearchWith::Highlight { .. }
            | SearchWith::Snippet { .. }
            | SearchWith::Metadata { .. }
            | SearchWith::SpellCorrection { .. }
            | SearchWith::UserMode { .. } => &[],
        };
        for value in values {
            if let Value::Bind(variable) = &value.value {
                add(ApexConstruct::Bind, variable.span());
            }
        }
    }
    if let Some(crate::ast::Count::Bind(variable)) = &search.limit {
        add(ApexConstruct::Bind, variable.span());
    }
    found
}
