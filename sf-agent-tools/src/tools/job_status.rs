//! `salesforce_job_status`: what became of a bulk job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::bulk::{JobInfo, JobState};
use sf_rest::ops::bulk::JobKind;

use crate::org::Refused;
use crate::{CallContext, Completeness, Effect, Org, Reply, SuggestedCall, Tool, ToolError};

/// The tool's name; replies of bulk tools suggest calls of it.
pub(super) const NAME: &str = "salesforce_job_status";

/// Loads that are listed.
const LISTED: usize = 20;

/// Looks at a job.
pub(crate) struct LookAtJob;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// As a bulk tool gave it, or its id. Without it: your latest loads.
    job: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    #[serde(flatten)]
    job: Option<Job>,
    /// Without a job: the latest loads of this user, of any program, the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    loads: Option<Vec<Load>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct Job {
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
    #[serde(flatten)]
    refused: Refused,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct Load {
    /// Its id, for a call with it.
    job: String,
    /// insert and the like.
    operation: String,
    /// API name of the object.
    object: String,
    /// Open (nothing is written), UploadComplete and so on.
    state: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
}

/// The call that looks at a job.
pub(super) fn look(job: &str) -> SuggestedCall {
    SuggestedCall::new(NAME, json!({ "job": job }))
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
        "Tells the state of a bulk job, its counts, and which rows failed and why."
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
        match args.job {
            Some(job) => one(cx, org, &job).await,
            None => latest(cx, org).await,
        }
    }
}

async fn latest(cx: &CallContext, org: &Org) -> Result<Reply<Output>, ToolError> {
    let (found, whole) = cx.unless_cancelled(org.latest_loads()).await?;
    let created = |info: &JobInfo| info.created().map(|at| at.to_string());
    let load = |info: &JobInfo| Load {
        job: info.id.to_string(),
        operation: info.operation.clone(),
        object: info.object.clone(),
        state: info.state.as_str().to_owned(),
        created: created(info),
    };
    let loads: Vec<Load> = found.iter().take(LISTED).map(load).collect();
    let completeness = if whole && loads.len() == found.len() {
        Completeness::Complete
    } else {
        Completeness::Partial {
            returned: loads.len() as u64,
            total: whole.then_some(found.len() as u64),
            reason: "There are older loads, or more than were looked through.".to_owned(),
            next: None,
        }
    };
    Ok(Reply::new(Output { job: None, loads: Some(loads) }, completeness))
}

async fn one(cx: &CallContext, org: &Org, named: &str) -> Result<Reply<Output>, ToolError> {
    let handle = org.job_of(cx, named).await?;
    let status = org.job_status(&handle).await?;
    let info = &status.info;
    let (over, failed) = (info.state.is_over(), info.number_records_failed.unwrap_or_default());
    let mut missing = None;
    let mut refused = Refused::default();
    if status.kind == JobKind::Ingest && failed > 0 && over {
        match cx.unless_cancelled(org.job_failures(&status)).await {
            Ok(found) => {
                refused = found;
                let told = refused.failures.len();
                if (told as u64) < failed {
                    let text =
                        format!("The first {told} of {failed} failed rows; reasons counts all.");
                    missing = Some(text);
                }
            }
            Err(error) => {
                missing = Some(format!("The failed rows cannot be read: {}", error.message));
            }
        }
    }
    let completeness = match (&info.state, status.kind) {
        (JobState::JobComplete, JobKind::Query) => Completeness::Partial {
            returned: 0,
            total: info.number_records_processed,
            reason: "Its rows are not here; the call in next has them.".to_owned(),
            next: Some(SuggestedCall::new(super::bulk_query::NAME, json!({ "job": named }))),
        },
        _ if !over => Completeness::Partial {
            returned: 0,
            total: None,
            reason: "The job is not over. Look again in a minute.".to_owned(),
            next: Some(look(named)),
        },
        _ => match missing {
            Some(reason) => Completeness::Partial {
                returned: refused.failures.len() as u64,
                total: Some(failed),
                reason,
                next: None,
            },
            None => Completeness::Complete,
        },
    };
    let job = Job {
        id: info.id.to_string(),
        operation: info.operation.clone(),
        object: info.object.clone(),
        state: info.state.as_str().to_owned(),
        over,
        processed: info.number_records_processed.unwrap_or_default(),
        failed,
        created: info.created().map(|at| at.to_string()),
        problem: org.job_problem(&status),
        refused,
    };
    Ok(Reply::new(Output { job: Some(job), loads: None }, completeness))
}
