//! Resources of several orgs and kinds, and how changes of them are found.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::{
    CallContext, ErrorClass, Org, Policy, ResourceChange, ResourceInfo, ResourceProvider,
    ResourceText, Resources, ToolError,
};
use sf_emulator::{Drift, NewField, Operation};

use crate::support::{Agent, agent, agent_with, client};

/// Results under addresses of their own.
struct Results;

#[async_trait]
impl ResourceProvider for Results {
    async fn list(&self, _: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        let one = ResourceInfo::new("salesforce://results/1", "1", "Accounts of the north");
        Ok(vec![one.of_type("text/csv", Some(8)).described("2 rows.")])
    }

    async fn read(&self, _: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError> {
        match uri.strip_prefix("salesforce://results/") {
            Some("1") => Ok(Some(ResourceText::new(uri, "text/csv", "Name\nX\nY"))),
            Some(_) => Err(ToolError::fix_your_call("That result is not kept any more.")),
            None => Ok(None),
        }
    }
}

#[tokio::test]
async fn kinds_and_orgs_stand_side_by_side() {
    let (one, two) = (agent().await, agent().await);
    let org = |agent: &Agent| Org::builder(client(&agent.org), Policy::read_only());
    let first = Resources::new(&org(&one).name("one").build());
    let both = first.and(&Resources::new(&org(&two).name("two").resources(Results).build()));
    let cx = CallContext::default();
    let list = both.list(&cx).await.unwrap();
    let uris: Vec<&str> = list.iter().map(|info| info.uri.as_str()).collect();
    assert_eq!(uris.first(), Some(&"salesforce://one/schema"));
    assert_eq!(uris.last(), Some(&"salesforce://results/1"));
    assert!(uris.contains(&"salesforce://two/schema/Account"));
    assert_eq!(both.templates().len(), 6);

    let before = two.org.requests().len();
    both.read(&cx, "salesforce://one/schema/Lead").await.unwrap();
    assert_eq!(two.org.requests().len(), before, "the other org is not asked");
    assert_eq!(both.read(&cx, "salesforce://results/1").await.unwrap().mime_type, "text/csv");
    let gone = both.read(&cx, "salesforce://results/2").await.unwrap_err();
    assert_eq!(gone.message, "That result is not kept any more.");
    let none = both.read(&cx, "salesforce://three/schema").await.unwrap_err();
    assert_eq!(none.class, ErrorClass::FixYourCall);
}

#[tokio::test]
async fn reports_are_read_as_the_tool_tells_them() {
    let agent = agent().await;
    let made =
        |policy| Resources::new(&Org::builder(client(&agent.org), policy).name("one").build());
    let (reports, cx) = (made(Policy::read_only()), CallContext::default());
    let list = reports.read(&cx, "salesforce://one/reports").await.unwrap();
    assert!(list.text.contains("Opportunities by Stage"), "{}", list.text);
    let one = "salesforce://one/reports/Opportunities%20by%20Stage";
    let shown: Value = serde_json::from_str(&reports.read(&cx, one).await.unwrap().text).unwrap();
    let args = json!({ "report": "Opportunities by Stage" });
    assert_eq!(shown, agent.ok("salesforce_run_report", args).await);
    let none = reports.read(&cx, "salesforce://one/reports/Churn").await.unwrap_err();
    assert_eq!(none.class, ErrorClass::FixYourCall);
    let template = "salesforce://one/reports/{report}";
    let found = reports.complete(template, "report", "opp", &|_| None).await.unwrap();
    assert_eq!(found.values, ["Opportunities by Stage"]);

    let off = Policy::from_toml("[tools]\noff = [\"salesforce_run_report\"]").unwrap();
    let held_back = made(off);
    assert_eq!(held_back.templates().len(), 2);
    let refused = held_back.read(&cx, one).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::FixYourCall, "{}", refused.message);
}

#[tokio::test]
async fn a_change_that_the_policy_hides_is_none() {
    let policy = r#"
        [objects.Account]
        operations = ["read"]
        read = ["Id", "Name", "Industry"]
    "#;
    let Agent { org, tools } =
        agent_with(Policy::from_toml(policy).unwrap(), Default::default()).await;
    let mut watch = tools.resources().watch(Duration::from_millis(5));
    watch.add("salesforce://org/schema/Account").await;
    watch.add_list().await;
    org.alter(Drift::add_field("Account", NewField::new("Hidden__c", "string"))).await.unwrap();
    org.alter(Drift::RemoveObject { object: "Invoice__c".to_owned() }).await.unwrap();
    // Several looks see the hidden change, and none tells of it.
    let looks = org.requests().len() + 6;
    tokio::select! {
        change = watch.next() => panic!("{change:?}"),
        () = async {
            while org.requests().len() < looks {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let rename = Drift::AddPicklistValue {
        object: "Account".to_owned(),
        field: "Industry".to_owned(),
        value: "Space".to_owned(),
    };
    org.alter(rename).await.unwrap();
    let change = watch.next().await;
    assert_eq!(change, ResourceChange::Updated("salesforce://org/schema/Account".to_owned()));
}

#[tokio::test]
async fn an_unchanged_schema_costs_no_body_and_watchers_share_the_answers() {
    let Agent { org, tools } = agent().await;
    let resources = tools.resources();
    let every = Duration::from_millis(50);
    let mut watches = [resources.watch(every), resources.watch(every)];
    for watch in &mut watches {
        watch.add("salesforce://org/schema/Account").await;
    }
    let describes = || {
        let all = org.requests();
        let of_account = all.into_iter().filter(|r| r.operation == Operation::Describe);
        of_account.filter(|r| r.path.ends_with("/Account/describe")).collect::<Vec<_>>()
    };
    let [one, two] = &mut watches;
    tokio::select! {
        change = one.next() => panic!("{change:?}"),
        change = two.next() => panic!("{change:?}"),
        () = async {
            while describes().len() < 5 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let statuses: Vec<_> = describes().into_iter().filter_map(|r| r.status).collect();
    assert_eq!(statuses[..4], [200, 304, 304, 304]);
}

#[tokio::test]
async fn an_org_that_is_away_is_no_change() {
    let Agent { org, tools } = agent().await;
    let mut watch = tools.resources().watch(Duration::from_millis(5));
    watch.add("salesforce://org/schema/Account").await;
    let outage = sf_emulator::Fault::unavailable().on(Operation::Describe).times(12);
    org.faults().push(outage);
    tokio::select! {
        change = watch.next() => panic!("{change:?}"),
        () = async {
            while org.faults().pending() > 0 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    org.alter(Drift::add_field("Account", NewField::new("New__c", "string"))).await.unwrap();
    let change = watch.next().await;
    assert_eq!(change, ResourceChange::Updated("salesforce://org/schema/Account".to_owned()));
}
