//! One call, from and to the text that OpenAI's protocol carries.

use serde_json::Value;
use sf_agent_tools::{CallContext, ToolSet};

/// Makes a call and returns what the model reads. Failed calls are answers, too.
pub(crate) async fn call(
    tools: &ToolSet,
    context: &CallContext,
    name: &str,
    arguments: &str,
) -> String {
    // Text that is no JSON is handed on as it is, so that the model is told what arguments the
    // tool takes as for any others that do not fit.
    let arguments = match arguments.trim() {
        "" => Value::Object(serde_json::Map::new()),
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    };
    let result = tools.call(context, name, arguments).await;
    result.map_or_else(|error| error.to_model(), |reply| reply.to_model()).to_string()
}
