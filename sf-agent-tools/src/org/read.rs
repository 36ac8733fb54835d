//! Reading: statements checked and sent as they print, records by id.

use sf_rest::{Id, QueryPage, Record};
use sf_schema::Known;
use sf_soql::ast::Query;
use sf_soql::visit::{ApexConstruct, apex_only};

use super::Org;
use super::schema::schema_error;
use crate::contract::explain;
use crate::{Problem, ToolError};

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

    /// Checks `query`, which was parsed from `soql`, against the schema, and gives what deserves a
    /// second look though the org runs it.
    ///
    /// # Errors
    /// Everything in it that the org would refuse, with candidates.
    pub async fn check_query(&self, soql: &str, query: &Query) -> Result<Vec<String>, ToolError> {
        let mut known = Known::new();
        // One call in a catalog's lifetime; without it nothing is said of large objects.
        if let Err(error) = self.inner.catalog.learn_rows(&mut known).await {
            tracing::debug!(%error, "the numbers of records are not known");
        }
        let review = sf_schema::review_with(&self.inner.catalog, query, &mut known).await;
        let (problems, warnings): (Vec<_>, Vec<_>) = review
            .map_err(|e| schema_error(&e))?
            .into_iter()
            .partition(sf_schema::QueryProblem::is_error);
        if problems.is_empty() {
            return Ok(warnings.into_iter().map(|warning| warning.message).collect());
        }
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
        let problems = problems.into_iter().map(|p| {
            let before = soql.get(..p.range.start).unwrap_or("");
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let line = before.matches('\n').count() + 1;
            Problem::new("soql", format!("line {line}, column {column}: {}", p.message))
                .did_you_mean(p.candidates.into_iter().map(|c| c.name).collect())
        });
        Err(ToolError::fix_your_call(message).with_problems(problems))
    }

    /// The first page of a query.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn query(&self, query: &Query) -> Result<QueryPage, ToolError> {
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
            explain(&error)
        })
    }

    /// The page at a locator that this org gave. Only for locators that no caller can choose.
    pub(crate) async fn next_page(&self, locator: &str) -> Result<QueryPage, ToolError> {
        self.inner.client.next_page(locator).await.map_err(|e| explain(&e))
    }

    /// One record: `fields`, or all that the user may read.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn get(&self, object: &str, id: Id, fields: &[String]) -> Result<Record, ToolError> {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.inner.client.get(object, id, &fields).await.map_err(|error| {
            self.forget_if_stale(&error, object);
            explain(&error)
        })
    }
}

fn apex_advice(construct: ApexConstruct) -> &'static str {
    match construct {
        ApexConstruct::Bind => "Bind variables (:name) exist only in Apex; write the value itself.",
        ApexConstruct::AllRows => "ALL ROWS exists only in Apex; leave it out.",
        ApexConstruct::ForUpdate => "FOR UPDATE exists only in Apex; leave it out.",
        ApexConstruct::SystemMode => "WITH SYSTEM_MODE exists only in Apex; leave it out.",
    }
}
