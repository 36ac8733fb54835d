//! A model on loopback that speaks OpenAI's protocols, and Anthropic's, and follows a script.

mod chat;
mod messages;
mod responses;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::script::{Seen, Step, Turn, next_turn};

/// A server that answers chat completions, responses and messages as its script says, as
/// one document or as a stream of events. It refuses, as the vendor does, tools whose definition is not well formed, and it
/// does not call a tool that it was not offered. Dropping it stops it.
pub struct ModelServer {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl ModelServer {
    /// Starts a model with this script on a free port of loopback.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(steps: &'static [Step]) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let app = axum::Router::new()
            .route("/v1/chat/completions", post(chat_completions))
            .route("/v1/messages", post(create_message))
            .route("/v1/responses", post(create_response))
            .with_state(Arc::from(steps));
        let server = axum::serve(listener, app).with_graceful_shutdown(async {
            // Dropped is stopped, too.
            let _ = stopped.await;
        });
        tokio::spawn(server.into_future());
        Ok(Self { address, _stop: stop })
    }

    /// What clients call the base URL: it ends with `/v1`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

/// What is wrong with a request, in the vendor's form.
struct Refused(String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let error = json!({ "error": {
            "message": self.0, "type": "invalid_request_error", "param": null, "code": null,
        }});
        (StatusCode::BAD_REQUEST, Json(error)).into_response()
    }
}

async fn chat_completions(
    State(steps): State<Arc<[Step]>>,
    Json(request): Json<Value>,
) -> Result<Response, Refused> {
    let offered = offered(&request, |tool| &tool["function"])?;
    let turn = turn(&steps, &chat::seen(&request)?, &offered)?;
    Ok(answer(&request, chat::reply(&request, &turn), stream::chat))
}

async fn create_response(
    State(steps): State<Arc<[Step]>>,
    Json(request): Json<Value>,
) -> Result<Response, Refused> {
    let offered = offered(&request, |tool| tool)?;
    let turn = turn(&steps, &responses::seen(&request)?, &offered)?;
    Ok(answer(&request, responses::reply(&request, &turn), stream::responses))
}

async fn create_message(
    State(steps): State<Arc<[Step]>>,
    Json(request): Json<Value>,
) -> Result<Response, Refused> {
    let offered = messages::offered(&request)?;
    let turn = turn(&steps, &messages::seen(&request)?, &offered)?;
    Ok(answer(&request, messages::reply(&request, &turn), messages::events))
}

/// The reply in the form that was asked for.
fn answer(request: &Value, reply: Value, stream: fn(&Value) -> String) -> Response {
    if request["stream"] == true {
        return stream::events(stream(&reply));
    }
    Json(reply).into_response()
}

fn turn(steps: &[Step], seen: &[Seen], offered: &[String]) -> Result<Turn, Refused> {
    let turn = next_turn(steps, seen);
    match &turn {
        Turn::Call(name, _) if !offered.iter().any(|tool| tool == name) => {
            Err(Refused(format!("the script calls {name}, which was not offered")))
        }
        _ => Ok(turn),
    }
}

/// The names of the offered functions; their form is checked as the vendor does.
fn offered(request: &Value, function: fn(&Value) -> &Value) -> Result<Vec<String>, Refused> {
    let tools = request["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    tools.iter().map(|tool| named(tool, function(tool))).collect()
}

fn named(tool: &Value, function: &Value) -> Result<String, Refused> {
    if tool["type"] != "function" {
        return Err(Refused(format!("not a function: {tool}")));
    }
    let name = function["name"].as_str().unwrap_or_default();
    let ordinary = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(ordinary) {
        return Err(Refused(format!("{name:?} is no name of a function")));
    }
    if function["parameters"]["type"] != "object" {
        return Err(Refused(format!("the parameters of {name} are not an object")));
    }
    Ok(name.to_owned())
}
