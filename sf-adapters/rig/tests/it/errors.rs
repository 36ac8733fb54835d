//! A tool error in rig's terms: what the model reads and what the operator.

use insta::assert_snapshot;
use rig_core::tool::ToolExecutionError;
use sf_adapter_rig::execution_error;
use sf_agent_tools::{Problem, SuggestedCall, ToolError};

fn shown(error: &ToolExecutionError) -> String {
    format!(
        "kind: {}\ncode: {}\nretryable: {:?}\noperator: {}\nmodel: {}",
        error.kind(),
        error.code().unwrap_or_default(),
        error.retryable(),
        error.message(),
        error.model_output().render(),
    )
}

#[test]
fn a_wrong_call_is_invalid_arguments() {
    let error = ToolError::fix_your_call("The field is not known.")
        .with_problem(Problem::new("soql", "There is no field Nmae."));
    assert_snapshot!(shown(&execution_error(error)), @r#"
    kind: invalid_args
    code: fix_your_call
    retryable: Some(false)
    operator: fix_your_call: The field is not known.
    model: {"error":{"class":"fix_your_call","message":"The field is not known.","problems":[{"at":"soql","message":"There is no field Nmae."}]}}
    "#);
}

#[test]
fn what_a_person_must_clear_is_permission_denied() {
    assert_snapshot!(shown(&execution_error(ToolError::ask_a_person("Approval is missing."))), @r#"
    kind: permission_denied
    code: ask_a_person
    retryable: Some(false)
    operator: ask_a_person: Approval is missing.
    model: {"error":{"class":"ask_a_person","message":"Approval is missing."}}
    "#);
}

#[test]
fn an_outage_may_be_repeated() {
    assert_snapshot!(shown(&execution_error(ToolError::try_later("The org is busy."))), @r#"
    kind: provider
    code: try_later
    retryable: Some(true)
    operator: try_later: The org is busy.
    model: {"error":{"class":"try_later","message":"The org is busy."}}
    "#);
}

/// Whoever cancelled it does not want it made again.
#[test]
fn a_cancelled_call_is_not_to_be_repeated() {
    assert_snapshot!(shown(&execution_error(ToolError::cancelled())), @r#"
    kind: cancelled
    code: try_later
    retryable: Some(false)
    operator: try_later: The call was cancelled by its caller. Nothing was changed.
    model: {"error":{"class":"try_later","message":"The call was cancelled by its caller. Nothing was changed."}}
    "#);
}

/// To repeat a write that may have happened is the one thing that must not be
/// suggested to a host.
#[test]
fn a_lost_answer_is_not_to_be_repeated() {
    let check = SuggestedCall::new("salesforce_query", serde_json::json!({ "soql": "SELECT" }));
    let error = execution_error(ToolError::outcome_unknown("Check first.").with_next(check));
    assert_snapshot!(shown(&error), @r#"
    kind: other
    code: outcome_unknown
    retryable: Some(false)
    operator: outcome_unknown: Check first.
    model: {"error":{"class":"outcome_unknown","message":"Check first.","next":{"tool":"salesforce_query","arguments":{"soql":"SELECT"}}}}
    "#);
}

#[test]
fn the_operator_can_have_the_error_itself_back() {
    let original = ToolError::try_later("The org is busy.");
    let error = execution_error(original.clone());
    assert_eq!(error.downcast_ref::<ToolError>(), Some(&original));
}
