//! `salesforce_bulk_load`: many rows written in the background, at once or as they were prepared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bulk_feed::Source;
use super::bulk_rows::{Staged, stage};
use super::loaded::{self, Loaded};
use super::operation::{key_field, writable};
use super::prepare_write::{self, Prepared};
use crate::prepare::{Action, How, LoadPlan, LoadSource, prepare_load};
use crate::{CallContext, Effect, Org, Problem, Reply, Tool, ToolError, Values};

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
    /// If true, writes nothing and shows what it would do, as salesforce_prepare_write.
    prepare: Option<bool>,
}

/// What came of it, or what would.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    #[serde(flatten)]
    loaded: Option<Loaded>,
    /// With prepare: what would happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    prepared: Option<Prepared>,
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
            (Some(rows), None) => LoadSource::Rows(rows),
            (None, Some(name)) => LoadSource::Named(name),
            _ => {
                let message =
                    "Give either rows, or source: CSV by the id of a result or a file name.";
                return Err(ToolError::fix_your_call(message)
                    .with_problem(Problem::new("rows", message))
                    .with_example(self.example()));
            }
        };
        let prepare = args.prepare == Some(true);
        // What is refused whatever the rows are, before they are read.
        match prepare {
            true => org.policy().check_effects("This load", action.effects())?,
            false => org.may_load(action)?,
        }
        let key = args.external_id_field.as_deref();
        let staged = read(cx, org, &args.object, action, key, source.clone()).await?;
        if prepare {
            return prepared(cx, org, source, staged).await;
        }
        let (mut how, mut shown) = (How::default(), None);
        if org.policy().shows(action.effects()) {
            let prepared = prepare_load(org, cx, plan_of(source, &staged)).await?;
            how.preview = Some(prepared.preview());
            shown = prepared.plan.load;
        }
        let Reply { data, completeness, links } =
            send(cx, org, staged, shown.as_ref(), how).await?;
        let data = Output { loaded: Some(data), prepared: None };
        Ok(Reply { data, completeness, links })
    }
}

/// Sends a load that was prepared, if that would send what was shown.
pub(super) async fn apply(
    cx: &CallContext,
    org: &Org,
    plan: &LoadPlan,
    how: How,
) -> Result<Reply<Loaded>, ToolError> {
    let LoadPlan { source, first, .. } = plan;
    let (object, key) = (first.object.as_str(), first.key.as_deref());
    let staged = read(cx, org, object, first.action, key, source.clone()).await?;
    send(cx, org, staged, Some(plan), how).await
}

/// Reads and checks the rows, all of them.
async fn read(
    cx: &CallContext,
    org: &Org,
    object: &str,
    action: Action,
    key: Option<&str>,
    source: LoadSource,
) -> Result<Staged, ToolError> {
    let source = match source {
        LoadSource::Rows(rows) => Source::Rows(rows),
        LoadSource::Named(name) => {
            let path = org.input(cx, &name).await?;
            Source::Csv { path, own: org.results().is_own(cx, &name).await }
        }
    };
    let object = writable(cx, org, object, action).await?;
    let key = match action {
        Action::Upsert => Some(key_field(&object, key.unwrap_or_default(), "")?.name.clone()),
        _ => None,
    };
    stage(cx, org, &object, action, key.as_deref(), source).await
}

fn plan_of(source: LoadSource, staged: &Staged) -> LoadPlan {
    let Staged { load, first, .. } = staged;
    LoadPlan { source, rows: load.rows, sha256: load.sha256.clone(), first: first.clone() }
}

async fn prepared(
    cx: &CallContext,
    org: &Org,
    source: LoadSource,
    staged: Staged,
) -> Result<Reply<Output>, ToolError> {
    let mut shown = prepare_load(org, cx, plan_of(source, &staged)).await?;
    shown.warnings.splice(0..0, staged.notes);
    let Reply { data, completeness, links } = prepare_write::reply(cx, org, shown).await?;
    let data = Output { loaded: None, prepared: Some(data) };
    Ok(Reply { data, completeness, links })
}

async fn send(
    cx: &CallContext,
    org: &Org,
    staged: Staged,
    shown: Option<&LoadPlan>,
    how: How,
) -> Result<Reply<Loaded>, ToolError> {
    let Staged { load, notes, .. } = staged;
    let rows = load.rows;
    let sent = org.bulk_load(cx, load, shown, how).await?;
    // What was sent is told, whatever becomes of its handle.
    let job = org.job_sealed(cx, &sent.handle).await;
    let job = job.unwrap_or_else(|_| sent.handle.id.to_string());
    loaded::told(sent.end, Loaded::new(job, rows, notes))
}
