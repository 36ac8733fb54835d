//! The data API: one file for each resource. Paths are relative to the version.

pub(crate) mod apex;
pub(crate) mod body;
mod collections;
mod columns;
mod composite;
mod conditions;
mod describe;
mod explain;
mod feeds;
mod json_text;
mod layouts;
mod limits;
mod list_view_columns;
pub(crate) mod list_views;
mod multipart;
pub(crate) mod query;
mod quick_actions;
mod recent;
mod related;
mod rows;
mod search;
mod sub;
pub(crate) mod versions;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, patch, post};
use axum::{Extension, Router};
use http::Method;

use super::Org;
use super::reply::not_allowed;
use crate::engine::ApiError;

/// Every handler finds its `Caller` in the request's extensions.
pub(crate) fn router(org: Arc<Org>) -> Router {
    let row = get(rows::get).patch(rows::update).delete(rows::delete).post(rows::create_by_id_path);
    let external =
        get(rows::get_by_external_id).patch(rows::upsert).delete(rows::delete_by_external_id);
    let resources = Router::new()
        .route("/", only("GET,HEAD", get(versions::resources)))
        .route("/query", only("GET,HEAD", get(query::query)))
        .route("/queryAll", only("GET,HEAD", get(query::query_all)))
        .route("/query/{locator}", only("GET,HEAD", get(query::more)))
        .route("/queryAll/{locator}", only("GET,HEAD", get(query::more)))
        .route("/sobjects", only("GET,HEAD", get(describe::global)))
        .route("/sobjects/{object}", only("GET,HEAD,POST", get(describe::basic).post(rows::create)))
        .route("/sobjects/{object}/describe", only("GET,HEAD", get(describe::full)))
        .route("/sobjects/{object}/describe/layouts", only("GET,HEAD", get(layouts::layouts)))
        .route(
            "/sobjects/{object}/describe/layouts/{type}",
            only("GET,HEAD", get(layouts::layout_of_type)),
        )
        .route(
            "/sobjects/{object}/describe/compactLayouts",
            only("GET,HEAD", get(layouts::compact)),
        )
        .route("/sobjects/{object}/listviews", only("GET,HEAD", get(list_views::list)))
        .route("/sobjects/{object}/listviews/recent", only("GET,HEAD", get(list_views::recent)))
        .route("/sobjects/{object}/listviews/{view}", only("GET,HEAD", get(list_views::get)))
        .route(
            "/sobjects/{object}/listviews/{view}/describe",
            only("GET,HEAD", get(list_views::describe)),
        )
        .route(
            "/sobjects/{object}/listviews/{view}/results",
            only("GET,HEAD", get(list_views::results)),
        )
        .merge(quick_action_routes())
        .merge(super::actions::routes())
        .route("/search", only("GET,HEAD", get(search::search)))
        .route("/search/scopeOrder", only("GET,HEAD", get(search::scope_order)))
        .route("/search/layout", only("GET,HEAD", get(search::layout)))
        .route("/search/suggestions", only("GET,HEAD", get(search::suggestions)))
        .route(
            "/parameterizedSearch",
            only("GET,HEAD,POST", get(search::by_url).post(search::by_body)),
        )
        .route("/recent", only("GET,HEAD", get(recent::recent)))
        .route("/sobjects/{object}/updated", only("GET,HEAD", get(feeds::updated)))
        .route("/sobjects/{object}/deleted", only("GET,HEAD", get(feeds::deleted)))
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
        // The platform's limits are far above axum's; they were applied when
        // the body was read.
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&org));
    // Subrequests reach these resources and no other composite.
    let inner = Extension(sub::Resources(resources.clone()));
    let composite = Router::new()
        .route(
            "/composite",
            only("GET,HEAD,POST", get(composite::list_resources).post(composite::composite)),
        )
        .route("/composite/batch", only("POST", post(composite::batch)))
        .route("/composite/graph", only("POST", post(composite::graph)))
        .route("/composite/tree/{object}", only("POST", post(composite::tree)))
        .layer(inner)
        .merge(super::analytics::routes())
        .merge(super::bulk::routes())
        .merge(super::oauth::usage_routes())
        .layer(DefaultBodyLimit::disable())
        .with_state(org);
    composite.fallback_service(resources)
}

/// Below the org and below every object.
fn quick_action_routes() -> Router<Arc<Org>> {
    let global = Router::new()
        .route("/quickActions", only("GET,HEAD", get(quick_actions::global)))
        .route("/sobjects/{object}/quickActions", only("GET,HEAD", get(quick_actions::of_object)));
    ["/quickActions", "/sobjects/{object}/quickActions"].into_iter().fold(
        global,
        |routes, place| {
            let action =
                only("GET,HEAD,POST", get(quick_actions::get).post(quick_actions::execute));
            let defaults = || only("GET,HEAD", get(quick_actions::default_values));
            routes
                .route(&format!("{place}/{{action}}"), action)
                .route(
                    &format!("{place}/{{action}}/describe"),
                    only("GET,HEAD", get(quick_actions::describe)),
                )
                .route(&format!("{place}/{{action}}/defaultValues"), defaults())
                .route(&format!("{place}/{{action}}/defaultValues/{{context}}"), defaults())
        },
    )
}

/// Refuses other methods with the list of those that the resource has.
pub(crate) fn only(
    allowed: &'static str,
    methods: MethodRouter<Arc<Org>>,
) -> MethodRouter<Arc<Org>> {
    methods.fallback(move |method: Method| async move { not_allowed(&method, allowed) })
}
