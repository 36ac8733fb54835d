//! Statements through the policy: bound to the schema that is to be seen, permitted, and their rows
//! masked before anyone sees them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sf_rest::{QueryPage, Record};
use sf_schema::{Bound, Known, Meaning, QueryProblem, Statement, Step, bind, needed};
use sf_soql::ast::{Path, Query};

use super::guard::Guard;
use super::schema::schema_error;
use super::{Org, read};
use crate::contract::explain;
use crate::policy::{
    Facts, Ids, Permitted, Plan, Row, SessionFilter, SessionFilters, USER_ID, View, joined, one_of,
    page, permit, told,
};
use crate::{Problem, ToolError};

/// Parents that one query looks for: their ids fit into an address.
const IDS: usize = 400;

/// Objects of a statement as they are to be seen, by lower-case name.
pub(super) type Views = HashMap<String, Arc<View>>;

impl Org {
    /// The objects that a statement names, as they are to be seen; without rules as they are.
    pub(super) async fn known(
        &self,
        statement: Statement<'_>,
    ) -> Result<(Known, Views), ToolError> {
        let (mut known, mut views) = (Known::new(), Views::new());
        loop {
            let names = needed(statement, &known);
            if names.is_empty() {
                return Ok((known, views));
            }
            for name in names {
                let view = self.view(&name).await?;
                match view.as_ref().and_then(|view| view.read.as_ref()) {
                    Some(read) => known.insert(Arc::clone(read)),
                    None => known.insert_absent(&name, self.candidates(&name).await?),
                }
                if let Some(view) = view {
                    views.insert(view.full.name.to_ascii_lowercase(), view);
                }
            }
        }
    }

    /// A statement with its row filters, as the policy permits it.
    ///
    /// # Errors
    /// Everything in it that does not exist for this connection, or else that is not permitted.
    pub(super) async fn permit(
        &self,
        guard: &Guard,
        query: &Query,
    ) -> Result<Permitted, ToolError> {
        let (known, mut views) = self.known(query.into()).await?;
        let bound = bind(query, &known)
            .map_err(|unbound| read::refused("", unbound.problems().to_vec()))?;
        self.permit_bound(guard, &bound, &mut views).await
    }

    pub(super) async fn permit_bound(
        &self,
        guard: &Guard,
        bound: &Bound,
        views: &mut Views,
    ) -> Result<Permitted, ToolError> {
        self.gather_targets(guard, bound, views).await?;
        let is_whole = |object: &str| guard.rules.is_whole(object);
        let filters = self.filters(guard, views).await?;
        let facts = Facts { views, is_whole: &is_whole, filters: &filters, masks: &guard.masks };
        permit(bound, &facts).map_err(|refused| told(refused, "soql"))
    }

    /// Adds the objects that relationships of a bound statement may lead to. Nothing has to be known
    /// of those that may be read in whole.
    pub(super) async fn gather_targets(
        &self,
        guard: &Guard,
        bound: &Bound,
        views: &mut Views,
    ) -> Result<(), ToolError> {
        for object in objects(bound, views) {
            if !guard.rules.is_whole(&object)
                && !views.contains_key(&object.to_ascii_lowercase())
                && let Some(view) = self.view(&object).await?
            {
                views.insert(object.to_ascii_lowercase(), view);
            }
        }
        Ok(())
    }

    /// The row filters of those of the objects that have one.
    pub(super) async fn filters(
        &self,
        guard: &Guard,
        views: &Views,
    ) -> Result<SessionFilters, ToolError> {
        let mut filters = SessionFilters::new();
        for (name, view) in views {
            if view.filtered {
                filters.insert(name.clone(), self.filter(guard, view).await?);
            }
        }
        Ok(filters)
    }

    /// The row filter of an object for the user of this session.
    pub(super) async fn filter(
        &self,
        guard: &Guard,
        view: &View,
    ) -> Result<Arc<SessionFilter>, ToolError> {
        let object = &view.full.name;
        let session = self.inner.client.session().await.map_err(|e| explain(&e))?;
        let user = session.user_id().unwrap_or_default().to_owned();
        if let Some(filter) = guard.filter(&user, object) {
            return Ok(filter);
        }
        let broken = |why: String| {
            tracing::error!(object, why, "the row filter of a policy cannot be used");
            ToolError::ask_a_person(format!(
                "Only some records of {object} may be read, and the policy's condition for them cannot \
                 be used: {why}. Nothing was sent.{}",
                guard.rules.who()
            ))
        };
        let rule = guard.rules.rule(object).and_then(|rule| rule.rows.as_ref());
        let statement = rule.and_then(|rows| Some((rows, rows.statement(object)?)));
        let Some((rows, statement)) = statement else {
            return Err(broken("there is none".to_owned()));
        };
        let mut known = Known::new();
        sf_schema::gather(&self.inner.catalog, &statement, &mut known)
            .await
            .map_err(|e| schema_error(&e))?;
        let bound = bind(&statement, &known).map_err(|unbound| {
            tracing::error!(error = %unbound, "a row filter does not fit the org");
            broken("it names what the org does not have".to_owned())
        })?;
        let mut variables = guard.variables.clone();
        if !user.is_empty() {
            variables.entry(USER_ID.to_owned()).or_insert_with(|| vec![user.as_str().into()]);
        }
        let filter = rows
            .of_session(&bound, &variables)
            .map_err(|name| broken(format!("the variable :{name} has no value that fits")))?;
        Ok(guard.keep_filter(&user, object, filter))
    }

    /// A page as it may be shown: counted, masked, redacted; its locators are noted.
    pub(super) async fn show(
        &self,
        guard: &Guard,
        came: QueryPage,
        plan: &Arc<Plan>,
    ) -> Result<QueryPage, ToolError> {
        let rows = came.records.iter().map(Row::count).sum();
        guard.meter.read(rows, &guard.rules.caps, &guard.rules.who())?;
        if let Some(next) = &came.next {
            guard.keep_plan(next, plan);
        }
        for record in &came.records {
            note_children(guard, record, plan);
        }
        if plan.is_empty() {
            return Ok(came);
        }
        let rows = self.shown(guard, &came.records, plan).await?;
        page(&came, &rows).map_err(|error| explain(&error))
    }

    pub(super) async fn shown<'a>(
        &self,
        guard: &Guard,
        records: impl IntoIterator<Item = &'a Record>,
        plan: &Plan,
    ) -> Result<Vec<Row>, ToolError> {
        let mut rows: Vec<Row> = records.into_iter().map(Row::of).collect();
        self.carry_out(guard, &mut rows, plan).await?;
        Ok(rows)
    }

    /// Masks and redacts rows, after the parents that may be hidden were looked for.
    pub(super) async fn carry_out(
        &self,
        guard: &Guard,
        rows: &mut [Row],
        plan: &Plan,
    ) -> Result<(), ToolError> {
        let mut ids = Ids::new();
        rows.iter().for_each(|row| row.ids(plan, &mut ids));
        let mut seen = HashSet::new();
        for (object, ids) in ids {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            for some in ids.chunks(IDS) {
                seen.extend(self.permitted_ids(guard, &object, some).await?);
            }
        }
        rows.iter_mut().for_each(|row| row.apply(plan, &seen, &guard.masks));
        Ok(())
    }

    /// Those of the records of an object that the row filter lets be seen.
    pub(super) async fn permitted_ids(
        &self,
        guard: &Guard,
        object: &str,
        ids: &[&str],
    ) -> Result<Vec<String>, ToolError> {
        let view = self.view(object).await?;
        let Some(view) = view.filter(|_| !ids.is_empty()) else { return Ok(Vec::new()) };
        let filter = if view.filtered { Some(self.filter(guard, &view).await?) } else { None };
        let fault = |_| ToolError::ask_a_person("The records cannot be looked for; report it.");
        let path = Path::new("Id").map_err(fault)?;
        let mut condition = one_of(path.clone(), ids);
        if let Some(filter) = filter {
            condition = joined(Some(condition), filter.condition.clone());
        }
        let from = sf_soql::ast::Source::new(Path::new(&view.full.name).map_err(fault)?);
        let mut query = Query::new(vec![sf_soql::ast::SelectItem::field(path)], from);
        query.filter = Some(condition);
        let mut found = Vec::new();
        guard.request()?;
        let mut came = self.send_query(&query).await?;
        loop {
            let text = |r: &Record| r.get("Id").and_then(|id| id.as_str().map(str::to_owned));
            found.extend(came.records.iter().filter_map(text));
            let Some(next) = came.next else { return Ok(found) };
            guard.request()?;
            let next = self.inner.client.next_page(&next).await;
            came = next.map_err(|e| self.explained(&e, Some(object)))?;
        }
    }
}

fn note_children(guard: &Guard, record: &Record, plan: &Plan) {
    for (name, plan) in &plan.children {
        let Some(sf_rest::ValueRef::Records(children)) = record.get(name) else { continue };
        if let Some(next) = children.next() {
            guard.keep_plan(next, &Arc::new(plan.clone()));
        }
        for child in children.records() {
            note_children(guard, &child, plan);
        }
    }
}

/// Every object that a bound statement reads or that a relationship of it may lead to.
fn objects(bound: &Bound, views: &Views) -> BTreeSet<String> {
    let mut objects: BTreeSet<String> =
        bound.selects().iter().map(|select| select.object.name.clone()).collect();
    let mut follow = |steps: &[Step]| {
        for step in steps {
            objects.extend(step.targets.iter().cloned());
            // The describe that a statement is bound to may leave targets out.
            let owner = views.get(&step.object.to_ascii_lowercase());
            let full = owner.and_then(|view| view.full.field(&step.field));
            objects.extend(full.into_iter().flat_map(|field| field.reference_to.iter().cloned()));
            objects.insert(if step.object == "Name" {
                "User".to_owned()
            } else {
                step.object.clone()
            });
        }
    };
    for found in bound.uses() {
        match &found.meaning {
            Meaning::Field(field) | Meaning::TypeOfField { field, .. } => follow(&field.steps),
            Meaning::Join { steps, .. } | Meaning::TypeOf { steps, .. } => follow(steps),
            _ => {}
        }
    }
    objects
}

/// A problem of a statement for the model, with its place in `soql`.
pub(super) fn problem(soql: &str, found: QueryProblem) -> Problem {
    let before = soql.get(..found.range.start).unwrap_or("");
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let line = before.matches('\n').count() + 1;
    let place =
        if soql.is_empty() { String::new() } else { format!("line {line}, column {column}: ") };
    Problem::new("soql", format!("{place}{}", found.message))
        .did_you_mean(found.candidates.into_iter().map(|c| c.name).collect())
}
