//! Reports, dashboards, list views, quick actions, invocable actions, approvals and files against
//! the embedded org.

use serde_json::{Value, json};
use sf_emulator::{ActionParameter, Emulator, InvocableAction};
use sf_rest::ops::actions::{ActionKinds, ActionRef, Actions, DescribeAction, InvokeAction};
use sf_rest::ops::approvals::{ApprovalProcesses, ApprovalStep, Approve};
use sf_rest::ops::dashboards::{
    CloneDashboard, DashboardResults, DashboardStatus, Dashboards, DescribeDashboard,
    RefreshDashboard,
};
use sf_rest::ops::list_views::{DescribeListView, ListViewResults, ListViews};
use sf_rest::ops::quick_actions::{
    DescribeQuickAction, QuickActionDefaults, QuickActions, RunQuickAction,
};
use sf_rest::ops::reports::instances::{
    DeleteInstance, GetInstance, Instances, RunStatus, StartReport,
};
use sf_rest::ops::reports::metadata::{ReportFilter, ReportOverride};
use sf_rest::ops::reports::{CloneReport, DeleteReport, DescribeReport, Reports, RunReport};
use sf_rest::{Client, ErrorKind, Id, Partition, Query, Record, ReportRowsQuery, RetryPolicy};

use crate::support::{Setup, client};

async fn report(client: &Client, name: &str) -> Id {
    let all = client.send(&Reports).await.unwrap();
    all.iter().find(|report| report.name == name).unwrap().id
}

#[tokio::test]
async fn reports() {
    let setup = Setup::new().await;
    let client = &setup.client;
    let stages = report(client, "Opportunities by Stage").await;
    let described = client.send(&DescribeReport(stages)).await.unwrap();
    assert_eq!(described.report_metadata.report_format, "SUMMARY");
    let run = client.send(&RunReport::new(stages)).await.unwrap();
    assert!(run.all_data && run.has_detail_rows);
    let total = client.query_page(&Query::<Record>::new("SELECT COUNT() FROM Opportunity")).await;
    let total = total.unwrap().total_size;
    assert_eq!(run.row_count(), Some(total));
    assert_eq!(run.details().count() as u64, total);
    assert_eq!(run.column_label("STAGE_NAME"), Some("Stage"));
    let won =
        ReportOverride::new().filters(&[ReportFilter::new("STAGE_NAME", "equals", "Closed Won")]);
    let some =
        client.send(&RunReport::new(stages).without_details().with(won.clone())).await.unwrap();
    assert_eq!(some.groupings_down.groupings.len(), 1);

    let started = client.send(&StartReport(RunReport::new(stages).with(won))).await.unwrap();
    assert_eq!(started.status, RunStatus::New);
    let over = client.send(&GetInstance::new(stages, started.id)).await.unwrap();
    assert_eq!(over.instance.status, RunStatus::Success);
    assert_eq!(over.result.unwrap().row_count(), some.row_count());
    assert_eq!(client.send(&Instances(stages)).await.unwrap().len(), 1);
    client.send(&DeleteInstance::new(stages, started.id)).await.unwrap();

    let copy = client.send(&CloneReport::new(stages, "Copy")).await.unwrap();
    client.send(&DeleteReport(copy.report_metadata.id.unwrap())).await.unwrap();
    let gone = client.send(&DescribeReport(copy.report_metadata.id.unwrap())).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Api, "{gone}");
}

#[tokio::test]
async fn all_rows_of_a_report_that_one_run_does_not_give() {
    let org = Emulator::builder().contacts(5_000).start().await.unwrap();
    let client = client(&org, RetryPolicy::without_delay(4));
    let contacts = report(&client, "All Contacts").await;
    let span = Partition::Dates {
        column: "CREATED_DATE".to_owned(),
        from: "2020-01-01".parse().unwrap(),
        to: "2027-01-01".parse().unwrap(),
    };
    let rows = client.report_rows(&ReportRowsQuery::new(contacts, span)).await.unwrap();
    assert!(rows.incomplete.is_none(), "{:?}", rows.incomplete);
    assert_eq!((rows.rows.len(), rows.expected), (5_000, Some(5_000)));
}

#[tokio::test]
async fn dashboards() {
    let setup = Setup::new().await;
    let client = &setup.client;
    let id = client.send(&Dashboards).await.unwrap()[0].id;
    let described = client.send(&DescribeDashboard(id)).await.unwrap();
    let all = client.send(&DashboardResults::new(id)).await.unwrap();
    assert_eq!(all.component_data.len(), described.components.len());
    let first = DashboardResults::new(id)
        .components([described.components[0].id])
        .filters([described.filters[0].options[0].id.as_str()]);
    let first = client.send(&first).await.unwrap();
    assert_eq!(first.component_data.len(), 1);
    let rows = |data: &sf_rest::ops::dashboards::DashboardData| {
        data.component_data[0].report_result.as_ref().unwrap().row_count().unwrap()
    };
    assert!(rows(&first) < rows(&all));
    client.send(&RefreshDashboard::new(id)).await.unwrap();
    let states = client.send(&DashboardStatus(id)).await.unwrap();
    assert_eq!(states[0].refresh_status.as_deref(), Some("RUNNING"));
    let copy = CloneDashboard::new(id, described.folder_id.unwrap()).name("Copy");
    assert_eq!(client.send(&copy).await.unwrap().name, "Copy");
}

#[tokio::test]
async fn list_views() {
    let setup = Setup::new().await;
    let client = &setup.client;
    let page = client.send(&ListViews::new("Contact")).await.unwrap();
    let all = page.listviews.iter().find(|view| view.developer_name == "AllContacts").unwrap().id;
    let described = client.send(&DescribeListView::new("Contact", all)).await.unwrap();
    let rows = client.query_page(&Query::<Record>::new(described.query.unwrap())).await.unwrap();
    let first = client.send(&ListViewResults::new("Contact", all).limit(1_000)).await.unwrap();
    let rest = client
        .send(&ListViewResults::new("Contact", all).limit(1_000).offset(1_000))
        .await
        .unwrap();
    assert_eq!((first.done, rest.done), (false, true));
    assert_eq!((first.rows.len() + rest.rows.len()) as u64, rows.total_size);
    assert_eq!(first.rows[0]["Name"].as_deref(), rows.records[0].get("Name").unwrap().as_str());
}

#[tokio::test]
async fn quick_actions() {
    let setup = Setup::new().await;
    let client = &setup.client;
    let account = setup.account("Acting").await;
    let listed = client.send(&QuickActions::of_object("Account")).await.unwrap();
    assert!(listed.iter().any(|action| action.name == "New_Invoice"));
    let described = DescribeQuickAction::of_object("Account", "New_Invoice");
    let described = client.send(&described).await.unwrap();
    assert_eq!(described.target_sobject_type.as_deref(), Some("Invoice__c"));
    let defaults = QuickActionDefaults::of_object("Account", "New_Invoice").context(account);
    let defaults = client.send(&defaults).await.unwrap();
    assert_eq!(defaults.get("Account__c").unwrap().as_str(), Some(account.as_str()));
    let fields = json!({ "Amount__c": 12, "Due_Date__c": "2026-12-31" });
    let run =
        RunQuickAction::of_object("Account", "New_Invoice", &fields).unwrap().context(account);
    let made = client.send(&run).await.unwrap();
    assert!(made.created);
    let invoice = client.get("Invoice__c", made.id.unwrap(), &["Account__c"]).await.unwrap();
    assert_eq!(invoice.get("Account__c").unwrap().as_str(), Some(account.as_str()));
    let wrong = RunQuickAction::global("NewContact", &json!({})).unwrap();
    let error = client.send(&wrong).await.unwrap_err();
    assert!(error.to_string().contains("LastName"), "{error}");
}

#[tokio::test]
async fn actions_and_approvals() {
    let route = InvocableAction::flow("Route")
        .input(ActionParameter::new("text", "STRING").required())
        .runs(|inputs| Ok(json!({ "echo": inputs["text"] })));
    let org = Emulator::builder().contacts(100).action(route).start().await.unwrap();
    let client = client(&org, RetryPolicy::without_delay(4));
    assert!(client.send(&ActionKinds).await.unwrap().contains_key("flow"));
    assert_eq!(client.send(&Actions::flows()).await.unwrap()[0].kind, "FLOW");
    let described = client.send(&DescribeAction(ActionRef::flow("Route"))).await.unwrap();
    assert!(described.inputs[0].required);
    let inputs = [json!({ "text": "a" }), json!({})];
    let invoke = InvokeAction::new(ActionRef::flow("Route"), &inputs).unwrap();
    let results = client.send(&invoke).await.unwrap();
    assert_eq!(results[0].output_values["echo"], "a");
    assert!(!results[1].is_success && !results[1].errors.is_empty());
    assert_eq!(org.action_calls().len(), 1);

    assert!(client.send(&ApprovalProcesses).await.unwrap().contains_key("Opportunity"));
    let deal = json!({ "Name": "Big", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": 500_000 });
    let deal = client.create("Opportunity", &deal).await.unwrap();
    let submitted = client.send(&Approve::new([ApprovalStep::submit(deal)])).await.unwrap();
    assert_eq!(submitted[0].instance_status.as_deref(), Some("Pending"));
    let steps =
        [ApprovalStep::submit(deal), ApprovalStep::approve(submitted[0].new_workitem_ids[0])];
    let decided = client.send(&Approve::new(steps)).await.unwrap();
    assert!(!decided[0].success);
    assert_eq!(decided[0].errors[0].code.as_str(), "ALREADY_IN_PROCESS");
    assert_eq!(decided[1].instance_status.as_deref(), Some("Approved"));
    assert_eq!(Value::from(decided[1].entity_id.unwrap().as_str()), deal.as_str());
}
