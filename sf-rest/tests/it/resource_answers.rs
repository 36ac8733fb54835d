//! Answers of the smaller resources, as the platform documents them, read without a server.

use serde_json::json;
use sf_rest::ops::actions::{ActionRef, Actions, DescribeAction, InvokeAction};
use sf_rest::ops::apex_rest::ApexRest;
use sf_rest::ops::approvals::{ApprovalProcesses, ApprovalStep, Approve};
use sf_rest::ops::layouts::Layouts;
use sf_rest::ops::list_views::{DescribeListView, ListViewResults, ListViews};
use sf_rest::ops::quick_actions::{
    DescribeQuickAction, QuickActionDefaults, QuickActions, RunQuickAction,
};
use sf_rest::ops::search::Search;
use sf_rest::ops::search_layouts::SearchLayouts;
use sf_rest::{Error, ErrorCode, ErrorKind, Id, Method, Operation, Response};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn answer(status: u16, body: &serde_json::Value) -> Response {
    Response::new(status, body.to_string())
}

#[test]
fn an_action_answers_each_input() {
    let invoke = InvokeAction::new(ActionRef::flow("Route"), &[json!({}), json!({})]).unwrap();
    let results = json!([
        { "actionName": "Route", "errors": null, "isSuccess": true, "outputValues": { "queue": "A" }, "version": 1 },
        { "actionName": "Route", "errors": [{ "statusCode": "FLOW_EXCEPTION", "message": "no", "fields": [] }],
          "isSuccess": false, "outputValues": null },
    ]);
    // Whichever status the platform gives to an answer with failures, no result is lost.
    for status in [200, 400] {
        let results = invoke.decode(answer(status, &results)).unwrap();
        assert_eq!(results[0].output_values["queue"], "A");
        assert!(results[0].is_success && !results[1].is_success);
        assert_eq!(results[1].errors[0].code, ErrorCode::new("FLOW_EXCEPTION"));
    }
    let refused = json!([{ "errorCode": "INVALID_INPUT", "message": "bad" }]);
    insta::assert_snapshot!(invoke.decode(answer(400, &refused)).unwrap_err(), @"Salesforce refused POST actions/{kind}/{name}: HTTP 400: INVALID_INPUT: bad");
    let short = json!([{ "isSuccess": true }]);
    insta::assert_snapshot!(invoke.decode(answer(200, &short)).unwrap_err(), @r#"the answer (HTTP 200) is not one result per input of an action: 1 results for 2 inputs; it begins: [{"isSuccess":true}]"#);
    let html = Response::new(400, "<html>");
    insta::assert_snapshot!(invoke.decode(html).unwrap_err(), @"Salesforce refused POST actions/{kind}/{name}: HTTP 400, with an HTML or XML page instead of an explanation: <html>");
}

#[test]
fn actions_are_listed_and_described() {
    let list = json!({ "actions": [
        { "label": "Route", "name": "Route", "type": "FLOW", "url": "/x" },
        { "name": "Unlabelled" },
    ] });
    let actions = Actions::flows().decode(answer(200, &list)).unwrap();
    assert_eq!((actions[0].kind.as_str(), actions[1].label.as_str()), ("FLOW", ""));
    let description = json!({ "name": "Route", "label": "Route", "description": null, "standard": false,
        "targetEntityName": null, "outputs": null,
        "inputs": [{ "byteLength": 0, "description": "The case", "label": "Case", "maxOccurs": 1, "name": "caseId",
            "required": true, "sobjectType": "Case", "type": "REFERENCE" }] });
    let described =
        DescribeAction(ActionRef::flow("Route")).decode(answer(200, &description)).unwrap();
    let input = &described.inputs[0];
    assert_eq!((input.name.as_str(), input.required, input.max_occurs), ("caseId", true, Some(1)));
    assert_eq!(input.sobject_type.as_deref(), Some("Case"));
    assert_eq!((described.outputs.len(), &described.rest["standard"]), (0, &json!(false)));
}

#[test]
fn quick_actions() {
    let list =
        json!([{ "label": "New Contact", "name": "NewContact", "type": "Create", "urls": {} }]);
    let actions = QuickActions::of_object("Account").decode(answer(200, &list)).unwrap();
    assert_eq!(actions[0].kind, "Create");
    let description = json!({ "name": "NewContact", "label": "New Contact", "type": "Create",
        "contextSobjectType": "Account", "targetSobjectType": "Contact", "layout": { "x": 1 } });
    let described = DescribeQuickAction::of_object("Account", "NewContact")
        .decode(answer(200, &description))
        .unwrap();
    assert_eq!(described.target_sobject_type.as_deref(), Some("Contact"));
    assert_eq!(described.rest["layout"]["x"], 1);
    let defaults = json!({ "attributes": { "type": "Contact" }, "Id": null, "AccountId": "001dM00003kRs59QAC" });
    let record = QuickActionDefaults::global("NewContact").decode(answer(200, &defaults)).unwrap();
    assert_eq!(record.get("AccountId").unwrap().as_str(), Some("001dM00003kRs59QAC"));

    let run = RunQuickAction::global("NewContact", &json!({})).unwrap();
    let done = json!({ "contextId": "001dM00003kRs59QAC", "created": true, "errors": [],
        "feedItemIds": ["0D5dM00003kRs59"], "id": "003dM00003kRs59", "success": true, "successMessage": null });
    let result = run.decode(answer(201, &done)).unwrap();
    assert_eq!((result.id, result.created), (Some(id("003dM00003kRs59")), true));
    assert_eq!(result.feed_item_ids, [id("0D5dM00003kRs59")]);
    let refused = json!({ "success": false, "created": false, "errors": [
        { "statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [LastName]", "fields": ["LastName"] },
    ] });
    let error = run.decode(answer(400, &refused)).unwrap_err();
    assert!(error.has_code(&ErrorCode::REQUIRED_FIELD_MISSING));
    let not_found = json!([{ "errorCode": "NOT_FOUND", "message": "x" }]);
    assert!(run.decode(answer(400, &not_found)).unwrap_err().has_code(&ErrorCode::NOT_FOUND));
    insta::assert_snapshot!(run.decode(answer(200, &refused)).unwrap_err(), @"Salesforce refused POST quickActions/{action}: HTTP 200: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] (fields: LastName)");
}

#[test]
fn approvals() {
    let processes = json!({ "approvals": { "Account": [
        { "description": null, "id": "04aD00000008Py9", "name": "Big", "object": "Account", "sortOrder": 1 },
    ] } });
    let processes = ApprovalProcesses.decode(answer(200, &processes)).unwrap();
    assert_eq!(processes["Account"][0].name, "Big");

    let record = id("001dM00003kRs59");
    let approve = Approve::new([ApprovalStep::submit(record), ApprovalStep::approve(record)]);
    let results = json!([
        { "actorIds": ["005D00000015rY9IAI"], "entityId": record, "errors": null, "instanceId": "04gD0000000Cvm5IAC",
          "instanceStatus": "Pending", "newWorkitemIds": ["04iD0000000Cw6SIAS"], "success": true },
        { "actorIds": null, "entityId": record, "instanceId": null, "instanceStatus": null, "newWorkitemIds": null,
          "errors": [{ "statusCode": "NO_APPLICABLE_PROCESS", "message": "none" }], "success": false },
    ]);
    for status in [200, 400] {
        let results = approve.decode(answer(status, &results)).unwrap();
        assert_eq!(results[0].instance_status.as_deref(), Some("Pending"));
        assert_eq!(results[0].new_workitem_ids, [id("04iD0000000Cw6SIAS")]);
        assert_eq!(results[1].errors[0].code, ErrorCode::new("NO_APPLICABLE_PROCESS"));
    }
}

#[test]
fn list_views() {
    let view = id("00BdM000003kRs5");
    let page = json!({ "done": false, "listviews": [{ "describeUrl": "/d", "developerName": "Mine", "id": view,
        "label": "My accounts", "resultsUrl": "/r", "soqlCompatible": true, "url": "/u" }],
        "nextRecordsUrl": "/services/data/v66.0/sobjects/Account/listviews?offset=25", "size": 30, "sobjectType": "Account" });
    let page = ListViews::new("Account").decode(answer(200, &page)).unwrap();
    assert_eq!((page.done, page.size, page.listviews[0].soql_compatible), (false, 30, true));
    assert!(page.next.unwrap().ends_with("offset=25"));

    let columns = json!([
        { "fieldNameOrPath": "Name", "hidden": false, "label": "Account Name", "type": "string" },
        { "fieldNameOrPath": "Id", "hidden": true, "label": "Account ID", "type": "id" },
    ]);
    let description = json!({ "columns": columns, "id": view, "query": "SELECT name FROM Account", "scope": null,
        "orderBy": [{ "fieldNameOrPath": "Name" }] });
    let described =
        DescribeListView::new("Account", view).decode(answer(200, &description)).unwrap();
    assert_eq!(described.query.as_deref(), Some("SELECT name FROM Account"));
    assert!(described.columns[1].hidden && described.rest.contains_key("orderBy"));

    let results = json!({ "columns": columns, "developerName": "Mine", "done": true, "id": view, "label": "x", "size": 1,
        "records": [{ "columns": [
            { "fieldNameOrPath": "Name", "value": "Acme" }, { "fieldNameOrPath": "Id", "value": null } ] }] });
    let rows = ListViewResults::new("Account", view).decode(answer(200, &results)).unwrap();
    assert_eq!(rows.rows[0]["Name"].as_deref(), Some("Acme"));
    assert_eq!((rows.rows[0]["Id"].as_deref(), rows.done), (None, true));
}

#[test]
fn layouts_with_unknown_and_missing_keys() {
    let body = json!({ "layouts": [{
        "id": "00hdM000003kRs5", "newKey": [1], "relatedLists": null, "editLayoutSections": [{ "heading": "Main",
            "layoutRows": [{ "layoutItems": [
                { "label": "Name", "required": true, "layoutComponents": [{ "type": "Field", "value": "Name" }] },
                { "label": "", "layoutComponents": [{ "type": "EmptySpace", "value": null }] },
            ] }] }],
    }], "recordTypeMappings": [{ "recordTypeId": "012dM000003kRs5", "layoutId": "00hdM000003kRs5" }] });
    let layouts = Layouts::new("Account").decode(answer(200, &body)).unwrap();
    let layout = layouts.of_record_type(Some(id("012dM000003kRs5"))).unwrap();
    assert_eq!(layout.required_fields().collect::<Vec<_>>(), ["Name"]);
    assert_eq!((layout.fields().count(), &layout.rest["newKey"]), (0, &json!([1])));
    assert!(layouts.of_record_type(Some(id("012dM000003kRs6"))).is_none());
    assert!(layouts.of_record_type(None).is_some());
}

#[test]
fn searches() {
    let body = json!({ "searchRecords": [
        { "attributes": { "type": "Account" }, "Id": "001dM00003kRs59QAC" },
        { "attributes": { "type": "Contact" }, "Id": "003dM00003kRs59QAC", "highlight.Name": "<mark>a</mark>" },
    ], "metadata": { "entityMetadata": [] } });
    let found = Search::new("FIND {a}").decode(answer(200, &body)).unwrap();
    let types: Vec<_> = found.records.iter().map(|record| record.object_type().unwrap()).collect();
    assert_eq!(types, ["Account", "Contact"]);
    assert!(found.metadata.is_some());
    let body = json!([{ "label": "Search Results", "limitRows": 25, "searchColumns": [
        { "field": "Account.Name", "format": null, "label": "Account Name", "name": "Name" }] }]);
    let layouts = SearchLayouts::new(["Account"]).decode(answer(200, &body)).unwrap();
    assert_eq!(layouts[0].search_columns[0].field, "Account.Name");
}

#[test]
fn apex_answers_as_its_author_likes() {
    let get = ApexRest::<Vec<u32>>::new(Method::GET, "numbers");
    assert_eq!(get.decode(Response::new(200, "[1,2]")).unwrap(), [1, 2]);
    assert_eq!(get.decode(Response::new(200, "{}")).unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(get.decode(Response::new(204, "")).unwrap_err().kind(), ErrorKind::Decode);
    let delete = ApexRest::<Option<u32>>::new(Method::DELETE, "numbers/1");
    assert_eq!(delete.decode(Response::new(204, "")).unwrap(), None);
    ApexRest::<()>::new(Method::DELETE, "numbers/1").decode(Response::new(204, "")).unwrap();
}

#[test]
fn a_tree_says_which_record_is_wrong() {
    let body = json!({ "hasErrors": true, "results": [{ "referenceId": "Contact2", "errors": [
        { "statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: 123", "fields": ["Email"] },
    ] }] });
    let errors = sf_rest::ApiError::read_all(body.to_string().as_bytes());
    assert_eq!(errors[0].reference.as_deref(), Some("Contact2"));
    insta::assert_snapshot!(errors[0], @"Contact2: INVALID_EMAIL_ADDRESS: Email: invalid email address: 123 (fields: Email)");
    let error = Error::Halted { operation: "POST x".to_owned(), message: "m".to_owned() };
    assert!(!error.is_retryable());
    assert_eq!(error.kind(), ErrorKind::Halted);
}
