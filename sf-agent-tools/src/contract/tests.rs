//! The contract as a table: what goes wrong below as it is logged, and what a model is told.

use sf_rest::{ApiError, Error, ErrorCode};

use super::codes::TABLE;
use super::*;

fn api(status: u16, code: &'static str, message: &str) -> Error {
    Error::Api {
        operation: "GET query".to_owned(),
        status,
        errors: vec![ApiError::new(ErrorCode::new(code), message)],
        excerpt: None,
        retry_after: None,
        attempts: 1,
        elapsed: std::time::Duration::ZERO,
    }
}

fn bare(status: u16) -> Error {
    Error::Api {
        operation: "GET query".to_owned(),
        status,
        errors: Vec::new(),
        excerpt: Some("<html>proxy 10.1.2.3</html>".to_owned()),
        retry_after: None,
        attempts: 1,
        elapsed: std::time::Duration::ZERO,
    }
}

#[test]
fn codes_are_sorted_and_found() {
    assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
    for (code, class, _) in TABLE {
        assert_eq!(advice(code).unwrap().class, *class);
    }
    assert!(advice("A_CODE_OF_NEXT_YEAR").is_none());
}

/// The codes of REST answers and of DML results that clients of the platform have met, and those
/// that the client has names for.
const MET: &str = "ALL_OR_NONE_OPERATION_ROLLED_BACK ALREADY_IN_PROCESS APEX_ERROR API_CURRENTLY_DISABLED \
    API_DISABLED_FOR_ORG BATCH_PROCESSING_HALTED BIG_OBJECT_UNSUPPORTED_OPERATION CANNOT_CASCADE_PRODUCT_ACTIVE \
    CANNOT_DELETE_OWNER CANNOT_EXECUTE_FLOW_TRIGGER CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY \
    CANNOT_REPARENT_RECORD CANNOT_UPDATE_CONVERTED_LEAD CIRCULAR_DEPENDENCY CUSTOM_ENTITY_OR_FIELD_LIMIT \
    DELETE_FAILED DEPENDENCY_EXISTS DUPLICATES_DETECTED DUPLICATE_DEVELOPER_NAME DUPLICATE_EXTERNAL_ID \
    DUPLICATE_USERNAME DUPLICATE_VALUE EMAIL_NOT_PROCESSED_DUE_TO_PRIOR_ERROR \
    ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE ENTITY_IS_ARCHIVED ENTITY_IS_DELETED ENTITY_IS_LOCKED \
    ERROR_IN_MAILER EXCEEDED_ID_LIMIT EXCEEDED_MAX_SEMIJOIN_SUBSELECTS FIELD_CUSTOM_VALIDATION_EXCEPTION \
    FIELD_FILTER_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION FORBIDDEN ILLEGAL_QUERY_PARAMETER_VALUE \
    INACTIVE_OWNER_OR_USER INSUFFICIENT_ACCESS INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY \
    INSUFFICIENT_ACCESS_OR_READONLY INTERNAL_ERROR INVALID_ARGUMENT_TYPE INVALID_ASSIGNMENT_RULE \
    INVALID_AUTH_HEADER INVALID_BATCH_OPERATION INVALID_CONTENT_TYPE INVALID_CROSS_REFERENCE_KEY \
    INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD INVALID_CURRENCY_ISO INVALID_EMAIL_ADDRESS INVALID_FIELD \
    INVALID_FIELD_FOR_INSERT_UPDATE INVALID_ID_FIELD INVALID_INPUT INVALID_OPERATION INVALID_OPERATOR \
    INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST INVALID_PERSON_ACCOUNT_OPERATION INVALID_QUERY_FILTER_OPERATOR \
    INVALID_QUERY_LOCATOR INVALID_REPLICATION_DATE INVALID_SEARCH INVALID_SESSION_ID INVALID_STATUS \
    INVALID_TYPE INVALID_TYPE_FOR_OPERATION INVALID_TYPE_ON_FIELD_IN_RECORD JSON_PARSER_ERROR \
    LICENSE_LIMIT_EXCEEDED LIMIT_EXCEEDED LOGIN_MUST_USE_SECURITY_TOKEN MALFORMED_ID MALFORMED_QUERY \
    MALFORMED_SEARCH MAXIMUM_HIERARCHY_LEVELS_REACHED MAXIMUM_SIZE_OF_ATTACHMENT MERGE_FAILED \
    METHOD_NOT_ALLOWED MISSING_ARGUMENT NOT_FOUND NO_APPLICABLE_PROCESS NUMBER_OUTSIDE_VALID_RANGE \
    OPERATION_TOO_LARGE PROCESSING_HALTED QUERY_TIMEOUT QUERY_TOO_COMPLICATED RECORD_IN_USE_BY_WORKFLOW \
    REQUEST_LIMIT_EXCEEDED REQUEST_RUNNING_TOO_LONG REQUIRED_FIELD_MISSING SELF_REFERENCE_FROM_TRIGGER \
    SERVER_UNAVAILABLE STORAGE_LIMIT_EXCEEDED STRING_TOO_LONG TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET \
    TOO_MANY_APEX_REQUESTS TOO_MANY_ENUM_VALUE TRANSFER_REQUIRES_READ UNABLE_TO_LOCK_ROW \
    UNAVAILABLE_RECORDTYPE_EXCEPTION UNDELETE_FAILED UNKNOWN_EXCEPTION UNSUPPORTED_API_VERSION \
    WEBLINK_URL_INVALID";

#[test]
fn every_code_that_was_met_is_known() {
    let unknown: Vec<&str> = MET.split_whitespace().filter(|c| advice(c).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn what_is_unknown_is_never_told_as_not_written() {
    for (code, ..) in TABLE {
        let source = Box::new(api(500, code, "Whatever it says"));
        let (operation, check) = ("POST x".to_owned(), "Look.".to_owned());
        let told = explain(&Error::OutcomeUnknown { operation, check, source });
        assert_eq!(told.class, ErrorClass::OutcomeUnknown, "{code}");
        let text = told.to_model().to_string().to_lowercase();
        for lie in ["nothing was written", "nothing was sent", "nothing was changed", "not written"]
        {
            assert!(!text.contains(lie), "{code}: {text}");
        }
    }
}

#[test]
fn duplicates_are_named() {
    let mut error = ApiError::new(ErrorCode::DUPLICATES_DETECTED, "Use one of these records?");
    error.duplicates = (0..12).map(|n| format!("003{n:012}")).collect();
    insta::assert_snapshot!(
        problem("records[0]", &error).message,
        @"Use one of these records? A record like it exists. Look for it with salesforce_query and update that one; saving a duplicate all the same is a person's decision. Records like it: 003000000000000, 003000000000001, 003000000000002, 003000000000003, 003000000000004, 003000000000005, 003000000000006, 003000000000007, 003000000000008, 003000000000009 and 2 more."
    );
}

#[test]
fn every_code_has_a_class_and_a_way_out() {
    let mut table = String::new();
    for (code, class, text) in TABLE {
        table.push_str(&format!("{code:<48} {:<15} {text}\n", class.as_str()));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_error_of_the_client() {
    let errors = [
        api(
            400,
            "INVALID_FIELD",
            "\nSELECT Nmae FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nmae' on entity 'Account'.",
        ),
        api(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Discounts over 20 % need an approval"),
        api(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
        api(
            400,
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record: 003000000000001",
        ),
        api(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        ),
        api(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        api(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 597330588-4312"),
        api(400, "A_CODE_OF_NEXT_YEAR", "Whatever it says"),
        api(403, "A_CODE_OF_NEXT_YEAR", ""),
        api(503, "A_CODE_OF_NEXT_YEAR", "Whatever it says"),
        bare(503),
        bare(403),
        bare(404),
        bare(414),
        Error::RequestLimitExceeded { message: "TotalRequests Limit exceeded.".to_owned() },
        Error::OutcomeUnknown {
            operation: "POST composite/sobjects".to_owned(),
            check: "Look.".to_owned(),
            source: Box::new(bare(502)),
        },
        Error::Decode {
            status: 200,
            what: "a page",
            problem: "at 10.1.2.3: \"Peter\" is not a number".to_owned(),
            excerpt: String::new(),
        },
        Error::NotJson {
            status: 200,
            what: "a page",
            form: "an HTML page",
            excerpt: "10.1.2.3".to_owned(),
        },
        Error::InvalidRequest { reason: "the URI would have 17000 bytes".to_owned() },
        Error::ForeignOrigin {
            origin: "https://10.1.2.3".to_owned(),
            instance: "https://10.1.2.4".to_owned(),
        },
        Error::Incomplete { expected: 10, received: 9, problem: "a page is missing" },
        Error::Conflict { operation: "PATCH x".to_owned(), problem: "it is newer".to_owned() },
        Error::ConcurrentRequestLimit {
            message: "ConcurrentRequests Limit exceeded.".to_owned(),
            attempts: 4,
            elapsed: std::time::Duration::from_secs(9),
        },
        Error::TimedOut {
            operation: "GET query".to_owned(),
            waiting_for: "an answer",
            attempts: 1,
            elapsed: std::time::Duration::from_secs(9),
        },
        Error::Redirected {
            operation: "GET query".to_owned(),
            status: 302,
            to: "https://elsewhere.example".to_owned(),
        },
        Error::Halted { operation: "POST x".to_owned(), message: "rolled back".to_owned() },
        Error::SeveralMatches { records: vec!["sobjects/Invoice__c/a".to_owned(), "b".to_owned()] },
    ];
    let mut table = String::new();
    for error in &errors {
        let told = explain(error);
        let text = told.to_model().to_string();
        assert!(
            !text.contains("10.1.2") && !text.contains("<html>"),
            "infrastructure is told: {text}"
        );
        let log = for_log(error);
        let answer = ["<html>", "Peter", "begins", "sobjects/Invoice__c/a"];
        assert!(!answer.iter().any(|text| log.contains(text)), "an answer is logged: {log}");
        table.push_str(&format!("{log}\n  -> {told}\n"));
        for problem in &told.problems {
            table.push_str(&format!("     {}\n", problem.message));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_class_of_several() {
    assert_eq!(class_of(["INVALID_FIELD", "INSUFFICIENT_ACCESS"], 400), ErrorClass::FixYourCall);
    assert_eq!(class_of(["UNABLE_TO_LOCK_ROW", "FORBIDDEN"], 400), ErrorClass::AskAPerson);
    let rolled_back = ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "UNABLE_TO_LOCK_ROW"];
    assert_eq!(class_of(rolled_back, 400), ErrorClass::TryLater);
    assert_eq!(class_of([], 503), ErrorClass::TryLater);
}

proptest::proptest! {
    #[test]
    fn any_message_is_one_line_and_bounded(message in "(?s).{0,2000}") {
        let told = explain(&api(400, "MALFORMED_QUERY", &message));
        for problem in told.problems {
            proptest::prop_assert!(!problem.message.contains('\n'));
            proptest::prop_assert!(problem.message.chars().count() < 700);
        }
    }
}
