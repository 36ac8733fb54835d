//! What every other way to Salesforce asks before it sends: objects, fields, searches, reports,
//! actions, raw requests.

use sf_rest::Record;
use sf_rest::ops::reports::ReportDescription;
use sf_schema::bind_search;
use sf_soql::ast::{Query, Search};

use super::{Org, read};
use crate::effect::doing;
use crate::policy::{
    Access, Facts, Permitted, PermittedSearch, permit_search, rows_as_records, told,
};
use crate::{Effect, Problem, ToolError};

/// The policy of an org, for whoever sends something that is no query and no write of records.
/// Without rules everything passes.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    org: &'a Org,
}

impl Org {
    /// What the policy says of other ways to Salesforce.
    #[must_use]
    pub fn gate(&self) -> Gate<'_> {
        Gate { org: self }
    }
}

impl Gate<'_> {
    /// Before each request for data: the time windows, and the cap on requests.
    ///
    /// # Errors
    /// Outside the windows, or if the cap is reached.
    pub fn request(&self) -> Result<(), ToolError> {
        self.org.inner.guard.as_ref().map_or(Ok(()), super::guard::Guard::request)
    }

    /// Requests for data that the session may still send; none if they are not capped.
    pub(crate) fn requests_left(&self) -> Option<u64> {
        let guard = self.org.inner.guard.as_ref()?;
        let most = guard.rules.caps.api_calls?;
        Some(most.saturating_sub(guard.meter.used().calls))
    }

    /// Before rows are handed over that came otherwise than by a query: the caps on rows.
    ///
    /// # Errors
    /// If a cap would be exceeded.
    pub fn rows(&self, rows: u64) -> Result<(), ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(()) };
        guard.meter.read(rows, &guard.rules.caps, &guard.rules.who())
    }

    /// Whether an operation on an object is given.
    ///
    /// # Errors
    /// As for an unknown object if nothing of it is given.
    pub async fn object(&self, object: &str, effect: Effect) -> Result<(), ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(()) };
        let Some(view) = self.org.view(object).await? else {
            return Err(self.org.no_object(object).await?);
        };
        if guard.rules.rule(&view.full.name).is_some_and(|rule| rule.may(effect)) {
            return Ok(());
        }
        Err(ToolError::ask_a_person(format!(
            "This connection does not allow {} of {}. Nothing was sent.{}",
            doing(&[effect]),
            view.full.name,
            guard.rules.who()
        )))
    }

    /// Whether every record of an object may be read, so that rows need no filter.
    ///
    /// # Errors
    /// As [`object`](Self::object), and if the object has a row filter.
    pub async fn every_row(&self, object: &str) -> Result<(), ToolError> {
        self.object(object, Effect::Read).await?;
        let Some(guard) = &self.org.inner.guard else { return Ok(()) };
        match self.org.view(object).await? {
            Some(view) if view.filtered => Err(ToolError::ask_a_person(format!(
                "Only some records of {} may be read, and here they cannot be told apart. Nothing was \
                 sent. salesforce_query reads those that may be read.{}",
                view.full.name,
                guard.rules.who()
            ))),
            _ => Ok(()),
        }
    }

    /// Whether a field may be read as it is. Without rules all may.
    pub(crate) async fn opens(&self, object: &str, field: &str) -> Result<bool, ToolError> {
        if self.org.inner.guard.is_none() {
            return Ok(true);
        }
        let view = self.org.view(object).await?;
        Ok(view.is_some_and(|view| view.read.is_some() && view.access(field) == Access::Open))
    }

    /// Whether these fields, as object and field, may be read as they are.
    ///
    /// # Errors
    /// Those that do not exist for this connection, or are masked.
    pub async fn fields(&self, fields: &[(&str, &str)]) -> Result<(), ToolError> {
        if self.org.inner.guard.is_none() {
            return Ok(());
        }
        let mut problems = Vec::new();
        for (object, field) in fields {
            let Some(view) = self.org.view(object).await? else {
                return Err(self.org.no_object(object).await?);
            };
            let text = match view.access(field) {
                Access::Open => continue,
                Access::Hidden => format!("{object} has no field {field}."),
                Access::Masked(_) => {
                    format!("{field} of {object} is masked, which cannot be done here.")
                }
            };
            problems.push(Problem::new(format!("{object}.{field}"), text));
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(ToolError::fix_your_call(
            "The call names fields that this connection cannot read this way. Nothing was sent.",
        )
        .with_problems(problems))
    }

    /// The statement as it would be sent.
    ///
    /// # Errors
    /// Everything in it that does not exist for this connection, or that is not permitted.
    pub async fn query(&self, query: &Query) -> Result<Option<Permitted>, ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(None) };
        self.org.permit(guard, query).await.map(Some)
    }

    /// The search as it may be sent; none without rules, when it may be sent as it is. Its rows go
    /// through [`found`](Self::found).
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn search(&self, search: &Search) -> Result<Option<PermittedSearch>, ToolError> {
        self.search_of(search, false).await
    }

    /// As [`search`](Self::search). With `files`, also one of files: its caller drops those that hang on
    /// no record that may be seen, and counts the others.
    pub(super) async fn search_of(
        &self,
        search: &Search,
        files: bool,
    ) -> Result<Option<PermittedSearch>, ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(None) };
        guard.open()?;
        let (known, mut views) = self.org.known(search.into()).await?;
        let bound = bind_search(search, &known)
            .map_err(|unbound| read::refused("", unbound.problems().to_vec()))?;
        for entry in &bound.entries {
            self.org.gather_targets(guard, entry, &mut views).await?;
        }
        let is_whole = |object: &str| guard.rules.is_whole(object);
        let filters = self.org.filters(guard, &views).await?;
        let facts =
            Facts { views: &views, is_whole: &is_whole, filters: &filters, masks: &guard.masks };
        let permitted = permit_search(search, &bound, &facts, files);
        permitted.map(Some).map_err(|refused| told(refused, "sosl"))
    }

    /// The rows of a permitted search, masked and redacted; counted against the caps.
    ///
    /// # Errors
    /// If parents could not be looked for, a cap is exceeded, or a row is of an object that the search
    /// does not return.
    pub async fn found(
        &self,
        search: &PermittedSearch,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(records) };
        guard.meter.read(records.len() as u64, &guard.rules.caps, &guard.rules.who())?;
        self.found_of(search, records).await
    }

    /// As [`found`](Self::found), and not counted.
    pub(super) async fn found_of(
        &self,
        search: &PermittedSearch,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(records) };
        let mut shown: Vec<(usize, Record)> = Vec::with_capacity(records.len());
        for (object, plan) in search.plans() {
            let of_object =
                |r: &Record| r.object_type().is_some_and(|o| o.eq_ignore_ascii_case(object));
            let own = || records.iter().enumerate().filter(|(_, record)| of_object(record));
            let rows = self.org.shown(guard, own().map(|(_, record)| record), plan).await?;
            let rows = rows_as_records(&rows).map_err(|e| self.org.explained(&e, Some(object)))?;
            shown.extend(own().map(|(at, _)| at).zip(rows));
        }
        if shown.len() != records.len() {
            tracing::error!("a search brought records of objects that it does not return");
            return Err(ToolError::ask_a_person(
                "Salesforce's answer holds records that were not asked for, so it is not shown. Report it.",
            ));
        }
        shown.sort_by_key(|(at, _)| *at);
        Ok(shown.into_iter().map(|(_, record)| record).collect())
    }

    /// Whether a report may be run: every column, filter, grouping, sort and formula of it must be a
    /// field that may be read as it is, and no object of it may have a row filter.
    ///
    /// # Errors
    /// What of it is not permitted, or cannot be told from its description.
    pub async fn report(&self, report: &ReportDescription) -> Result<(), ToolError> {
        match (self.refusal_of(report).await?, &self.org.inner.guard) {
            (Some(why), Some(guard)) => Err(ToolError::ask_a_person(format!(
                "The report cannot be run here: {why}. Nothing was sent. salesforce_query reads what \
                 may be read.{}",
                guard.rules.who()
            ))),
            _ => Ok(()),
        }
    }

    /// Why a report may not be run; none if it may.
    ///
    /// # Errors
    /// If that cannot be told now.
    pub(crate) async fn refusal_of(
        &self,
        report: &ReportDescription,
    ) -> Result<Option<String>, ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(None) };
        guard.open()?;
        let fields = match crate::policy::report_fields(report) {
            Ok(fields) => fields,
            Err(why) => return Ok(Some(why)),
        };
        let mut objects: Vec<&str> = fields.iter().map(|(object, _)| object.as_str()).collect();
        objects.sort_unstable();
        objects.dedup();
        for object in &objects {
            match self.org.view(object).await? {
                Some(view) if view.filtered => {
                    return Ok(Some(format!("only some records of {object} may be read")));
                }
                Some(view) if view.read.is_some() => {}
                _ => {
                    return Ok(Some("it reads objects that this connection cannot see".to_owned()));
                }
            }
        }
        for (object, field) in &fields {
            if self.org.view(object).await?.is_none_or(|view| view.access(field) != Access::Open) {
                return Ok(Some("it uses fields that this connection cannot read".to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether an invocable or quick action may be run: it may run in system mode, so it must be
    /// allowed by name.
    ///
    /// # Errors
    /// If it is not.
    pub fn action(&self, name: &str) -> Result<(), ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(()) };
        guard.open()?;
        if guard.rules.allows_action(name) {
            return Ok(());
        }
        Err(ToolError::ask_a_person(format!(
            "The action {} is not allowed here: actions can act beyond what the user may do, so each \
             is allowed by its name. Nothing was sent.{}",
            crate::text::shorten(name, 80),
            guard.rules.who()
        )))
    }

    /// Refuses what cannot be looked into, such as a raw request.
    ///
    /// # Errors
    /// With rules, always.
    pub fn raw(&self, what: &str) -> Result<(), ToolError> {
        let Some(guard) = &self.org.inner.guard else { return Ok(()) };
        Err(ToolError::ask_a_person(format!(
            "{what} is never possible here: what it reads or does cannot be checked against the rules \
             of this connection. Nothing was sent.{}",
            guard.rules.who()
        )))
    }
}

impl std::fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("policy", self.org.policy()).finish()
    }
}
