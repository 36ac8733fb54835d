//! Quick actions, invocable actions and approvals.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Map, Value, json};
use sf_emulator::{
    ActionFailure, ActionParameter, ApprovalProcess, Emulator, Fault, InvocableAction, Operation,
};

use crate::support::{Client, Reply, org, send, start};

#[tokio::test]
async fn quick_actions_are_listed_and_described() {
    let (_org, client) = org().await;
    let global = client.get("/quickActions").await.json();
    let names = |list: &Value| -> String {
        let all = list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
        all.collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(names(&global), @"NewAccount NewContact NewOpportunity NewLead NewCase NewTask NewEvent LogACall");
    let of_case = client.get("/sobjects/case/quickActions").await.json();
    assert_snapshot!(names(&of_case), @"NewAccount NewContact NewOpportunity NewLead NewCase NewTask NewEvent LogACall Close_Case");
    assert_snapshot!(of_case[8], @r#"{"label":"Close Case","name":"Close_Case","type":"Update","urls":{"defaultValues":"/services/data/v66.0/sobjects/Case/quickActions/Close_Case/defaultValues","quickAction":"/services/data/v66.0/sobjects/Case/quickActions/Close_Case","describe":"/services/data/v66.0/sobjects/Case/quickActions/Close_Case/describe","defaultValuesTemplate":"/services/data/v66.0/sobjects/Case/quickActions/Close_Case/defaultValues/{ID}"}}"#);
    let one = client.get("/sobjects/Case/quickActions/Close_Case").await.json();
    assert_eq!(one, of_case[8]);
    assert_eq!(client.get("/sobjects/Case/quickActions/Case.Close_Case").await.json(), one);
    let described = client.get("/sobjects/Account/quickActions/NewContact/describe").await;
    assert_snapshot!(described.keys(), @"accessLevelRequired actionEnumOrId canvasApplicationId canvasApplicationName colors contextSobjectType defaultValues flowDevName flowRecordIdVar height iconName iconUrl icons label layout lightningComponentBundleId lightningComponentBundleName lightningComponentQualifiedName miniIconUrl mobileExtensionDisplayMode mobileExtensionId name showQuickActionLcHeader showQuickActionVfHeader targetParentField targetRecordTypeId targetSobjectType type visualforcePageName visualforcePageUrl width");
    let described = described.json();
    assert_snapshot!(described["layout"]["layoutRows"][0], @r#"{"layoutItems":[{"editableForNew":true,"editableForUpdate":true,"label":"Last Name","layoutComponents":[{"displayLines":1,"tabOrder":0,"type":"Field","value":"LastName"}],"placeholder":false,"required":true}],"numItems":1}"#);
    assert_eq!(described["targetParentField"], "AccountId");
    for path in
        ["/quickActions/Close_Case", "/quickActions/No/describe", "/sobjects/No/quickActions"]
    {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_quick_action_fills_in_and_writes() {
    let (_org, client) = org().await;
    let account = client.account("With actions").await;
    let path = format!("/sobjects/Account/quickActions/NewContact/defaultValues/{account}");
    let defaults = client.get(&path).await;
    assert!(defaults.header("expires").ends_with("GMT"), "{:?}", defaults.headers);
    assert_eq!(defaults.json()["AccountId"], account);
    assert_snapshot!(client.get("/quickActions/LogACall/defaultValues").await.shown(), @r#"200 {"attributes":{"type":"Task"},"Subject":"Call","Status":"Completed","TaskSubtype":"Call"}"#);

    let new = json!({ "contextId": account, "record": { "LastName": "Quick" } });
    let made = client.send("POST", "/sobjects/Account/quickActions/NewContact", new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_snapshot!(made.keys(), @"contextId created errors feedItemIds id success successMessage");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let row = client.get(&format!("/sobjects/Contact/{id}")).await.json();
    assert_eq!((&row["LastName"], &row["AccountId"]), (&json!("Quick"), &json!(account)));

    let call = json!({ "contextId": id, "record": { "Description": "They called" } });
    let made = client.send("POST", "/quickActions/LogACall", call).await.json();
    let task = client.get(&format!("/sobjects/Task/{}", made["id"].as_str().unwrap())).await.json();
    assert_eq!((&task["WhoId"], &task["Status"]), (&json!(id), &json!("Completed")));

    let case =
        client.send("POST", "/sobjects/Case", json!({ "Subject": "x" })).await.json()["id"].clone();
    let close = json!({ "contextId": case, "record": { "Reason": "Feedback" } });
    let closed = client.send("POST", "/sobjects/Case/quickActions/Close_Case", close).await;
    assert_eq!((closed.status, &closed.json()["created"]), (200, &json!(false)), "{}", closed.text);
    let row = client
        .get(&format!("/sobjects/Case/{}?fields=Status,Reason", case.as_str().unwrap()))
        .await
        .json();
    assert_eq!((&row["Status"], &row["Reason"]), (&json!("Closed"), &json!("Feedback")));

    let refused = [
        client.send("POST", "/quickActions/NewContact", json!({ "record": {} })).await,
        client
            .send("POST", "/sobjects/Case/quickActions/Close_Case", json!({ "record": {} }))
            .await,
        client
            .send(
                "POST",
                "/sobjects/Case/quickActions/Close_Case",
                json!({ "contextId": account, "record": {} }),
            )
            .await,
        client.send("POST", "/quickActions/NewContact", json!({ "fields": {} })).await,
    ];
    assert_snapshot!(refused.map(|reply| reply.shown()).join("\n"), @r#"
    400 [{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]
    400 [{"message":"contextId is missing: the action updates a record","errorCode":"MISSING_ARGUMENT"}]
    400 [{"message":"contextId is not a record of the action's object","errorCode":"INVALID_ID_FIELD"}]
    400 [{"message":"Unrecognized field \"fields\" at [line:1, column:12]","errorCode":"JSON_PARSER_ERROR"}]
    "#);
}

async fn with_actions() -> (Emulator, Client) {
    let score = InvocableAction::apex("ScoreLead")
        .label("Score a lead")
        .description("Says how good a lead is")
        .input(ActionParameter::new("lead", "SOBJECT").of_object("Lead").required())
        .input(ActionParameter::new("weights", "NUMBER").many())
        .output(ActionParameter::new("score", "NUMBER"))
        .runs(|inputs| match inputs["lead"]["Company"].as_str() {
            Some(company) => Ok(json!({ "score": company.len() })),
            None => Err(ActionFailure::new("APEX_EXCEPTION", "the lead has no company")),
        });
    let route = InvocableAction::flow("Route_Case")
        .input(ActionParameter::new("caseId", "REFERENCE").of_object("Case").required())
        .output(ActionParameter::new("queue", "STRING"))
        .answers(json!({ "queue": "Tier 2" }));
    start(Emulator::builder().contacts(100).action(score).action(route)).await
}

#[tokio::test]
async fn declared_actions_are_listed_and_described() {
    let (_org, client) = with_actions().await;
    assert_snapshot!(client.get("/actions").await.shown(), @r#"200 {"custom":"/services/data/v66.0/actions/custom","standard":"/services/data/v66.0/actions/standard"}"#);
    assert_snapshot!(client.get("/actions/custom").await.shown(), @r#"200 {"apex":"/services/data/v66.0/actions/custom/apex","flow":"/services/data/v66.0/actions/custom/flow"}"#);
    assert_snapshot!(client.get("/actions/custom/flow").await.shown(), @r#"200 {"actions":[{"label":"Route Case","name":"Route_Case","type":"FLOW","url":"/services/data/v66.0/actions/custom/flow/Route_Case"}]}"#);
    let standard = client.get("/actions/standard").await.json();
    let types: Vec<_> = standard["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    assert_snapshot!(types.join(" "), @"CHATTERPOST EMAILSIMPLE SUBMITAPPROVAL");
    let described = client.get("/actions/custom/apex/scorelead").await;
    assert_snapshot!(described.keys(), @"category description inputs label name outputs standard targetEntityName type");
    assert_snapshot!(described.json()["inputs"], @r#"[{"byteLength":0,"description":"","label":"lead","maxOccurs":1,"name":"lead","picklistValues":null,"required":true,"sobjectType":"Lead","type":"SOBJECT"},{"byteLength":0,"description":"","label":"weights","maxOccurs":2000,"name":"weights","picklistValues":null,"required":false,"sobjectType":null,"type":"NUMBER"}]"#);
    let email = client.get("/actions/standard/emailSimple").await.json();
    assert_snapshot!(email["inputs"][5], @r#"{"byteLength":0,"description":"Required. The body of the email.","label":"Body","maxOccurs":1,"name":"emailBody","picklistValues":null,"required":true,"sobjectType":null,"type":"TEXTAREA"}"#);
    for path in
        ["/actions/custom/flow/Nope", "/actions/custom/emailAlert", "/actions/standard/nope"]
    {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
}

async fn invoke(client: &Client, path: &str, inputs: Value) -> Reply {
    client.send("POST", &format!("/actions/{path}"), json!({ "inputs": inputs })).await
}

#[tokio::test]
async fn an_action_answers_each_input_and_calls_are_kept() {
    let (org, client) = with_actions().await;
    let case = "500dE0000000001";
    let done =
        invoke(&client, "custom/flow/Route_Case", json!([{ "caseId": case }, { "caseId": case }]))
            .await;
    assert_snapshot!(done.shown(), @r#"200 [{"actionName":"Route_Case","errors":null,"isSuccess":true,"outputValues":{"queue":"Tier 2"}},{"actionName":"Route_Case","errors":null,"isSuccess":true,"outputValues":{"queue":"Tier 2"}}]"#);
    let lead = json!({ "lead": { "attributes": { "type": "Lead" }, "Company": "Acme" }, "weights": [1, 2.5] });
    let mixed = invoke(&client, "custom/apex/ScoreLead", json!([lead, { "lead": {} }])).await;
    assert_snapshot!(mixed.shown(), @r#"400 [{"actionName":"ScoreLead","errors":null,"isSuccess":true,"outputValues":{"score":4}},{"actionName":"ScoreLead","errors":[{"statusCode":"APEX_EXCEPTION","message":"the lead has no company","fields":[]}],"isSuccess":false,"outputValues":null}]"#);
    let mut refused = Vec::new();
    for (path, inputs) in [
        ("custom/flow/Route_Case", json!([{}])),
        ("custom/flow/Route_Case", json!([{ "caseId": "x" }])),
        ("custom/flow/Route_Case", json!([{ "caseId": case, "speed": 1 }])),
        ("custom/apex/ScoreLead", json!([{ "lead": {}, "weights": 1 }])),
        ("standard/emailSimple", json!([{ "emailSubject": "Hi", "emailBody": "There" }])),
        ("custom/flow/Route_Case", json!("all")),
    ] {
        refused.push(invoke(&client, path, inputs).await.shown());
    }
    refused.push(client.send("POST", "/actions/standard/chatterPost", json!({})).await.shown());
    assert_snapshot!(refused.join("\n"), @r#"
    400 [{"actionName":"Route_Case","errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Missing required input parameter: caseId","fields":[]}],"isSuccess":false,"outputValues":null}]
    400 [{"actionName":"Route_Case","errors":[{"statusCode":"INVALID_API_INPUT","message":"Input parameter caseId must be REFERENCE","fields":[]}],"isSuccess":false,"outputValues":null}]
    400 [{"actionName":"Route_Case","errors":[{"statusCode":"INVALID_API_INPUT","message":"Unrecognized input parameter: speed","fields":[]}],"isSuccess":false,"outputValues":null}]
    400 [{"actionName":"ScoreLead","errors":[{"statusCode":"INVALID_API_INPUT","message":"Input parameter weights must be a list of NUMBER","fields":[]}],"isSuccess":false,"outputValues":null}]
    400 [{"actionName":"emailSimple","errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Missing required input parameter: emailAddresses","fields":[]}],"isSuccess":false,"outputValues":null}]
    400 [{"message":"Cannot deserialize instance of array from VALUE_STRING value all or request may be missing a required field at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"inputs is missing","errorCode":"MISSING_ARGUMENT"}]
    "#);
    let mail =
        json!([{ "emailAddresses": "a@example.com", "emailSubject": "Hi", "emailBody": "There" }]);
    assert_snapshot!(invoke(&client, "standard/emailSimple", mail).await.shown(), @r#"200 [{"actionName":"emailSimple","errors":null,"isSuccess":true,"outputValues":null}]"#);
    let post = json!([{ "text": "Hello", "subjectNameOrId": org.user_id() }]);
    let posted = invoke(&client, "standard/chatterPost", post).await.json();
    assert!(posted[0]["outputValues"]["feedItemId"].as_str().unwrap().starts_with("0D5"));
    let calls = org.action_calls();
    let names: Vec<_> = calls.iter().map(|call| call.action.as_str()).collect();
    assert_snapshot!(names.join(" "), @"flow/Route_Case flow/Route_Case apex/ScoreLead apex/ScoreLead standard/emailSimple standard/emailSimple standard/chatterPost");
    assert_eq!(
        (&calls[0].inputs["caseId"], calls[0].user_id.as_str()),
        (&json!(case), org.user_id())
    );

    // Inside a composite, too.
    let body = json!({ "inputs": [{ "caseId": case }] });
    let node = json!({ "referenceId": "a", "method": "POST", "url": "/services/data/v66.0/actions/custom/flow/Route_Case", "body": body });
    let reply =
        client.send("POST", "/composite", json!({ "compositeRequest": [node] })).await.json();
    assert_eq!(reply["compositeResponse"][0]["body"][0]["outputValues"]["queue"], "Tier 2");
}

#[tokio::test]
async fn an_action_whose_answer_is_lost_was_executed() {
    let (org, client) = with_actions().await;
    org.faults().push(Fault::lost_answer().on(Operation::Action));
    let body = json!({ "inputs": [{ "caseId": "500dE0000000001" }] });
    let request = client.request(Method::POST, "/actions/custom/flow/Route_Case").json(&body);
    assert!(request.send().await.is_err());
    assert_eq!(org.action_calls().len(), 1);
}

#[tokio::test]
async fn programs_in_other_languages_declare_actions_and_hold_reports() {
    let (org, client) = start(Emulator::builder().contacts(50).admin(true)).await;
    let admin = |method: Method, path: &str, body: Value| {
        let url = format!("{}/__admin{path}", client.base);
        let request = client.http.request(method, url).bearer_auth(org.admin_token().unwrap());
        send(if body.is_null() { request } else { request.json(&body) })
    };
    let flow = json!({
        "kind": "flow", "name": "Route", "inputs": [{ "name": "text", "type": "string", "required": true }],
        "outputs": [{ "name": "queue", "type": "STRING" }], "answers": { "queue": "A" },
    });
    assert_eq!(admin(Method::POST, "/actions", flow).await.status, 204);
    let inputs = json!([{ "text": "x" }]);
    let done = invoke(&client, "custom/flow/Route", inputs.clone()).await.json();
    assert_eq!(done[0]["outputValues"]["queue"], "A");
    let broken = json!({ "kind": "flow", "name": "Route", "fails": { "code": "FLOW_EXCEPTION", "message": "no" },
        "inputs": [{ "name": "text", "type": "STRING" }] });
    assert_eq!(admin(Method::POST, "/actions", broken).await.status, 204);
    let failed = invoke(&client, "custom/flow/Route", inputs).await.json();
    assert_eq!(failed[0]["errors"][0]["statusCode"], "FLOW_EXCEPTION");
    let calls = admin(Method::GET, "/actions/calls", Value::Null).await.json();
    assert_eq!(calls["calls"].as_array().unwrap().len(), 2);
    assert_eq!(admin(Method::DELETE, "/actions/calls", Value::Null).await.status, 204);
    assert!(org.action_calls().is_empty());
    let wrong = json!({ "kind": "flow", "name": "x", "answer": 1 });
    assert_eq!(admin(Method::POST, "/actions", wrong).await.status, 400);
    assert_eq!(admin(Method::POST, "/reports/hold", Value::Null).await.status, 204);
    let step = admin(Method::POST, "/reports/step", Value::Null).await;
    assert_snapshot!(step.shown(), @r#"200 {"stepped":false}"#);
    assert_eq!(admin(Method::POST, "/reports/release", Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_standard_action_can_be_declared_anew() {
    let stub = InvocableAction::standard("emailSimple").runs(|_: &Map<String, Value>| {
        Err(ActionFailure::new("SINGLE_EMAIL_LIMIT_EXCEEDED", "no more today"))
    });
    let (_org, client) = start(Emulator::builder().contacts(20).action(stub)).await;
    assert_snapshot!(invoke(&client, "standard/emailSimple", json!([{}])).await.shown(), @r#"400 [{"actionName":"emailSimple","errors":[{"statusCode":"SINGLE_EMAIL_LIMIT_EXCEEDED","message":"no more today","fields":[]}],"isSuccess":false,"outputValues":null}]"#);
}

async fn step(client: &Client, step: Value) -> Value {
    let reply = client.send("POST", "/process/approvals", json!({ "requests": [step] })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()[0].clone()
}

#[tokio::test]
async fn a_record_is_submitted_and_decided() {
    let process = ApprovalProcess::new("Account", "Hot")
        .criteria("Rating = 'Hot'")
        .approver("rileyohara@example.com");
    let (org, client) = start(Emulator::builder().contacts(100).approval_process(process)).await;
    let listed = client.get("/process/approvals").await;
    assert_snapshot!(listed.shown(), @r#"200 {"approvals":{"Opportunity":[{"description":"Deals from 100,000 on need an approval","id":"04adE0000000001QAA","name":"Large_Deal","object":"Opportunity","sortOrder":1}],"Account":[{"description":null,"id":"04adE0000000002QAA","name":"Hot","object":"Account","sortOrder":1}]}}"#);
    assert_snapshot!(client.get("/process/rules").await.shown(), @r#"200 {"rules":{}}"#);
    let users = client.query("SELECT Id, Username, ManagerId FROM User").await.json();
    let user = |name: &str| -> Value {
        let all = users["records"].as_array().unwrap().iter();
        all.clone()
            .find(|user| user["Username"].as_str().unwrap().starts_with(name))
            .unwrap()
            .clone()
    };
    let sam = Client {
        token: org.issue_token_for(user("sam")["Id"].as_str().unwrap()),
        ..client.clone()
    };

    let deal = json!({ "Name": "Big", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": 250_000 });
    let deal = sam.send("POST", "/sobjects/Opportunity", deal).await.json()["id"].clone();
    let submit = json!({ "actionType": "Submit", "contextId": deal, "comments": "please" });
    let submitted = step(&sam, submit.clone()).await;
    assert_eq!(
        (&submitted["success"], &submitted["instanceStatus"]),
        (&json!(true), &json!("Pending"))
    );
    assert_eq!(submitted["actorIds"], json!([user("sam")["ManagerId"]]));
    let keys: Vec<_> = submitted.as_object().unwrap().keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"actorIds entityId errors instanceId instanceStatus newWorkitemIds success");
    assert_snapshot!(step(&sam, submit).await["errors"], @r#"[{"statusCode":"ALREADY_IN_PROCESS","message":"Cannot submit object already in process.","fields":[]}]"#);
    let item = submitted["newWorkitemIds"][0].clone();
    let approve = json!({ "actionType": "Approve", "contextId": item });
    assert_snapshot!(step(&sam, approve.clone()).await["errors"][0]["statusCode"], @r#""INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY""#);
    let manager = Client {
        token: org.issue_token_for(user("sam")["ManagerId"].as_str().unwrap()),
        ..client.clone()
    };
    let approved = step(&manager, approve.clone()).await;
    assert_eq!((&approved["instanceStatus"], &approved["entityId"]), (&json!("Approved"), &deal));
    assert_eq!(approved["instanceId"], submitted["instanceId"]);
    assert_snapshot!(step(&manager, approve).await["errors"], @r#"[{"statusCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":[]}]"#);

    // Criteria, a named process without them, and the standard action.
    let cold = client.account("Cold").await;
    let submit = json!({ "actionType": "Submit", "contextId": cold });
    assert_snapshot!(step(&client, submit).await["errors"], @r#"[{"statusCode":"NO_APPLICABLE_PROCESS","message":"No applicable approval process was found.","fields":[]}]"#);
    let skipping = json!({ "actionType": "Submit", "contextId": cold, "processDefinitionNameOrId": "Hot", "skipEntryCriteria": "true" });
    assert_eq!(step(&client, skipping).await["actorIds"], json!([user("riley")["Id"]]));
    let rejected = step(&client, json!({ "actionType": "Reject", "contextId": cold })).await;
    assert_eq!(rejected["instanceStatus"], "Rejected");
    let inputs = json!([{ "objectId": deal, "comment": "again" }]);
    let again = invoke(&client, "standard/submit", inputs).await.json();
    assert_eq!(again[0]["outputValues"]["instanceStatus"], "Pending");
    assert_eq!(
        step(&client, json!({ "actionType": "Submit", "contextId": "001dE0000000999" })).await["success"],
        false
    );
    assert_eq!(
        step(&client, json!({ "actionType": "Dance", "contextId": cold })).await["errors"][0]["statusCode"],
        "INVALID_OPERATION"
    );
}
