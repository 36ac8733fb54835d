//! `tools/list`: a tool definition as MCP describes tools.

use rmcp::ErrorData;
use rmcp::model::{JsonObject, ListToolsResult, PaginatedRequestParams, Tool, ToolAnnotations};
use serde_json::Value;
use sf_agent_tools::{Effect, ToolDefinition, ToolSet};

use crate::page::page;

/// One part of the list, as long as a part may be.
pub(crate) fn list(
    tools: &ToolSet,
    request: Option<&PaginatedRequestParams>,
    size: usize,
) -> Result<ListToolsResult, ErrorData> {
    let (part, next) = page("tools/list", tools.definitions(), request, size, |tool| &tool.name)?;
    let mut result = ListToolsResult::with_all_items(part.into_iter().map(tool).collect());
    result.next_cursor = next;
    Ok(result)
}

fn tool(definition: ToolDefinition) -> Tool {
    let annotations = annotations(definition.effect, definition.idempotent);
    Tool::new(definition.name, definition.description, object(definition.input_schema))
        .with_title(definition.title)
        .with_raw_output_schema(object(definition.output_schema).into())
        .with_annotations(annotations)
}

/// What the effect means to a client that decides whether to ask its user.
///
/// An update and a delete replace data, so they are destructive. The world behind
/// the tools is open: other people change the same org.
fn annotations(effect: Effect, idempotent: bool) -> ToolAnnotations {
    let (read_only, destructive) = match effect {
        Effect::Read => (true, false),
        Effect::Create => (false, false),
        Effect::Update | Effect::Delete => (false, true),
    };
    ToolAnnotations::new()
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(true)
}

/// MCP wants a schema object at the root; a schema of any other kind (`true`)
/// constrains nothing, which `{"type": "object"}` says for arguments.
fn object(schema: Value) -> JsonObject {
    match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::from_iter([("type".to_owned(), Value::from("object"))]),
    }
}
