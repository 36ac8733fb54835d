//! `completion/complete`: values for an argument of a prompt or of a resource template.

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use sf_agent_tools::{Resources, ToolSet};

use crate::error::refused;

/// Values that fit what was typed so far.
pub(crate) async fn complete(
    tools: &ToolSet,
    resources: &Resources,
    request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let context = request.context.unwrap_or_default();
    let known = |name: &str| context.get_argument(name).cloned();
    let (name, typed) = (&*request.argument.name, &*request.argument.value);
    let found = match &request.r#ref {
        Reference::Prompt(prompt) => tools.complete_prompt(&prompt.name, name, typed, &known).await,
        Reference::Resource(template) => {
            resources.complete(&template.uri, name, typed, &known).await
        }
        _ => return Err(ErrorData::invalid_params("a reference of no known kind", None)),
    };
    let found = found.map_err(|error| refused(&error))?;
    let (total, more) = (u32::try_from(found.total).ok(), found.has_more());
    let info = CompletionInfo::with_pagination(found.values, total, more)
        .map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(info))
}
