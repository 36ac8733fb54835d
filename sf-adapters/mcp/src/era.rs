//! The two kinds of protocol, and what is no request of either.

use rmcp::model::{
    CallToolRequestMethod, CompleteRequestMethod, ConstString, CustomRequest, ErrorCode,
    GetPromptRequestMethod, ProtocolVersion, ReadResourceRequestMethod, SubscribeRequestMethod,
    SubscriptionsListenRequestMethod, UnsubscribeRequestMethod,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use crate::log;

/// Whether a request is one of 2026-07-28 or later, in which every request stands alone.
pub(crate) fn stands_alone(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// The answer to a method that is not there, or not in the protocol of the request.
pub(crate) fn no_method(name: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {name}"), None)
}

/// The answer to a request that rmcp could not read as any it knows: it hands over one with
/// parameters of the wrong form in the same way as one of an unknown method.
pub(crate) fn unread(request: &CustomRequest, alone: bool) -> ErrorData {
    match parameters(request, alone) {
        Some(takes) => ErrorData::invalid_params(format!("{} {takes}", request.method), None),
        None => no_method(&request.method),
    }
}

/// What a method takes; none if there is no such method.
fn parameters(request: &CustomRequest, alone: bool) -> Option<&'static str> {
    match request.method.as_str() {
        CallToolRequestMethod::VALUE => {
            let arguments = request.params.as_ref().and_then(|params| params.get("arguments"));
            Some(match arguments {
                Some(given) if !given.is_object() => {
                    "takes arguments that are one JSON object, not text that contains JSON and not \
                     an array"
                }
                _ => "takes the name of a tool, as text, and its arguments, an object",
            })
        }
        GetPromptRequestMethod::VALUE => {
            Some("takes the name of a prompt, as text, and its arguments, an object of texts")
        }
        CompleteRequestMethod::VALUE => Some(
            "takes a ref (type ref/prompt with a name, or ref/resource with a uri) and an argument \
             (name and value, texts)",
        ),
        ReadResourceRequestMethod::VALUE => Some("takes the uri of a resource, as text"),
        SubscribeRequestMethod::VALUE | UnsubscribeRequestMethod::VALUE if !alone => {
            Some("takes the uri of a resource, as text")
        }
        log::SET_LEVEL if !alone => {
            Some("takes a level: debug, info, notice, warning, error, critical, alert or emergency")
        }
        SubscriptionsListenRequestMethod::VALUE if alone => {
            Some("takes notifications, an object that says which are wanted")
        }
        _ => None,
    }
}
