//! The data API: one file for each resource. Paths are relative to the version.

mod body;
mod collections;
mod describe;
mod limits;
mod query;
mod rows;
pub(crate) mod versions;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get, patch, post};
use http::Method;

use super::Org;
use super::reply::not_allowed;
use crate::engine::ApiError;

/// Every handler finds its `Caller` in the request's extensions.
pub(crate) fn router(org: Arc<Org>) -> Router {
    let row = get(rows::get).patch(rows::update).delete(rows::delete).post(rows::create_by_id_path);
    let external =
        get(rows::get_by_external_id).patch(rows::upsert).delete(rows::delete_by_external_id);
    Router::new()
        .route("/", only("GET,HEAD", get(versions::resources)))
        .route("/query", only("GET,HEAD", get(query::query)))
        .route("/queryAll", only("GET,HEAD", get(query::query_all)))
        .route("/query/{locator}", only("GET,HEAD", get(query::more)))
        .route("/queryAll/{locator}", only("GET,HEAD", get(query::more)))
        .route("/sobjects", only("GET,HEAD", get(describe::global)))
        .route("/sobjects/{object}", only("GET,HEAD,POST", get(describe::basic).post(rows::create)))
        .route("/sobjects/{object}/describe", only("GET,HEAD", get(describe::full)))
        .route("/sobjects/{object}/{id}", only("DELETE,GET,HEAD,PATCH", row))
        .route("/sobjects/{object}/{field}/{value}", only("DELETE,GET,HEAD,PATCH", external))
        .route(
            "/composite/sobjects",
            only(
                "DELETE,PATCH,POST",
                post(collections::create).patch(collections::update).delete(collections::delete),
            ),
        )
        .route(
            "/composite/sobjects/{object}",
            only(
                "GET,HEAD,POST",
                get(collections::retrieve_by_url).post(collections::retrieve_by_body),
            ),
        )
        .route("/composite/sobjects/{object}/{field}", only("PATCH", patch(collections::upsert)))
        .route("/limits", only("GET,HEAD", get(limits::limits)))
        .route("/limits/recordCount", only("GET,HEAD", get(limits::record_count)))
        .fallback(|| async { ApiError::not_found() })
        .with_state(org)
}

/// Refuses other methods with the list of those that the resource has.
fn only(allowed: &'static str, methods: MethodRouter<Arc<Org>>) -> MethodRouter<Arc<Org>> {
    methods.fallback(move |method: Method| async move { not_allowed(&method, allowed) })
}
