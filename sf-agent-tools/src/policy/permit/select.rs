//! One SELECT: its list, its clauses, and the row filter that is added.

use std::collections::HashSet;

use sf_schema::{FieldRef, Meaning, SelectKind};
use sf_soql::ast::{FieldSet, Path, Query, SelectItem, Span, TypeOf};
use sf_soql::visit::Clause;

use super::access::Found;
use super::{Reason, Walk};
use crate::policy::mask::kind;
use crate::policy::plan::{MaskAt, Plan};
use crate::policy::visible::{Access, View};

/// What is known of the SELECT while its list is read.
struct Listed {
    plan: Plan,
    /// The paths of its plain columns, in lower case.
    plain: HashSet<String>,
    /// Why its columns cannot be changed after they came.
    fixed: Option<&'static str>,
}

impl Walk<'_> {
    pub(super) fn select(&mut self, query: &mut Query) -> Plan {
        let plan = Plan::default();
        let Some(from) = self.next(Clause::From) else { return plan };
        let Some(select) = self.bound.selects().get(from.select) else {
            self.refuse(Reason::Unclear, query.span);
            return plan;
        };
        let Some(view) = self.view(&select.object.name, query.from.span) else { return plan };
        for join in &query.joins {
            let found = self.next(Clause::From);
            match found.map(|found| &found.meaning) {
                Some(Meaning::Join { steps, .. }) => {
                    self.steps(steps, join.span);
                }
                _ => self.refuse(Reason::Unclear, join.span),
            }
        }
        let fixed = match &select.kind {
            SelectKind::SemiJoin => Some("the list of a sub-select"),
            _ if select.aggregate => Some("a list of groups"),
            _ => None,
        };
        let mut listed = Listed { plan, plain: HashSet::new(), fixed };
        let own: HashSet<String> = query.select.iter().filter_map(plain_name).collect();
        let mut items = Vec::with_capacity(query.select.len());
        for item in std::mem::take(&mut query.select) {
            self.item(item, &mut items, &mut listed, view, &own);
        }
        query.select = items;
        if let Some(filter) = &mut query.filter {
            self.condition(filter, Clause::Where);
        }
        for item in query.group_by.iter().flat_map(|group_by| &group_by.items) {
            self.expr(item, Clause::GroupBy);
        }
        if let Some(having) = &mut query.having {
            self.condition(having, Clause::Having);
        }
        for item in &query.order_by {
            self.expr(&item.expr, Clause::OrderBy);
        }
        self.clauses(query, view);
        self.parents(query, &mut listed);
        if !listed.plan.is_empty() {
            self.names(query);
        }
        self.rows(query, view, &select.kind);
        listed.plan
    }

    fn item(
        &mut self,
        item: SelectItem,
        items: &mut Vec<SelectItem>,
        listed: &mut Listed,
        view: &View,
        own: &HashSet<String>,
    ) {
        match item {
            SelectItem::Field { ref path, ref alias } => {
                if let Some(found) = self.next_field(Clause::Select, path) {
                    let fixed = alias.as_ref().map(|_| "a column with an alias").or(listed.fixed);
                    self.column(found, None, fixed, listed, path.span());
                }
                items.push(item);
            }
            SelectItem::Call { ref call, .. } => {
                self.call(call, Clause::Select);
                items.push(item);
            }
            SelectItem::Subquery(mut inner) => {
                // Its own FROM comes next, and says what the rows stand under.
                let name = match self.uses.as_slice().first().map(|next| &next.meaning) {
                    Some(Meaning::Children(child)) => child.name.clone(),
                    _ => None,
                };
                let name = name.unwrap_or_else(|| inner.from.name.last().to_owned());
                let plan = self.select(&mut inner);
                listed.plan.children.push((name, plan));
                items.push(SelectItem::Subquery(inner));
            }
            SelectItem::TypeOf(ref type_of) => {
                self.type_of(type_of, listed);
                items.push(item);
            }
            SelectItem::Fields { set, span } => {
                let Some(found) = self.next(Clause::Select) else { return };
                match &found.meaning {
                    Meaning::Fields(_, fields) => {
                        self.every(set, fields, span, items, listed, view, own);
                    }
                    _ => self.refuse(Reason::Unclear, span),
                }
            }
        }
    }

    /// A plain column: noted to be masked, or its parents to be looked for.
    fn column(
        &mut self,
        found: Found,
        branch: Option<(usize, &str)>,
        fixed: Option<&'static str>,
        listed: &mut Listed,
        span: Span,
    ) {
        let path: Vec<String> = found.path.split('.').map(str::to_owned).collect();
        let needs_place = found.mask.is_some() || !found.parents.is_empty();
        if let (true, Some(place)) = (needs_place, fixed) {
            let name = found.path;
            let reason = if found.mask.is_some() {
                Reason::Masked { field: name, place }
            } else {
                Reason::ParentRows { path: name, place }
            };
            return self.refuse(reason, span);
        }
        if branch.is_none() {
            listed.plain.insert(found.path.to_ascii_lowercase());
        }
        for parent in found.parents {
            listed.plan.parent(parent, branch.is_none().then_some(&*path));
        }
        if let Some((mask, kind)) = found.mask {
            let branch = branch.map(|(depth, object)| (depth, object.to_owned()));
            listed.plan.masks.push(MaskAt { path, branch, mask, kind });
        }
    }

    fn type_of(&mut self, type_of: &TypeOf, listed: &mut Listed) {
        let span = type_of.span;
        let Some(relationship) = self.next(Clause::Select) else { return };
        let Meaning::TypeOf { steps, .. } = &relationship.meaning else {
            return self.refuse(Reason::Unclear, span);
        };
        let Some(parents) = self.steps(steps, span) else {
            // The names of its branches are passed over, since they all lead through it.
            let branches = type_of.whens.iter().map(|when| 1 + when.fields.len()).sum::<usize>();
            self.uses.by_ref().take(branches + type_of.otherwise.len()).for_each(drop);
            return;
        };
        for parent in parents {
            listed.plan.parent(parent, None);
        }
        let mut fields = |walk: &mut Self, paths: &[Path]| {
            for path in paths {
                let Some(found) = walk.next(Clause::Select) else { return };
                let Meaning::TypeOfField { object, field } = &found.meaning else {
                    return walk.refuse(Reason::Unclear, path.span());
                };
                if let Some(found) = walk.field(field, path.span()) {
                    let fixed = listed.fixed;
                    let branch = Some((steps.len(), object.as_deref().unwrap_or_default()));
                    walk.column(found, branch, fixed, listed, path.span());
                }
            }
        };
        for when in &type_of.whens {
            let Some(found) = self.next(Clause::Select) else { return };
            if !matches!(found.meaning, Meaning::TypeOfObject(_)) {
                return self.refuse(Reason::Unclear, when.span);
            }
            fields(self, &when.fields);
        }
        fields(self, &type_of.otherwise);
    }

    /// `FIELDS()`: the fields of it that may be read, each by its name.
    #[expect(clippy::too_many_arguments, reason = "one place of a list, with what is around it")]
    fn every(
        &mut self,
        set: FieldSet,
        fields: &[FieldRef],
        span: Span,
        items: &mut Vec<SelectItem>,
        listed: &mut Listed,
        view: &View,
        own: &HashSet<String>,
    ) {
        let before = items.len();
        for field in fields {
            let name = &field.field().name;
            if own.contains(&name.to_ascii_lowercase())
                || listed.plain.contains(&name.to_ascii_lowercase())
            {
                continue;
            }
            let (Ok(path), Some(full)) = (Path::new(name), view.full.field(name)) else { continue };
            match view.access(name) {
                Access::Hidden => continue,
                Access::Open => {}
                Access::Masked(mask) => {
                    let kind = kind(&view.full.name, full);
                    listed.plan.masks.push(MaskAt {
                        path: vec![name.clone()],
                        branch: None,
                        mask,
                        kind,
                    });
                }
            }
            listed.plain.insert(name.to_ascii_lowercase());
            items.push(SelectItem::field(path));
        }
        if items.len() == before {
            self.refuse(Reason::NoFields(format!("FIELDS({})", set.as_str())), span);
        }
    }

    /// Refuses an alias that another column has for a name, so that none is taken for the other.
    fn names(&mut self, query: &Query) {
        let mut aliases: Vec<(String, Span)> = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        for item in &query.select {
            match item {
                SelectItem::Field { alias: Some(alias), .. }
                | SelectItem::Call { alias: Some(alias), .. } => {
                    aliases.push((alias.as_str().to_ascii_lowercase(), alias.span()));
                }
                SelectItem::Field { path, alias: None } => {
                    // With an alias of the object in front the relationship comes second.
                    names.extend(path.segments().take(2).map(str::to_ascii_lowercase));
                }
                SelectItem::Subquery(inner) => {
                    names.insert(inner.from.name.last().to_ascii_lowercase());
                }
                SelectItem::TypeOf(type_of) => {
                    names.extend(type_of.relationship.segments().map(str::to_ascii_lowercase));
                }
                SelectItem::Call { .. } | SelectItem::Fields { .. } => {}
            }
        }
        for (alias, span) in aliases {
            if !names.insert(alias.clone()) {
                self.refuse(Reason::SameName(alias), span);
            }
        }
    }

    /// Adds the ids of the parents that have to be looked for.
    fn parents(&mut self, query: &mut Query, listed: &mut Listed) {
        for at in 0..listed.plan.parents.len() {
            let id = listed.plan.parents[at].id.clone();
            let text = id.join(".");
            if !listed.plain.insert(text.to_ascii_lowercase()) {
                continue;
            }
            let Ok(path) = Path::new(&text) else {
                self.refuse(Reason::Unclear, query.span);
                continue;
            };
            if path.len() > 1 {
                self.not_an_alias(query, path.first());
            }
            query.select.push(SelectItem::field(path));
            listed.plan.strip.push(id);
        }
    }
}

/// The name of a column that is a field of the object itself.
fn plain_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::Field { path, alias: None } => path.single().map(str::to_ascii_lowercase),
        _ => None,
    }
}
