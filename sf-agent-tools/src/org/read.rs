//! Reading: statements checked and sent as they print, records by id.

use std::sync::Arc;

use sf_rest::{Id, QueryPage, Record};
use sf_schema::{Known, QueryProblem, bind, check_query};
use sf_soql::ast::{Path, Query, SelectItem, Source};
use sf_soql::visit::{ApexConstruct, apex_only};

use super::Org;
use super::schema::schema_error;
use crate::contract::explain;
use crate::cursor;
use crate::policy::one_of;
use crate::{Problem, ToolError};

/// Warnings that a reply tells.
const WARNINGS: usize = 8;

impl Org {
    /// A statement as a tree, if it is SOQL that the API takes.
    ///
    /// # Errors
    /// Where it cannot be parsed, what was expected there and how to mend it.
    pub fn parse(&self, soql: &str) -> Result<Query, ToolError> {
        // A semicolon at the end is a habit from SQL and can mean nothing else.
        let soql = soql.trim_end().trim_end_matches(';');
        let query = sf_soql::parse(soql).map_err(|error| {
            ToolError::fix_your_call(format!("The SOQL statement cannot be parsed: {error}."))
                .with_problem(Problem::new("soql", error.to_string()))
        })?;
        let problems: Vec<Problem> = apex_only(&query)
            .iter()
            .map(|found| Problem::new("soql", apex_advice(found.construct)))
            .collect();
        if problems.is_empty() {
            return Ok(query);
        }
        Err(ToolError::fix_your_call(
            "The statement has what only Apex code can use. Nothing was sent.",
        )
        .with_problems(problems))
    }

    /// Checks `query`, which was parsed from `soql`, against the schema that is to be seen, and gives
    /// what deserves a second look though the org runs it.
    ///
    /// # Errors
    /// Everything in it that the org would refuse, with candidates.
    pub async fn check_query(&self, soql: &str, query: &Query) -> Result<Vec<String>, ToolError> {
        let found = if self.inner.guard.is_some() {
            // Nothing is said of large objects: how many records there are is not for everyone.
            let (known, _) = self.known(query.into()).await?;
            match bind(query, &known) {
                Ok(bound) => check_query(&bound),
                Err(unbound) => unbound.check(),
            }
        } else {
            let mut known = Known::new();
            // One call in a catalog's lifetime; without it nothing is said of large objects.
            if let Err(error) = self.inner.catalog.learn_rows(&mut known).await {
                tracing::debug!(%error, "the numbers of records are not known");
            }
            let review = sf_schema::review_with(&self.inner.catalog, query, &mut known).await;
            review.map_err(|e| schema_error(&e))?
        };
        let (problems, warnings): (Vec<_>, Vec<_>) =
            found.into_iter().partition(QueryProblem::is_error);
        if !problems.is_empty() {
            return Err(refused(soql, problems));
        }
        // A list of values may be wrong in each of them.
        Ok(warnings.into_iter().map(|warning| warning.message).take(WARNINGS).collect())
    }

    /// The first page of a query. With rules, the statement is bound to the schema that is to be
    /// seen, gets its row filters, and its rows are masked and redacted.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn query(&self, query: &Query) -> Result<QueryPage, ToolError> {
        let Some(guard) = &self.inner.guard else { return self.send_query(query).await };
        guard.open()?;
        let permitted = self.permit(guard, query).await?;
        guard.request()?;
        let came = self.send_query(permitted.query()).await?;
        self.show(guard, came, &Arc::new(permitted.plan().clone())).await
    }

    /// [`query`](Self::query), with the statement that a cursor goes on with. It has no row filter of
    /// the policy, which are added anew whenever it is sent, and whose fields may be hidden.
    pub(crate) async fn query_as_sent(
        &self,
        query: &Query,
    ) -> Result<(QueryPage, Query), ToolError> {
        Ok((self.query(query).await?, query.clone()))
    }

    /// Sends a statement as it prints.
    pub(super) async fn send_query(&self, query: &Query) -> Result<QueryPage, ToolError> {
        let soql = query.to_soql().map_err(|error| {
            // The parser's own trees always print; one that was changed on the way did not.
            tracing::error!(%error, "a statement does not print as it is meant");
            ToolError::ask_a_person(
                "The statement cannot be sent as it is meant. Nothing was sent. This is a fault of \
                 the connector, not of the call; report it.",
            )
        })?;
        let mut request = sf_rest::Query::new(soql);
        if let Some(size) = self.inner.limits.page_size {
            request = request.batch_size(size);
        }
        self.inner.client.query_page(&request).await.map_err(|error| {
            self.forget_if_stale(&error, query.from.name.as_str());
            self.explained(&error, Some(query.from.name.as_str()))
        })
    }

    /// The page at a locator that this org gave. Only for locators that no caller can choose.
    pub(crate) async fn next_page(&self, locator: &str) -> Result<QueryPage, ToolError> {
        let next = || self.inner.client.next_page(locator);
        let Some(guard) = &self.inner.guard else {
            return next().await.map_err(|e| explain(&e));
        };
        let Some(plan) = guard.plan_at(locator) else { return Err(cursor::dropped()) };
        guard.request()?;
        let came = next().await.map_err(|e| self.explained(&e, None))?;
        self.show(guard, came, &plan).await
    }

    /// One record: `fields`, or all that may be read.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn get(&self, object: &str, id: Id, fields: &[String]) -> Result<Record, ToolError> {
        if self.inner.guard.is_some() {
            return self.get_by_query(object, id, fields).await;
        }
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.inner.client.get(object, id, &fields).await.map_err(|error| {
            self.forget_if_stale(&error, object);
            explain(&error)
        })
    }

    /// As [`get`](Self::get), as a statement, so that what holds for statements holds here.
    async fn get_by_query(
        &self,
        object: &str,
        id: Id,
        fields: &[String],
    ) -> Result<Record, ToolError> {
        let view = self.view(object).await?;
        let Some(read) = view.as_ref().and_then(|view| view.read.clone()) else {
            return Err(self.no_object(object).await?);
        };
        let path = |name: &str| {
            Path::new(name).map_err(|error| ToolError::fix_your_call(format!("{error}.")))
        };
        let mut items = Vec::new();
        if fields.is_empty() {
            for field in &read.fields {
                items.push(SelectItem::field(path(&field.name)?));
            }
        }
        for name in fields {
            items.push(SelectItem::field(path(name)?));
        }
        let mut query = Query::new(items, Source::new(path(&read.name)?));
        query.filter = Some(one_of(path("Id")?, &[id.as_str()]));
        let found = self.query(&query).await?.records.into_iter().next();
        found.ok_or_else(|| {
            let at = Problem::new(
                "",
                "The requested resource does not exist. It does not exist, was deleted, or is not \
                 visible to this user.",
            );
            ToolError::fix_your_call(
                "Salesforce refused the call as it stands. Correct it and call again.",
            )
            .with_problem(at.code("NOT_FOUND"))
        })
    }
}

/// What is told of a statement that the org would refuse.
pub(super) fn refused(soql: &str, problems: Vec<QueryProblem>) -> ToolError {
    let mut names: Vec<&str> = problems.iter().map(|p| p.name.as_str()).collect();
    names.dedup();
    let unknown = problems.iter().all(|p| {
        use sf_schema::QueryProblemKind as Kind;
        matches!(
            p.kind,
            Kind::UnknownObject
                | Kind::UnknownField
                | Kind::UnknownRelationship
                | Kind::UnknownChild
        )
    });
    let what = if unknown {
        "names what the org does not have (or this user cannot see)"
    } else {
        "would be refused by the org"
    };
    let message = format!("The query {what}: {}. Nothing was sent.", names.join(", "));
    let problems: Vec<Problem> =
        problems.into_iter().map(|found| super::permit::problem(soql, found)).collect();
    ToolError::fix_your_call(message).with_problems(problems).by_schema()
}

fn apex_advice(construct: ApexConstruct) -> &'static str {
    match construct {
        ApexConstruct::Bind => "Bind variables (:name) exist only in Apex; write the value itself.",
        ApexConstruct::AllRows => "ALL ROWS exists only in Apex; leave it out.",
        ApexConstruct::ForUpdate => "FOR UPDATE exists only in Apex; leave it out.",
        ApexConstruct::SystemMode => "WITH SYSTEM_MODE exists only in Apex; leave it out.",
    }
}
