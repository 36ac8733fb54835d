//! From a bound search to one that may be sent. Pure.

use sf_schema::{BoundSearch, Field, FieldType};
use sf_soql::ast::{Expr, Find, ReturnedField, Search, SearchGroup, SearchWith, SelectItem};

use super::permit::{Facts, permit};
use super::plan::Plan;
use super::refusal::{Reason, Refused};
use super::visible::{Access, View};

/// Objects of files, which are seen only where their records are.
const FILES: &[&str] = &["ContentVersion", "ContentDocument", "ContentNote"];

/// A search that the policy permits, with its row filters, and what is to be done with its rows.
#[derive(Debug, Clone)]
pub struct PermittedSearch {
    search: Search,
    plans: Vec<(String, Plan)>,
}

impl PermittedSearch {
    /// The search to send.
    #[must_use]
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// What is to be done with the rows of each object.
    pub(crate) fn plans(&self) -> impl Iterator<Item = (&str, &Plan)> {
        self.plans.iter().map(|(object, plan)| (object.as_str(), plan))
    }
}

/// With `files` the caller sees to it that of files only those are told that hang on records that may
/// be seen.
pub(crate) fn permit_search(
    search: &Search,
    bound: &BoundSearch,
    facts: &Facts<'_>,
    files: bool,
) -> Result<PermittedSearch, Vec<Refused>> {
    let mut refused = Vec::new();
    let mut permitted = PermittedSearch { search: search.clone(), plans: Vec::new() };
    if bound.every_object || bound.entries.len() != search.returning.len() {
        refused.push(Refused { reason: Reason::SearchEverything, span: search.span });
    }
    if matches!(search.find, Find::Bind(_)) {
        refused.push(Refused { reason: Reason::Unclear, span: search.span });
    }
    for with in &search.with {
        let what = match with {
            SearchWith::UserMode { .. } | SearchWith::SpellCorrection { .. } => continue,
            SearchWith::Division { .. } => "DIVISION",
            SearchWith::DataCategory(_) => "DATA CATEGORY",
            SearchWith::Highlight { .. } => "HIGHLIGHT",
            SearchWith::Snippet { .. } => "SNIPPET",
            SearchWith::Network { .. } => "NETWORK",
            SearchWith::PricebookId { .. } => "PricebookId",
            SearchWith::Metadata { .. } => "METADATA",
            SearchWith::SystemMode { .. } => "SYSTEM_MODE",
        };
        refused.push(Refused { reason: Reason::With(what), span: with.span() });
    }
    for (span, what) in
        [(search.update_tracking, "UPDATE TRACKING"), (search.update_view_stat, "UPDATE VIEWSTAT")]
    {
        refused.extend(span.map(|span| Refused { reason: Reason::Option(what), span }));
    }
    let group = search.group.unwrap_or(SearchGroup::All);
    for (entry, bound) in permitted.search.returning.iter_mut().zip(&bound.entries) {
        let object = bound.selects().first().map(|select| select.object.name.clone());
        let object = object.unwrap_or_else(|| entry.object.to_string());
        if let Some(name) = &entry.list_view {
            let reason = Reason::ListView(name.to_string());
            refused.push(Refused { reason, span: name.span() });
        }
        if !files && FILES.iter().any(|name| name.eq_ignore_ascii_case(&object)) {
            let reason = Reason::SearchFiles { object: object.clone() };
            refused.push(Refused { reason, span: entry.span });
        }
        match facts.views.get(&object.to_ascii_lowercase()) {
            Some(view) if looks_only_into_open(view, group) => {}
            _ => {
                let reason = Reason::SearchIn { object: object.clone(), group: name(group) };
                refused.push(Refused { reason, span: entry.span });
            }
        }
        match permit(bound, facts) {
            Err(reasons) => refused.extend(reasons),
            Ok(query) => {
                let items = query.query().select.iter();
                let fields: Option<Vec<ReturnedField>> = items.map(returned).collect();
                match fields {
                    Some(fields) => entry.fields = fields,
                    None => refused.push(Refused { reason: Reason::Unclear, span: entry.span }),
                }
                entry.filter.clone_from(&query.query().filter);
                permitted.plans.push((object, query.plan().clone()));
            }
        }
    }
    if refused.is_empty() { Ok(permitted) } else { Err(refused) }
}

fn returned(item: &SelectItem) -> Option<ReturnedField> {
    let (expr, alias) = match item {
        SelectItem::Field { path, alias } => (Expr::Field(path.clone()), alias.clone()),
        SelectItem::Call { call, alias } => (Expr::Call(call.clone()), alias.clone()),
        _ => return None,
    };
    Some(ReturnedField { expr, alias })
}

fn name(group: SearchGroup) -> &'static str {
    match group {
        SearchGroup::All => "ALL FIELDS",
        SearchGroup::Name => "NAME FIELDS",
        SearchGroup::Email => "EMAIL FIELDS",
        SearchGroup::Phone => "PHONE FIELDS",
        SearchGroup::Sidebar => "SIDEBAR FIELDS",
    }
}

/// Whether a search of this group finds a record by fields alone that may be read as they are: that
/// it was found would tell what stands in the others. Which fields a group has beside the name
/// differs from object to object ("IN SearchGroup", SOQL and SOSL Reference); all of them are
/// standard fields that hold text. A file is looked through whole, whatever the group.
fn looks_only_into_open(view: &View, group: SearchGroup) -> bool {
    let is_file = view.full.fields.iter().any(|field| field.ty == FieldType::Base64);
    let group = if is_file { SearchGroup::All } else { group };
    let in_group = |field: &&Field| match group {
        SearchGroup::All | SearchGroup::Sidebar => holds_text(&field.ty),
        SearchGroup::Name => field.name_field || (!field.custom && holds_text(&field.ty)),
        SearchGroup::Email => matches!(field.ty, FieldType::Email | FieldType::Other(_)),
        SearchGroup::Phone => matches!(field.ty, FieldType::Phone | FieldType::Other(_)),
    };
    let mut fields = view.full.fields.iter().filter(in_group);
    fields.all(|field| view.access(&field.name) == Access::Open)
}

fn holds_text(ty: &FieldType) -> bool {
    ty.is_text()
        || ty.is_picklist()
        || matches!(ty, FieldType::Other(_) | FieldType::AnyType | FieldType::Base64)
}
