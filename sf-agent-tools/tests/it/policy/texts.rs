//! What a model reads: a hidden name is answered as one that does not exist, and every refusal says
//! what to do.

use serde_json::{Value, json};
use sf_agent_tools::{Caps, Effect, Mask, ObjectRule, Org, Policy, Rules};

use super::bypass::POLICY;
use super::world::{call, soql, world};

/// An error without the names that were probably meant, and without the name that was given.
fn bare(error: &Value, name: &str) -> String {
    let mut error = error.clone();
    for problem in error["error"]["problems"].as_array_mut().into_iter().flatten() {
        problem.as_object_mut().unwrap().remove("did_you_mean");
        let message = problem["message"].as_str().unwrap().to_owned();
        let kept = message.split(" Did you mean").next().unwrap();
        let kept = kept.split("; its describe lists").next().unwrap();
        let kept = kept.trim_end_matches('.').to_owned() + ".";
        // Said instead where nothing is near.
        let kept = kept.replace(
            "There is no object of this name that this user can see.",
            "There is no such object.",
        );
        problem["message"] = json!(kept);
    }
    let message = error["error"]["message"].as_str().unwrap().to_owned();
    error["error"]["message"] = json!(message.split(" Did you mean").next().unwrap());
    error.to_string().replace(name, "NAME")
}

#[tokio::test]
async fn a_hidden_name_is_answered_as_an_unknown_one() {
    let world = world().await;
    let tools = world.tools(Policy::from_toml(POLICY).unwrap());
    let statements = [
        ("SELECT {} FROM Contact", "HomePhone", "Xqzwvyqkx"),
        ("SELECT Id FROM Contact WHERE {} = 'x'", "Description", "Xqzwvyqkxjk"),
        ("SELECT Id FROM Contact ORDER BY {}", "Birthdate", "Xqzwvyqkx"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY {}", "Birthdate", "Xqzwvyqkx"),
        ("SELECT MAX({}) FROM Account", "AnnualRevenue", "Xqzwvyqkxjkpw"),
        ("SELECT Account.{} FROM Contact", "AnnualRevenue", "Xqzwvyqkxjkpw"),
        ("SELECT toLabel({}) FROM Account", "Site", "Xqzw"),
        ("SELECT {}.Name FROM Contact", "Owner", "Xqzwv"),
        ("SELECT {}.Name FROM Task", "What", "Xqzw"),
        ("SELECT Id FROM {}", "Opportunity", "Xqzwvyqkxjk"),
        ("SELECT Id FROM {}", "AccountHistory", "Xqzwvyqkxjkpwt"),
        ("SELECT (SELECT Id FROM {}) FROM Account", "Opportunities", "Xqzwvyqkxjkpw"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM {})", "Asset", "Xqzwv"),
        ("SELECT TYPEOF Who WHEN Contact THEN {} END FROM Task", "Description", "Xqzwvyqkxjk"),
        (
            "SELECT DISTANCE({}, GEOLOCATION(1, 1), 'km') d FROM Lead",
            "Visit_Location__c",
            "Xqzwv_Xqzwvyqk__c",
        ),
    ];
    for (statement, hidden, unknown) in statements {
        let answer = |name: &'static str| {
            let (tools, text) = (tools.clone(), statement.replace("{}", name));
            async move { bare(&soql(&tools, &text).await.unwrap_err(), name) }
        };
        assert_eq!(answer(hidden).await, answer(unknown).await, "{statement}");
    }
    let calls = [
        ("salesforce_describe_object", r#"{"object": "{}"}"#, "Opportunity", "Xqzwvyqkxjk"),
        (
            "salesforce_describe_object",
            r#"{"object": "Contact", "fields": ["{}"]}"#,
            "HomePhone",
            "Xqzwvyqkx",
        ),
        (
            "salesforce_get_record",
            r#"{"object": "{}", "id": "006000000000001AAA"}"#,
            "Opportunity",
            "Xqzwvyqkxjk",
        ),
        (
            "salesforce_get_record",
            r#"{"object": "Contact", "id": "003000000000001AAA", "fields": ["{}"]}"#,
            "HomePhone",
            "Xqzwvyqkx",
        ),
        (
            "salesforce_create_records",
            r#"{"object": "{}", "records": [{"Name": "x"}]}"#,
            "Opportunity",
            "Xqzwvyqkxjk",
        ),
        (
            "salesforce_create_records",
            r#"{"object": "Contact", "records": [{"LastName": "x", "Department": "y", "{}": "z"}]}"#,
            "HomePhone",
            "Xqzwvyqkx",
        ),
    ];
    for (tool, arguments, hidden, unknown) in calls {
        let answer = |name: &'static str| {
            let arguments = serde_json::from_str(&arguments.replace("{}", name)).unwrap();
            let tools = tools.clone();
            async move { bare(&call(&tools, tool, arguments).await.unwrap_err(), name) }
        };
        assert_eq!(answer(hidden).await, answer(unknown).await, "{tool} {arguments}");
    }
    // A record that may not be read is answered as one that was never there.
    for tool in ["salesforce_get_record", "salesforce_delete_records"] {
        let answer = |id: String| {
            let tools = tools.clone();
            let arguments = match tool {
                "salesforce_get_record" => json!({ "object": "Contact", "id": id }),
                _ => json!({ "object": "Contact", "ids": [id] }),
            };
            async move { bare(&call(&tools, tool, arguments).await.unwrap_err(), &id) }
        };
        let (there, never) = (world.ids["veiled_contact"].clone(), "003000000000001AAA".to_owned());
        assert_eq!(answer(there).await, answer(never).await, "{tool}");
    }
}

/// Every problem's text and the message.
fn told(error: &Value) -> String {
    let error = &error["error"];
    let mut lines = vec![format!(
        "{}: {}",
        error["class"].as_str().unwrap(),
        error["message"].as_str().unwrap()
    )];
    for problem in error["problems"].as_array().into_iter().flatten() {
        let at = problem["at"].as_str().map(|at| format!("{at}: ")).unwrap_or_default();
        lines.push(format!("  {at}{}", problem["message"].as_str().unwrap()));
    }
    lines.join("\n")
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let world = world().await;
    let tools = world.tools(Policy::from_toml(POLICY).unwrap());
    let org = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    let statements = [
        "SELECT MAX(Email) FROM Contact",
        "SELECT Email e FROM Contact",
        "SELECT Id FROM Contact WHERE Email = 'a@example.com'",
        "SELECT Id FROM Contact WHERE Email LIKE 'a%'",
        "SELECT Id FROM Contact ORDER BY Email",
        "SELECT Id FROM Contact WHERE Account.Name = 'x' ORDER BY Account.Name",
        "SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name",
        "SELECT Phone FROM Contact WHERE Phone = '1'",
        "SELECT Account.Name FROM Contact Account",
        "SELECT Who.Email FROM Task",
        "SELECT Id FROM Account USING SCOPE team",
        "SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c",
        "SELECT Id FROM Account FOR VIEW",
        "SELECT FIELDS(CUSTOM) FROM User LIMIT 10",
    ];
    let mut texts = Vec::new();
    for statement in statements {
        // The org itself, since a tool checks a statement before.
        let error = org.query(&org.parse(statement).unwrap()).await.unwrap_err();
        texts.push(format!("{statement}\n{}", told(&error.to_model())));
    }
    let writes = [
        (
            "salesforce_create_records",
            json!({ "object": "Contact", "records": [{ "LastName": "x" }] }),
        ),
        (
            "salesforce_create_records",
            json!({ "object": "Contact", "records": [{ "LastName": "x", "Department": "Veiled" }] }),
        ),
        ("salesforce_delete_records", json!({ "object": "Lead", "ids": ["00Q000000000001AAA"] })),
        ("salesforce_upsert_records", json!({})),
    ];
    for (tool, arguments) in writes {
        texts.push(format!(
            "{tool} {arguments}\n{}",
            told(&call(&tools, tool, arguments.clone()).await.unwrap_err())
        ));
    }
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    SELECT MAX(Email) FROM Contact
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Email is masked: it can be selected by its plain name, but not stand in a function.

    SELECT Email e FROM Contact
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Email is masked: it can be selected by its plain name, but not stand in a column with an alias.

    SELECT Id FROM Contact WHERE Email = 'a@example.com'
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Email is masked: compare it by =, !=, IN or NOT IN with null or with a token that a result of this session showed, such as '<email:1.…>'.

    SELECT Id FROM Contact WHERE Email LIKE 'a%'
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Email is masked: compare it by =, !=, IN or NOT IN with null or with a token that a result of this session showed, such as '<email:1.…>'.

    SELECT Id FROM Contact ORDER BY Email
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Email is masked: it can be selected by its plain name, but not stand in ORDER BY.

    SELECT Id FROM Contact WHERE Account.Name = 'x' ORDER BY Account.Name
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Account.Name leads to records of which only some may be read: it can be selected by its plain path, but not stand in WHERE. Query the parent's object first, then compare the reference with the ids that come.
      soql: Account.Name leads to records of which only some may be read: it can be selected by its plain path, but not stand in ORDER BY. Query the parent's object first, then compare the reference with the ids that come.

    SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Account.Name leads to records of which only some may be read: it can be selected by its plain path, but not stand in a list of groups. Query the parent's object first, then compare the reference with the ids that come.
      soql: Account.Name leads to records of which only some may be read: it can be selected by its plain path, but not stand in GROUP BY. Query the parent's object first, then compare the reference with the ids that come.

    SELECT Phone FROM Contact WHERE Phone = '1'
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Phone is masked: it can be selected, but not stand in a condition.

    SELECT Account.Name FROM Contact Account
    fix_your_call: The query would be refused by the org: Account. Nothing was sent.
      soql: Account is both a name of the queried object or of a join and a relationship of Contact. Give the object another alias and write that, or leave the prefix out.

    SELECT Who.Email FROM Task
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: Who.Email is masked in one of the objects that it may lead to. Query that object itself.

    SELECT Id FROM Account USING SCOPE team
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: USING SCOPE team selects by what cannot be checked here. Leave it out, and filter by fields.

    SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: WITH DATA CATEGORY cannot be checked here. Leave it out, and filter by fields.

    SELECT Id FROM Account FOR VIEW
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: FOR VIEW would change records on the way. Leave it out.

    SELECT FIELDS(CUSTOM) FROM User LIMIT 10
    fix_your_call: The policy of this connection does not permit the statement as it stands. Nothing was sent.
      soql: FIELDS(CUSTOM) has no field that can be read. Name the fields.

    salesforce_create_records {"object":"Contact","records":[{"LastName":"x"}]}
    fix_your_call: The policy of this connection does not permit the write as it stands. Nothing was sent.
      records[0]: Only some records of Contact may be read here, and whether this would be one of them cannot be told from its values. Give a value for Department.

    salesforce_create_records {"object":"Contact","records":[{"LastName":"x","Department":"Veiled"}]}
    fix_your_call: The policy of this connection does not permit the write as it stands. Nothing was sent.
      records[0]: These values make it a record that this connection may not read.

    salesforce_delete_records {"object":"Lead","ids":["00Q000000000001AAA"]}
    ask_a_person: This user cannot delete records of Lead: either the object does not support it, or a Salesforce administrator has to grant the right. Nothing was sent.

    salesforce_upsert_records {}
    fix_your_call: There is no tool "salesforce_upsert_records". Did you mean salesforce_recent_records?
      Use one of these tools.
    "#);
}

#[tokio::test]
async fn caps_say_what_is_used_and_who_can_change_them() {
    let world = world().await;
    let mut caps = Caps::default();
    caps.rows_per_call = Some(5);
    caps.rows_per_session = Some(8);
    caps.rows_written = Some(1);
    caps.api_calls = Some(12);
    let contacts = ObjectRule::new([Effect::Read, Effect::Create])
        .and_then(|rule| rule.read(["*"]))
        .and_then(|rule| rule.write(["LastName"]))
        .and_then(|rule| rule.mask("Email", Mask::Hash))
        .unwrap();
    let rules = Rules::new().object("Contact", contacts).unwrap().caps(caps).contact("Ada");
    let tools = world.tools(Policy::by_rules(rules));
    let mut texts = Vec::new();
    let mut note = |outcome: Result<Value, Value>| {
        texts.push(outcome.map_or_else(|error| told(&error), |_| "done".to_owned()));
    };
    note(soql(&tools, "SELECT Id FROM Contact LIMIT 6").await);
    note(soql(&tools, "SELECT Id FROM Contact LIMIT 5").await);
    note(soql(&tools, "SELECT Id FROM Contact LIMIT 4").await);
    note(soql(&tools, "SELECT Id FROM Contact LIMIT 3").await);
    note(soql(&tools, "SELECT Id FROM Contact LIMIT 1").await);
    let one = json!({ "object": "Contact", "records": [{ "LastName": "One" }] });
    note(call(&tools, "salesforce_create_records", one.clone()).await);
    note(call(&tools, "salesforce_create_records", one).await);
    for _ in 0..6 {
        note(soql(&tools, "SELECT COUNT() FROM Contact").await);
    }
    insta::assert_snapshot!(texts.join("\n"), @"
    fix_your_call: The cap of one call on rows read is 5, child rows among them (used: 0), and 6 more came. None of these is shown. Add LIMIT 5 or less, or narrow the conditions. The policy of this connection says so; Ada can change it.
    done
    ask_a_person: The cap of this session on rows read is 8 (used: 5), and 4 more came. None of these is shown. The policy of this connection says so; Ada can change it.
    done
    ask_a_person: The cap of this session on rows read is 8 (used: 8), and 1 more came. None of these is shown. The policy of this connection says so; Ada can change it.
    done
    ask_a_person: The cap of this session on records written is 1 (used: 1), and this call has 1 more. Nothing was sent. The policy of this connection says so; Ada can change it.
    done
    done
    done
    done
    done
    ask_a_person: The cap of this session on requests for data is 12 (used: 12). Nothing was sent. The policy of this connection says so; Ada can change it.
    ");
}
