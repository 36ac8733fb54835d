//! What there is in the org: objects and their fields.

use std::sync::Arc;

use sf_schema::{Object, ObjectSummary};

use super::Org;
use super::guard::{Guard, List};
use crate::contract::{self, explain};
use crate::policy::{Kin, Names, View, described, exists, kin, summary, view};
use crate::{Problem, SuggestedCall, ToolError};

/// Stands for words of the platform that are not passed on.
pub(super) const UNTOLD: &str = "Salesforce refused it, in words that name what is not shown here.";

impl Org {
    /// All objects that are to be seen: the user can see them, and the policy gives something of
    /// them.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    pub async fn objects(&self) -> Result<Arc<[ObjectSummary]>, ToolError> {
        Ok(match &self.inner.guard {
            None => self.inner.catalog.objects().await.map_err(|e| schema_error(&e))?,
            Some(guard) => self.list(guard).await?.seen,
        })
    }

    /// The object of this API name, in any case, with what of it is to be seen.
    ///
    /// # Errors
    /// For an unknown name, with the names that were probably meant. A name that the policy hides is
    /// an unknown one.
    pub async fn object(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        if self.inner.guard.is_none() {
            return self.inner.catalog.object(name).await.map_err(|e| schema_error(&e));
        }
        match self.view(name).await? {
            Some(view) => Ok(Arc::clone(&view.card)),
            None => Err(self.no_object(name).await?),
        }
    }

    /// The one object that a name, label or plural means.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn resolve(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        let Some(guard) = &self.inner.guard else {
            let resolved = self.inner.catalog.resolve(name).await.map_err(|e| schema_error(&e))?;
            return Ok(resolved.object);
        };
        if let Some(view) = self.view(name).await? {
            return Ok(Arc::clone(&view.card));
        }
        let list = self.list(guard).await?;
        match sf_schema::resolve_object(name, list.seen.iter()).one() {
            Some(name) => self.object(name).await,
            None => Err(self.no_object(name).await?),
        }
    }

    /// The object as it is to be seen, with rules; none if nothing of it is.
    pub(super) async fn view(&self, name: &str) -> Result<Option<Arc<View>>, ToolError> {
        let Some(guard) = &self.inner.guard else { return Ok(None) };
        let list = self.list(guard).await?;
        // Nothing is asked about what is hidden anyway.
        if !exists(&guard.rules, &list.names, name.trim()) {
            return Ok(None);
        }
        let full = match self.inner.catalog.object(name).await {
            Ok(full) => full,
            Err(sf_schema::Error::UnknownObject { .. }) => return Ok(None),
            Err(other) => return Err(schema_error(&other)),
        };
        if let Some(view) = guard.view(&full) {
            return Ok(Some(view));
        }
        let parents = described(&self.inner.catalog, &guard.rules, &list.names, &full).await;
        let parents = parents.map_err(|e| schema_error(&e))?;
        let made = view(&guard.rules, &list.names, &parents, &full);
        Ok(made.map(|made| guard.keep_view(made)))
    }

    async fn list(&self, guard: &Guard) -> Result<List, ToolError> {
        let all = self.inner.catalog.objects().await.map_err(|e| schema_error(&e))?;
        if let Some(list) = guard.list(&all) {
            return Ok(list);
        }
        let names: Names = all.iter().map(|object| object.name.to_ascii_lowercase()).collect();
        let seen = all.iter().filter_map(|object| summary(&guard.rules, &names, object)).collect();
        let list = List { all, names: Arc::new(names), seen };
        guard.keep_list(list.clone());
        Ok(list)
    }

    /// Names of objects that are to be seen and that `name` was probably meant to be.
    pub(super) async fn candidates(&self, name: &str) -> Result<Vec<String>, ToolError> {
        let list = self.objects().await?;
        let mut found = sf_schema::suggest(name, list.iter().map(|object| object.name.as_str()));
        let labels = list.iter().flat_map(|object| [&*object.label, &*object.label_plural]);
        for label in sf_schema::suggest(name, labels) {
            let labelled = list.iter().filter(|o| o.label == label || o.label_plural == label);
            for object in labelled {
                if !found.contains(&object.name) {
                    found.push(object.name.clone());
                }
            }
        }
        let mut found = bases_first(name, found);
        found.truncate(5);
        Ok(found)
    }

    /// What is told of an object that there is not, or that is hidden.
    pub(super) async fn no_object(&self, name: &str) -> Result<ToolError, ToolError> {
        let candidates = self.candidates(name).await?;
        let name = name.to_owned();
        Ok(schema_error(&sf_schema::Error::UnknownObject { name, candidates }))
    }

    /// What a failed call means, in words that name nothing that is hidden.
    pub(crate) fn explained(&self, error: &sf_rest::Error, object: Option<&str>) -> ToolError {
        let Some(guard) = &self.inner.guard else { return explain(error) };
        if let sf_rest::Error::BulkJob { job, state, message } = error {
            let (job, state, message) = (*job, state.clone(), guard.words(message, object));
            return explain(&sf_rest::Error::BulkJob { job, state, message });
        }
        let mut told = explain(error);
        let errors = error.api_errors();
        if told.problems.len() == errors.len() {
            let scrubbed = guard.scrubbed(errors.to_vec(), object);
            told.problems = scrubbed.iter().map(|error| contract::problem("", error)).collect();
        }
        told
    }

    /// An error of a tool, without words of the platform that name what is hidden.
    pub(crate) fn scrubbed(&self, mut error: ToolError) -> ToolError {
        let Some(guard) = &self.inner.guard else { return error };
        let hidden = guard.hidden(None);
        let theirs = error.problems.iter_mut().filter(|problem| problem.code.is_some());
        let tells = |text: &str| hidden.is_in(text) || guard.masks.tells(text);
        for problem in theirs.filter(|problem| tells(&problem.message)) {
            problem.message = UNTOLD.to_owned();
        }
        error
    }

    /// Doubts what is known of the schema, and tells whether any of it is old enough for that.
    pub(crate) fn doubt_schema(&self) -> bool {
        self.inner.catalog.recheck_all(self.inner.doubted_after)
    }

    /// An org that does not know a name that we do has changed since its describe.
    pub(super) fn forget_if_stale(&self, error: &sf_rest::Error, object: &str) {
        if self.inner.catalog.forget_after(object, error) {
            self.drifted(object);
        }
    }
}

pub(super) fn schema_error(error: &sf_schema::Error) -> ToolError {
    match error {
        sf_schema::Error::Fetch(error) => explain(error),
        sf_schema::Error::UnknownObject { name, candidates } => {
            let candidates = bases_first(name, candidates.clone());
            let name = crate::text::shorten(name, 80);
            let near = candidates.first().map_or(String::new(), |c| format!(" Did you mean {c}?"));
            ToolError::fix_your_call(format!(
                "There is no object {name:?} that this user can see.{near}"
            ))
            .with_problem(
                Problem::new("object", "Unknown; give an API name.").did_you_mean(candidates),
            )
            .with_next(SuggestedCall::new(
                crate::tools::LIST_OBJECTS,
                serde_json::json!({ "filter": name }),
            ))
            .by_schema()
        }
        other => {
            tracing::error!(error = %other, "a describe could not be read");
            ToolError::ask_a_person(
                "Salesforce's description of the object was not understood. This is a fault of the \
                 connector, not of the call; report it.",
            )
        }
    }
}

/// Names with those of objects that belong to another one (its sharing, history, feed, tags, changes)
/// behind the others: they are rarely meant, unless what was given says so.
fn bases_first(given: &str, mut names: Vec<String>) -> Vec<String> {
    const SAID: &[&str] = &["shar", "hist", "feed", "tag", "chang"];
    let given = given.to_lowercase();
    if !SAID.iter().any(|word| given.contains(word)) {
        names.sort_by_key(|name| kin(name) != Kin::None);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::bases_first;

    #[test]
    fn kin_of_objects_come_last_unless_they_are_meant() {
        let names = ["AccountShare", "Account", "Deal__Share", "Accord__c"].map(str::to_owned);
        let told = |given: &str| bases_first(given, names.to_vec()).join(" ");
        assert_eq!(told("Accont"), "Account Accord__c AccountShare Deal__Share");
        assert_eq!(told("AcountShare"), "AccountShare Account Deal__Share Accord__c");
    }
}
