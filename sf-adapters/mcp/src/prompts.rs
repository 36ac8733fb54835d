//! `prompts/*`: work that a person starts.

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResult, ListPromptsResult, PaginatedRequestParams, Prompt,
    PromptArgument, PromptMessage, Role,
};
use sf_agent_tools::{PromptDefinition, ToolSet};

use crate::error::refused;
use crate::page::page;

/// One part of the list.
pub(crate) fn list(
    tools: &ToolSet,
    request: Option<&PaginatedRequestParams>,
    size: usize,
) -> Result<ListPromptsResult, ErrorData> {
    let (part, next) = page("prompts/list", tools.prompts(), request, size, |p| &p.name)?;
    let mut result = ListPromptsResult::with_all_items(part.iter().map(prompt).collect());
    result.next_cursor = next;
    Ok(result)
}

/// A prompt with its arguments, which are texts.
pub(crate) fn get(
    tools: &ToolSet,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let given = request.arguments.iter().flatten();
    let arguments: Option<Vec<(&str, &str)>> =
        given.map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    let arguments = arguments
        .ok_or_else(|| ErrorData::invalid_params("the arguments of a prompt are texts", None))?;
    let made = tools.prompt(&request.name, arguments).map_err(|error| refused(&error))?;
    let mut result = GetPromptResult::new(vec![PromptMessage::new_text(Role::User, made.text)]);
    result.description = Some(made.description);
    Ok(result)
}

fn prompt(definition: &PromptDefinition) -> Prompt {
    let arguments = definition.arguments.iter().map(|argument| {
        PromptArgument::new(&argument.name)
            .with_title(&argument.title)
            .with_description(&argument.description)
            .with_required(argument.required)
    });
    let arguments = arguments.collect();
    Prompt::new(&definition.name, Some(&definition.description), Some(arguments))
        .with_title(&definition.title)
}
