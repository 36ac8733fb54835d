//! `/process/approvals`: which approval processes there are, and submitting, approving and
//! rejecting (REST API Developer Guide, Process Approvals).

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};

use super::records::refusal;
use crate::decode::or_default;
use crate::{ApiError, Error, Id, Operation, Request, Response, Safety};

/// Lists the active approval processes by their objects.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalProcesses;

/// An approval process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ApprovalProcess {
    /// Its id.
    pub id: Id,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What its author says of it.
    #[serde(default)]
    pub description: Option<String>,
    /// The object.
    #[serde(default, deserialize_with = "or_default")]
    pub object: String,
    /// Its place among the processes of the object: a record enters the first that it fits.
    #[serde(default)]
    pub sort_order: i64,
}

#[derive(Deserialize)]
struct Processes {
    #[serde(default, deserialize_with = "or_default")]
    approvals: BTreeMap<String, Vec<ApprovalProcess>>,
}

impl Operation for ApprovalProcesses {
    type Output = BTreeMap<String, Vec<ApprovalProcess>>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "process/approvals", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        Ok(response.json::<Processes>("the approval processes")?.approvals)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Submits records for approval, approves and rejects; its output has one result per step, in
/// order.
#[derive(Debug, Clone, Default)]
pub struct Approve {
    steps: Vec<ApprovalStep>,
}

/// One step of an approval.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalStep {
    action_type: &'static str,
    context_id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_actor_id: Option<Id>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_approver_ids: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_definition_name_or_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_entry_criteria: Option<bool>,
}

impl ApprovalStep {
    fn new(action_type: &'static str, context_id: Id) -> Self {
        Self {
            action_type,
            context_id,
            comments: None,
            context_actor_id: None,
            next_approver_ids: Vec::new(),
            process_definition_name_or_id: None,
            skip_entry_criteria: None,
        }
    }

    /// Submits a record.
    pub fn submit(record: Id) -> Self {
        Self::new("Submit", record)
    }

    /// Approves a request, by the id of the record or of its work item.
    pub fn approve(record_or_work_item: Id) -> Self {
        Self::new("Approve", record_or_work_item)
    }

    /// Rejects a request, by the id of the record or of its work item.
    pub fn reject(record_or_work_item: Id) -> Self {
        Self::new("Reject", record_or_work_item)
    }

    /// A comment that the history keeps.
    #[must_use]
    pub fn comments(mut self, text: impl Into<String>) -> Self {
        self.comments = Some(text.into());
        self
    }

    /// Who submits, if it is not the session's user.
    #[must_use]
    pub fn submitter(mut self, user: Id) -> Self {
        self.context_actor_id = Some(user);
        self
    }

    /// Who decides next, where the process leaves it open.
    #[must_use]
    pub fn next_approvers(mut self, users: impl Into<Vec<Id>>) -> Self {
        self.next_approver_ids = users.into();
        self
    }

    /// The process to enter, by API name or id; `skip_entry_criteria` enters it even if the record
    /// does not fit its criteria.
    #[must_use]
    pub fn process(mut self, name_or_id: impl Into<String>, skip_entry_criteria: bool) -> Self {
        self.process_definition_name_or_id = Some(name_or_id.into());
        self.skip_entry_criteria = Some(skip_entry_criteria);
        self
    }
}

impl Approve {
    /// These steps.
    pub fn new(steps: impl Into<Vec<ApprovalStep>>) -> Self {
        Self { steps: steps.into() }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    requests: &'a [ApprovalStep],
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ApprovalResult {
    /// Whether it succeeded.
    pub success: bool,
    /// Why it failed; empty if it succeeded.
    #[serde(default, deserialize_with = "or_default")]
    pub errors: Vec<ApiError>,
    /// The record it is about, where the platform names it.
    #[serde(default)]
    pub entity_id: Option<Id>,
    /// The `ProcessInstance` of the approval under way.
    #[serde(default)]
    pub instance_id: Option<Id>,
    /// Its state: `Pending`, `Approved`, `Rejected`, `Removed`.
    #[serde(default)]
    pub instance_status: Option<String>,
    /// The users or queues that are to decide next; empty at the end.
    #[serde(default, deserialize_with = "or_default")]
    pub actor_ids: Vec<Id>,
    /// What they decide on: a `ProcessInstanceWorkitem` for each.
    #[serde(default, alias = "newWorkItemIds", deserialize_with = "or_default")]
    pub new_workitem_ids: Vec<Id>,
}

impl Operation for Approve {
    type Output = Vec<ApprovalResult>;

    fn request(&self) -> Result<Request, Error> {
        if self.steps.is_empty() {
            return Err(Error::invalid("there is no step of an approval to take"));
        }
        // Where a step failed the status may be 400, with the results of all of them.
        let request = Request::new(Method::POST, "process/approvals", &[])?;
        Ok(request.json(&Body { requests: &self.steps })?.accept(400))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        const WHAT: &str = "one result per step of an approval";
        let results: Vec<ApprovalResult> = match response.json(WHAT) {
            Ok(results) => results,
            Err(_) if response.status >= 400 => {
                return Err(refusal("POST process/approvals", response.status, &response.body));
            }
            Err(error) => return Err(error),
        };
        if results.len() != self.steps.len() {
            let problem = format!("{} results for {} steps", results.len(), self.steps.len());
            return Err(response.unexpected(WHAT, problem));
        }
        Ok(results)
    }

    /// A second approval could be that of the next step.
    fn safety(&self) -> Safety {
        Safety::Write
    }
}
