//! Messages (Anthropic API reference, Messages and Streaming messages).

use serde_json::{Value, json};

use super::{Refused, stream};
use crate::script::{Seen, Turn};

/// The names of the offered tools; their form is checked as the vendor does.
pub(super) fn offered(request: &Value) -> Result<Vec<String>, Refused> {
    list(&request["tools"])
        .iter()
        .map(|tool| {
            let name = tool["name"].as_str().unwrap_or_default();
            if tool["input_schema"]["type"] != "object" {
                return Err(Refused(format!("the input schema of {name:?} is not an object")));
            }
            Ok(name.to_owned())
        })
        .collect()
}

/// The tool results in a conversation, oldest first. Each must answer a call that the model made.
pub(super) fn seen(request: &Value) -> Result<Vec<Seen>, Refused> {
    let blocks = || list(&request["messages"]).iter().flat_map(|message| list(&message["content"]));
    let results = blocks().filter(|block| block["type"] == "tool_result");
    results
        .map(|result| {
            let id = &result["tool_use_id"];
            let is_call = |block: &&Value| block["type"] == "tool_use" && block["id"] == *id;
            let call = blocks().find(is_call);
            let call = call.ok_or_else(|| Refused(format!("no call has the id {id}")))?;
            let content = &result["content"];
            let text = content.as_str().or_else(|| content[0]["text"].as_str());
            Ok(Seen::read(call["name"].as_str().unwrap_or_default(), text.unwrap_or_default()))
        })
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn reply(request: &Value, turn: &Turn) -> Value {
    let (block, reason) = match turn {
        Turn::Say(text) => (json!({ "type": "text", "text": text }), "end_turn"),
        Turn::Call(name, arguments) => {
            let id = format!("toolu_{}", list(&request["messages"]).len());
            let call = json!({ "type": "tool_use", "id": id, "name": name, "input": arguments });
            (call, "tool_use")
        }
    };
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": request["model"],
        "content": [block], "stop_reason": reason, "stop_sequence": null,
        "usage": { "input_tokens": 0, "output_tokens": 0 },
    })
}

/// A message as its events.
pub(super) fn events(reply: &Value) -> String {
    let block = &reply["content"][0];
    let mut begun = reply.clone();
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    let mut opened = block.clone();
    let deltas: Vec<Value> = if block["type"] == "text" {
        opened["text"] = "".into();
        let pieces = stream::pieces(&block["text"]);
        pieces.map(|piece| json!({ "type": "text_delta", "text": piece })).collect()
    } else {
        opened["input"] = json!({});
        let pieces = stream::pieces(&block["input"].to_string().into());
        pieces.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })).collect()
    };
    let mut events = vec![
        json!({ "type": "message_start", "message": begun }),
        json!({ "type": "content_block_start", "index": 0, "content_block": opened }),
    ];
    let delta = |delta| json!({ "type": "content_block_delta", "index": 0, "delta": delta });
    events.extend(deltas.into_iter().map(delta));
    events.extend([
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({
            "type": "message_delta", "usage": { "output_tokens": 0 },
            "delta": { "stop_reason": reply["stop_reason"], "stop_sequence": null },
        }),
        json!({ "type": "message_stop" }),
    ]);
    events.iter().map(stream::named).collect()
}
