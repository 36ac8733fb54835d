//! Salesforce's error codes: the class of each, and what to do.
//!
//! Codes: SOAP API Developer Guide, "StatusCode", and REST API Developer Guide,
//! "Status Codes and Error Responses". A code that is not listed is judged by
//! its HTTP status.

use crate::ErrorClass;
use ErrorClass::{AskAPerson, FixYourCall, TryLater};

/// What a code means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Advice {
    /// What is to be done.
    pub(crate) class: ErrorClass,
    /// How, in a sentence; empty where Salesforce's own message says it all.
    pub(crate) text: &'static str,
}

/// The advice for `code`, if it is known.
pub(crate) fn advice(code: &str) -> Option<Advice> {
    let at = TABLE.binary_search_by(|(known, ..)| (*known).cmp(code)).ok()?;
    let (_, class, text) = TABLE.get(at)?;
    Some(Advice { class: *class, text })
}

const PERMISSION: &str = "This user lacks the right. A Salesforce administrator can grant it.";
const LOCKED: &str = "Other work held the record, at each of the attempts that were made; nothing was changed. The same call can succeed in a few seconds.";
const BUSY: &str = "Salesforce is busy or being maintained. The same call can succeed in a minute.";
const SMALLER: &str = "Do it in smaller parts.";
const ADMIN: &str = "A Salesforce administrator has to look at it.";

/// Sorted by code (a test checks it).
pub(crate) const TABLE: &[(&str, ErrorClass, &str)] = &[
    (
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        FixYourCall,
        "Not written, because another record of the call failed.",
    ),
    ("ALREADY_IN_PROCESS", AskAPerson, "The record is already in an approval process."),
    (
        "APEX_ERROR",
        AskAPerson,
        "The org's own code failed. A Salesforce administrator has to look at it.",
    ),
    ("API_CURRENTLY_DISABLED", AskAPerson, ADMIN),
    ("API_DISABLED_FOR_ORG", AskAPerson, ADMIN),
    ("BATCH_PROCESSING_HALTED", FixYourCall, "Not done, because another part of the call failed."),
    (
        "BIG_OBJECT_UNSUPPORTED_OPERATION",
        FixYourCall,
        "This object does not support the operation.",
    ),
    ("CANNOT_CASCADE_PRODUCT_ACTIVE", FixYourCall, ""),
    ("CANNOT_DELETE_OWNER", FixYourCall, ""),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        AskAPerson,
        "An automation of the org failed. A Salesforce administrator has to look at it.",
    ),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        AskAPerson,
        "The org's own automation refused it. If the text does not say how to correct the values, a Salesforce administrator has to look at it.",
    ),
    ("CANNOT_REPARENT_RECORD", FixYourCall, "Create a new record under the other parent."),
    ("CANNOT_UPDATE_CONVERTED_LEAD", FixYourCall, "Work on the contact or opportunity it became."),
    ("CIRCULAR_DEPENDENCY", FixYourCall, ""),
    ("CUSTOM_ENTITY_OR_FIELD_LIMIT", AskAPerson, ADMIN),
    ("DELETE_FAILED", FixYourCall, ""),
    ("DEPENDENCY_EXISTS", FixYourCall, ""),
    (
        "DUPLICATES_DETECTED",
        FixYourCall,
        "A record like it exists. Look for it with salesforce_query and update that one; saving a duplicate all the same is a person's decision.",
    ),
    ("DUPLICATE_DEVELOPER_NAME", FixYourCall, "Use another developer name."),
    (
        "DUPLICATE_EXTERNAL_ID",
        FixYourCall,
        "Several records have this external id; use a record's own id.",
    ),
    ("DUPLICATE_USERNAME", FixYourCall, ""),
    (
        "DUPLICATE_VALUE",
        FixYourCall,
        "Another record has this value, which must be unique; update that one, or use another value.",
    ),
    (
        "EMAIL_NOT_PROCESSED_DUE_TO_PRIOR_ERROR",
        FixYourCall,
        "Not sent, because another message of the call failed.",
    ),
    (
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        FixYourCall,
        "Read the record again: it changed since.",
    ),
    ("ENTITY_IS_ARCHIVED", FixYourCall, "Archived records cannot be changed."),
    ("ENTITY_IS_DELETED", FixYourCall, "The record has been deleted."),
    (
        "ENTITY_IS_LOCKED",
        AskAPerson,
        "An approval process locks the record; an approver or administrator can unlock it.",
    ),
    ("ERROR_IN_MAILER", FixYourCall, "Correct the address or the message."),
    ("EXCEEDED_ID_LIMIT", FixYourCall, SMALLER),
    ("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", FixYourCall, "Use fewer sub-selects."),
    (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        FixYourCall,
        "That is a validation rule of the org; correct the values to satisfy it.",
    ),
    (
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        FixYourCall,
        "The field's lookup filter excludes this value; choose another.",
    ),
    ("FIELD_INTEGRITY_EXCEPTION", FixYourCall, ""),
    ("FORBIDDEN", AskAPerson, PERMISSION),
    ("FUNCTIONALITY_NOT_ENABLED", AskAPerson, "The org does not have this feature switched on."),
    ("ILLEGAL_QUERY_PARAMETER_VALUE", FixYourCall, ""),
    ("INACTIVE_OWNER_OR_USER", FixYourCall, "Choose an active user as owner."),
    ("INSUFFICIENT_ACCESS", AskAPerson, PERMISSION),
    (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        AskAPerson,
        "This user may not use a record that the values refer to; use another one, or ask a Salesforce administrator for the right.",
    ),
    ("INSUFFICIENT_ACCESS_OR_READONLY", AskAPerson, PERMISSION),
    ("INTERNAL_ERROR", TryLater, BUSY),
    ("INVALID_ARGUMENT_TYPE", FixYourCall, ""),
    ("INVALID_ASSIGNMENT_RULE", FixYourCall, ""),
    ("INVALID_AUTH_HEADER", AskAPerson, "The connection has to be signed in again."),
    ("INVALID_BATCH_OPERATION", FixYourCall, ""),
    (
        "INVALID_CONTENT_TYPE",
        AskAPerson,
        "This is a fault of the connector, not of the call; report it.",
    ),
    (
        "INVALID_CROSS_REFERENCE_KEY",
        FixYourCall,
        "An id does not exist, is not visible to this user, or is of another object.",
    ),
    (
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        FixYourCall,
        "The id is of an object that the field cannot point at.",
    ),
    ("INVALID_CURRENCY_ISO", FixYourCall, "Use a currency code that is active in the org."),
    ("INVALID_EMAIL_ADDRESS", FixYourCall, ""),
    ("INVALID_FIELD", FixYourCall, ""),
    (
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        FixYourCall,
        "Leave this field out; if it must be written, a Salesforce administrator has to grant the right to it.",
    ),
    ("INVALID_ID_FIELD", FixYourCall, ""),
    ("INVALID_INPUT", FixYourCall, ""),
    ("INVALID_OPERATION", FixYourCall, ""),
    ("INVALID_OPERATOR", FixYourCall, ""),
    (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        FixYourCall,
        "salesforce_describe_object lists the values it has.",
    ),
    (
        "INVALID_PERSON_ACCOUNT_OPERATION",
        FixYourCall,
        "Person accounts are written as accounts, with their fields of a person there.",
    ),
    ("INVALID_QUERY_FILTER_OPERATOR", FixYourCall, ""),
    (
        "INVALID_QUERY_LOCATOR",
        FixYourCall,
        "Salesforce no longer holds the result; run the query again.",
    ),
    ("INVALID_REPLICATION_DATE", FixYourCall, ""),
    ("INVALID_SEARCH", FixYourCall, ""),
    (
        "INVALID_SESSION_ID",
        AskAPerson,
        "The connection is signed out; a person has to re-authorise it.",
    ),
    ("INVALID_STATUS", FixYourCall, ""),
    ("INVALID_TYPE", FixYourCall, "salesforce_list_objects lists the objects there are."),
    ("INVALID_TYPE_FOR_OPERATION", FixYourCall, "This object does not support the operation."),
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", FixYourCall, ""),
    ("JSON_PARSER_ERROR", FixYourCall, ""),
    ("LICENSE_LIMIT_EXCEEDED", AskAPerson, ADMIN),
    ("LIMIT_EXCEEDED", FixYourCall, SMALLER),
    (
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        AskAPerson,
        "The connection has to be set up with the user's security token.",
    ),
    ("MALFORMED_ID", FixYourCall, "Use an id that Salesforce returned, unchanged."),
    ("MALFORMED_QUERY", FixYourCall, ""),
    ("MALFORMED_SEARCH", FixYourCall, ""),
    ("MAXIMUM_HIERARCHY_LEVELS_REACHED", FixYourCall, ""),
    ("MAXIMUM_SIZE_OF_ATTACHMENT", FixYourCall, "The file is too large."),
    ("MERGE_FAILED", FixYourCall, ""),
    ("METHOD_NOT_ALLOWED", FixYourCall, "This object does not support the operation."),
    ("MISSING_ARGUMENT", FixYourCall, ""),
    ("NOT_FOUND", FixYourCall, "It does not exist, was deleted, or is not visible to this user."),
    ("NO_APPLICABLE_PROCESS", FixYourCall, ""),
    ("NUMBER_OUTSIDE_VALID_RANGE", FixYourCall, ""),
    ("OPERATION_TOO_LARGE", FixYourCall, "Narrow the query with WHERE or LIMIT."),
    ("PRECONDITION_FAILED", FixYourCall, "Read the record again: it changed since."),
    ("PROCESSING_HALTED", FixYourCall, "Not done, because another part of the call failed."),
    (
        "QUERY_TIMEOUT",
        FixYourCall,
        "The query took too long. Narrow it by an indexed field (Id, a reference, an external id, CreatedDate) or a LIMIT.",
    ),
    (
        "QUERY_TOO_COMPLICATED",
        FixYourCall,
        "Select fewer fields, especially formulas, or filter less deeply.",
    ),
    (
        "RECORD_IN_USE_BY_WORKFLOW",
        TryLater,
        "The org's own automation holds the record just now; nothing was changed. The same call can succeed in a minute.",
    ),
    (
        "REQUEST_LIMIT_EXCEEDED",
        TryLater,
        "Too many requests run at once. The same call can succeed in a minute.",
    ),
    ("REQUEST_RUNNING_TOO_LONG", FixYourCall, SMALLER),
    ("REQUIRED_FIELD_MISSING", FixYourCall, ""),
    (
        "SELF_REFERENCE_FROM_TRIGGER",
        AskAPerson,
        "The org's own automation refused it. A Salesforce administrator has to look at it.",
    ),
    ("SERVER_UNAVAILABLE", TryLater, BUSY),
    (
        "STORAGE_LIMIT_EXCEEDED",
        AskAPerson,
        "The org's storage is full. A Salesforce administrator has to make room.",
    ),
    ("STRING_TOO_LONG", FixYourCall, ""),
    ("TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET", FixYourCall, ""),
    ("TOO_MANY_APEX_REQUESTS", TryLater, BUSY),
    ("TOO_MANY_ENUM_VALUE", FixYourCall, ""),
    (
        "TRANSFER_REQUIRES_READ",
        AskAPerson,
        "The new owner may not read such records; choose another owner or ask a Salesforce administrator.",
    ),
    ("UNABLE_TO_LOCK_ROW", TryLater, LOCKED),
    (
        "UNAVAILABLE_RECORDTYPE_EXCEPTION",
        FixYourCall,
        "Choose a record type that this user may use.",
    ),
    ("UNDELETE_FAILED", FixYourCall, ""),
    (
        "UNKNOWN_EXCEPTION",
        TryLater,
        "Salesforce failed internally. The same call can succeed in a minute; if it does not, a Salesforce administrator has to look at it.",
    ),
    (
        "UNSUPPORTED_API_VERSION",
        AskAPerson,
        "The connector is set to an API version that this org does not have.",
    ),
    ("WEBLINK_URL_INVALID", FixYourCall, ""),
];
