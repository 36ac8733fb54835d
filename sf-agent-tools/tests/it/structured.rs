//! Reading by structure: find, count, aggregate, related, search, recent, changes, explain.

use std::time::Duration;

use serde_json::{Value, json};
use sf_agent_tools::{Limits, Org, Policy, ToolSet};
use sf_emulator::Operation;

use crate::support::{Agent, agent, agent_with, client};

/// The statement that was sent last.
fn sent(agent: &Agent) -> String {
    let requests = agent.org.requests();
    let last = requests.iter().rev().find(|r| r.operation == Operation::Query).unwrap();
    let query = last.query.as_deref().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| name == "q").map(|(_, q)| q.into_owned()).collect()
}

async fn soql_of(agent: &Agent, tool: &str, arguments: Value) -> String {
    let reply = agent.ok(&format!("salesforce_{tool}"), arguments).await;
    let notes = reply.get("notes").map(|notes| format!("\n  {notes}")).unwrap_or_default();
    format!("{}{notes}\n", sent(agent))
}

#[tokio::test]
async fn conditions_become_soql() {
    let agent = agent().await;
    let contact = |conditions: Value, logic: Option<&str>| json!({ "object": "contact", "fields": ["Name"], "where": conditions, "logic": logic, "limit": 3 });
    let one =
        |field: &str, op: &str, value: Value| json!([{ "field": field, "op": op, "value": value }]);
    let mut table = String::new();
    for arguments in [
        contact(one("Last Name", "=", json!("O'Brien' OR Name != '")), None),
        contact(one("email", "ends_with", json!("100%_\\")), None),
        contact(one("account.owner.email", "!=", json!(null)), None),
        contact(one("Account ID", "=", json!("001000000000001")), None),
        contact(one("AccountId", "in", json!(["001000000000001AAA", "001000000000002"])), None),
        contact(one("CreatedDate", ">=", json!("last_n_days:30")), None),
        contact(one("CreatedDate", "<", json!("2026-03-31T14:00:00+02:00")), None),
        contact(one("Birthdate", "=", json!("2001-02-03")), None),
        contact(one("HasOptedOutOfEmail", "=", json!("true")), None),
        contact(one("Phone", "=", json!(4711)), None),
        contact(one("LeadSource", "=", json!("Wbe")), None),
        contact(
            json!([
                { "field": "LastName", "op": "starts_with", "value": "S" },
                { "field": "Email", "op": "=", "value": null },
                { "field": "Account.Industry", "op": "not_in", "value": ["Energy"] },
            ]),
            Some("1 AND (2 OR NOT 3)"),
        ),
        json!({ "object": "Opportunities", "order_by": ["amount DESC", "Close Date"], "limit": 2 }),
        json!({ "object": "Opportunity", "fields": ["Amount", "amount", "Account.Name"], "where": [{ "field": "Amount", "op": ">", "value": "1e3" }], "limit": 2 }),
    ] {
        table += &soql_of(&agent, "find_records", arguments).await;
    }
    insta::assert_snapshot!(table, @r#"
    SELECT Name FROM Contact WHERE LastName = 'O\'Brien\' OR Name != \'' ORDER BY Id LIMIT 3
      ["\"Last Name\" was taken for LastName."]
    SELECT Name FROM Contact WHERE Email LIKE '%100\%\_\\' ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE Account.Owner.Email != NULL ORDER BY Id LIMIT 3
      ["The limit of 3 was reached: more records may match. salesforce_count tells."]
    SELECT Name FROM Contact WHERE AccountId = '001000000000001AAA' ORDER BY Id LIMIT 3
      ["\"Account ID\" was taken for AccountId."]
    SELECT Name FROM Contact WHERE AccountId IN ('001000000000001AAA', '001000000000002AAA') ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE CreatedDate >= LAST_N_DAYS:30 ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE CreatedDate < 2026-03-31T14:00:00+02:00 ORDER BY Id LIMIT 3
      ["The limit of 3 was reached: more records may match. salesforce_count tells."]
    SELECT Name FROM Contact WHERE Birthdate = 2001-02-03 ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE HasOptedOutOfEmail = TRUE ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE Phone = '4711' ORDER BY Id LIMIT 3
    SELECT Name FROM Contact WHERE LeadSource = 'Wbe' ORDER BY Id LIMIT 3
      ["LeadSource has no value 'Wbe'. It has Web, Phone Inquiry, Partner Referral, Purchased List, Other."]
    SELECT Name FROM Contact WHERE LastName LIKE 'S%' AND (Email = NULL OR (NOT Account.Industry NOT IN ('Energy'))) ORDER BY Id LIMIT 3
      ["The limit of 3 was reached: more records may match. salesforce_count tells."]
    SELECT Id, Name, StageName, CloseDate, Amount, ExpectedRevenue, ForecastCategory, DeliveryInstallationStatus__c FROM Opportunity ORDER BY Amount DESC, CloseDate LIMIT 2
      ["\"Opportunities\" was taken for Opportunity.","\"Close Date\" was taken for CloseDate.","The limit of 2 was reached: more records may match. salesforce_count tells."]
    SELECT Amount, Account.Name FROM Opportunity WHERE Amount > 1e3 ORDER BY Id LIMIT 2
      ["The limit of 2 was reached: more records may match. salesforce_count tells."]
    "#);
}

#[tokio::test]
async fn counts_are_exact() {
    let agent = agent().await;
    let reply = agent.ok("salesforce_count", json!({ "object": "contacts" })).await;
    assert_eq!((&reply["object"], &reply["count"]), (&json!("Contact"), &json!(3_000)));
    let with =
        json!({ "object": "Contact", "where": [{ "field": "Email", "op": "!=", "value": null }] });
    let without =
        json!({ "object": "Contact", "where": [{ "field": "Email", "op": "=", "value": null }] });
    let with = agent.ok("salesforce_count", with).await["count"].as_u64().unwrap();
    let without = agent.ok("salesforce_count", without).await["count"].as_u64().unwrap();
    assert_eq!(with + without, 3_000);
}

#[tokio::test]
async fn groups_become_soql() {
    let agent = agent().await;
    let mut table = String::new();
    for arguments in [
        json!({ "object": "Opportunity", "measures": ["count", "sum(amount)", "max(Close Date)"] }),
        json!({ "object": "Opportunity", "measures": ["count"], "group_by": ["Stage"], "order_by": ["count desc"], "limit": 3 }),
        json!({ "object": "Opportunity", "measures": ["avg(Amount)"], "group_by": ["month(CloseDate)"], "having": [{ "field": "avg(amount)", "op": ">", "value": 1 }] }),
        json!({ "object": "Opportunity", "measures": ["count"], "group_by": ["quarter(CloseDate)", "year(CloseDate)"], "order_by": ["CloseDate desc"] }),
        json!({ "object": "Case", "measures": ["count_distinct(AccountId)"], "group_by": ["day(CreatedDate)"], "limit": 2 }),
        json!({ "object": "Contact", "measures": ["count(*)"], "group_by": ["Account.Industry"], "where": [{ "field": "Email", "op": "!=", "value": null }], "order_by": ["count desc", "Account.Industry"] }),
    ] {
        let reply = agent.ok("salesforce_aggregate", arguments).await;
        let units = format!("{} {}", reply["currency"], reply["time_zone"]);
        table += &format!("{}\n  {} {units}\n", sent(&agent), reply["columns"]);
    }
    insta::assert_snapshot!(table, @r#"
    SELECT COUNT(Id) c0, SUM(Amount) c1, MAX(CloseDate) c2 FROM Opportunity
      ["count","sum(Amount)","max(CloseDate)"] "the org's own (its code is not known here)" null
    SELECT StageName c0, COUNT(Id) c1 FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC LIMIT 3
      ["StageName","count"] null null
    SELECT CALENDAR_YEAR(CloseDate) c0, CALENDAR_MONTH(CloseDate) c1, AVG(Amount) c2 FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) HAVING AVG(Amount) > 1 ORDER BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) LIMIT 2000
      ["year(CloseDate)","month(CloseDate)","avg(Amount)"] "the org's own (its code is not known here)" null
    SELECT CALENDAR_YEAR(CloseDate) c0, CALENDAR_QUARTER(CloseDate) c1, COUNT(Id) c2 FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate) DESC, CALENDAR_QUARTER(CloseDate) DESC LIMIT 2000
      ["year(CloseDate)","quarter(CloseDate)","count"] null null
    SELECT DAY_ONLY(convertTimezone(CreatedDate)) c0, COUNT_DISTINCT(AccountId) c1 FROM Case GROUP BY DAY_ONLY(convertTimezone(CreatedDate)) ORDER BY DAY_ONLY(convertTimezone(CreatedDate)) LIMIT 2
      ["day(CreatedDate)","count_distinct(AccountId)"] null "periods of this user's own zone, GMT"
    SELECT Account.Industry c0, COUNT(Id) c1 FROM Contact WHERE Email != NULL GROUP BY Account.Industry ORDER BY COUNT(Id) DESC, Account.Industry LIMIT 2000
      ["Account.Industry","count"] null null
    "#);
}

#[tokio::test]
async fn an_aggregate_agrees_with_its_rows() {
    let agent = agent().await;
    let group = json!({ "object": "Opportunity", "measures": ["count", "sum(Amount)"], "group_by": ["StageName"] });
    let groups = agent.ok("salesforce_aggregate", group).await;
    let total: u64 =
        groups["rows"].as_array().unwrap().iter().map(|row| row[1].as_u64().unwrap()).sum();
    assert_eq!(total, agent.count("SELECT COUNT() FROM Opportunity").await);
}

#[tokio::test]
async fn children_and_parents() {
    let agent = agent().await;
    let soql =
        "SELECT AccountId, Id, OwnerId FROM Contact WHERE AccountId != NULL ORDER BY Id LIMIT 1";
    let row = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0].clone();
    let call = json!({ "object": "Account", "id": row[0], "relationship": "contacts", "fields": ["Id", "Name"] });
    let children = agent.ok("salesforce_get_related", call).await;
    let of: Vec<&Value> =
        children["rows"].as_array().unwrap().iter().map(|child| &child[0]).collect();
    assert!(of.contains(&&row[1]), "{children}");
    assert_eq!(children["object"], "Contact");
    for relationship in ["Account", "AccountId", "account"] {
        let call = json!({ "object": "Contact", "id": row[1], "relationship": relationship });
        let parent = agent.ok("salesforce_get_related", call).await;
        assert_eq!((&parent["object"], &parent["rows"][0][0]), (&json!("Account"), &row[0]));
    }
    // A parent that may be of several objects.
    let task = agent.ok("salesforce_query", json!({ "soql": "SELECT Id, WhatId, What.Type FROM Task WHERE WhatId != NULL ORDER BY Id LIMIT 1" })).await;
    let call = json!({ "object": "Task", "id": task["rows"][0][0], "relationship": "What" });
    let parent = agent.ok("salesforce_get_related", call).await;
    assert_eq!(
        (&parent["object"], &parent["rows"][0][0]),
        (&task["rows"][0][2], &task["rows"][0][1])
    );
}

#[tokio::test]
async fn words_are_found_across_objects() {
    let agent = agent().await;
    let word = "Żółwik & (Söhne) {x} \"or\" 100%";
    agent
        .ok(
            "salesforce_create_records",
            json!({ "object": "Account", "records": [{ "Name": word }] }),
        )
        .await;
    agent.ok("salesforce_create_records", json!({ "object": "Contact", "records": [{ "LastName": "Żółwik", "Email": "z@example.com" }] })).await;
    let call = json!({ "words": "żółwik", "objects": [{ "object": "accounts", "fields": ["Name"] }, { "object": "Contact", "fields": ["LastName", "Account.Name"] }] });
    let found = agent.ok("salesforce_search", call).await;
    assert_eq!(found["results"][0]["of"], "Account");
    assert_eq!(found["results"][0]["rows"], json!([[word]]));
    assert_eq!(found["results"][1]["rows"], json!([["Żółwik", null]]));
    assert_eq!(found["completeness"], json!({ "complete": true }));
    // Nothing in the words is an operator.
    let call = json!({ "words": word, "objects": [{ "object": "Account", "fields": ["Name"] }] });
    let found = agent.ok("salesforce_search", call).await;
    assert_eq!(found["results"][0]["total"], 1, "{found}");
    assert_eq!(found["notes"], json!(["Too short to be searched, and left out: & {x}"]));
    let filtered = json!({ "words": "żółwik", "objects": [{ "object": "Contact", "where": [{ "field": "Email", "op": "=", "value": null }] }] });
    let found = agent.ok("salesforce_search", filtered).await;
    assert_eq!(found["results"][0]["total"], 0);
    assert!(found["notes"][0].as_str().unwrap().contains("last minutes"), "{found}");
    // More than the limit is said.
    for n in 0..4 {
        let record = json!({ "Name": format!("Quokka {n}"), "Description": "long ".repeat(300) });
        agent
            .ok("salesforce_create_records", json!({ "object": "Account", "records": [record] }))
            .await;
    }
    let call = json!({ "words": "quokka", "limit": 3, "objects": [{ "object": "Account", "fields": ["Name"] }] });
    let found = agent.ok("salesforce_search", call).await;
    assert_eq!(found["completeness"]["complete"], false);
    let reason = found["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("limit of 3 was reached"), "{reason}");
    // What does not fit has a cursor.
    let mut limits = Limits::default();
    limits.tokens = 900;
    let org = Org::builder(client(&agent.org), Policy::read_only()).limits(limits).build();
    let small = Agent { tools: ToolSet::salesforce(org), org: agent.org };
    let call = json!({ "words": "quokka", "objects": [{ "object": "Account", "fields": ["Name", "Description"] }] });
    let found = small.ok("salesforce_search", call).await;
    let shown = found["results"][0]["rows"].as_array().unwrap().len();
    let next = found["completeness"]["next"]["arguments"].clone();
    let (rest, _) = small.follow("salesforce_next_page", next).await;
    assert_eq!(shown + rest.len(), 4);
}

#[tokio::test]
async fn recent_records_of_all_objects_or_one() {
    let agent = agent().await;
    agent
        .ok(
            "salesforce_create_records",
            json!({ "object": "Account", "records": [{ "Name": "Newest" }] }),
        )
        .await;
    let all = agent.ok("salesforce_recent_records", json!({})).await;
    assert_eq!(all["columns"], json!(["object", "Id", "Name"]));
    assert_eq!((&all["rows"][0][0], &all["rows"][0][2]), (&json!("Account"), &json!("Newest")));
    let contacts = agent.ok("salesforce_recent_records", json!({ "object": "contacts" })).await;
    assert!(contacts["rows"].as_array().unwrap().iter().all(|row| row[0] == "Contact"));
}

#[tokio::test]
async fn changes_by_kind_with_what_they_cover() {
    let Agent { org, .. } = agent().await;
    // The org's own clock: what is done now is covered two minutes later.
    let builder = Org::builder(client(&org), Policy::read_write());
    let ahead = Duration::from_secs(180);
    let tools = ToolSet::salesforce(builder.clock(move || jiff::Timestamp::now() + ahead).build());
    let agent = Agent { org, tools };
    let since = (jiff::Timestamp::now() - Duration::from_secs(2)).to_string();
    let records = json!([{ "Name": "One" }, { "Name": "Two" }, { "Name": "Three" }]);
    let created = agent
        .ok("salesforce_create_records", json!({ "object": "Account", "records": records }))
        .await;
    let id = |n: usize| created["results"][n]["id"].clone();
    agent.ok("salesforce_delete_records", json!({ "object": "Account", "ids": [id(2)] })).await;
    let old = agent.ok("salesforce_query", json!({ "soql": "SELECT Id FROM Account WHERE Name != 'One' AND Name != 'Two' ORDER BY Id LIMIT 1" })).await["rows"][0][0].clone();
    agent
        .ok(
            "salesforce_update_records",
            json!({ "object": "Account", "records": [{ "Id": old, "Site": "new" }] }),
        )
        .await;
    agent.org.advance(ahead);

    let call = json!({ "object": "accounts", "since": since, "fields": ["Name"] });
    let reply = agent.ok("salesforce_changes", call.clone()).await;
    let of = |n: usize| (reply["results"][n]["of"].clone(), reply["results"][n]["total"].clone());
    assert_eq!(
        [of(0), of(1), of(2)],
        [("created".into(), 2.into()), ("updated".into(), 1.into()), ("deleted".into(), 1.into())],
        "{reply}"
    );
    assert_eq!(reply["results"][0]["columns"], json!(["Name", "CreatedDate", "SystemModstamp"]));
    assert_eq!(reply["results"][2]["rows"][0][0], id(2));
    assert_eq!(reply["completeness"], json!({ "complete": true }));
    // Going on from `until` gives nothing twice, and says that nothing is known yet.
    let next = json!({ "object": "Account", "since": reply["until"], "kinds": ["created"] });
    let later = agent.ok("salesforce_changes", next).await;
    assert_eq!(later["results"], json!([]));
    assert!(later["notes"][0].as_str().unwrap().contains("known yet"), "{later}");
    // Deletions reach back 15 days only.
    let mut far = call;
    far["since"] = json!("2020-01-01");
    let reply = agent.ok("salesforce_changes", far).await;
    let reason = reply["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("Deletions before"), "{reason}");
}

#[tokio::test]
async fn a_plan_and_its_verdict() {
    let agent = agent().await;
    let slow = json!({ "soql": "SELECT Id FROM Contact WHERE Description = NULL" });
    let slow = agent.refused("salesforce_explain_query", slow).await;
    assert!(slow.to_string().contains("cannot stand in WHERE"), "{slow}");
    let by_id = json!({ "soql": "SELECT Id FROM Contact WHERE Id = '003000000000001AAA'" });
    let plan = agent.ok("salesforce_explain_query", by_id).await;
    assert!(plan["verdict"].as_str().unwrap().starts_with("Selective"), "{plan}");
    assert_eq!(plan["plans"][0]["operation"], "Index");
    let all =
        agent.ok("salesforce_explain_query", json!({ "soql": "SELECT Id FROM Contact" })).await;
    assert!(all["verdict"].as_str().unwrap().starts_with("Not selective"), "{all}");
}

#[tokio::test]
async fn rows_in_three_forms() {
    let agent = agent().await;
    let soql = "SELECT Name, Owner.Name, CreatedDate FROM Account ORDER BY Id LIMIT 1";
    let call = |format: &str| json!({ "soql": soql, "format": format });
    let table = agent.ok("salesforce_query", call("table")).await;
    let records = agent.ok("salesforce_query", call("records")).await;
    let csv = agent.ok("salesforce_query", call("csv")).await;
    assert_eq!(records["rows"][0]["Owner.Name"], table["rows"][0][1]);
    assert!(records.get("columns").is_none());
    let lines: Vec<&str> = csv["csv"].as_str().unwrap().lines().collect();
    assert_eq!(lines[0], "Name,Owner.Name,CreatedDate");
    assert_eq!(lines.len(), 2);
    assert_eq!(csv["time_zone"], table["time_zone"]);
    assert!(table["time_zone"].as_str().unwrap().starts_with("UTC"), "{table}");
    for soql in [
        "SELECT BillingAddress FROM Account WHERE BillingCity != NULL LIMIT 1",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account LIMIT 1",
    ] {
        let error =
            agent.refused("salesforce_query", json!({ "soql": soql, "format": "csv" })).await;
        assert!(error["message"].as_str().unwrap().contains("csv has no form"), "{error}");
    }
    let amounts = agent
        .ok("salesforce_query", json!({ "soql": "SELECT Amount FROM Opportunity LIMIT 1" }))
        .await;
    assert!(amounts["currency"].is_string() && amounts.get("time_zone").is_none(), "{amounts}");
    let soql = "SELECT Id FROM Opportunity WHERE Amount != NULL ORDER BY Id LIMIT 1";
    let id = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    let call = json!({ "object": "Opportunity", "id": id, "fields": ["amount", "Owner.Name"] });
    let record = agent.ok("salesforce_get_record", call).await;
    assert_eq!(record["currency"], amounts["currency"]);
    assert!(record.get("time_zone").is_none(), "{record}");
}

#[tokio::test]
async fn what_was_found_and_let_go_of_is_not_made_up() {
    let mut limits = Limits::default();
    (limits.tokens, limits.kept_rows) = (500, 1);
    let agent = agent_with(Policy::read_write(), limits).await;
    let records: Vec<Value> = (0..40)
        .map(|n| json!({ "Name": format!("Numbat {n} of the western woodlands") }))
        .collect();
    let made = json!({ "object": "Account", "records": records });
    agent.ok("salesforce_create_records", made).await;
    let call = json!({ "words": "numbat", "limit": 40, "objects": [{ "object": "Account", "fields": ["Name"] }] });
    let found = agent.ok("salesforce_search", call.clone()).await;
    let next = found["completeness"]["next"]["arguments"].clone();
    agent.ok("salesforce_next_page", next.clone()).await;
    agent.ok("salesforce_search", call).await;
    let error = agent.refused("salesforce_next_page", next).await;
    assert!(error["message"].as_str().unwrap().contains("no longer kept"), "{error}");
}

#[tokio::test]
async fn an_object_in_tiers() {
    let agent = agent().await;
    let card =
        agent.ok("salesforce_describe_object", json!({ "object": "Account", "tokens": 400 })).await;
    assert_eq!(card["completeness"]["complete"], false);
    assert!(!card["left_out"].as_array().unwrap().is_empty());
    // Every field of a group, by following the calls.
    let mut arguments = json!({ "object": "Account", "group": "all", "tokens": 300 });
    let (mut names, mut calls) = (Vec::new(), 0);
    loop {
        let reply = agent.ok("salesforce_describe_object", arguments).await;
        calls += 1;
        let lines = reply["card"].as_str().unwrap().lines().skip(1).map(str::to_owned);
        names.extend(lines.filter(|line| !line.contains("more; go on after")));
        match reply["completeness"].get("next") {
            Some(next) => arguments = next["arguments"].clone(),
            None => break,
        }
    }
    let raw = sf_schema::Object::from_describe(
        &sf_rest::Client::send(
            &client(&agent.org),
            &sf_rest::ops::describe::Describe::new("Account"),
        )
        .await
        .unwrap(),
    )
    .unwrap();
    assert_eq!(names.len(), raw.fields.len());
    assert!(calls > 3, "{calls}");
    for group in ["children", "record_types", "picklists"] {
        let mut arguments = json!({ "object": "Account", "group": group, "tokens": 200 });
        for _ in 0..60 {
            let reply = agent.ok("salesforce_describe_object", arguments.clone()).await;
            let next = reply["completeness"].get("next");
            let Some(next) = next.filter(|next| next["tool"] == "salesforce_describe_object")
            else {
                break;
            };
            assert_ne!(next["arguments"], arguments, "{group} goes on");
            arguments = next["arguments"].clone();
        }
        let last = agent.ok("salesforce_describe_object", arguments).await;
        // Some values of picklists are left: those are another tool's.
        let whole = last["completeness"]["next"]["tool"].as_str();
        let rest = (group == "picklists").then_some("salesforce_describe_field");
        assert_eq!(whole, rest, "{group}: {last}");
    }
    let field =
        json!({ "object": "Contact", "fields": ["account.industry"], "values_with": "energ" });
    let field = agent.ok("salesforce_describe_field", field).await;
    assert_eq!(field["fields"][0]["name"], "Account.Industry");
    assert_eq!(field["fields"][0]["values"], json!(["Energy"]));
}
