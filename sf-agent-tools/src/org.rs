//! The guarded org: the only holder of the client.

use std::sync::Arc;

use serde_json::{Map, Value};
use sf_rest::{Client, Id, QueryPage, Record, SaveResult};
use sf_schema::{Catalog, Object, ObjectSummary};
use sf_soql::ast::Query;
use sf_soql::visit::{ApexConstruct, apex_only};

use crate::contract::{self, explain};
use crate::effect::{doing, to_do};
use crate::limits::Limits;
use crate::rows::Pages;
use crate::{CallContext, Effect, ErrorClass, Policy, Problem, SuggestedCall, ToolError};

/// One identity's view of one org. It alone owns the client; tools reach
/// Salesforce only through these methods, each of which asks the policy, and
/// only parsed statements are sent, as they print. Cheap to clone; clones share
/// the schema cache and the pages behind cursors.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    policy: Policy,
    limits: Limits,
    catalog: Catalog,
    pages: Pages,
}

/// Values of a record by field name.
pub type Values = Map<String, Value>;

impl Org {
    /// Guards `client` with `policy`.
    #[must_use]
    pub fn new(client: Client, policy: Policy) -> Self {
        Self::with_limits(client, policy, Limits::default())
    }

    /// Guards `client` with `policy`, with other bounds of replies.
    #[must_use]
    pub fn with_limits(client: Client, policy: Policy, limits: Limits) -> Self {
        let catalog = Catalog::new(client.clone());
        let pages = Pages::new(limits.kept_rows, limits.cursor_lifetime);
        Self { inner: Arc::new(Inner { client, policy, limits, catalog, pages }) }
    }

    /// What is allowed here.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// The bounds of replies.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.inner.pages
    }

    /// Whose calls these are: org and user, and the host's own name for the
    /// caller if the context has one. What is handed out is bound to it.
    ///
    /// # Errors
    /// If there is no session and none can be had.
    pub async fn owner(&self, cx: &CallContext) -> Result<String, ToolError> {
        let session = self.inner.client.session().await.map_err(|e| explain(&e))?;
        // No identity of the platform has a line break, so the parts cannot run into each other.
        Ok(format!("{}\n{}", session.identity(), cx.identity().unwrap_or("")))
    }

    /// All objects that the user can see.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    pub async fn objects(&self) -> Result<Arc<[ObjectSummary]>, ToolError> {
        self.inner.catalog.objects().await.map_err(|e| schema_error(&e))
    }

    /// The object of this API name, in any case.
    ///
    /// # Errors
    /// For an unknown name, with the names that were probably meant.
    pub async fn object(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        self.inner.catalog.object(name).await.map_err(|e| schema_error(&e))
    }

    /// The one object that a name, label or plural means.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn resolve(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        let resolved = self.inner.catalog.resolve(name).await.map_err(|e| schema_error(&e))?;
        Ok(resolved.object)
    }

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

    /// Checks `query`, which was parsed from `soql`, against the schema.
    ///
    /// # Errors
    /// Everything in it that the org would refuse, with candidates.
    pub async fn check_query(&self, soql: &str, query: &Query) -> Result<(), ToolError> {
        let mut problems =
            sf_schema::review(&self.inner.catalog, query).await.map_err(|e| schema_error(&e))?;
        problems.retain(sf_schema::QueryProblem::is_error);
        if problems.is_empty() {
            return Ok(());
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

    /// Creates records, with an outcome for each.
    ///
    /// # Errors
    /// If the policy refuses, the effect was not declared by the tool or not agreed to by a person
    /// whom the policy wants asked, the call was cancelled, or the write failed as a whole.
    pub async fn create(
        &self,
        cx: &CallContext,
        object: &str,
        records: &[Values],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Create])?;
        let results = self.inner.client.create_many(object, records, all_or_none).await;
        self.written(object, results)
    }

    /// Updates records by id, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn update(
        &self,
        cx: &CallContext,
        object: &str,
        records: &[(Id, Values)],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Update])?;
        let results = self.inner.client.update_many(object, records, all_or_none).await;
        self.written(object, results)
    }

    /// Creates or updates records by an external id field, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create); the policy must allow both effects.
    pub async fn upsert(
        &self,
        cx: &CallContext,
        object: &str,
        field: &str,
        records: &[Values],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Create, Effect::Update])?;
        let results = self.inner.client.upsert_many(object, field, records, all_or_none).await;
        self.written(object, results)
    }

    /// Deletes records of `object`, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn delete(
        &self,
        cx: &CallContext,
        object: &str,
        ids: &[Id],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Delete])?;
        let results = self.inner.client.delete_many(ids, all_or_none).await;
        self.written(object, results)
    }

    /// The last look before a write is sent.
    ///
    /// The tool set has asked the policy and the person for what a tool declares. This is asked
    /// again here, because a tool may do more than it declares, and a program may call an org
    /// without any tool.
    fn clear(&self, cx: &CallContext, effects: &[Effect]) -> Result<(), ToolError> {
        let policy = &self.inner.policy;
        policy.check("This write", effects)?;
        let declares = |e: &Effect| cx.clearance().is_none_or(|c| c.declared.contains(e));
        if !effects.iter().all(declares) {
            tracing::error!(?effects, clearance = ?cx.clearance(), "a tool exceeds its effects");
            return Err(ToolError::ask_a_person(format!(
                "The tool tried to {}, which is not what it declares to do. Nothing was sent to \
                 Salesforce. This is a fault of the tool, not of the call; report it.",
                to_do(effects)
            )));
        }
        let approved = |e: &Effect| cx.clearance().is_some_and(|c| c.approved.contains(e));
        let unasked = |e: &Effect| policy.asks_before(*e) && !approved(e);
        let unasked: Vec<Effect> = effects.iter().copied().filter(unasked).collect();
        if !unasked.is_empty() {
            return Err(ToolError::ask_a_person(format!(
                "This connection asks a person before {}, and nobody was asked about this call. \
                 Nothing was sent to Salesforce.",
                doing(&unasked)
            )));
        }
        // Once sent, a write is waited for: only its answer tells what happened.
        if cx.cancellation().is_cancelled() { Err(ToolError::cancelled()) } else { Ok(()) }
    }

    fn written(
        &self,
        object: &str,
        results: Result<Vec<SaveResult>, sf_rest::Error>,
    ) -> Result<Vec<SaveResult>, ToolError> {
        results.map_err(|error| {
            self.forget_if_stale(&error, object);
            let mut told = explain(&error);
            if told.class != ErrorClass::OutcomeUnknown {
                told.message.push_str(" Nothing was written.");
            }
            told
        })
    }

    /// An org that does not know a name that we do has changed since its describe.
    fn forget_if_stale(&self, error: &sf_rest::Error, object: &str) {
        if contract::is_schema_error(error) {
            self.inner.catalog.forget(object);
        }
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

fn schema_error(error: &sf_schema::Error) -> ToolError {
    match error {
        sf_schema::Error::Fetch(error) => explain(error),
        sf_schema::Error::UnknownObject { name, candidates } => {
            let name = crate::text::shorten(name, 80);
            let near = candidates.first().map_or(String::new(), |c| format!(" Did you mean {c}?"));
            ToolError::fix_your_call(format!(
                "There is no object {name:?} that this user can see.{near}"
            ))
            .with_problem(
                Problem::new("object", "Unknown; give an API name.")
                    .did_you_mean(candidates.clone()),
            )
            .with_next(SuggestedCall::new(
                crate::tools::LIST_OBJECTS,
                serde_json::json!({ "filter": name }),
            ))
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

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Org")
            .field("policy", &self.inner.policy)
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}
