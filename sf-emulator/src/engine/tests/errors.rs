//! Refused statements, as the platform words them.

use super::{org, refused};

#[test]
fn refusals() {
    let org = org(20);
    insta::assert_snapshot!(refused(&org, "SELECT Id FORM Account"), @"
    400
    MALFORMED_QUERY: 
    SELECT Id FORM Account
              ^
    ERROR at Row:1:Column:11
    unexpected token: 'FORM'
    ");
    insta::assert_snapshot!(refused(&org, "SELECT Id, Nme FROM Account"), @"
    400
    INVALID_FIELD: 
    SELECT Id, Nme FROM Account
               ^
    ERROR at Row:1:Column:12
    No such column 'Nme' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.
    ");
    insta::assert_snapshot!(refused(&org, "SELECT Id FROM Accout"), @"
    400
    INVALID_TYPE: 
    SELECT Id FROM Accout
                   ^
    ERROR at Row:1:Column:16
    sObject type 'Accout' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.
    ");
    insta::assert_snapshot!(refused(&org, "SELECT Invoice.Name FROM Contact"), @"
    400
    INVALID_FIELD: 
    SELECT Invoice.Name FROM Contact
           ^
    ERROR at Row:1:Column:8
    Didn't understand relationship 'Invoice' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.
    ");
    insta::assert_snapshot!(refused(&org, "SELECT Id, (SELECT Id FROM Invoices__c) FROM Account"), @"
    400
    INVALID_TYPE: 
    SELECT Id, (SELECT Id FROM Invoices__c) FROM Account
                               ^
    ERROR at Row:1:Column:28
    Didn't understand relationship 'Invoices__c' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.
    ");
    insta::assert_snapshot!(refused(&org, "SELECT Id FROM Account WHERE Id = 'somethingwonky'"), @"
    400
    INVALID_QUERY_FILTER_OPERATOR: 
    SELECT Id FROM Account WHERE Id = 'somethingwonky'
                                 ^
    ERROR at Row:1:Column:30
    invalid ID field: somethingwonky
    ");
}

/// The last line of the refusal.
#[test]
fn refusals_in_short() {
    let org = org(20);
    for (soql, code, text) in [
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
        (
            "SELECT Id FROM Account LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'O",
            "MALFORMED_QUERY",
            "line 1:38 mismatched character '<EOF>' expecting '''",
        ),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = \"x\"", "MALFORMED_QUERY", "unexpected token: '\"'"),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT * FROM Account", "MALFORMED_QUERY", "unexpected token: '*'"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "MALFORMED_QUERY",
            "field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue > '5'",
            "INVALID_FIELD",
            "value of filter criterion for field 'AnnualRevenue' must be of type currency and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2026-01-01",
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'",
            "INVALID_FIELD",
            "value of filter criterion for field 'CloseDate' must be of type date and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "INVALID_OPERATOR",
            "invalid operator on id field",
        ),
        (
            "SELECT Name, COUNT(Id) FROM Account GROUP BY Industry",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue",
            "MALFORMED_QUERY",
            "field 'AnnualRevenue' can not be grouped in a query call",
        ),
        (
            "SELECT SUM(Name) FROM Account",
            "INVALID_FIELD",
            "field Name does not support aggregate operator SUM",
        ),
        (
            "SELECT COUNT(Id) FROM Account LIMIT 5",
            "MALFORMED_QUERY",
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        ),
        (
            "SELECT Name n FROM Account",
            "MALFORMED_QUERY",
            "only aggregate expressions use field aliasing",
        ),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT FIELDS(CUSTOM) FROM User LIMIT 5",
            "MALFORMED_QUERY",
            "'FIELDS(...)' expansion function must result in at least one field being selected.",
        ),
        (
            "SELECT Id FROM Account WHERE Name = :name",
            "MALFORMED_QUERY",
            "Bind variables only allowed in Apex code",
        ),
        (
            "SELECT Id FROM Account ALL ROWS",
            "MALFORMED_QUERY",
            "ALL ROWS not allowed in this context",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Account)",
            "MALFORMED_QUERY",
            "The inner and outer selects should not be on the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        (
            "SELECT a.b.c.d.e.f.g FROM Account",
            "MALFORMED_QUERY",
            "SOQL relationship paths can not have more than 5 levels",
        ),
        ("SELECT Id FROM Account FOR UPDATE", "MALFORMED_QUERY", "unexpected token: 'FOR'"),
    ] {
        let refusal = refused(&org, soql);
        let (_, rest) = refusal.split_once('\n').unwrap();
        assert!(rest.starts_with(code), "{soql}: {refusal}");
        assert!(rest.ends_with(text), "{soql}: {refusal}");
    }
}
