//! Chat completions (OpenAI API reference, Chat).

use serde_json::{Value, json};

use super::Refused;
use crate::script::{Seen, Turn};

/// The tool answers in a conversation, oldest first. Each must answer a call
/// that the model made.
pub(super) fn seen(request: &Value) -> Result<Vec<Seen>, Refused> {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let calls: Vec<&Value> =
        messages.iter().filter_map(|message| message["tool_calls"].as_array()).flatten().collect();
    let answers = messages.iter().filter(|message| message["role"] == "tool");
    answers
        .map(|answer| {
            let id = &answer["tool_call_id"];
            let call = calls.iter().find(|call| call["id"] == *id);
            let call = call.ok_or_else(|| Refused(format!("no call has the id {id}")))?;
            let name = call["function"]["name"].as_str().unwrap_or_default();
            Ok(Seen::read(name, answer["content"].as_str().unwrap_or_default()))
        })
        .collect()
}

pub(super) fn reply(request: &Value, turn: &Turn) -> Value {
    let (message, reason) = match turn {
        Turn::Say(text) => {
            (json!({ "role": "assistant", "content": text, "refusal": null }), "stop")
        }
        Turn::Call(name, arguments) => {
            let turns = request["messages"].as_array().map_or(0, Vec::len);
            let call = json!({
                "id": format!("call_{turns}"),
                "type": "function",
                "function": { "name": name, "arguments": arguments.to_string() },
            });
            let message = json!({
                "role": "assistant", "content": null, "refusal": null, "tool_calls": [call],
            });
            (message, "tool_calls")
        }
    };
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": request["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason, "logprobs": null }],
        "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 },
    })
}
