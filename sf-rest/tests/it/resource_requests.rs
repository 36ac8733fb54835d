//! Requests of the resources as values: what each would send, without a server.

use jiff::Timestamp;
use serde_json::json;
use sf_rest::ops::actions::{ActionKinds, ActionRef, Actions, DescribeAction, InvokeAction};
use sf_rest::ops::apex_rest::ApexRest;
use sf_rest::ops::approvals::{ApprovalProcesses, ApprovalStep, Approve};
use sf_rest::ops::describe::{Describe, DescribeGlobal};
use sf_rest::ops::explain::Explain;
use sf_rest::ops::external_id::{DeleteByExternalId, GetByExternalId};
use sf_rest::ops::feeds::{Deleted, Updated};
use sf_rest::ops::if_changed::{IfChanged, Validators};
use sf_rest::ops::layouts::{CompactLayouts, LayoutOfType, Layouts, NamedLayout};
use sf_rest::ops::list_views::{DescribeListView, ListViewResults, ListViews, NextListViews};
use sf_rest::ops::parameterized_search::{ParameterizedSearch, SearchIn, SearchObject};
use sf_rest::ops::quick_actions::{
    DescribeQuickAction, QuickActionDefaults, QuickActions, RunQuickAction,
};
use sf_rest::ops::recent::{Recent, RecentOf};
use sf_rest::ops::record_counts::RecordCounts;
use sf_rest::ops::records::{CreateRecord, GetRecord, UpdateRecord};
use sf_rest::ops::related::{RelatedRecord, RelatedRecords};
use sf_rest::ops::resources::Resources;
use sf_rest::ops::retrieve::GetRecords;
use sf_rest::ops::search::Search;
use sf_rest::ops::search_layouts::SearchLayouts;
use sf_rest::ops::suggestions::Suggestions;
use sf_rest::ops::tooling::Tooling;
use sf_rest::ops::upsert::UpsertRecord;
use sf_rest::{Id, Method, Operation, Query, Record, Safety};

use crate::requests::shown;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn account() -> Id {
    id("001dM00003kRs59")
}

#[test]
fn reading_records() {
    let none: [&str; 0] = [];
    let requests = [
        shown(&Resources),
        shown(&Explain::soql("SELECT Id FROM Account")),
        shown(&Explain::report_or_list_view(account())),
        shown(&GetByExternalId::new("Account", "Ext__c", "a/b")),
        shown(&GetByExternalId::new("Contact", "Email", "a@b.c").fields(["Id", "Owner.Name"])),
        shown(&DeleteByExternalId::new("Account", "Ext__c", "a/b")),
        shown(&UpsertRecord::new("Account", "Ext__c", "a", &json!({})).unwrap().update_only()),
        shown(&RelatedRecord::new("Contact", account(), "Account").fields(["Name"])),
        shown(&RelatedRecords::<Record>::new("Account", account(), "Contacts")),
        shown(&GetRecords::new("Account", [account()], ["Id", "Name"])),
        shown(&RecordCounts::new(["Account", "Contact"])),
        shown(&RecordCounts::new(none)),
        shown(&Recent::new().limit(5)),
        shown(&RecentOf::new("Account")),
        shown(&Query::<Record>::new("SELECT Id FROM ApexClass").tooling()),
        shown(&Tooling(GetRecord::new("ApexClass", id("01pdM000003kRs5")))),
        shown(&Tooling(Describe::new("ApexClass"))),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data/v66.0/
    Read GET /services/data/v66.0/query?explain=SELECT%20Id%20FROM%20Account
    Read GET /services/data/v66.0/query?explain=001dM00003kRs59QAC
    Read GET /services/data/v66.0/sobjects/Account/Ext__c/a%2Fb
    Read GET /services/data/v66.0/sobjects/Contact/Email/a%40b.c?fields=Id%2COwner.Name
    Idempotent DELETE /services/data/v66.0/sobjects/Account/Ext__c/a%2Fb
    Idempotent PATCH /services/data/v66.0/sobjects/Account/Ext__c/a?updateOnly=true
      content-type: application/json
      {}
    Read GET /services/data/v66.0/sobjects/Contact/001dM00003kRs59QAC/Account?fields=Name
    Read GET /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC/Contacts
    Read POST /services/data/v66.0/composite/sobjects/Account
      content-type: application/json
      {"ids":["001dM00003kRs59QAC"],"fields":["Id","Name"]}
    Read GET /services/data/v66.0/limits/recordCount?sObjects=Account%2CContact
    Read GET /services/data/v66.0/limits/recordCount
    Read GET /services/data/v66.0/recent?limit=5
    Read GET /services/data/v66.0/sobjects/Account
    Read GET /services/data/v66.0/tooling/query?q=SELECT%20Id%20FROM%20ApexClass
    Read GET /services/data/v66.0/tooling/sobjects/ApexClass/01pdM000003kRs5QAE
    Read GET /services/data/v66.0/tooling/sobjects/ApexClass/describe
    "#);
}

#[test]
fn searches_and_feeds() {
    let (start, end): (Timestamp, Timestamp) =
        ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-02T12:30:00+02:00".parse().unwrap());
    let search = ParameterizedSearch::new("Acme & Söhne")
        .scope(SearchIn::Name)
        .fields(["Id"])
        .object(
            SearchObject::new("Account")
                .fields(["Id", "Name"])
                .limit(20)
                .filter("Industry = 'Energy'")
                .order_by("Name ASC NULLS LAST"),
        )
        .overall_limit(100)
        .default_limit(10)
        .offset(20)
        .spell_correction(false);
    let requests = [
        shown(&Search::new("FIND {Acme} RETURNING Account(Id)")),
        shown(&search),
        shown(&ParameterizedSearch::new("Acme").parameter("metadata", "LABELS")),
        shown(&Suggestions::new("Ac", ["Account", "Contact"]).limit(5)),
        shown(&SearchLayouts::new(["Account", "Contact"])),
        shown(&Updated::new("Account", start, end)),
        shown(&Deleted::new("Account", start, end)),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data/v66.0/search?q=FIND%20%7BAcme%7D%20RETURNING%20Account%28Id%29
    Read POST /services/data/v66.0/parameterizedSearch
      content-type: application/json
      {"q":"Acme & Söhne","in":"NAME","fields":["Id"],"sobjects":[{"name":"Account","fields":["Id","Name"],"limit":20,"where":"Industry = 'Energy'","orderBy":"Name ASC NULLS LAST"}],"overallLimit":100,"defaultLimit":10,"offset":20,"spellCorrection":false}
    Read POST /services/data/v66.0/parameterizedSearch
      content-type: application/json
      {"q":"Acme","metadata":"LABELS"}
    Read GET /services/data/v66.0/search/suggestions?q=Ac&sobject=Account%2CContact&limit=5
    Read GET /services/data/v66.0/search/layout?q=Account%2CContact
    Read GET /services/data/v66.0/sobjects/Account/updated?start=2026-11-01T00%3A00%3A00%2B00%3A00&end=2026-11-02T10%3A30%3A00%2B00%3A00
    Read GET /services/data/v66.0/sobjects/Account/deleted?start=2026-11-01T00%3A00%3A00%2B00%3A00&end=2026-11-02T10%3A30%3A00%2B00%3A00
    "#);
}

#[test]
fn layouts_and_list_views() {
    let view = id("00BdM000003kRs5");
    let requests = [
        shown(&Layouts::new("Account")),
        shown(&LayoutOfType::new("Account", id("012000000000000AAA"))),
        shown(&NamedLayout::new("User", "UserAlt")),
        shown(&CompactLayouts::new("Account")),
        shown(&ListViews::new("Account")),
        shown(&NextListViews::new("/services/data/v66.0/sobjects/Account/listviews?offset=25")),
        shown(&DescribeListView::new("Account", view)),
        shown(&ListViewResults::new("Account", view)),
        shown(&ListViewResults::new("Account", view).limit(2_000).offset(2_000)),
    ];
    insta::assert_snapshot!(requests.join("\n"), @"
    Read GET /services/data/v66.0/sobjects/Account/describe/layouts
    Read GET /services/data/v66.0/sobjects/Account/describe/layouts/012000000000000AAA
    Read GET /services/data/v66.0/sobjects/User/describe/namedLayouts/UserAlt
    Read GET /services/data/v66.0/sobjects/Account/describe/compactLayouts
    Read GET /services/data/v66.0/sobjects/Account/listviews
    Read GET /services/data/v66.0/sobjects/Account/listviews?offset=25
    Read GET /services/data/v66.0/sobjects/Account/listviews/00BdM000003kRs5UAE/describe
    Read GET /services/data/v66.0/sobjects/Account/listviews/00BdM000003kRs5UAE/results
    Read GET /services/data/v66.0/sobjects/Account/listviews/00BdM000003kRs5UAE/results?limit=2000&offset=2000
    ");
}

#[test]
fn conditions() {
    let time: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
    let tagged = Validators::from_texts(Some("\"e8178a2d--gzip\""), None).unwrap();
    let requests = [
        shown(&IfChanged::new(DescribeGlobal, Validators::default())),
        shown(&IfChanged::new(Describe::new("Account"), Validators::modified_since(time))),
        shown(&IfChanged::new(GetRecord::new("Account", account()), tagged)),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data/v66.0/sobjects
    Read GET /services/data/v66.0/sobjects/Account/describe
      if-modified-since: Sun, 01 Nov 2026 10:00:00 GMT
    Read GET /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC
      if-none-match: "e8178a2d--gzip"
    "#);
    let write = CreateRecord::new("Account", &json!({})).unwrap();
    insta::assert_snapshot!(IfChanged::new(write, Validators::default()).request().unwrap_err(), @"invalid request: only what is read can be read if it has changed");
}

#[test]
fn actions_and_approvals() {
    let fields = json!({ "LastName": "Ann" });
    let flow = || ActionRef::flow("Route_Case");
    let steps = [
        ApprovalStep::submit(account())
            .comments("please")
            .submitter(id("005dM00000kRs59"))
            .next_approvers([id("005dM00000kRs59")])
            .process("Big_Deals", true),
        ApprovalStep::approve(account()).comments("fine"),
        ApprovalStep::reject(account()),
    ];
    let requests = [
        shown(&QuickActions::global()),
        shown(&QuickActions::of_object("Account")),
        shown(&DescribeQuickAction::global("NewTask")),
        shown(&DescribeQuickAction::of_object("Account", "NewContact")),
        shown(&QuickActionDefaults::global("NewTask")),
        shown(&QuickActionDefaults::of_object("Account", "NewContact").context(account())),
        shown(&RunQuickAction::global("NewTask", &fields).unwrap()),
        shown(
            &RunQuickAction::of_object("Account", "NewContact", &fields)
                .unwrap()
                .context(account()),
        ),
        shown(&ActionKinds),
        shown(&Actions::standard()),
        shown(&Actions::flows()),
        shown(&Actions::apex()),
        shown(&DescribeAction(ActionRef::standard("chatterPost"))),
        shown(&DescribeAction(flow())),
        shown(&InvokeAction::new(flow(), &[json!({ "Id": "500", "n": 1.50 }), json!({})]).unwrap()),
        shown(&InvokeAction::new(ActionRef::apex("Score"), &[json!({})]).unwrap()),
        shown(
            &InvokeAction::new(ActionRef::custom("emailAlert", "Case.Late"), &[json!({})]).unwrap(),
        ),
        shown(&ApprovalProcesses),
        shown(&Approve::new(steps)),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data/v66.0/quickActions
    Read GET /services/data/v66.0/sobjects/Account/quickActions
    Read GET /services/data/v66.0/quickActions/NewTask/describe
    Read GET /services/data/v66.0/sobjects/Account/quickActions/NewContact/describe
    Read GET /services/data/v66.0/quickActions/NewTask/defaultValues
    Read GET /services/data/v66.0/sobjects/Account/quickActions/NewContact/defaultValues/001dM00003kRs59QAC
    Write POST /services/data/v66.0/quickActions/NewTask
      content-type: application/json
      {"record":{"LastName":"Ann"}}
    Write POST /services/data/v66.0/sobjects/Account/quickActions/NewContact
      content-type: application/json
      {"contextId":"001dM00003kRs59QAC","record":{"LastName":"Ann"}}
    Read GET /services/data/v66.0/actions/custom
    Read GET /services/data/v66.0/actions/standard
    Read GET /services/data/v66.0/actions/custom/flow
    Read GET /services/data/v66.0/actions/custom/apex
    Read GET /services/data/v66.0/actions/standard/chatterPost
    Read GET /services/data/v66.0/actions/custom/flow/Route_Case
    Write POST /services/data/v66.0/actions/custom/flow/Route_Case
      content-type: application/json
      {"inputs":[{"Id":"500","n":1.5},{}]}
    Write POST /services/data/v66.0/actions/custom/apex/Score
      content-type: application/json
      {"inputs":[{}]}
    Write POST /services/data/v66.0/actions/custom/emailAlert/Case.Late
      content-type: application/json
      {"inputs":[{}]}
    Read GET /services/data/v66.0/process/approvals
    Write POST /services/data/v66.0/process/approvals
      content-type: application/json
      {"requests":[{"actionType":"Submit","contextId":"001dM00003kRs59QAC","comments":"please","contextActorId":"005dM00000kRs59QAC","nextApproverIds":["005dM00000kRs59QAC"],"processDefinitionNameOrId":"Big_Deals","skipEntryCriteria":true},{"actionType":"Approve","contextId":"001dM00003kRs59QAC","comments":"fine"},{"actionType":"Reject","contextId":"001dM00003kRs59QAC"}]}
    "#);
}

#[test]
fn apex() {
    let put = ApexRest::<serde_json::Value>::new(Method::PUT, "/acme/orders/4 2/")
        .query("mode", "a&b")
        .json(&json!({ "total": 1 }))
        .unwrap();
    let requests = [
        shown(&ApexRest::<serde_json::Value>::new(Method::GET, "orders/42")),
        shown(&put),
        shown(&put.clone().safety(Safety::Idempotent)),
        shown(&ApexRest::<serde_json::Value>::new(Method::DELETE, "orders/42?x=1#y")),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/apexrest/orders/42
    Write PUT /services/apexrest/acme/orders/4%202?mode=a%26b
      content-type: application/json
      {"total":1}
    Idempotent PUT /services/apexrest/acme/orders/4%202?mode=a%26b
      content-type: application/json
      {"total":1}
    Write DELETE /services/apexrest/orders/42%3Fx%3D1%23y
    "#);
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_sent() {
    fn refused(operation: &impl Operation) -> String {
        operation.request().unwrap_err().to_string()
    }
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let none: [&str; 0] = [];
    let inputs: [serde_json::Value; 0] = [];
    let texts = [
        refused(&GetRecords::new("Account", Vec::new(), ["Id"])),
        refused(&GetRecords::new("Account", vec![account(); 2_001], ["Id"])),
        refused(&GetRecords::new("Account", [account()], none)),
        refused(&Recent::new().limit(0)),
        refused(&Updated::new("Account", now, now)),
        refused(&Search::new(" ")),
        refused(&ParameterizedSearch::new("a").offset(1)),
        refused(&Suggestions::new("a", none)),
        refused(&ListViewResults::new("Account", account()).limit(2_001)),
        refused(&InvokeAction::new(ActionRef::flow("f"), &inputs).unwrap()),
        refused(&Approve::default()),
        refused(&ApexRest::<serde_json::Value>::new(Method::GET, "../data")),
        refused(&ApexRest::<serde_json::Value>::new(Method::GET, "orders//1")),
        UpdateRecord::new("Account", account(), &json!([1])).unwrap_err().to_string(),
        InvokeAction::new(ActionRef::flow("f"), &[1]).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    invalid request: one request takes 1 to 2000 ids, not 0
    invalid request: one request takes 1 to 2000 ids, not 2001
    invalid request: a read of many records names the fields to read
    invalid request: the list of recent records has 1 to 200 entries, not 0
    invalid request: the span from 2026-11-01T00:00:00Z to 2026-11-01T00:00:00Z is empty
    invalid request: the SOSL statement is empty
    invalid request: an offset is for a search of exactly one object
    invalid request: suggestions need at least one object
    invalid request: a list view gives 1 to 2000 rows at a time, not 2001
    invalid request: an action is executed once per input, and there is none
    invalid request: there is no step of an approval to take
    invalid request: the part of the path ".." cannot stand in a path
    invalid request: the part of the path is empty
    invalid request: the fields of a record are not a JSON object: invalid type: sequence, expected an object of field values at line 1 column 0
    invalid request: an input of an action is not a JSON object: invalid type: integer `1`, expected an object of field values at line 1 column 1
    "#);
}
