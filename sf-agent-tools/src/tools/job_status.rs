//! `salesforce_job_status`: what became of a bulk job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::bulk::JobState;
use sf_rest::ops::bulk::JobKind;

use crate::{CallContext, Completeness, Effect, Org, Reply, SuggestedCall, Tool, ToolError};

/// The tool's name; replies of bulk tools suggest calls of it.
pub(super) const NAME: &str = "salesforce_job_status";

/// Failed rows that are told.
const TOLD: usize = 20;

/// Looks at a job.
pub(crate) struct LookAtJob;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// As a bulk tool gave it, or its id.
    job: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// Its id.
    id: String,
    /// insert, query and the like.
    operation: String,
    /// API name of the object.
    object: String,
    /// Open (nothing is written), UploadComplete, InProgress; over: JobComplete, Failed, Aborted.
    state: String,
    /// Whether it is over.
    over: bool,
    /// Rows processed so far, failed ones among them.
    processed: u64,
    /// Rows that failed so far.
    failed: u64,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// Why it failed as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// The first rows that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    failures: Vec<Failure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct Failure {
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why.
    problem: String,
}

impl Tool for LookAtJob {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Look at a bulk job"
    }

    fn description(&self) -> &str {
        "Tells the state of a bulk job, its counts, and why rows failed."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({ "job": "750000000000001AAA" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let handle = org.job_of(cx, &args.job).await?;
        let status = org.job_status(&handle).await?;
        let info = &status.info;
        let (over, failed) = (info.state.is_over(), info.number_records_failed.unwrap_or_default());
        let mut missing = None;
        let mut failures = Vec::new();
        if status.kind == JobKind::Ingest && failed > 0 && over {
            match org.job_failures(&status, TOLD).await {
                Ok(found) => {
                    let failure = |(id, problem)| Failure { id, problem };
                    failures = found.into_iter().map(failure).collect();
                    if (failures.len() as u64) < failed {
                        missing =
                            Some(format!("The first {} of {failed} failed rows.", failures.len()));
                    }
                }
                Err(error) => {
                    missing = Some(format!("The failed rows cannot be read: {}", error.message));
                }
            }
        }
        let returned = failures.len() as u64;
        let completeness = match (&info.state, status.kind) {
            (JobState::JobComplete, JobKind::Query) => Completeness::Partial {
                returned: 0,
                total: info.number_records_processed,
                reason: "Its rows are not here; the call in next has them.".to_owned(),
                next: Some(SuggestedCall::new(super::bulk_query::NAME, json!({ "job": args.job }))),
            },
            _ if !over => Completeness::Partial {
                returned: 0,
                total: None,
                reason: "The job is not over. Look again in a minute.".to_owned(),
                next: Some(SuggestedCall::new(NAME, json!({ "job": args.job }))),
            },
            _ => match missing {
                Some(reason) => {
                    Completeness::Partial { returned, total: Some(failed), reason, next: None }
                }
                None => Completeness::Complete,
            },
        };
        let problem = org.job_problem(&status);
        let output = Output {
            id: info.id.to_string(),
            operation: info.operation.clone(),
            object: info.object.clone(),
            state: info.state.as_str().to_owned(),
            over,
            processed: info.number_records_processed.unwrap_or_default(),
            failed,
            created: info.created().map(|at| at.to_string()),
            problem,
            failures,
        };
        Ok(Reply::new(output, completeness))
    }
}
