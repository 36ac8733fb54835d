//! Bulk API 2.0: ingest and query jobs, processed in the background.

mod check;
mod columns;
mod control;
mod daily;
mod dialect;
mod export;
mod info;
mod ingest;
mod job;
mod jobs;
mod list;
mod locator;
mod objects;
mod process;
mod query;
mod refusal;
mod results;
mod row;
mod soql;
mod spec;
mod upload;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use http::StatusCode;
use http::header::CONTENT_TYPE;

pub use self::control::BulkJobs;
use self::daily::Daily;
use self::job::{Shelf, State};
use self::query::Query;
use self::refusal::Refusal;
use self::results::Which;
use self::spec::Ingest;
use super::Org;
use super::rest::only;

/// The jobs of an org.
#[derive(Default)]
pub(crate) struct Bulk {
    pub(crate) control: Arc<BulkJobs>,
    ingest: Shelf<Ingest>,
    query: Shelf<Query>,
    made: AtomicU64,
    /// Query jobs that were made.
    pub(crate) query_jobs: Daily,
    /// Batches of ingest jobs that were read.
    pub(crate) batches: Daily,
}

/// Query jobs of 24 hours (Bulk API 2.0 Developer Guide, "Limits").
pub(crate) const QUERY_JOBS_PER_DAY: u64 = 10_000;

/// Batches of 24 hours (same page).
pub(crate) const BATCHES_PER_DAY: u64 = 15_000;

impl Bulk {
    /// The number of the next job.
    fn number(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Jobs that are held must not outlive the org: they find it gone and end.
impl Drop for Bulk {
    fn drop(&mut self) {
        self.control.release();
    }
}

/// Paths below the version; sizes are limited before the routes are asked.
pub(super) fn routes() -> Router<Arc<Org>> {
    let job = get(jobs::get::<Ingest>).patch(ingest::change).delete(jobs::delete::<Ingest>);
    let query_job = get(jobs::get::<Query>).patch(query::change).delete(jobs::delete::<Query>);
    let records = |which| {
        only("GET,HEAD", get(move |org, caller, id| ingest::records(which, org, caller, id)))
    };
    let pages = || only("GET,HEAD", get(query::pages));
    Router::new()
        .route("/jobs/ingest", only("GET,HEAD,POST", get(jobs::list::<Ingest>).post(ingest::create)))
        .route("/jobs/ingest/{id}", only("DELETE,GET,HEAD,PATCH", job))
        .route("/jobs/ingest/{id}/batches", only("PUT", put(ingest::upload)))
        .route("/jobs/ingest/{id}/successfulResults", records(Which::Successful))
        .route("/jobs/ingest/{id}/failedResults", records(Which::Failed))
        // Documented in lower case; simple-salesforce asks in camel case.
        .route("/jobs/ingest/{id}/unprocessedrecords", records(Which::Unprocessed))
        .route("/jobs/ingest/{id}/unprocessedRecords", records(Which::Unprocessed))
        .route("/jobs/query", only("GET,HEAD,POST", get(jobs::list::<Query>).post(query::create)))
        .route("/jobs/query/{id}", only("DELETE,GET,HEAD,PATCH", query_job))
        .route("/jobs/query/{id}/results", only("GET,HEAD", get(query::results)))
        // The platform's own links spell it in lower case.
        .route("/jobs/query/{id}/resultPages", pages())
        .route("/jobs/query/{id}/resultpages", pages())
}

fn csv(text: Vec<u8>) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "text/csv")], text).into_response()
}

fn no_results(state: State) -> Refusal {
    Refusal::state(format!("Results are not available: the Job is {}", state.name()))
}
