//! What ingest and query jobs have in common over HTTP: looking at them,
//! listing, aborting and deleting them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query as Params, State as Shared};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::info::{self, View};
use super::job::{Job, Shelf, State};
use super::query::Query;
use super::refusal::Refusal;
use super::spec::Ingest;
use super::{Bulk, list};
use crate::engine::Caller;
use crate::server::{Org, reply};

pub(super) type Pairs = Params<HashMap<String, String>>;

/// One of the two kinds of jobs.
pub(super) trait Task: Sized + Send + Sync + 'static {
    /// As in paths.
    const NAME: &'static str;
    /// `jobType` of its jobs.
    const JOB_TYPE: &'static str;

    fn shelf(bulk: &Bulk) -> &Shelf<Self>;

    fn show(job: &Job<Self>, view: View) -> Value;

    fn may_be_deleted(state: State) -> bool;
}

impl Task for Ingest {
    const NAME: &'static str = "ingest";
    const JOB_TYPE: &'static str = "V2Ingest";

    fn shelf(bulk: &Bulk) -> &Shelf<Self> {
        &bulk.ingest
    }

    fn show(job: &Job<Self>, view: View) -> Value {
        info::ingest(job, view)
    }

    fn may_be_deleted(state: State) -> bool {
        !matches!(state, State::Open | State::InProgress)
    }
}

impl Task for Query {
    const NAME: &'static str = "query";
    const JOB_TYPE: &'static str = "V2Query";

    fn shelf(bulk: &Bulk) -> &Shelf<Self> {
        &bulk.query
    }

    fn show(job: &Job<Self>, view: View) -> Value {
        info::query(job, view)
    }

    fn may_be_deleted(state: State) -> bool {
        state.is_over()
    }
}

/// `GET /jobs/{kind}/{id}`.
pub(super) async fn get<T: Task>(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let job = find::<T>(&org, &caller, &id)?;
    org.bulk.control.before_look().await;
    Ok(reply::ok(&T::show(&job, View::Full)))
}

/// `GET /jobs/{kind}`.
pub(super) async fn list<T: Task>(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Params(params): Pairs,
) -> Result<Response, Refusal> {
    let mut jobs = T::shelf(&org.bulk).list(caller.now);
    jobs.retain(|job| is_theirs(&org, &caller, &job.caller));
    // Big object and Bulk API 1.0 jobs: this org has none.
    if params.get("jobType").is_some_and(|kind| kind != T::JOB_TYPE) {
        jobs.clear();
    }
    list::page(&caller, T::NAME, &params, &jobs, |job| T::show(job, View::Listed))
}

/// `DELETE /jobs/{kind}/{id}`.
pub(super) async fn delete<T: Task>(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let job = find::<T>(&org, &caller, &id)?;
    let state = job.state();
    if !T::may_be_deleted(state) {
        return Err(Refusal::already("Deleting", state));
    }
    // A job that waits for its start does not start any more.
    job.go(State::UploadComplete, State::Aborted, caller.now);
    T::shelf(&org.bulk).remove(&job.id, caller.now);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Ends a job that is not over yet.
pub(super) fn abort<T>(job: &Job<T>, caller: &Caller) -> Result<(), Refusal> {
    let mut progress = job.progress();
    if progress.state.is_over() {
        return Err(Refusal::already("Aborting", progress.state));
    }
    progress.state = State::Aborted;
    progress.modified = caller.now;
    Ok(())
}

pub(super) fn find<T: Task>(org: &Org, caller: &Caller, id: &str) -> Result<Arc<Job<T>>, Refusal> {
    let job = T::shelf(&org.bulk).find(id, caller.now);
    job.filter(|job| is_theirs(org, caller, &job.caller)).ok_or_else(Refusal::not_found)
}

/// Whether the caller may look at a job of this user: the own ones, and all with
/// Modify All Data.
fn is_theirs(org: &Org, caller: &Caller, of: &Caller) -> bool {
    caller.user_id == of.user_id || org.engine.metadata(caller).manages_all_data()
}
