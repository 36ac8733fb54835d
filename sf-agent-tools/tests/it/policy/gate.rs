//! The gate: what ways to Salesforce other than queries ask before they send.

use serde_json::json;
use sf_agent_tools::{Effect, Mask, ObjectRule, Org, Policy, Rules};
use sf_rest::ops::reports::ReportDescription;
use sf_soql::parse_search;

use super::bypass::POLICY;
use super::world::world;

fn reading() -> ObjectRule {
    ObjectRule::new([Effect::Read]).unwrap().read(["*"]).unwrap()
}

#[tokio::test]
async fn objects_and_fields() {
    let world = world().await;
    let org = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    let gate = org.gate();
    gate.object("contact", Effect::Delete).await.unwrap();
    gate.object("Case", Effect::Update).await.unwrap_err();
    gate.object("Opportunity", Effect::Read).await.unwrap_err();
    gate.every_row("Lead").await.unwrap();
    gate.every_row("Contact").await.unwrap_err();
    gate.fields(&[("Contact", "LastName"), ("Lead", "Email")]).await.unwrap();
    for field in [("Contact", "Email"), ("Contact", "Name"), ("Contact", "Xqz"), ("Asset", "Id")] {
        gate.fields(&[("Contact", "LastName"), field]).await.unwrap_err();
    }
    gate.action("emailSimple").unwrap_err();
    gate.raw("salesforce_request").unwrap_err();
    let rules = Rules::new().actions(["email*"]).unwrap();
    let org = Org::new(world.client.clone(), Policy::by_rules(rules));
    org.gate().action("emailSimple").unwrap();
    let error = org.gate().action("flow:Escalate").unwrap_err();
    insta::assert_snapshot!(error.message, @"The action flow:Escalate is not allowed here: actions can act beyond what the user may do, so each is allowed by its name. Nothing was sent. The policy of this connection says so; whoever runs it can change it.");
    let error = org.gate().raw("salesforce_request").unwrap_err();
    insta::assert_snapshot!(error.message, @"salesforce_request is never possible here: what it reads or does cannot be checked against the rules of this connection. Nothing was sent. The policy of this connection says so; whoever runs it can change it.");
    // Without rules everything passes.
    let org = Org::new(world.client.clone(), Policy::read_only());
    org.gate().raw("salesforce_request").unwrap();
    org.gate().object("Opportunity", Effect::Delete).await.unwrap();
    assert!(org.gate().query(&org.parse("SELECT Id FROM Case").unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_permitted_query_tells_what_was_added() {
    let world = world().await;
    let org = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    let statement = "SELECT Email, Account.Name, Title FROM Contact";
    let permitted = org.gate().query(&org.parse(statement).unwrap()).await.unwrap().unwrap();
    insta::assert_snapshot!(permitted.query(), @"SELECT Email, Account.Name, Title, AccountId FROM Contact WHERE Department != 'Veiled'");
    assert_eq!(permitted.added(), ["Contact: Department != 'Veiled'"]);
    assert_eq!(permitted.masked(), [("Email".to_owned(), Mask::Token)]);
    assert_eq!(permitted.redacting(), ["Account"]);
    // A filter through a parent, and an alias that would change what it means.
    let rule = reading().rows("Account.Industry = 'Energy' AND CreatedById = :user_id").unwrap();
    let rules = Rules::new().object("Contact", rule).unwrap().object("Account", reading()).unwrap();
    let org = Org::new(world.client.clone(), Policy::by_rules(rules));
    let aliased = org.parse("SELECT Id FROM Contact Account").unwrap();
    let error = org.query(&aliased).await.unwrap_err();
    insta::assert_snapshot!(error.problems[0].message, @"The alias Account is also the name of a relationship of Contact, by which its records are limited. Choose another alias.");
    for (statement, rows) in [
        ("SELECT LastName FROM Contact c WHERE c.LastName = 'Open'", 1),
        ("SELECT Id FROM Contact WHERE LastName = 'Child'", 0),
    ] {
        let query = org.parse(statement).unwrap();
        assert_eq!(org.query(&query).await.unwrap().records.len(), rows, "{statement}");
    }
}

#[tokio::test]
async fn searches() {
    let world = world().await;
    let strict = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    let refused = [
        "FIND {canary}",
        "FIND {canary} RETURNING Contact",
        "FIND {canary} IN ALL FIELDS RETURNING Contact(LastName)",
        "FIND {canary} IN NAME FIELDS RETURNING Contact(LastName)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Contact(LastName)",
        "FIND {canary} IN PHONE FIELDS RETURNING Contact(LastName)",
        "FIND {canary} IN SIDEBAR FIELDS RETURNING Lead(LastName)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Company)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(LastName WHERE Company LIKE 'C%')",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(LastName ORDER BY Company)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(LastName USING ListView = Mine)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Email), Opportunity(Name)",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Email) WITH SNIPPET",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Email) WITH HIGHLIGHT",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Email) WITH METADATA = 'LABELS'",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(toLabel(Company))",
        "FIND {canary} IN EMAIL FIELDS RETURNING Lead(Email) UPDATE VIEWSTAT",
    ];
    for text in refused {
        let search = parse_search(text).unwrap();
        assert!(strict.gate().search(&search).await.is_err(), "{text}");
    }
    let lead =
        parse_search("FIND {lead} IN EMAIL FIELDS RETURNING Lead(LastName, Owner.Name)").unwrap();
    strict.gate().search(&lead).await.unwrap().unwrap();

    // With every field open the words may be looked for everywhere, in the rows that may be read.
    let accounts = reading().rows("Industry = 'Energy'").unwrap();
    let contacts = reading();
    let rules =
        Rules::new().object("Account", accounts).unwrap().object("Contact", contacts).unwrap();
    let org = Org::new(world.client.clone(), Policy::by_rules(rules));
    let text = "FIND {Open OR VEILED OR Child} RETURNING Account, Contact(LastName, Account.Name ORDER BY LastName)";
    let permitted = org.gate().search(&parse_search(text).unwrap()).await.unwrap().unwrap();
    insta::assert_snapshot!(permitted.search(), @"FIND {Open OR VEILED OR Child} RETURNING Account(Id WHERE Industry = 'Energy'), Contact(LastName, Account.Name, AccountId ORDER BY LastName)");
    let found = world.client.search(&permitted.search().to_sosl().unwrap()).await.unwrap().records;
    let shown = org.gate().found(&permitted, found).await.unwrap();
    let text = serde_json::to_string(&shown).unwrap();
    assert!(text.contains("[redacted]") && text.contains("Child"), "{text}");
    assert!(!text.contains("VEILED Bank") && !text.contains("AccountId"), "{text}");
    // Rows of an object that the search does not return are not shown.
    let lead =
        world.client.search("FIND {lead} IN EMAIL FIELDS RETURNING Lead(Email)").await.unwrap();
    assert!(!lead.records.is_empty());
    org.gate().found(&permitted, lead.records).await.unwrap_err();
}

#[tokio::test]
async fn a_search_of_files_tells_nothing_of_what_is_in_them() {
    let world = world().await;
    let names = ["ContentVersion", "ContentDocument"];
    let org = |hide: &[&str]| {
        let rules = names.iter().try_fold(Rules::new(), |rules, name| {
            let hide = if *name == "ContentVersion" { hide } else { &[] };
            rules.object(name, reading().hide(hide).unwrap())
        });
        Org::new(world.client.clone(), Policy::by_rules(rules.unwrap()))
    };
    // The platform looks into all of a file whatever the group, and wherever the file hangs.
    for org in [org(&[]), org(&["VersionData"])] {
        for group in ["ALL", "NAME", "EMAIL", "PHONE"] {
            for object in names {
                let text = format!("FIND {{merger}} IN {group} FIELDS RETURNING {object}(Title)");
                let search = parse_search(&text).unwrap();
                assert!(org.gate().search(&search).await.is_err(), "{text}");
            }
        }
    }
    let rules = Rules::new().object("Attachment", reading().hide(["Body"]).unwrap()).unwrap();
    let org = Org::new(world.client.clone(), Policy::by_rules(rules));
    let search = parse_search("FIND {merger} IN EMAIL FIELDS RETURNING Attachment(Name)").unwrap();
    assert!(org.gate().search(&search).await.is_err());
}

fn report(change: &serde_json::Value) -> ReportDescription {
    let mut metadata = json!({
        "id": "00O000000000001", "name": "Leads", "reportFormat": "SUMMARY",
        "detailColumns": ["LEAD_NAME"], "aggregates": ["RowCount"],
        "groupingsDown": [{ "name": "STATUS", "sortOrder": "Asc" }],
        "reportFilters": [{ "column": "Lead.Email", "operator": "notEqual", "value": "" }],
        "standardDateFilter": { "column": "CREATED", "durationValue": "CUSTOM" },
        "reportType": { "type": "LeadList" }, "scope": "organization", "hasDetailRows": true,
    });
    for (key, value) in change.as_object().unwrap() {
        metadata[key] = value.clone();
    }
    let column =
        |path: &str| json!({ "dataType": "string", "label": "x", "entityColumnName": path });
    serde_json::from_value(json!({
        "reportMetadata": metadata,
        "reportExtendedMetadata": { "detailColumnInfo": { "LEAD_NAME": column("Lead.LastName") } },
        "reportTypeMetadata": { "categories": [{ "label": "Lead", "columns": {
            "STATUS": column("Lead.Status"), "CREATED": column("Lead.CreatedDate"),
            "COMPANY": column("Lead.Company"), "ODD": { "dataType": "string" },
        } }] },
    }))
    .unwrap()
}

#[tokio::test]
async fn reports_are_run_if_all_of_them_may_be_read() {
    let world = world().await;
    let org = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    org.gate().report(&report(&json!({}))).await.unwrap();
    let refused = [
        json!({ "detailColumns": ["LEAD_NAME", "COMPANY"] }),
        json!({ "detailColumns": ["ODD"] }),
        json!({ "detailColumns": ["NOWHERE"] }),
        json!({ "detailColumns": ["Lead.Company"] }),
        json!({ "detailColumns": ["Contact.LastName"] }),
        json!({ "detailColumns": ["Opportunity.Name"] }),
        json!({ "groupingsDown": [{ "name": "COMPANY" }] }),
        json!({ "groupingsAcross": [{ "name": "COMPANY" }] }),
        json!({ "reportFilters": [{ "column": "COMPANY", "operator": "equals", "value": "x" }] }),
        json!({ "aggregates": ["u!COMPANY"] }),
        json!({ "aggregates": ["FORMULA1"] }),
        json!({ "customSummaryFormula": { "F": { "formula": "COMPANY:UNIQUE" } } }),
        json!({ "customDetailFormula": { "F": { "formula": "COMPANY" } } }),
        json!({ "buckets": [{ "sourceColumnName": "COMPANY" }] }),
        json!({ "crossFilters": [{ "relatedEntity": "Opportunity" }] }),
        json!({ "standardFilters": [{ "name": "open", "value": "all" }] }),
        json!({ "sortBy": [{ "sortColumn": "COMPANY", "sortOrder": "Asc" }] }),
        json!({ "standardDateFilter": { "column": "COMPANY" } }),
        json!({ "somethingNew": { "column": "COMPANY" } }),
    ];
    for change in refused {
        assert!(org.gate().report(&report(&change)).await.is_err(), "{change}");
    }
    let masked =
        Rules::new().object("Lead", reading().mask("LastName", Mask::Hash).unwrap()).unwrap();
    let filtered = Rules::new().object("Lead", reading().rows("Status = 'Open'").unwrap()).unwrap();
    for rules in [masked, filtered] {
        let org = Org::new(world.client.clone(), Policy::by_rules(rules));
        org.gate().report(&report(&json!({}))).await.unwrap_err();
    }
}
