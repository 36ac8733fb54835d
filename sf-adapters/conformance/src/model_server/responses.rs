//! Responses (OpenAI API reference, Responses).

use serde_json::{Value, json};

use super::Refused;
use crate::script::{Seen, Turn};

/// The outputs of function calls in the input, oldest first. Each must answer a
/// call that the model made.
pub(super) fn seen(request: &Value) -> Result<Vec<Seen>, Refused> {
    let items = request["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    let answers = items.iter().filter(|item| item["type"] == "function_call_output");
    answers
        .map(|answer| {
            let id = &answer["call_id"];
            let is_call = |item: &&Value| item["type"] == "function_call" && item["call_id"] == *id;
            let call = items.iter().find(is_call);
            let call = call.ok_or_else(|| Refused(format!("no call has the id {id}")))?;
            let name = call["name"].as_str().unwrap_or_default();
            Ok(Seen::read(name, answer["output"].as_str().unwrap_or_default()))
        })
        .collect()
}

pub(super) fn reply(request: &Value, turn: &Turn) -> Value {
    let turns = request["input"].as_array().map_or(0, Vec::len);
    let item = match turn {
        Turn::Say(text) => json!({
            "id": format!("msg_{turns}"),
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }],
        }),
        Turn::Call(name, arguments) => json!({
            "id": format!("fc_{turns}"),
            "type": "function_call",
            "status": "completed",
            "call_id": format!("call_{turns}"),
            "name": name,
            "arguments": arguments.to_string(),
        }),
    };
    json!({
        "id": "resp_1",
        "object": "response",
        "created_at": 1_767_225_600,
        "status": "completed",
        "model": request["model"],
        "output": [item],
        "parallel_tool_calls": true,
        "tool_choice": "auto",
        "tools": [],
    })
}
