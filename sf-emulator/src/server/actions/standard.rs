//! The standard actions of a new org (Actions Developer Guide, Post to Chatter,
//! Send Email, Submit for Approval). Nothing is posted and no mail is sent; the
//! calls are kept. Submitting is done for real, by [`approvals`](super::approvals).

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::engine::id;
use crate::invocable::{ActionFailure, ActionParameter, InvocableAction};

/// The one that [`approvals`](super::approvals) carries out.
pub(super) const SUBMIT: &str = "submit";

pub(super) fn actions() -> Vec<InvocableAction> {
    vec![chatter_post(), email_simple(), submit()]
}

fn text(name: &str, label: &str, description: &str) -> ActionParameter {
    ActionParameter::new(name, "STRING").label(label).description(description)
}

fn chatter_post() -> InvocableAction {
    let posts = AtomicU64::new(0);
    InvocableAction::standard("chatterPost")
        .label("Post to Chatter")
        .description("Post a message to a specific feed.")
        .input(text("text", "Message", "Required. The text that you want to post.").required())
        .input(
            text(
                "subjectNameOrId",
                "Target Name or ID",
                "Required. The user, group or record whose feed it is for.",
            )
            .required(),
        )
        .input(text("type", "Target Type", "Optional. User or Group, where the target is a name."))
        .input(text("communityId", "Community ID", "Optional. The community of the post."))
        .input(text(
            "visibility",
            "Visibility",
            "Optional. Who may see the post: internalUsers or allUsers.",
        ))
        .output(
            ActionParameter::new("feedItemId", "ID")
                .label("Feed Item ID")
                .description("The ID of the new post."),
        )
        .runs(move |_| {
            let number = posts.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(json!({ "feedItemId": id::make("0D5", number) }))
        })
}

fn email_simple() -> InvocableAction {
    InvocableAction::standard("emailSimple")
        .label("Send Email")
        .description("Send an email where you specify the subject, body, and recipients.")
        .input(text(
            "emailAddresses",
            "Email Addresses (comma-separated)",
            "Optional. The recipients, separated by commas.",
        ))
        .input(
            text(
                "emailAddressesArray",
                "Email Addresses (collection)",
                "Optional. The recipients as a list.",
            )
            .many(),
        )
        .input(text(
            "senderType",
            "Sender Type",
            "Optional. CurrentUser, DefaultWorkflowUser or OrgWideEmailAddress.",
        ))
        .input(text(
            "senderAddress",
            "Sender Address",
            "Optional. The org-wide address to send from.",
        ))
        .input(text("emailSubject", "Subject", "Required. The subject of the email.").required())
        .input(
            ActionParameter::new("emailBody", "TEXTAREA")
                .label("Body")
                .description("Required. The body of the email.")
                .required(),
        )
        .runs(|inputs| {
            let has = |name: &str| inputs.get(name).is_some_and(|value| !value.is_null());
            if has("emailAddresses") || has("emailAddressesArray") {
                return Ok(json!({}));
            }
            Err(ActionFailure::new(
                "REQUIRED_FIELD_MISSING",
                "Missing required input parameter: emailAddresses",
            ))
        })
}

fn submit() -> InvocableAction {
    let id = |name: &str, label: &str| ActionParameter::new(name, "REFERENCE").label(label);
    InvocableAction::standard(SUBMIT)
        .label("Submit for Approval")
        .description("Submit a Salesforce record for approval.")
        .input(
            id("objectId", "Record ID").description("Required. The record to submit.").required(),
        )
        .input(id("submitterId", "Submitter ID").of_object("User"))
        .input(id("nextApproverIds", "Next Approver IDs").many())
        .input(text(
            "processDefinitionNameOrId",
            "Approval Process Name Or ID",
            "Optional. The process to enter.",
        ))
        .input(ActionParameter::new("skipEntryCriteria", "BOOLEAN").label("Skip Entry Criteria"))
        .input(text(
            "comment",
            "Submission Comments",
            "Optional. A comment that goes with the submission.",
        ))
        .output(id("actorIds", "Actor IDs").many())
        .output(id("entityId", "Entity ID"))
        .output(id("instanceId", "Instance ID"))
        .output(text(
            "instanceStatus",
            "Instance Status",
            "Approved, Pending, Rejected or Removed.",
        ))
        .output(id("newWorkItemIds", "New Work Item IDs").many())
}
