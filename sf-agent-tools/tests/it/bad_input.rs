//! Every wrong call has an answer that says what to do.

use serde_json::json;

use crate::support::agent;

#[tokio::test]
async fn queries() {
    let agent = agent().await;
    let cases = [
        ("SELECT Id FORM Account", "fix_your_call", "did you mean FROM"),
        ("", "fix_your_call", "Give soql"),
        ("SELECT", "fix_your_call", "cannot be parsed"),
        ("DELETE FROM Account", "fix_your_call", "cannot be parsed"),
        ("SELECT Id FROM Accout", "fix_your_call", "Did you mean Account"),
        ("SELECT Id FROM Invoice", "fix_your_call", "Did you mean Invoice__c"),
        ("SELECT Id, Nmae FROM Account", "fix_your_call", "Did you mean Name"),
        ("SELECT Id FROM Account WHERE Industri = 'x'", "fix_your_call", "Did you mean Industry"),
        ("SELECT Id FROM Contact ORDER BY LastNam", "fix_your_call", "Did you mean LastName"),
        ("SELECT Acount.Name FROM Contact", "fix_your_call", "Did you mean Account"),
        ("SELECT AccountId.Name FROM Contact", "fix_your_call", "Did you mean Account"),
        ("SELECT Account FROM Contact", "fix_your_call", "is a relationship, not a field"),
        ("SELECT Contacts FROM Account", "fix_your_call", "holds child records"),
        ("SELECT Account.Nam FROM Contact", "fix_your_call", "Account has no field Nam"),
        ("SELECT (SELECT Id FROM Contact) FROM Account", "fix_your_call", "Did you mean Contacts"),
        (
            "SELECT Id FROM Contact WHERE AccountId IN (SELECT Idd FROM Account)",
            "fix_your_call",
            "Account has no field Idd",
        ),
        ("SELECT Id FROM Account WHERE Id = :id", "fix_your_call", "only in Apex"),
        ("SELECT Id FROM Account ALL ROWS", "fix_your_call", "only in Apex"),
    ];
    for (soql, class, says) in cases {
        let error = agent.refused("salesforce_query", json!({ "soql": soql })).await;
        assert_eq!(error["class"], class, "{soql}: {error}");
        assert!(error.to_string().contains(says), "{soql}: {error}");
    }
}

#[tokio::test]
async fn the_answer_to_a_wrong_name_in_full() {
    let agent = agent().await;
    let soql = "SELECT Id, Nmae,\n  Owner.Emial FROM Account";
    let error = agent.refused("salesforce_query", json!({ "soql": soql })).await;
    insta::assert_json_snapshot!(error, @r#"
    {
      "class": "fix_your_call",
      "message": "The query names what the org does not have (or this user cannot see): Nmae, Emial. Nothing was sent.",
      "problems": [
        {
          "at": "soql",
          "message": "line 1, column 12: Account has no field Nmae. Did you mean Name?",
          "did_you_mean": [
            "Name"
          ]
        },
        {
          "at": "soql",
          "message": "line 2, column 9: User has no field Emial. Did you mean Email?",
          "did_you_mean": [
            "Email"
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn what_the_org_would_refuse_is_not_sent() {
    let agent = agent().await;
    let soql = "SELECT Id FROM Account WHERE Description = 'x' AND AnnualRevenue > '5'";
    let error = agent.refused("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(error["class"], "fix_your_call", "{error}");
    assert_eq!(
        error["message"],
        "The query would be refused by the org: Description, AnnualRevenue. Nothing was sent."
    );
    let messages = error["problems"].to_string();
    assert!(
        messages.contains("line 1, column 30: Description cannot stand in WHERE"),
        "{messages}"
    );
    assert!(messages.contains("it takes a number, without quotes"), "{messages}");
}

#[tokio::test]
async fn refused_by_the_org_itself() {
    let agent = agent().await;
    // Nothing wrong can be seen, the org still refuses: its own words come through, without the
    // caret window.
    let soql = "SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c";
    let error = agent.refused("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(error["class"], "fix_your_call", "{error}");
    let message = error["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("WITH clause is not supported"), "{message}");
    assert!(!message.contains('\n') && !message.contains("ERROR at Row"), "{message}");
}

#[tokio::test]
async fn objects_ids_and_fields() {
    let agent = agent().await;
    let error = agent.refused("salesforce_describe_object", json!({ "object": "Contat" })).await;
    assert_eq!(error["problems"][0]["did_you_mean"][0], "Contact");
    assert_eq!(error["next"]["tool"], "salesforce_list_objects");

    let path = json!({ "object": "../limits?x=" });
    let error = agent.refused("salesforce_describe_object", path).await;
    assert_eq!(error["class"], "fix_your_call");

    let fields = json!({ "object": "Account", "fields": ["Industry", "Ratting"] });
    let error = agent.refused("salesforce_describe_field", fields).await;
    assert_eq!(error["problems"][0]["at"], "fields[1]");
    assert_eq!(error["problems"][0]["did_you_mean"][0], "Rating");

    let cases = [
        (json!({ "object": "Account", "id": "nonsense" }), "15 or 18 characters"),
        (json!({ "object": "Account", "id": "003000000000001AAA" }), "start with 001"),
        (json!({ "object": "Account", "id": "001000000000001AAB" }), "do not fit"),
        (
            json!({ "object": "Account", "id": "001000000ZZZZZZ" }),
            "does not exist, was deleted, or is not visible",
        ),
    ];
    for (arguments, says) in cases {
        let error = agent.refused("salesforce_get_record", arguments.clone()).await;
        assert_eq!(error["class"], "fix_your_call", "{arguments}");
        assert!(error.to_string().contains(says), "{arguments}: {error}");
    }
}

#[tokio::test]
async fn a_field_of_a_record_is_one_name() {
    let agent = agent().await;
    let soql = "SELECT Id FROM Account LIMIT 1";
    let id = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    for name in ["Owner.Name,Email", "Owner.", ".Name", "", "Owner.Name&x=1", "1Name"] {
        let call = json!({ "object": "Account", "id": id, "fields": ["Name", name] });
        let error = agent.refused("salesforce_get_record", call).await;
        assert_eq!(error["class"], "fix_your_call", "{name}: {error}");
        assert_eq!(error["problems"][0]["at"], "fields[1]", "{name}: {error}");
        let message = error["problems"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("has no field") || message.contains("nothing"),
            "{name}: {message}"
        );
        assert_eq!(message.contains("an item of its own"), name.contains(','), "{message}");
        assert_eq!(error["next"]["tool"], "salesforce_describe_object");
    }
    let reads =
        agent.org.requests().into_iter().filter(|r| r.path.contains("/sobjects/Account/001"));
    assert_eq!(reads.count(), 0, "nothing is read");
}
