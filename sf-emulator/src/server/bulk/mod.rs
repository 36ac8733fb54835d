//! Bulk API 2.0: ingest and query jobs, processed in the background.

mod check;
mod columns;
mod control;
mod dialect;
mod export;
mod info;
mod ingest;
mod job;
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

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use http::StatusCode;
use http::header::CONTENT_TYPE;

pub use self::control::BulkJobs;
use self::job::{Shelf, State};
use self::refusal::Refusal;
use super::Org;
use super::rest::only;

/// The jobs of an org.
#[derive(Default)]
pub(crate) struct Bulk {
    pub(crate) control: Arc<BulkJobs>,
    ingest: Shelf<spec::Ingest>,
    query: Shelf<query::Query>,
    made: AtomicU64,
}

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
    let job = get(ingest::get).patch(ingest::change).delete(ingest::delete);
    let query_job = get(query::get).patch(query::change).delete(query::delete);
    let unprocessed = || only("GET,HEAD", get(ingest::unprocessed));
    let pages = || only("GET,HEAD", get(query::pages));
    Router::new()
        .route("/jobs/ingest", only("GET,HEAD,POST", get(ingest::list).post(ingest::create)))
        .route("/jobs/ingest/{id}", only("DELETE,GET,HEAD,PATCH", job))
        .route("/jobs/ingest/{id}/batches", only("PUT", put(ingest::upload)))
        .route("/jobs/ingest/{id}/successfulResults", only("GET,HEAD", get(ingest::successful)))
        .route("/jobs/ingest/{id}/failedResults", only("GET,HEAD", get(ingest::failed)))
        // Documented in lower case; simple-salesforce asks in camel case.
        .route("/jobs/ingest/{id}/unprocessedrecords", unprocessed())
        .route("/jobs/ingest/{id}/unprocessedRecords", unprocessed())
        .route("/jobs/query", only("GET,HEAD,POST", get(query::list).post(query::create)))
        .route("/jobs/query/{id}", only("DELETE,GET,HEAD,PATCH", query_job))
        .route("/jobs/query/{id}/results", only("GET,HEAD", get(query::results)))
        // The platform's own links spell it in lower case.
        .route("/jobs/query/{id}/resultPages", pages())
        .route("/jobs/query/{id}/resultpages", pages())
        .layer(axum::extract::DefaultBodyLimit::disable())
}

fn csv(text: Vec<u8>) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "text/csv")], text).into_response()
}

fn no_results(state: State) -> Refusal {
    Refusal::state(format!("Results are not available: the Job is {}", state.name()))
}
