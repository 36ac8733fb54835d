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
