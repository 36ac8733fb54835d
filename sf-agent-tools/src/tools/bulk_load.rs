//! `salesforce_bulk_load`: many rows written in the background.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bulk_feed::Source;
use super::bulk_rows::stage;
use super::operation::{key_field, writable};
use crate::org::{LoadEnd, LoadReport};
use crate::prepare::Action;
use crate::results::ResultFile;
use crate::{
    CallContext, Completeness, Effect, Org, Problem, Reply, SuggestedCall, Tool, ToolError, Values,
};

/// Writes many rows.
pub(crate) struct BulkLoad;

/// What is done with the rows.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// update and delete go by a column Id.
    operation: Operation,
    /// Of an upsert.
    external_id_field: Option<String>,
    /// The rows, up to 2,000.
    #[schemars(length(min = 1, max = 2_000))]
    rows: Option<Vec<Values>>,
    /// Or CSV with a header: the id of a result, or a file that this connection lets be loaded.
    source: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// Salesforce's state of the job: over if JobComplete, Failed or Aborted.
    state: String,
    /// Rows sent.
    rows: u64,
    /// Rows written.
    succeeded: u64,
    /// Rows refused.
    failed: u64,
    /// Rows that the job did not reach.
    not_processed: u64,
    /// The first rows that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    failures: Vec<Failure>,
    /// Rows refused, by reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    reasons: Vec<Reason>,
    /// A CSV file with number, outcome, id and problem of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<ResultFile>,
    /// The job, for salesforce_job_status.
    job: String,
    /// What to know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct Failure {
    /// Its number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u64>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why.
    problem: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct Reason {
    /// Why.
    problem: String,
    /// How many rows.
    rows: u64,
}

impl Tool for BulkLoad {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_bulk_load"
    }

    fn title(&self) -> &str {
        "Load many rows"
    }

    fn description(&self) -> &str {
        "Inserts, updates, upserts or deletes many rows of one object in the background, each on its \
         own: some may fail. All rows are checked first. Never repeat a load whose outcome is \
         unknown: ask salesforce_job_status."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create, Effect::Update, Effect::Delete]
    }

    fn serves_writes(&self) -> bool {
        true
    }

    fn is_idempotent(&self) -> bool {
        false
    }

    fn example(&self) -> Value {
        json!({
            "object": "Contact", "operation": "update",
            "rows": [{ "Id": "003000000000001AAA", "Title": "CFO" }],
        })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let action = match args.operation {
            Operation::Insert => Action::Create,
            Operation::Update => Action::Update,
            Operation::Upsert => Action::Upsert,
            Operation::Delete => Action::Delete,
        };
        let source = match (args.rows, args.source.filter(|name| !name.trim().is_empty())) {
            (Some(rows), None) => Source::Rows(rows),
            (None, Some(name)) => {
                let path = org.input(cx, &name).await?;
                Source::Csv { path, own: org.results().is_own(cx, &name).await }
            }
            _ => {
                let message =
                    "Give either rows, or source: CSV by the id of a result or a file name.";
                return Err(ToolError::fix_your_call(message)
                    .with_problem(Problem::new("rows", message))
                    .with_example(self.example()));
            }
        };
        // What is refused whatever the rows are, before they are read.
        org.may_load(action, 1)?;
        let object = writable(cx, org, &args.object, action).await?;
        let key = match action {
            Action::Upsert => {
                let name = args.external_id_field.unwrap_or_default();
                Some(key_field(&object, &name, "")?.name.clone())
            }
            _ => None,
        };
        let staged = stage(cx, org, &object, action, key.as_deref(), source).await?;
        let (rows, notes) = (staged.load.rows, staged.notes);
        let sent = org.bulk_load(cx, staged.load).await?;
        // What was sent is told, whatever becomes of its handle.
        let job = org.job_sealed(cx, &sent.handle).await;
        let job = job.unwrap_or_else(|_| sent.handle.id.to_string());
        let look = || SuggestedCall::new(super::job_status::NAME, json!({ "job": job }));
        let mut output = Output {
            state: "JobComplete".to_owned(),
            rows,
            succeeded: 0,
            failed: 0,
            not_processed: 0,
            failures: Vec::new(),
            reasons: Vec::new(),
            file: None,
            job: job.clone(),
            notes,
        };
        match sent.end {
            LoadEnd::Unknown => Err(ToolError::outcome_unknown(
                "The rows were sent, and the answer to the closing of their job was lost: it may be \
                 processed or stand open, in which case nothing is written. It was not sent again. Make \
                 the call in next first, and load the rows again only if the job is Open or Aborted.",
            )
            .with_next(look())),
            LoadEnd::Running(state) => {
                output.state = state;
                let completeness = Completeness::Partial {
                    returned: 0,
                    total: Some(rows),
                    reason: "The job goes on and is not over yet: rows may be written or not. Make the \
                             call in next in a minute; do not load the rows again."
                        .to_owned(),
                    next: Some(look()),
                };
                Ok(Reply::new(output, completeness))
            }
            LoadEnd::Over(report) => Ok(told(*report, output, look())),
        }
    }
}

fn told(report: LoadReport, mut output: Output, look: SuggestedCall) -> Reply<Output> {
    let LoadReport { ended, written, failed, unprocessed, .. } = report;
    (output.succeeded, output.failed, output.not_processed) = (written, failed, unprocessed);
    let failure = |(row, id, problem)| Failure { row, id, problem };
    output.failures = report.failures.into_iter().map(failure).collect();
    output.reasons =
        report.reasons.into_iter().map(|(problem, rows)| Reason { problem, rows }).collect();
    output.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
    let (rows, link) = (output.rows, report.file.as_ref().map(ResultFile::link));
    let mut reasons = Vec::new();
    if let Some(ended) = ended {
        output.state = if ended.contains("Aborted") { "Aborted" } else { "Failed" }.to_owned();
        reasons.push(ended);
    }
    if report.unaccounted {
        reasons.push(
            "Salesforce's counts do not account for every row: some may be written and not told. Look \
             at the records before you load any of them again."
                .to_owned(),
        );
    }
    if failed + unprocessed > 0 {
        reasons.push(format!(
            "{} of {rows} rows were not written; failures and the file say which and why. Correct and \
             load those alone.",
            failed + unprocessed
        ));
    }
    if report.file.is_none() {
        reasons.push(
            "What became of each row could not be read to its end, so there is no file of it; the \
             records tell."
                .to_owned(),
        );
    }
    output.file = report.file;
    let completeness = if reasons.is_empty() {
        Completeness::Complete
    } else {
        Completeness::Partial {
            returned: written,
            total: Some(rows),
            reason: reasons.join(" "),
            next: output.file.is_none().then_some(look),
        }
    };
    let mut reply = Reply::new(output, completeness);
    reply.links.extend(link);
    reply
}
