//! A reply as a stream of server-sent events, for requests with `stream` (OpenAI API reference,
//! Chat streaming and Responses streaming).

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The events as one body: the client reads them as they are cut, not as they come.
pub(super) fn events(body: String) -> Response {
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// A chat completion as chunks.
pub(super) fn chat(reply: &Value) -> String {
    let message = &reply["choices"][0]["message"];
    let mut deltas = vec![json!({ "role": "assistant", "content": "" })];
    deltas.extend(pieces(&message["content"]).map(|piece| json!({ "content": piece })));
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let opened = json!({
            "index": 0, "id": call["id"], "type": "function",
            "function": { "name": call["function"]["name"], "arguments": "" },
        });
        deltas.push(json!({ "tool_calls": [opened] }));
        for piece in pieces(&call["function"]["arguments"]) {
            let grown = json!({ "index": 0, "function": { "arguments": piece } });
            deltas.push(json!({ "tool_calls": [grown] }));
        }
    }
    let chunk = |choices: Value, usage: &Value| {
        json!({
            "id": reply["id"], "object": "chat.completion.chunk", "created": reply["created"],
            "model": reply["model"], "choices": choices, "usage": usage,
        })
    };
    let one = |delta: Value, reason: &Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        chunk(json!([choice]), &Value::Null)
    };
    let mut chunks: Vec<Value> = deltas.into_iter().map(|delta| one(delta, &Value::Null)).collect();
    chunks.push(one(json!({}), &reply["choices"][0]["finish_reason"]));
    chunks.push(chunk(json!([]), &reply["usage"]));
    let mut body: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    body.push_str("data: [DONE]\n\n");
    body
}

/// A response as its events.
pub(super) fn responses(reply: &Value) -> String {
    let item = &reply["output"][0];
    let mut opened = item.clone();
    opened["status"] = "in_progress".into();
    let mut begun = reply.clone();
    begun["status"] = "in_progress".into();
    begun["output"] = json!([]);
    let id = &item["id"];
    let mut events = vec![
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": opened }),
    ];
    if item["type"] == "message" {
        let text = &item["content"][0]["text"];
        let at = json!({ "item_id": id, "output_index": 0, "content_index": 0, "logprobs": [] });
        for piece in pieces(text) {
            events.push(with(&at, json!({ "type": "response.output_text.delta", "delta": piece })));
        }
        events.push(with(&at, json!({ "type": "response.output_text.done", "text": text })));
    } else {
        let (at, arguments) = (json!({ "item_id": id, "output_index": 0 }), &item["arguments"]);
        for piece in pieces(arguments) {
            let delta = json!({ "type": "response.function_call_arguments.delta", "delta": piece });
            events.push(with(&at, delta));
        }
        let done = json!({
            "type": "response.function_call_arguments.done",
            "name": item["name"], "arguments": arguments,
        });
        events.push(with(&at, done));
    }
    events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": item }));
    events.push(json!({ "type": "response.completed", "response": reply }));
    let numbered = events
        .into_iter()
        .enumerate()
        .map(|(n, event)| named(&with(&json!({ "sequence_number": n }), event)));
    numbered.collect()
}

/// An event under the name that it has itself.
pub(super) fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

/// `event` with what every event like it has.
fn with(common: &Value, mut event: Value) -> Value {
    for (key, value) in common.as_object().into_iter().flatten() {
        event[key.as_str()] = value.clone();
    }
    event
}

/// A text as a model's vendor cuts it: a few characters at a time.
pub(super) fn pieces(text: &Value) -> std::vec::IntoIter<String> {
    let text: Vec<char> = text.as_str().unwrap_or_default().chars().collect();
    let cut: Vec<String> = text.chunks(7).map(|piece| piece.iter().collect()).collect();
    cut.into_iter()
}
