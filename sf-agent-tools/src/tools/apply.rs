//! Carrying out a plan, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Instrument;

use super::apply_write::Applied;
use super::job_status::{NAME as JOB_STATUS, look};
use super::write::{Output, RecordOutcome, Sent};
use crate::audit::{Entry, Stamped};
use crate::context::Clearance;
use crate::org::JobHandle;
use crate::prepare::{Action, Change, Guard, How, Plan, Prepared, State, Told, Tree, preview_of};
use crate::{CallContext, Completeness, Effect, ErrorClass, Org, Reply, SuggestedCall, ToolError};

/// Applies the plan of a digest, or tells what came of it when it was applied before.
pub(super) async fn apply(cx: &CallContext, org: &Org, digest: &str) -> Told {
    let owner = org.owner(cx).await?;
    let kept = org.find_plan(&owner, digest)?;
    let (cx, org, tasks) = (cx.clone(), org.clone(), org.tasks().clone());
    // In a task of its own: a caller that goes away leaves no plan half known.
    let task = async move {
        let mut state = kept.state.lock().await;
        let plan = match &*state {
            State::Applied(told) => return again((**told).clone()),
            State::Ready(plan) => plan.clone(),
        };
        if let Some(told) = elsewhere(&cx, &org, &kept.id, &plan).await? {
            // The other process may still be at the rest of it: then the log is asked again.
            if told.as_ref().is_ok_and(|reply| reply.completeness == Completeness::Complete) {
                *state = State::Applied(Box::new(told.clone()));
            }
            return again(told);
        }
        let begun = Arc::new(AtomicBool::new(false));
        let mut told = carry_out(&cx, &org, &kept.id, plan, &begun).await;
        if begun.load(Ordering::Relaxed) {
            if let Err(error) = &mut told
                && error.class != ErrorClass::OutcomeUnknown
            {
                error.message.push_str(" The digest is used up: prepare the write again.");
                // The same call would not succeed later.
                if error.class == ErrorClass::TryLater {
                    error.class = ErrorClass::FixYourCall;
                }
            }
            *state = State::Applied(Box::new(told.clone()));
        }
        told
    };
    let applied = tasks.spawn(crate::notes::carried(task).in_current_span()).await;
    applied.unwrap_or_else(|error| {
        tracing::error!(%error, "the application of a plan ended in a fault");
        Err(ToolError::outcome_unknown(
            "The connector failed while it wrote; the write may or may not have happened. Look at the \
             records before you repeat it.",
        ))
    })
}

/// The outcome as it is told to one who applies a plan again.
fn again(told: Told) -> Told {
    match told {
        Ok(mut reply) => {
            reply.data.already_applied = true;
            Ok(reply)
        }
        Err(mut error) => {
            error.message = format!(
                "This digest was applied before, and this call sent nothing. What came of it then: {}",
                error.message
            );
            Err(error)
        }
    }
}

/// Sends the changes of a plan, one after the other, until one of them fails.
pub(crate) async fn carry_out(
    cx: &CallContext,
    org: &Org,
    id: &str,
    plan: Plan,
    begun: &Arc<AtomicBool>,
) -> Told {
    let cx = &agreed(cx, org, &plan).await?;
    if let Some(tree) = plan.tree {
        let how = How {
            guard: Guard::Seen,
            plan: Some((id.to_owned(), 0)),
            begun: Some(Arc::clone(begun)),
            ..How::default()
        };
        let graph = Some(super::tree::save(cx, org, tree, how).await?);
        return Ok(Reply::complete(Applied { graph, ..Applied::default() }));
    }
    if let Some(load) = plan.load {
        let how = How {
            plan: Some((id.to_owned(), 0)),
            begun: Some(Arc::clone(begun)),
            ..How::default()
        };
        let Reply { data, completeness, links } =
            super::bulk_load::apply(cx, org, &load, how).await?;
        return Ok(Reply {
            data: Applied { load: Some(data), ..Applied::default() },
            completeness,
            links,
        });
    }
    let mut operations = Vec::new();
    let mut failed: Option<ToolError> = None;
    let mut unknown_next: Option<SuggestedCall> = None;
    for (step, change) in plan.changes.iter().enumerate() {
        if failed.is_some() {
            operations.push(untouched(change, "not_sent", None));
            continue;
        }
        let how = How {
            guard: Guard::Seen,
            plan: Some((id.to_owned(), u32::try_from(step).unwrap_or(u32::MAX))),
            reverts: plan.reverts,
            preview: None,
            begun: Some(Arc::clone(begun)),
        };
        match one(cx, org, change, how).await {
            Ok(reply) => {
                if let Completeness::Partial { reason, next, .. } = &reply.completeness {
                    unknown_next = unknown_next.or_else(|| next.clone());
                    if change.all_or_none {
                        failed = Some(ToolError::fix_your_call(reason.clone()));
                    }
                }
                operations.push(reply.data);
            }
            Err(error) if operations.is_empty() => return Err(error),
            Err(error) => {
                let word =
                    if error.class == ErrorClass::OutcomeUnknown { "unknown" } else { "failed" };
                operations.push(untouched(change, word, Some(&error)));
                unknown_next = unknown_next.or_else(|| error.next.as_deref().cloned());
                failed = Some(error);
            }
        }
    }
    let (done, all) = operations
        .iter()
        .fold((0, 0), |(done, all), one: &Output| (done + one.succeeded, all + one.results.len()));
    let completeness = if done == all {
        Completeness::Complete
    } else {
        let reason = match &failed {
            Some(error) => format!(
                "{} of {all} records were not written, or it is not known: {} What comes after a \
                 failure was not sent; what came before it stays.",
                all - done,
                error.message
            ),
            None => format!("{} of {all} records were not written; results says why.", all - done),
        };
        Completeness::Partial {
            returned: done as u64,
            total: Some(all as u64),
            reason,
            next: unknown_next,
        }
    };
    Ok(Reply::new(Applied { operations, ..Applied::default() }, completeness))
}

async fn one(
    cx: &CallContext,
    org: &Org,
    change: &Change,
    how: How,
) -> Result<Reply<Output>, ToolError> {
    let object = org.object(&change.object).await?;
    let sent = Sent::new(change, change.check(&object));
    sent.told(org.write(cx, change.clone(), how).await)
}

/// The context in which a person has agreed to the plan as a whole, if one has to.
async fn agreed(cx: &CallContext, org: &Org, plan: &Plan) -> Result<CallContext, ToolError> {
    let of_tree: Vec<Change> =
        plan.tree.iter().flat_map(Tree::changes).map(|(change, _)| change).collect();
    let changes = || plan.changes.iter().chain(&of_tree);
    let actions = changes().map(|change| change.action);
    let actions = actions.chain(plan.load.iter().map(|load| load.first.action));
    let mut effects: Vec<Effect> = actions.flat_map(Action::effects).copied().collect();
    effects.sort_unstable();
    effects.dedup();
    let shown = org.policy().shows(&effects);
    let preview = if shown { Some(preview_of(org, cx, plan).await?.preview()) } else { None };
    let loaded = plan.load.as_ref().map_or(0, |load| load.rows);
    let rows = changes().map(|change| change.rows.len()).sum::<usize>()
        + usize::try_from(loaded).unwrap_or(usize::MAX);
    let how = How { preview, plan: Some((String::new(), 0)), ..How::default() };
    let approved = org.clear(cx, &effects, rows, &how).await?;
    let (declared, tool, wrote) = match cx.clearance() {
        Some(of) => (of.declared.clone(), of.tool.clone(), Arc::clone(&of.wrote)),
        None => (effects, None, Arc::default()),
    };
    Ok(cx.with_clearance(Clearance { declared, approved, tool, shown, wrote }))
}

/// An operation of which nothing is known to be written.
fn untouched(change: &Change, word: &str, error: Option<&ToolError>) -> Output {
    let problems: Vec<String> = error
        .map(|error| {
            let each = error.problems.iter().map(|p| match &p.at {
                Some(at) => format!("{at}: {}", p.message),
                None => p.message.clone(),
            });
            std::iter::once(error.message.clone()).chain(each).collect()
        })
        .unwrap_or_default();
    let mut results: Vec<RecordOutcome> = change
        .rows
        .iter()
        .map(|row| RecordOutcome {
            outcome: word.to_owned(),
            id: row.id.map(|id| id.to_string()),
            ..RecordOutcome::default()
        })
        .collect();
    if let Some(first) = results.first_mut() {
        first.problems = problems;
    }
    Output { object: change.object.clone(), succeeded: 0, failed: change.rows.len(), results }
}

/// What is told of a load whose job the log does not have, where jobs cannot be listed.
const UNNAMED: &str = "Another process of this connection began to send the load and ended before its \
                       job was in the log: rows may or may not be written. A person finds the job in \
                       Salesforce under Setup, Bulk Data Load Jobs. Do not prepare it again before.";

/// What the audit log knows of a plan that another process began.
async fn elsewhere(
    cx: &CallContext,
    org: &Org,
    id: &str,
    plan: &Plan,
) -> Result<Option<Told>, ToolError> {
    let Some(log) = org.log() else { return Ok(None) };
    let entries = match log.of_plan(id).await {
        Ok(entries) if entries.is_empty() => return Ok(None),
        Ok(entries) => entries,
        Err(error) => return Err(crate::org::not_logged(&error)),
    };
    let loads = entries.iter().find_map(|stamped| match &stamped.entry {
        Entry::Intent(intent) => {
            intent.records.first().filter(|one| one.action.starts_with("bulk_"))
        }
        _ => None,
    });
    let mut told = from_log(&entries, plan);
    if loads.is_some() {
        let next = job_in(cx, org, &entries).await;
        match &mut told {
            Ok(Reply { completeness: Completeness::Partial { next: of, .. }, .. }) => *of = next,
            Ok(_) => {}
            Err(error) => match next {
                Some(next) => error.next = Some(Box::new(next)),
                None => error.message = UNNAMED.to_owned(),
            },
        }
    }
    Ok(Some(told))
}

/// The call that tells what became of a load that another process began.
async fn job_in(cx: &CallContext, org: &Org, entries: &[Stamped]) -> Option<SuggestedCall> {
    let id = entries.iter().rev().find_map(|stamped| match &stamped.entry {
        Entry::Outcome(outcome) => outcome.records.first()?.id.as_deref()?.parse().ok(),
        _ => None,
    });
    let Some(id) = id else {
        // It ended before the job had the rows, or just then.
        let arguments = serde_json::json!({});
        return org.policy().rules().is_none().then(|| SuggestedCall::new(JOB_STATUS, arguments));
    };
    let handle = JobHandle { id, query: None, sealed: true };
    Some(look(&org.job_sealed(cx, &handle).await.ok()?))
}

fn from_log(entries: &[Stamped], plan: &Plan) -> Told {
    let mut operations = Vec::new();
    for stamped in entries {
        let Entry::Intent(intent) = &stamped.entry else { continue };
        let outcome = entries.iter().rev().find_map(|other| match &other.entry {
            Entry::Outcome(outcome) if outcome.of == stamped.seq => Some(outcome),
            _ => None,
        });
        let Some(outcome) = outcome else {
            let mut error = ToolError::outcome_unknown(
                "Another process of this connection began to apply it and ended before it had an \
                 answer: it may or may not have happened. Make the call in next to find out.",
            );
            if let Some(soql) = &intent.check {
                let arguments = serde_json::json!({ "soql": soql });
                error = error.with_next(SuggestedCall::new(super::query::NAME, arguments));
            }
            return Err(error);
        };
        let results: Vec<RecordOutcome> = outcome
            .records
            .iter()
            .map(|record| RecordOutcome {
                outcome: record.outcome.clone(),
                id: record.id.clone(),
                problems: record.codes.iter().chain(&record.note).cloned().collect(),
                differs: Vec::new(),
            })
            .collect();
        // A load is one record, of whose rows some may be written and some not.
        let open = ["failed", "unknown", "not_sent", "partly"];
        let succeeded = results.iter().filter(|r| !open.contains(&r.outcome.as_str())).count();
        let object = intent.records.first().map(|r| r.object.clone()).unwrap_or_default();
        let failed = results.len() - succeeded;
        operations.push(Output { object, succeeded, failed, results });
    }
    // A plan has one intent for each of its changes, in their order.
    let begun = operations.len();
    operations.extend(plan.changes.iter().skip(begun).map(|c| untouched(c, "not_sent", None)));
    let failed: usize = operations.iter().map(|one| one.failed).sum();
    let succeeded: usize = operations.iter().map(|one| one.succeeded).sum();
    let rest = if operations.len() > begun {
        " What is not_sent was not begun when this was asked; if the process that applied the digest \
         is still at it, it may be sent yet: look at the records before you prepare it again."
    } else {
        ""
    };
    let applied = Applied { already_applied: true, operations, ..Applied::default() };
    if failed == 0 {
        return Ok(Reply::complete(applied));
    }
    let reason = if plan.load.is_some() {
        "Not all rows were written, or it is not known; results says what the log has.".to_owned()
    } else {
        format!("{failed} records were not written, or it is not known; results says which.{rest}")
    };
    let completeness = Completeness::Partial {
        returned: succeeded as u64,
        total: Some((succeeded + failed) as u64),
        reason,
        next: None,
    };
    Ok(Reply::new(applied, completeness))
}

/// For the undoing of an entry: applies a plan that nobody was given a digest of.
pub(crate) async fn apply_now(cx: &CallContext, org: &Org, id: &str, prepared: Prepared) -> Told {
    let begun = Arc::new(AtomicBool::new(false));
    carry_out(cx, org, id, prepared.plan, &begun).await
}
