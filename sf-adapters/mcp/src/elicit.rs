//! Questions and forms as elicitation requests, and the answers to them.

use rmcp::model::{
    ClientCapabilities, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
    EnumSchema,
};
use serde_json::Value;
use sf_agent_tools::{Answer, Ask, Filled, Form, Given, Question};

/// The one field of the form by which a person agrees.
const DECISION: &str = "decision";
const APPROVE: &str = "approve";

/// Whether a client shows forms. One that declares elicitation and says no more does (MCP,
/// Elicitation, Capabilities).
pub(crate) fn shows_forms(client: Option<&ClientCapabilities>) -> bool {
    let elicitation = client.and_then(|client| client.elicitation.as_ref());
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// What is asked, as a request; none if its form is not one that MCP allows.
pub(crate) fn request(ask: &Ask) -> Option<ElicitRequestParams> {
    match ask {
        Ask::Question(question) => approval(question),
        Ask::Form(form) => self::form(form),
        _ => None,
    }
}

/// A choice without a default: nobody agrees by pressing Enter. Without titles for its values: they
/// are `oneOf` since 2025-11-25, which a client of 2025-06-18 shows as a field for any text.
pub(crate) fn approval(question: &Question) -> Option<ElicitRequestParams> {
    let choices = EnumSchema::builder(vec![APPROVE.to_owned(), "decline".to_owned()])
        .title("Your decision")
        .build();
    let schema =
        ElicitationSchema::builder().required_enum_schema(DECISION, choices).build().ok()?;
    Some(shown(question.to_text(), schema))
}

pub(crate) fn form(form: &Form) -> Option<ElicitRequestParams> {
    let schema = ElicitationSchema::from_json_schema(form.schema.as_object()?.clone()).ok()?;
    Some(shown(form.text.clone(), schema))
}

fn shown(message: String, requested_schema: ElicitationSchema) -> ElicitRequestParams {
    ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema }
}

/// What a person gave to what was asked.
pub(crate) fn given(ask: &Ask, result: ElicitResult) -> Option<Given> {
    match ask {
        Ask::Question(_) => Some(Given::Answer(answer(&result))),
        Ask::Form(_) => Some(Given::Filled(filled(result))),
        _ => None,
    }
}

/// Only a form that was sent with the choice to approve approves.
pub(crate) fn answer(result: &ElicitResult) -> Answer {
    let decision = result.content.as_ref().and_then(|content| content[DECISION].as_str());
    match (&result.action, decision) {
        (ElicitationAction::Accept, Some(APPROVE)) => Answer::Approved,
        (ElicitationAction::Accept, Some(_)) | (ElicitationAction::Decline, _) => Answer::Declined,
        _ => Answer::Unavailable,
    }
}

pub(crate) fn filled(result: ElicitResult) -> Filled {
    match (result.action, result.content) {
        (ElicitationAction::Accept, Some(Value::Object(values))) => Filled::Values(values),
        (ElicitationAction::Decline, _) => Filled::Declined,
        _ => Filled::Unavailable,
    }
}
