//! Reports and dashboards: real queries over the org's rows, run as the caller
//! (Reports and Dashboards REST API Developer Guide).
//!
//! A report is lowered to one statement, which the engine runs as it runs any
//! other; groups, aggregates and labels are made of its rows.

mod columns;
mod dashboard_data;
mod dashboards;
mod dates;
mod definition;
mod error;
mod facts;
mod filters;
mod folders;
mod groups;
mod instances;
mod label;
mod logic;
mod report;
mod report_types;
mod reports;
mod run;
mod runs;
mod samples;
mod saved;
mod type_metadata;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

pub(crate) use self::dashboard_data::Boards;
pub(crate) use self::reports::statement;
pub use self::runs::ReportRuns;
pub(crate) use self::samples::install;
use super::Org;
use super::rest::only;
use crate::engine::Kind;

/// What a handler answers.
type Answer = Result<Response, error::Refusal>;

/// Paths relative to the version.
pub(crate) fn routes() -> Router<Arc<Org>> {
    let delete = |kind| move |org, caller, id| saved::delete(kind, org, caller, id);
    let report =
        get(reports::run).post(reports::run).patch(reports::update).delete(delete(Kind::Report));
    let dashboard = get(dashboards::results)
        .post(dashboards::results)
        .put(dashboards::refresh)
        .patch(dashboards::update)
        .delete(delete(Kind::Dashboard));
    Router::new()
        .route("/analytics", only("GET,HEAD", get(reports::resources)))
        .route(
            "/analytics/reports",
            only("GET,HEAD,POST", get(reports::list).post(reports::create)),
        )
        .route("/analytics/reports/query", only("POST", axum::routing::post(reports::query)))
        .route("/analytics/reports/{id}", only("DELETE,GET,HEAD,PATCH,POST", report))
        .route("/analytics/reports/{id}/describe", only("GET,HEAD", get(reports::describe)))
        .route(
            "/analytics/reports/{id}/instances",
            only("GET,HEAD,POST", get(instances::list).post(instances::start)),
        )
        .route(
            "/analytics/reports/{id}/instances/{instance}",
            only("DELETE,GET,HEAD", get(instances::get).delete(instances::delete)),
        )
        .route("/analytics/reportTypes", only("GET,HEAD", get(report_types::list)))
        .route("/analytics/reportTypes/{type}", only("GET,HEAD", get(report_types::describe)))
        // The spelling that the Salesforce CLI's users are shown.
        .route("/analytics/report-types", only("GET,HEAD", get(report_types::list)))
        .route("/analytics/report-types/{type}", only("GET,HEAD", get(report_types::describe)))
        .route(
            "/analytics/dashboards",
            only("GET,HEAD,POST", get(dashboards::list).post(dashboards::create)),
        )
        .route("/analytics/dashboards/{id}", only("DELETE,GET,HEAD,PATCH,POST,PUT", dashboard))
        .route("/analytics/dashboards/{id}/describe", only("GET,HEAD", get(dashboards::describe)))
        .route("/analytics/dashboards/{id}/status", only("GET,HEAD", get(dashboards::status)))
}
