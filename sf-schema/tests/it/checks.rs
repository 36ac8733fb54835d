//! What a model reads of a query that is wrong.

use std::fmt::Write as _;

use sf_schema::{Known, QueryProblem, bind, check_query, gather, review};

use crate::support::{Org, org};

/// Statements, one on a line, with what is said of each.
async fn told(org: &Org, statements: &str) -> String {
    let mut out = String::new();
    for soql in statements.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let query = sf_soql::parse(soql).unwrap();
        let problems = review(&org.catalog, &query).await.unwrap();
        shown(&mut out, soql, &problems);
    }
    out
}

pub(crate) fn shown(out: &mut String, soql: &str, problems: &[QueryProblem]) {
    let _ = writeln!(out, "{soql}");
    for p in problems {
        let at = &soql[p.range.clone()];
        let _ = writeln!(out, "  {:?} {:?} at {at:?}: {}", p.severity, p.kind, p.message);
        if let Some(text) = &p.replacement {
            let _ = writeln!(out, "    write: {text}");
        }
        for also in &p.also {
            let _ = writeln!(out, "    again at byte {}", also.start);
        }
        for candidate in &p.candidates {
            let _ = writeln!(out, "    {}: {}", candidate.name, candidate.reason);
        }
    }
}

#[tokio::test]
async fn right_statements_have_no_problem() {
    let org = org().await;
    let statements = [
        "SELECT id, NAME, Owner.Name, Parent.Parent.Owner.Email FROM account",
        "SELECT a.Name, a.Owner.Name, Account.Id FROM Account a WHERE a.Industry = 'Energy' ORDER BY a.Name",
        "SELECT Name, (SELECT LastName, Account.Name FROM Contacts WHERE Email != null) FROM Account",
        "SELECT COUNT(Id) n, StageName s FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY COUNT(Id)",
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)",
        "SELECT CALENDAR_YEAR(CloseDate) y, SUM(Amount) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate)",
        "SELECT Account__r.Name, Bill_To__r.Account.Name FROM Invoice__c",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT COUNT() FROM Contact",
        "SELECT c.Name, a.Owner.Name FROM Contact c, c.Account a WHERE a.Industry = 'Energy'",
        "SELECT Id, TYPEOF What WHEN Account THEN Phone, Owner.Email ELSE Name END FROM Task",
        "SELECT Id, Owner.Name, Owner.Profile.Name FROM Case WHERE Owner.Type = 'User'",
    ];
    for soql in statements {
        let query = sf_soql::parse(soql).unwrap();
        assert_eq!(review(&org.catalog, &query).await.unwrap(), [], "{soql}");
    }
}

#[tokio::test]
async fn names() {
    let org = org().await;
    let statements = "
        SELECT Id, Nmae, (SELECT Emial FROM Contacts), Owner.Emial FROM Account WHERE Industri = 'x' ORDER BY Nmae
        SELECT Account__c.Name FROM Invoice__c
        SELECT Account FROM Contact
        SELECT Contacts FROM Account
        SELECT Contacts.Name FROM Account
        SELECT (SELECT Id FROM Contact) FROM Account
        SELECT (SELECT Id FROM Owner.Contacts) FROM Account
        SELECT Id FROM Contakt
        SELECT Amount, Invoice_Number FROM Invoice__c
        SELECT BillingAddress.City FROM Account
        SELECT Owner.Phone__c, Owner.Manager.Name FROM Case
        SELECT What.Website, What.Owner.Name FROM Task
        SELECT TYPEOF What WHEN Lead THEN Name WHEN Account THEN Nmae END FROM Task
        SELECT TYPEOF Account WHEN Account THEN Name END FROM Contact
        SELECT Account.Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Contact
        SELECT Account.Name FROM Contact Account
        SELECT COUNT(Id) total FROM Account GROUP BY Industry ORDER BY total
    ";
    insta::assert_snapshot!("names", told(&org, statements).await);
}

#[tokio::test]
async fn values() {
    let org = org().await;
    let statements = "
        SELECT Id FROM Opportunity WHERE Amount = '12.5' OR CloseDate > '2026-01-31' OR IsWon = 'true' OR Name = 5
        SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-31 AND CloseDate < 2026-01-31T10:00:00Z
        SELECT Id FROM Opportunity WHERE Amount > USD5 OR Amount LIKE '5%' OR IsWon > TRUE OR OwnerId LIKE '005%'
        SELECT Id FROM Opportunity WHERE StageName IN ('Propsecting', 'closed won') AND StageName != 'zzzzzz'
        SELECT Id FROM Account WHERE OwnerId = 'me' OR ParentId = '003000000000001' OR Id = '001000000000001AAB'
        SELECT Id FROM Contact WHERE LastName INCLUDES ('x') OR Languages__c INCLUDES ('Englsh;German')
        SELECT Id FROM Account WHERE Description LIKE '%x%' OR BillingAddress = NULL
        SELECT Id FROM Account ORDER BY Description, BillingAddress
        SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = THIS_YEAR OR CALENDAR_YEAR(Name) = 2026 OR DAY_ONLY(CreatedDate) = TODAY
        SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(95, 8), 'km') = 5 OR DISTANCE(Name, GEOLOCATION(47, 8), 'km') < 5
        SELECT Id FROM Opportunity WHERE CloseDate > 1066-10-14
        SELECT Id FROM Account WHERE Name = :name LIMIT :n
    ";
    insta::assert_snapshot!("values", told(&org, statements).await);
}

#[tokio::test]
async fn clauses() {
    let org = org().await;
    let statements = "
        SELECT StageName, Name, COUNT(Id) FROM Opportunity GROUP BY StageName HAVING Name = 'x' ORDER BY Amount
        SELECT SUM(Name), AVG(CloseDate), MAX(IsWon), COUNT() FROM Opportunity LIMIT 5
        SELECT COUNT() FROM Opportunity GROUP BY StageName ORDER BY StageName
        SELECT CloseDate, CALENDAR_YEAR(CloseDate) FROM Opportunity GROUP BY CloseDate, CreatedDate
        SELECT (SELECT Id FROM Contacts), FIELDS(ALL), COUNT(Id) FROM Account
        SELECT COUNT(Id), GROUPING(StageName) FROM Opportunity GROUP BY StageName
        SELECT Id, Name n, Name, id, FORMAT(Name), convertCurrency(Name), CALENDAR_YEAR(CreatedDate) FROM Account
        SELECT FIELDS(ALL) FROM Account
        SELECT Id FROM Account WHERE COUNT(Id) > 1 ORDER BY COUNT(Id)
        SELECT (SELECT COUNT() FROM Contacts), (SELECT Id FROM Contacts OFFSET 5) FROM Account OFFSET 3000
        SELECT Id FROM Account USING SCOPE mien
        SELECT Id FROM ContentDocumentLink
        SELECT Id FROM Contact WHERE AccountId IN (SELECT Name FROM Account LIMIT 5) OR Id IN (SELECT ContactId FROM Case)
        SELECT Id FROM Contact WHERE AccountId IN (SELECT OwnerId FROM Opportunity) AND Account.OwnerId IN (SELECT Id FROM User)
        SELECT Id FROM Contact WHERE Id IN (SELECT ReportsToId FROM Contact) AND (NOT Id IN (SELECT WhoId FROM Task))
        SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE OwnerId IN (SELECT Id FROM User))
        SELECT Id, Owner.Name, TYPEOF Owner WHEN User THEN Email END FROM Case
        SELECT Id FROM Account FOR UPDATE
    ";
    insta::assert_snapshot!("clauses", told(&org, statements).await);
}

#[tokio::test]
async fn large_objects() {
    let org = org().await;
    let mut out = String::new();
    for soql in [
        "SELECT Id FROM Contact",
        "SELECT Id FROM Contact WHERE Title = 'CEO'",
        "SELECT Id FROM Contact WHERE Name LIKE '%son' OR AccountId = NULL LIMIT 10",
        "SELECT COUNT() FROM Contact WHERE AccountId != NULL",
        "SELECT Id FROM Contact WHERE Title = 'CEO' AND CreatedDate = TODAY LIMIT 10",
        "SELECT Id FROM Contact WHERE AccountId IN ('001000000000001')",
    ] {
        let query = sf_soql::parse(soql).unwrap();
        let mut known = Known::new();
        known.set_rows("Contact", 2_500_000);
        gather(&org.catalog, &query, &mut known).await.unwrap();
        shown(&mut out, soql, &check_query(&bind(&query, &known).unwrap()));
    }
    insta::assert_snapshot!("large", out);
}

#[tokio::test]
async fn what_is_offered_mends_the_statement() {
    let org = org().await;
    let mut soql = "SELECT Id, Nmae, Owner.Emial, (SELECT Emial FROM Contact) FROM Acount \
                    WHERE AnnualRevenue > '5' AND Name = 7 AND IsDeleted = 'FALSE' ORDER BY Nmae"
        .to_owned();
    for _ in 0..4 {
        let query = sf_soql::parse(&soql).unwrap();
        let problems = review(&org.catalog, &query).await.unwrap();
        let mut edits: Vec<_> = problems
            .iter()
            .flat_map(|p| {
                let text = p.replacement.clone().unwrap();
                std::iter::once(&p.range).chain(&p.also).map(move |r| (r.clone(), text.clone()))
            })
            .collect();
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, text) in edits {
            soql.replace_range(range, &text);
        }
    }
    assert_eq!(
        soql,
        "SELECT Id, Name, Owner.Email, (SELECT Email FROM Contacts) FROM Account \
         WHERE AnnualRevenue > 5 AND Name = '7' AND IsDeleted = FALSE ORDER BY Name"
    );
}
