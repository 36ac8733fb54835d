//! `resources/*`: addresses, their forms, and what is behind them.

use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate,
};
use serde_json::json;
use sf_agent_tools::{CallContext, ErrorClass, ResourceInfo, Resources};

use crate::error::refused;
use crate::page::page;

/// One part of the list.
pub(crate) async fn list(
    resources: &Resources,
    request: Option<&PaginatedRequestParams>,
    size: usize,
    cx: &CallContext,
) -> Result<ListResourcesResult, ErrorData> {
    let all = resources.list(cx).await.map_err(|error| refused(&error))?;
    let (part, next) = page("resources/list", all, request, size, |one| &one.uri)?;
    let mut result = ListResourcesResult::with_all_items(part.into_iter().map(resource).collect());
    result.next_cursor = next;
    Ok(result)
}

/// One part of the list of forms.
pub(crate) fn templates(
    resources: &Resources,
    request: Option<&PaginatedRequestParams>,
    size: usize,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let (list, all) = ("resources/templates/list", resources.templates());
    let (part, next) = page(list, all, request, size, |one| &one.uri_template)?;
    let part = part.into_iter().map(|one| {
        ResourceTemplate::new(one.uri_template, one.name)
            .with_title(one.title)
            .with_description(one.description)
            .with_mime_type(one.mime_type)
    });
    let mut result = ListResourceTemplatesResult::with_all_items(part.collect());
    result.next_cursor = next;
    Ok(result)
}

/// What is behind an address.
pub(crate) async fn read(
    resources: &Resources,
    uri: &str,
    cx: &CallContext,
) -> Result<ReadResourceResult, ErrorData> {
    let found = resources.read(cx, uri).await.map_err(|error| match error.class {
        // MCP, Resources, Error Handling: the data name the address.
        ErrorClass::FixYourCall => {
            ErrorData::resource_not_found(error.message.clone(), Some(json!({ "uri": uri })))
        }
        _ => refused(&error),
    })?;
    let contents = ResourceContents::text(found.text, found.uri).with_mime_type(found.mime_type);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn resource(info: ResourceInfo) -> Resource {
    let mut resource = Resource::new(info.uri, info.name)
        .with_title(info.title)
        .with_description(info.description)
        .with_mime_type(info.mime_type);
    resource.size = info.size;
    resource
}
