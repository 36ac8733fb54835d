//! Names in statements, checked against the org's schema.

use sf_schema::check_names;

use crate::support::org;

async fn problems(soql: &str) -> Vec<String> {
    let org = org().await;
    let query = sf_soql::parse(soql).unwrap();
    let problems = check_names(&org.catalog, &query).await.unwrap();
    problems.iter().map(|p| format!("{} at {:?}: {}", p.name, p.range, p.message)).collect()
}

#[tokio::test]
async fn right_statements_have_none() {
    let statements = [
        "SELECT id, NAME, Owner.Name, Parent.Parent.Owner.Email FROM account",
        "SELECT a.Name, a.Owner.Name, Account.Id FROM Account a WHERE a.Industry = 'Energy' ORDER BY a.Name",
        "SELECT Name, (SELECT LastName, Account.Name FROM Contacts WHERE Email != null) FROM Account",
        "SELECT COUNT(Id) n, StageName s FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY COUNT(Id)",
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)",
        "SELECT CALENDAR_YEAR(CloseDate) y, SUM(Amount) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate)",
        "SELECT Id, Owner.Name, Owner.Anything FROM Case",
        "SELECT Account__r.Name, Bill_To__r.Account.Name FROM Invoice__c",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT COUNT() FROM Contact",
    ];
    for soql in statements {
        assert_eq!(problems(soql).await, Vec::<String>::new(), "{soql}");
    }
}

#[tokio::test]
async fn wrong_names_come_all_at_once() {
    let soql = "SELECT Id, Nmae, (SELECT Emial FROM Contacts), Owner.Emial FROM Account WHERE Industri = 'x' ORDER BY Nmae";
    insta::assert_snapshot!(problems(soql).await.join("\n"), @r"
    Nmae at 11..15: Account has no field Nmae. Did you mean Name?
    Emial at 25..30: Contact has no field Emial. Did you mean Email?
    Emial at 47..58: User has no field Emial. Did you mean Email?
    Industri at 78..86: Account has no field Industri. Did you mean Industry?
    ");
}

#[tokio::test]
async fn wrong_relationships_say_which_is_right() {
    insta::assert_snapshot!(problems("SELECT Account__c.Name FROM Invoice__c").await.join("\n"), @"Account__c at 7..22: Invoice__c has no relationship Account__c to follow. Did you mean Account__r?");
    insta::assert_snapshot!(problems("SELECT Account FROM Contact").await.join("\n"), @"Account at 7..14: Account is a relationship, not a field: select a field through it, or AccountId itself.");
    insta::assert_snapshot!(problems("SELECT (SELECT Id FROM Contact) FROM Account").await.join("\n"), @"Contact at 23..30: Account has no child relationship of this name. Did you mean Contacts?");
    insta::assert_snapshot!(problems("SELECT Contacts FROM Account").await.join("\n"), @"Contacts at 7..15: Contacts holds child records: select them as (SELECT Id FROM Contacts), or query Contact.");
    insta::assert_snapshot!(problems("SELECT Id FROM Contakt").await.join("\n"), @"Contakt at 15..22: There is no such object. Did you mean Contact?");
}

#[tokio::test]
async fn labels_lead_to_fields() {
    let found = problems("SELECT Amount, Invoice_Number FROM Invoice__c").await;
    insta::assert_snapshot!(found.join("\n"), @r"
    Amount at 7..13: Invoice__c has no field Amount. Did you mean Amount__c?
    Invoice_Number at 15..29: Invoice__c has no field Invoice_Number. Did you mean Name?
    ");
}
