//! The clauses that name no field, and the row filter.

use sf_schema::SelectKind;
use sf_soql::ast::{Query, With};

use super::{Reason, Walk};
use crate::policy::filter::joined;
use crate::policy::visible::{Access, View};

impl Walk<'_> {
    pub(super) fn clauses(&mut self, query: &Query, view: &View) {
        if let Some(scope) = &query.scope {
            // `mine` is a condition on the owner; what the others select by is not among the fields.
            let owned = scope.is("mine") && view.access("OwnerId") == Access::Open;
            if !owned && !scope.is("everything") {
                self.refuse(Reason::Scope(scope.to_string()), scope.span());
            }
        }
        let with = match &query.with {
            None | Some(With::SecurityEnforced { .. } | With::UserMode { .. }) => None,
            Some(With::SystemMode { .. }) => Some("SYSTEM_MODE"),
            Some(With::DataCategory(_)) => Some("DATA CATEGORY"),
            Some(With::RecordVisibilityContext(_)) => Some("RecordVisibilityContext"),
            Some(With::UserId(_)) => Some("UserId"),
        };
        if let (Some(what), Some(with)) = (with, &query.with) {
            self.refuse(Reason::With(what), with.span());
        }
        let options = [
            (query.options.for_view, "FOR VIEW"),
            (query.options.for_reference, "FOR REFERENCE"),
            (query.options.for_update, "FOR UPDATE"),
            (query.options.update_tracking, "UPDATE TRACKING"),
            (query.options.update_view_stat, "UPDATE VIEWSTAT"),
            (query.options.all_rows, "ALL ROWS"),
        ];
        for (span, what) in options {
            if let Some(span) = span {
                self.refuse(Reason::Option(what), span);
            }
        }
    }

    /// Adds the row filter of the object.
    pub(super) fn rows(&mut self, query: &mut Query, view: &View, kind: &SelectKind) {
        if !view.filtered {
            return;
        }
        let object = &view.full.name;
        let filters = self.facts.filters;
        let Some(filter) = filters.get(&object.to_ascii_lowercase()) else {
            return self.refuse(Reason::Unclear, query.from.span);
        };
        if filter.sub_select && *kind == SelectKind::SemiJoin {
            self.refuse(Reason::SubSelect { object: object.clone() }, query.from.span);
        }
        for name in &filter.first_names {
            self.not_an_alias(query, name);
        }
        query.filter = Some(joined(query.filter.take(), filter.condition.clone()));
        self.added.push(format!("{object}: {}", filter.condition));
    }

    /// Refuses a name of a source that would change what a path starting with `name` means.
    pub(super) fn not_an_alias(&mut self, query: &Query, name: &str) {
        let sources = std::iter::once(&query.from).chain(&query.joins);
        let taken = sources.into_iter().find_map(|source| {
            let alias = source.alias.as_ref().filter(|alias| alias.is(name));
            alias.map(|alias| (alias.to_string(), alias.span()))
        });
        let own = query.from.name.is(name).then(|| (name.to_owned(), query.from.span));
        if let Some((alias, span)) = taken.or(own) {
            let object = query.from.name.last().to_owned();
            self.refuse(Reason::Alias { alias, object }, span);
        }
    }
}
