//! Rows under a policy: filters that are added, parents that come redacted, masks, locators, caps.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Limits, Mask, ObjectRule, Org, Policy, Rules, ToolSet, Window};
use sf_agent_tools::{Effect, Gate};
use sf_emulator::Operation;

use super::bypass::POLICY;
use super::world::{World, call, soql, world};

fn reading() -> ObjectRule {
    ObjectRule::new([Effect::Read]).unwrap().read(["*"]).unwrap()
}

fn policy(objects: impl IntoIterator<Item = (&'static str, ObjectRule)>) -> Policy {
    let add = |rules: Rules, (name, rule)| rules.object(name, rule).unwrap();
    Policy::by_rules(objects.into_iter().fold(Rules::new(), add))
}

/// The statements that the org was sent, oldest first.
fn sent(world: &World) -> Vec<String> {
    let requests = world.org.requests();
    let queries = requests.iter().filter(|r| r.operation == Operation::Query);
    let texts = queries.filter_map(|r| r.query.clone());
    let decoded = texts.map(|text| {
        let text = text.trim_start_matches("q=").replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    });
    decoded.collect()
}

#[tokio::test]
async fn what_is_sent_has_the_filters() {
    let world = world().await;
    let tools = world.tools(Policy::from_toml(POLICY).unwrap());
    world.org.clear_requests();
    for statement in [
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b'",
        "SELECT Id, (SELECT Id FROM Contacts WHERE Title = 'x') FROM Account WHERE Id IN (SELECT AccountId FROM Contact)",
        "SELECT COUNT() FROM Contact",
        "SELECT FIELDS(CUSTOM) FROM Contact LIMIT 1",
        "SELECT LastName, Account.Parent.Name FROM Contact LIMIT 1",
    ] {
        soql(&tools, statement).await.unwrap();
    }
    let sent: Vec<String> =
        sent(&world).into_iter().filter(|text| !text.contains("Id IN ('")).collect();
    insta::assert_snapshot!(sent.join("\n"), @"
    SELECT Id FROM Account WHERE (Name = 'a' OR Name = 'b') AND Industry = 'Energy' ORDER BY Id
    SELECT Id, (SELECT Id FROM Contacts WHERE Title = 'x' AND Department != 'Veiled' ORDER BY Id) FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Department != 'Veiled') AND Industry = 'Energy' ORDER BY Id
    SELECT COUNT() FROM Contact WHERE Department != 'Veiled'
    SELECT Level__c, Languages__c FROM Contact WHERE Department != 'Veiled' ORDER BY Id LIMIT 1
    SELECT LastName, Account.Parent.Name, AccountId, Account.ParentId FROM Contact WHERE Department != 'Veiled' ORDER BY Id LIMIT 1
    ");
}

#[tokio::test]
async fn a_parent_that_may_not_be_read_comes_redacted_and_is_counted() {
    let world = world().await;
    let tools = world.tools(Policy::from_toml(POLICY).unwrap());
    let statement = "SELECT LastName, Account.Name, Account.Parent.Name, Account.NumberOfEmployees \
                     FROM Contact WHERE LastName IN ('Open', 'Child') ORDER BY LastName";
    let reply = soql(&tools, statement).await.unwrap();
    assert_eq!(
        reply["rows"],
        json!([
            ["Child", "[redacted]", "[redacted]", "[redacted]"],
            ["Open", "Open Energy", "[redacted]", null],
        ])
    );
    insta::assert_snapshot!(
        reply["completeness"]["reason"].as_str().unwrap(),
        @"4 values are [redacted]: this connection may not read the parent records they come from."
    );
    assert_eq!(reply["completeness"]["complete"], false);
    let get = json!({
        "object": "Contact", "id": world.ids["child_of_veiled"], "fields": ["LastName", "Account.Name"],
    });
    let reply = call(&tools, "salesforce_get_record", get).await.unwrap();
    assert_eq!(reply["fields"], json!({ "LastName": "Child", "Account.Name": "[redacted]" }));
    assert_eq!(reply["completeness"]["complete"], false);
    // A branch of TYPEOF, and a child row's parent.
    let reply = soql(
        &tools,
        "SELECT TYPEOF Who WHEN Contact THEN LastName END FROM Task WHERE Subject = 'Call'",
    );
    let text = reply.await.unwrap()["rows"].to_string();
    assert!(text.contains("[redacted]") && text.contains("Open"), "{text}");
    let reply = soql(
        &tools,
        "SELECT Name, (SELECT LastName, ReportsTo.LastName FROM Contacts) FROM Account",
    );
    assert!(!reply.await.unwrap().to_string().contains("VEILED"));
}

#[tokio::test]
async fn a_token_leads_back_inside_only() {
    let world = world().await;
    let tools = world.tools(Policy::from_toml(POLICY).unwrap());
    let by_id = format!(
        "SELECT Email, Phone, AssistantName FROM Contact WHERE Id = '{}'",
        world.ids["contact"]
    );
    let row = soql(&tools, &by_id).await.unwrap()["rows"][0].clone();
    let token = row[0].as_str().unwrap();
    assert!(token.starts_with("<email:1."), "{row}");
    assert_eq!(row[1], "…9999");
    assert!(row[2].as_str().unwrap().starts_with('#'), "{row}");
    // In a filter.
    for condition in ["Email = '{}'", "Email IN ('{}')", "NOT (Email != '{}')"] {
        let condition = condition.replace("{}", token);
        let found =
            soql(&tools, &format!("SELECT Id FROM Contact WHERE {condition}")).await.unwrap();
        assert_eq!(found["rows"], json!([[world.ids["contact"]]]), "{condition}");
    }
    let others =
        format!("SELECT COUNT() FROM Contact WHERE Email NOT IN ('{token}') AND Email != null");
    let others = soql(&tools, &others);
    assert!(others.await.unwrap()["rows"][0][0].as_u64().unwrap() > 0);
    // In a write: the value is stored, not the token.
    let create = json!({
        "object": "Contact",
        "records": [{ "LastName": "Twin", "Department": "Sales", "Email": token }],
    });
    let created = call(&tools, "salesforce_create_records", create.clone()).await.unwrap();
    let id = created["results"][0]["id"].as_str().unwrap();
    let stored = world.client.get("Contact", id.parse().unwrap(), &["Email"]).await.unwrap();
    assert_eq!(stored.get("Email").unwrap().as_str(), Some("canary@example.com"));
    // The same value has the same token; another session has none.
    let again =
        soql(&tools, &format!("SELECT Email FROM Contact WHERE Id = '{id}'")).await.unwrap();
    assert_eq!(again["rows"][0][0], token);
    let other = world.tools(Policy::from_toml(POLICY).unwrap());
    let other_token = soql(&other, "SELECT Email FROM Contact WHERE Email != null LIMIT 1").await;
    assert_ne!(other_token.unwrap()["rows"][0][0], token);
    let by_token = format!("SELECT Id FROM Contact WHERE Email = '{token}'");
    soql(&other, &by_token).await.unwrap_err();
    // Nor is it written as it stands, not even where it is masked so.
    let error = call(&other, "salesforce_create_records", create).await.unwrap_err();
    assert!(error.to_string().contains("in the session alone that showed it"), "{error}");
}

#[tokio::test]
async fn pages_after_the_first_are_masked_too() {
    let world = world().await;
    let contacts = reading().mask("LastName", Mask::Token).unwrap().hide(["Name"]).unwrap();
    let accounts = reading().rows("Industry = 'Energy'").unwrap();
    let mut limits = Limits::default();
    (limits.page_size, limits.child_rows) = (Some(200), 1);
    let records: Vec<_> = (0..450)
        .map(
            |n| json!({ "LastName": format!("Page{n}"), "AccountId": world.ids["veiled_account"] }),
        )
        .map(|value| value.as_object().unwrap().clone())
        .collect();
    world.client.create_many("Contact", &records, false).await.unwrap();
    let policy = policy([("Contact", contacts), ("Account", accounts)]);
    let org = Org::builder(world.client.clone(), policy).limits(limits).build();
    let tools = ToolSet::salesforce(org);
    let mut arguments =
        json!({ "soql": "SELECT LastName, Account.Name FROM Contact", "max_rows": 150 });
    let (mut rows, mut tool) = (0, "salesforce_query".to_owned());
    loop {
        let reply = call(&tools, &tool, arguments).await.unwrap();
        tool = "salesforce_next_page".to_owned();
        for row in reply["rows"].as_array().unwrap() {
            assert!(row[0].as_str().unwrap().starts_with("<contact_lastname:"), "{row}");
            assert_ne!(row[1], "VEILED Bank");
        }
        rows += reply["rows"].as_array().unwrap().len();
        match reply["completeness"]["next"]["arguments"].clone() {
            Value::Null => break,
            next => arguments = next,
        }
    }
    assert!(rows > 450, "{rows}");
}

#[tokio::test]
async fn variables_are_the_users_and_the_hosts() {
    let world = world().await;
    let owned = || {
        policy([(
            "Account",
            reading().rows("OwnerId = :user_id AND Industry IN :industries").unwrap(),
        )])
    };
    let org = Org::builder(world.client.clone(), owned())
        .variable_list("industries", ["Energy", "Banking"]);
    let tools = ToolSet::salesforce(org.build());
    let count = |tools: ToolSet| async move {
        soql(&tools, "SELECT COUNT() FROM Account").await.unwrap()["rows"][0][0].as_u64().unwrap()
    };
    assert!(count(tools).await >= 2);
    let nothing = Org::builder(world.client.clone(), owned()).variable_list("industries", [""; 0]);
    assert_eq!(count(ToolSet::salesforce(nothing.build())).await, 0);
    let unset = world.tools(owned());
    let error = soql(&unset, "SELECT Id FROM Account").await.unwrap_err();
    insta::assert_snapshot!(
        error["error"]["message"].as_str().unwrap(),
        @"Only some records of Account may be read, and the policy's condition for them cannot be used: the variable :industries has no value that fits. Nothing was sent. The policy of this connection says so; whoever runs it can change it."
    );
    assert_eq!(owned().rules().unwrap().variables(), ["industries", "user_id"]);
}

#[tokio::test]
async fn a_program_writes_under_the_policy_too() {
    let world = world().await;
    let policy = Policy::from_toml(&POLICY.replace("off = [\"salesforce_upsert_*\"]", "")).unwrap();
    let org = Org::new(world.client.clone(), policy);
    let cx = CallContext::default();
    let values = |value: Value| value.as_object().unwrap().clone();
    let id = |name: &str| world.ids[name].parse().unwrap();
    let sent =
        || world.org.requests().iter().filter(|request| request.operation.is_write()).count();
    let before = sent();
    for record in [
        json!({ "LastName": "x", "Department": "Sales", "HomePhone": "1" }),
        json!({ "LastName": "x", "Department": "Sales", "Phone": "1" }),
        json!({ "LastName": "x", "Department": "Sales", "Id": "1" }),
        json!({ "LastName": "x", "Department": "Sales", "Account": { "AccountNumber": "1" } }),
        json!({ "LastName": "x" }),
    ] {
        let record = values(record);
        org.create(&cx, "Contact", std::slice::from_ref(&record), true).await.unwrap_err();
        org.upsert(&cx, "Contact", "Email", &[record], true).await.unwrap_err();
    }
    for (object, name, record) in [
        ("Contact", "veiled_contact", json!({ "Title": "x" })),
        ("Contact", "contact", json!({ "FirstName": "x" })),
        ("Contact", "contact", json!({ "Department": "Veiled" })),
        ("Case", "case", json!({ "Status": "Closed" })),
        ("Opportunity", "opportunity", json!({ "Name": "x" })),
    ] {
        let record = [(id(name), values(record))];
        org.update(&cx, object, &record, true).await.unwrap_err();
    }
    org.delete(&cx, "Contact", &[id("contact"), id("veiled_contact")], true).await.unwrap_err();
    org.delete(&cx, "Lead", &[id("lead")], true).await.unwrap_err();
    assert_eq!(sent(), before, "nothing was sent");
}

#[tokio::test]
async fn what_a_branch_of_typeof_reads_behind_its_record_is_masked() {
    let world = world().await;
    let masked = reading().mask("Phone", Mask::Hash).unwrap();
    let rules =
        [("Task", reading()), ("Contact", reading()), ("Lead", reading()), ("Account", masked)];
    let tools = world.tools(policy(rules));
    let statement = format!(
        "SELECT TYPEOF Who WHEN Contact THEN LastName, Account.Phone WHEN Lead THEN Phone END FROM \
         Task WHERE WhoId IN ('{}', '{}')",
        world.ids["contact"], world.ids["veiled_contact"]
    );
    let phone = json!({ "Id": world.ids["account"], "Phone": "55501-ACCOUNT" });
    let free = world.tools(Policy::read_write());
    let update = json!({ "object": "Account", "records": [phone] });
    call(&free, "salesforce_update_records", update).await.unwrap();
    let shown = |reply: Result<Value, Value>| reply.unwrap()["rows"].to_string();
    assert!(shown(soql(&free, &statement).await).contains("55501-ACCOUNT"));
    let rows = shown(soql(&tools, &statement).await);
    assert!(!rows.contains("55501") && rows.contains("\"#"), "{rows}");
}

#[tokio::test]
async fn an_upsert_touches_no_record_that_may_not_be_read() {
    let world = world().await;
    let invoice = |key: &str, status: &str| {
        let values = json!({
            "External_Id__c": key, "Status__c": status, "Amount__c": 1, "Due_Date__c": "2026-12-01",
        });
        values.as_object().unwrap().clone()
    };
    world.client.create_many("Invoice__c", &[invoice("TAKEN", "Paid")], true).await.unwrap();
    let rule = ObjectRule::new([Effect::Read, Effect::Create, Effect::Update]).unwrap();
    let rule = rule.read(["*"]).unwrap().write(["*"]).unwrap().rows("Status__c = 'Draft'").unwrap();
    let org = Org::new(world.client.clone(), policy([("Invoice__c", rule)]));
    let cx = CallContext::default();
    let upsert = |key: &'static str, status: &'static str| {
        let (org, cx, record) = (org.clone(), cx.clone(), invoice(key, status));
        async move { org.upsert(&cx, "Invoice__c", "External_Id__c", &[record], true).await }
    };
    // The platform cuts blanks from the ends of a key.
    for taken in ["TAKEN", "taken", " TAKEN", "TAKEN\n", "\u{a0}TAKEN", "\u{1}TAKEN"] {
        upsert(taken, "Draft").await.unwrap_err();
    }
    upsert("NEW", "Paid").await.unwrap_err();
    for _ in 0..2 {
        assert!(upsert("NEW", "Draft").await.unwrap()[0].is_saved());
    }
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_no_way_around_the_row_filter() {
    let world = world().await;
    let rule = ObjectRule::new([Effect::Read, Effect::Create, Effect::Update]).unwrap();
    let rule = rule.read(["*"]).unwrap().write(["*"]).unwrap().rows("Status__c = 'Draft'").unwrap();
    let org = Org::new(world.client.clone(), policy([("Invoice__c", rule)]));
    let cx = CallContext::default();
    let invoice = json!({
        "Status__c": "Draft", "status__c": "Paid", "Amount__c": 1, "Due_Date__c": "2026-12-01",
        "External_Id__c": "TWICE",
    });
    let invoice = invoice.as_object().unwrap().clone();
    let records = std::slice::from_ref(&invoice);
    org.create(&cx, "Invoice__c", records, true).await.unwrap_err();
    org.upsert(&cx, "Invoice__c", "External_Id__c", records, true).await.unwrap_err();
    let new = json!({ "Status__c": "Draft", "Amount__c": 1, "Due_Date__c": "2026-12-01" });
    let new = org.create(&cx, "Invoice__c", &[new.as_object().unwrap().clone()], true).await;
    let id = new.unwrap()[0].id().unwrap();
    let change = |values: Value| [(id, values.as_object().unwrap().clone())];
    let twice = change(json!({ "Status__c": "Draft", "status__c": "Paid" }));
    org.update(&cx, "Invoice__c", &twice, true).await.unwrap_err();
    // The id is not among what is written, whatever the list of writable fields.
    let other = change(json!({ "Amount__c": 2, "Id": world.ids["account"] }));
    org.update(&cx, "Invoice__c", &other, true).await.unwrap_err();
}

#[tokio::test]
async fn closed_hours_say_when_they_end() {
    let world = world().await;
    let window = || Window::new(["mon", "tue"], "08:00", "17:00", "Europe/Berlin").unwrap();
    let rules =
        || Rules::new().object("Account", reading()).unwrap().window(window()).contact("Ada");
    let at = |time: &'static str| {
        let org = Org::builder(world.client.clone(), Policy::by_rules(rules()));
        let org = org.clock(move || time.parse().unwrap()).build();
        (ToolSet::salesforce(org.clone()), org)
    };
    let (tools, _) = at("2026-07-06T08:00:00Z");
    soql(&tools, "SELECT COUNT() FROM Account").await.unwrap();
    let (tools, org) = at("2026-07-07T15:00:00Z");
    let error = soql(&tools, "SELECT COUNT() FROM Account").await.unwrap_err();
    insta::assert_snapshot!(
        error["error"]["message"].as_str().unwrap(),
        @"This connection works at certain times only, and is closed now; it opens on Monday 2026-07-13 08:00 CEST. Nothing was sent. The policy of this connection says so; Ada can change it."
    );
    call(&tools, "salesforce_list_objects", json!({})).await.unwrap_err();
    let query = org.parse("SELECT COUNT() FROM Account").unwrap();
    org.query(&query).await.unwrap_err();
    Gate::request(&org.gate()).unwrap_err();
    assert!(!tools.definitions().is_empty(), "what there is does not depend on the hour");
}

#[tokio::test]
async fn a_cancelled_call_leaves_the_org_usable() {
    let world = world().await;
    let tools = Arc::new(world.tools(Policy::from_toml(POLICY).unwrap()));
    world
        .org
        .faults()
        .push(sf_emulator::Fault::latency(Duration::from_secs(3600)).on(Operation::Query));
    let token = tokio_util::sync::CancellationToken::new();
    let cx = CallContext::default().with_cancellation(token.clone());
    let query = json!({ "soql": "SELECT LastName, Account.Name FROM Contact" });
    let run = tools.call(&cx, "salesforce_query", query.clone());
    let (outcome, ()) = tokio::join!(run, async { token.cancel() });
    outcome.unwrap_err();
    world.org.faults().clear();
    call(&tools, "salesforce_query", query).await.unwrap();
}
