//! Queries as jobs: permitted like any other, their rows masked and redacted before anyone sees them.

use std::sync::Arc;

use futures_util::TryStreamExt;
use sf_rest::bulk::{BulkRow, BulkRows, QueryJob};
use sf_rest::{Error, Id};
use sf_soql::ast::{Query, SelectItem};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::super::Org;
use super::handle::{JobHandle, QueryOf, short};
use crate::policy::{Plan, REDACTED, Row};
use crate::{Problem, ToolError};

/// Rows that are looked at together.
const BATCH: usize = 1_000;

/// A query job that runs; dropped, it is aborted.
pub(crate) struct RunningQuery {
    job: QueryJob,
    pub(crate) handle: JobHandle,
    plan: Arc<Plan>,
    object: Option<String>,
    aborts: bool,
    tasks: TaskTracker,
}

/// How waiting for a job ended.
pub(crate) enum BulkRun {
    /// All its rows are there.
    Complete(BulkResult),
    /// It goes on; this is its state.
    Running(String),
}

/// The rows of a job that is complete, one batch after the other.
pub(crate) struct BulkResult {
    rows: BulkRows<BulkRow>,
    /// How many there are.
    pub(crate) total: u64,
    /// Columns that are shown, with their places; known with the first row.
    columns: Vec<(Vec<String>, String)>,
    plan: Arc<Plan>,
    object: Option<String>,
    /// Values that were redacted.
    pub(crate) redacted: u64,
}

impl Drop for RunningQuery {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (true, Ok(runtime)) = (self.aborts, runtime) {
            self.tasks.spawn_on(abort(self.job.clone()), &runtime);
        }
    }
}

/// One that is over cannot be aborted, and needs not be.
async fn abort(job: QueryJob) {
    if let Err(error) = job.abort().await {
        tracing::debug!(%error, "a bulk query was not aborted");
    }
}

impl RunningQuery {
    /// What is queried, if it is known.
    pub(crate) fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// Aborts the job, unless it is over.
    pub(super) async fn abort(mut self) {
        self.leave();
        abort(self.job.clone()).await;
    }

    /// Lets the job go on when this is dropped.
    pub(crate) fn leave(&mut self) {
        self.aborts = false;
    }
}

impl Org {
    /// Makes the job of a statement that was checked.
    ///
    /// # Errors
    /// By the error contract; what the Bulk API does not take is refused before anything is sent.
    pub(crate) async fn bulk_query(
        &self,
        soql: &str,
        query: &Query,
    ) -> Result<RunningQuery, ToolError> {
        unsupported(query)?;
        let (sent, plan) = self.bulk_statement(query).await?;
        let object = query.from.name.to_string();
        let given = self.inner.guard.is_some().then(|| soql.to_owned());
        let of = QueryOf { soql: given, sent: short(&sent) };
        let (client, polling) = (self.inner.client.clone(), self.polling());
        let tasks = self.inner.tasks.clone();
        let (sender, receiver) = oneshot::channel();
        // In a task of its own: a caller that goes away while the job is made leaves none behind.
        let made = async move {
            let started = client.bulk_query::<BulkRow>(sent).polling(polling).start().await;
            let running = started.map(|job| {
                let handle = JobHandle { id: job.id(), query: Some(of), sealed: true };
                RunningQuery { job, handle, plan, object: Some(object), aborts: true, tasks }
            });
            drop(sender.send(running));
        };
        self.inner.tasks.spawn(made.in_current_span());
        let made = receiver.await.map_err(|_| {
            ToolError::try_later("The connector failed while it made the job. Nothing was read.")
        })?;
        made.map_err(|error| {
            self.forget_if_stale(&error, query.from.name.as_str());
            if let Error::OutcomeUnknown { check, .. } = &error {
                tracing::warn!(check, "a bulk query may run that nobody reads");
                return ToolError::try_later(
                    "Salesforce did not answer while the job was made. Nothing was read, and nothing is \
                     written by it: the same call can be made again.",
                );
            }
            self.explained(&error, Some(query.from.name.as_str()))
        })
    }

    /// A job that was made before. It goes on when this is dropped.
    ///
    /// # Errors
    /// If it is no query's, or the rules that hold now do not permit what was sent.
    pub(crate) async fn bulk_query_again(
        &self,
        handle: JobHandle,
    ) -> Result<RunningQuery, ToolError> {
        let changed = || {
            ToolError::fix_your_call(
                "The rules of this connection, or the org, have changed since the job was made: its rows \
                 are not what the statement would give now. Make the query again.",
            )
        };
        let mut plan = Arc::default();
        let mut object = None;
        if self.inner.guard.is_some() {
            let Some(QueryOf { soql: Some(soql), sent }) = &handle.query else {
                return Err(ToolError::fix_your_call(
                    "This job is not a query's; salesforce_job_status tells of it.",
                ));
            };
            let query = self.parse(soql)?;
            let (now, own) = self.bulk_statement(&query).await?;
            if short(&now) != *sent {
                return Err(changed());
            }
            (plan, object) = (own, Some(query.from.name.to_string()));
        }
        let (job, tasks) = (self.query_job(handle.id), self.inner.tasks.clone());
        Ok(RunningQuery { job, handle, plan, object, aborts: false, tasks })
    }

    fn query_job(&self, id: Id) -> QueryJob {
        self.inner.client.bulk_query_job::<BulkRow>(id).polling(self.polling())
    }

    /// The statement as it is sent, and what is done with its rows.
    async fn bulk_statement(&self, query: &Query) -> Result<(String, Arc<Plan>), ToolError> {
        let mut plan = Arc::default();
        let mut sent = query.clone();
        if let Some(guard) = &self.inner.guard {
            guard.open()?;
            let permitted = self.permit(guard, query).await?;
            plan = Arc::new(permitted.plan().clone());
            sent = permitted.query().clone();
            guard.request()?;
        }
        let soql = sent.to_soql().map_err(|error| {
            tracing::error!(%error, "a statement does not print as it is meant");
            ToolError::ask_a_person("The statement cannot be sent as it is meant. Report it.")
        })?;
        Ok((soql, plan))
    }

    /// Waits for a job, as long as this connection waits. Its rows are counted against the caps
    /// before any is handed over.
    ///
    /// # Errors
    /// If it failed or was aborted, it could not be looked at, or a cap would be exceeded.
    pub(crate) async fn bulk_wait(&self, running: &mut RunningQuery) -> Result<BulkRun, ToolError> {
        let info = match running.job.wait().await {
            Ok(info) => info,
            Err(Error::BulkTimeout { state, .. }) => {
                running.leave();
                return Ok(BulkRun::Running(state));
            }
            Err(error) => {
                // Over, or gone.
                if !error.is_retryable() {
                    running.leave();
                }
                return Err(self.explained(&error, running.object()));
            }
        };
        running.leave();
        let total = info.number_records_processed.unwrap_or_default();
        if let Some(guard) = &self.inner.guard {
            guard.meter.read(total, &guard.rules.caps, &guard.rules.who())?;
            guard.request()?;
        }
        Ok(BulkRun::Complete(BulkResult {
            rows: running.job.clone().rows(),
            total,
            columns: Vec::new(),
            plan: Arc::clone(&running.plan),
            object: running.object.clone(),
            redacted: 0,
        }))
    }

    /// The next rows, as they may be shown; none after the last. An error after some of them means
    /// that the others did not come.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn bulk_rows(
        &self,
        result: &mut BulkResult,
    ) -> Result<Option<Vec<Vec<String>>>, ToolError> {
        let mut batch =
            Vec::with_capacity(BATCH.min(usize::try_from(result.total).unwrap_or(BATCH)));
        while batch.len() < BATCH {
            let next = result.rows.try_next().await;
            match next.map_err(|error| self.explained(&error, result.object.as_deref()))? {
                Some(row) => batch.push(row),
                None => break,
            }
        }
        let Some(first) = batch.first() else { return Ok(None) };
        if result.columns.is_empty() {
            result.columns = columns(first, &result.plan)?;
        }
        let names = paths(first);
        if result.plan.is_empty() {
            let texts = |row: &BulkRow| row.iter().map(|(_, value)| value.to_owned()).collect();
            return Ok(Some(batch.iter().map(texts).collect()));
        }
        let Some(guard) = &self.inner.guard else { return Ok(None) };
        let of = |row: &BulkRow| {
            let values = row.iter().map(|(_, value)| value);
            Row::of_cells(names.iter().map(Vec::as_slice).zip(values), &result.plan)
        };
        let mut rows: Vec<Row> = batch.iter().map(of).collect();
        self.carry_out(guard, &mut rows, &result.plan).await?;
        let shown: Vec<Vec<String>> = rows
            .iter()
            .map(|row| result.columns.iter().map(|(path, _)| row.cell(path).to_owned()).collect())
            .collect();
        let redacted = shown.iter().flatten().filter(|value| *value == REDACTED).count();
        result.redacted += redacted as u64;
        Ok(Some(shown))
    }
}

impl BulkResult {
    /// The names of the columns; none before the first row.
    pub(crate) fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|(_, name)| name.clone()).collect()
    }
}

fn paths(row: &BulkRow) -> Vec<Vec<String>> {
    row.iter().map(|(name, _)| name.split('.').map(str::to_owned).collect()).collect()
}

/// The columns to show.
///
/// # Errors
/// If the answer does not have every column of which the rules say something: what is not found
/// cannot be masked.
fn columns(row: &BulkRow, plan: &Plan) -> Result<Vec<(Vec<String>, String)>, ToolError> {
    let names: Vec<&str> = row.iter().map(|(name, _)| name).collect();
    let has = |path: &[String]| {
        let path = path.join(".");
        names.iter().filter(|name| name.eq_ignore_ascii_case(&path)).count() == 1
    };
    let masks = plan.masks.iter().map(|mask| mask.path.clone());
    let parents = plan.parents.iter().flat_map(|parent| {
        let below = parent.columns.iter().map(|rest| [&parent.path[..], &rest[..]].concat());
        below.chain([parent.id.clone()]).collect::<Vec<_>>()
    });
    if let Some(missing) = masks.chain(parents).chain(plan.strip.clone()).find(|path| !has(path)) {
        tracing::error!(
            column = missing.join("."),
            "a bulk result lacks a column of its statement"
        );
        return Err(ToolError::ask_a_person(
            "Salesforce named the columns of the result otherwise than the statement, so that what is \
             masked cannot be told, and nothing is shown. salesforce_query reads the rows.",
        ));
    }
    let stripped = |name: &str| plan.strip.iter().any(|p| p.join(".").eq_ignore_ascii_case(name));
    let shown = names.into_iter().filter(|name| !stripped(name));
    Ok(shown.map(|name| (name.split('.').map(str::to_owned).collect(), name.to_owned())).collect())
}

/// Refuses what the Bulk API does not take (Bulk API 2.0 Developer Guide, "SOQL Considerations").
fn unsupported(query: &Query) -> Result<(), ToolError> {
    let mut found: Vec<&str> = Vec::new();
    if query.is_count() || query.group_by.is_some() || query.having.is_some() {
        found.push("It has no COUNT(), GROUP BY and HAVING: salesforce_aggregate computes them.");
    }
    if query.offset.is_some() {
        found.push("It has no OFFSET: all rows come.");
    }
    for item in &query.select {
        match item {
            SelectItem::Subquery(_) => {
                found
                    .push("It has no subqueries: query the children, with the id of their parent.");
            }
            SelectItem::TypeOf(_) => found.push("It has no TYPEOF: select paths."),
            _ => {}
        }
    }
    found.dedup();
    if found.is_empty() {
        return Ok(());
    }
    let problems = found.into_iter().map(|text| Problem::new("soql", text));
    Err(ToolError::fix_your_call(
        "The Bulk API does not take this statement; salesforce_query does. Nothing was sent.",
    )
    .with_problems(problems))
}
