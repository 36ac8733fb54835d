//! The rows of a report beyond the 2,000 of one run: each once, through next_page, whatever happens on
//! the way.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sf_agent_tools::{Caps, Effect, Limits, ObjectRule, Org, Policy, Rules, ToolSet};
use sf_emulator::Fault;

use crate::analytics::{crowd, report};
use crate::support::{Agent, client};

const ALL: &str = "All Contacts";

fn call() -> Value {
    json!({ "report": ALL, "max_rows": 2000 })
}

/// Rows by all that they show, which differs from contact to contact.
fn distinct(rows: &[Value]) -> usize {
    rows.iter().map(Value::to_string).collect::<BTreeSet<_>>().len()
}

/// The rows of a page, and the arguments of the call that goes on.
fn page(reply: &Value) -> (Vec<Value>, Value) {
    let rows = reply["rows"].as_array().unwrap().clone();
    (rows, reply["completeness"]["next"]["arguments"].clone())
}

/// The pages of the first run, up to the one whose cursor leads beyond it.
async fn first_run(agent: &Agent) -> (Vec<Value>, Value) {
    let (mut rows, mut next) = page(&agent.ok("salesforce_run_report", call()).await);
    while rows.len() < 2_000 {
        let most = (2_000 - rows.len()).min(200);
        next["max_rows"] = json!(most);
        let (more, after) = page(&agent.ok("salesforce_next_page", next).await);
        rows.extend(more);
        next = after;
    }
    assert_eq!(rows.len(), 2_000);
    next["max_rows"] = json!(2_000);
    (rows, next)
}

#[tokio::test]
async fn five_thousand_rows_come_once_each() {
    let agent = crowd(5_000).await;
    let (first, _) = first_run(&agent).await;
    // The first are in the report's own order.
    let names: Vec<&str> = first.iter().map(|row| row[1].as_str().unwrap()).collect();
    assert!(names.is_sorted_by_key(|name| name.to_lowercase()));
    agent.org.clear_requests();
    let (rows, _) = agent.follow("salesforce_run_report", call()).await;
    let runs = agent.org.requests().len();
    assert_eq!((rows.len(), distinct(&rows)), (5_000, 5_000));
    assert_eq!(rows[..2_000], first);
    assert!(runs < 25, "{runs} requests");
    let soql = "SELECT FirstName, LastName, Email, Account.Name FROM Contact";
    let query = json!({ "soql": soql, "max_rows": 2000 });
    let (by_query, _) = agent.follow("salesforce_query", query).await;
    let four = |rows: &[Value]| -> Vec<String> {
        let mut rows: Vec<String> =
            rows.iter().map(|row| json!(row.as_array().unwrap()[..4]).to_string()).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(four(&rows), four(&by_query));
}

#[tokio::test]
async fn rows_of_groups_beyond_the_first_run_are_in_their_groups() {
    let agent = crowd(5_000).await;
    let id = report(&agent.org, json!({
        "name": "Contacts by source", "reportFormat": "SUMMARY", "reportType": { "type": "ContactList" },
        "detailColumns": ["LAST_NAME", "EMAIL", "CREATED_DATE"], "aggregates": ["RowCount"],
        "groupingsDown": [{ "name": "LEAD_SOURCE", "sortOrder": "Asc", "dateGranularity": "None", "sortAggregate": null }],
    })).await;
    let groups = agent.ok("salesforce_run_report", json!({ "report": id })).await;
    let call = json!({ "report": id, "show": "rows", "max_rows": 2000 });
    let (rows, _) = agent.follow("salesforce_run_report", call).await;
    assert_eq!((rows.len(), distinct(&rows)), (5_000, 5_000));
    for group in groups["rows"].as_array().unwrap() {
        let of_group = rows.iter().filter(|row| row[0] == group[0]).count();
        assert_eq!(json!(of_group), group[1], "{group}");
    }
}

#[tokio::test]
async fn faults_lose_and_double_nothing() {
    let faults = [
        ("401", Fault::expired_session()),
        ("503", Fault::unavailable()),
        ("a cut body", Fault::cut_body()),
        ("a cut chunked body", Fault::cut_chunked_body()),
        ("a dropped connection", Fault::dropped_connection()),
    ];
    for (what, fault) in faults {
        let agent = crowd(3_000).await;
        // The description, the first run, and each run of the rest.
        for skip in 0..8 {
            agent.org.faults().push(fault.clone().path_contains("/analytics/reports/").skip(skip));
        }
        let (rows, _) = agent.follow("salesforce_run_report", call()).await;
        assert_eq!((rows.len(), distinct(&rows)), (3_000, 3_000), "{what}");
    }
}

#[tokio::test]
async fn an_outage_in_the_rest_is_told_and_the_cursor_stays_good() {
    let agent = crowd(3_000).await;
    let (mut rows, next) = first_run(&agent).await;
    // The whole once more, then in the middle of the parts.
    for skip in [0, 3] {
        let outage = Fault::unavailable().path_contains("/analytics/reports/").skip(skip);
        agent.org.faults().push(outage.always());
        let error = agent.refused("salesforce_next_page", next.clone()).await;
        assert_eq!(error["class"], "try_later", "{error}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(error["message"], @r#""Salesforce is busy or being maintained. The same call can succeed in a minute.""#);
        }
        agent.org.faults().clear();
    }
    let (rest, _) = agent.follow("salesforce_next_page", next).await;
    rows.extend(rest);
    assert_eq!((rows.len(), distinct(&rows)), (3_000, 3_000));
}

#[tokio::test]
async fn what_changed_meanwhile_is_told() {
    let agent = crowd(3_000).await;
    let (rows, next) = first_run(&agent).await;
    let gone = rows[0][2].as_str().unwrap();
    let soql = format!("SELECT Id FROM Contact WHERE Email = '{gone}'");
    let id = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    let mut next = next;
    let last = loop {
        let reply = agent.ok("salesforce_next_page", next).await;
        next = reply["completeness"]["next"]["arguments"].clone();
        if next.is_null() {
            break reply;
        }
    };
    insta::assert_snapshot!(last["completeness"]["reason"], @r#""Rows up to 3000 of 3000. 1 of the first 2000 rows were not found again: they were changed or deleted meanwhile, and those that were changed may be here twice. Run the report again for exact figures.""#);
}

#[tokio::test]
async fn a_report_that_is_too_long_says_so() {
    let agent = crowd(3_000).await;
    let mut limits = Limits::default();
    limits.kept_rows = 2_500;
    let org = Org::builder(client(&agent.org), Policy::read_only()).limits(limits).build();
    let agent = Agent { org: agent.org, tools: ToolSet::salesforce(org) };
    let (_, next) = first_run(&agent).await;
    let reply = agent.ok("salesforce_next_page", next).await;
    assert_eq!(reply["rows"], json!([]));
    insta::assert_snapshot!(reply["completeness"], @r#"{"complete":false,"returned":0,"total":3000,"reason":"Rows up to 2000 of 3000. The report has more rows than are read here (2500). Run the report with filters that narrow it, or query the records."}"#);
}

#[tokio::test]
async fn under_a_policy_every_run_is_counted() {
    let agent = crowd(3_000).await;
    let tools = |calls: u64| {
        let reading = || ObjectRule::new([Effect::Read]).unwrap().read(["*"]).unwrap();
        let mut caps = Caps::default();
        caps.api_calls = Some(calls);
        let rules = Rules::new().object("*", reading()).unwrap().caps(caps);
        let rules = rules.object("Report", reading()).unwrap();
        ToolSet::salesforce(Org::new(client(&agent.org), Policy::by_rules(rules)))
    };
    let generous = Agent { tools: tools(500), org: crowd(60).await.org };
    agent.org.clear_requests();
    let (rows, _) = generous.follow("salesforce_run_report", call()).await;
    assert_eq!((rows.len(), distinct(&rows)), (3_000, 3_000));
    let of_data = |r: &sf_emulator::RequestRecord| {
        let path = &r.path;
        (path.contains("/query") || path.contains("/analytics/")) && r.status == Some(200)
    };
    let sent = agent.org.requests().iter().filter(|r| of_data(r)).count();
    let budget = generous.ok("salesforce_api_budget", json!({})).await;
    // One description more tells whether the report is still the one that was checked.
    assert_eq!(budget["session"][0]["used"], sent - 1, "{budget}");
    // Where the cap does not let all of it be read, that is told.
    let poor = Agent { tools: tools(8), org: crowd(60).await.org };
    let (_, next) = first_run(&poor).await;
    let reply = poor.ok("salesforce_next_page", next).await;
    assert_eq!(reply["completeness"]["complete"], false);
    insta::assert_snapshot!(reply["completeness"]["reason"], @r#""Rows up to 2000 of 3000. It would take more runs of the report than are made here. Run the report with filters that narrow it, or query the records.""#);
}

/// Contacts that were all made today.
async fn of_one_day(agent: &Agent, salutations: &[Value]) {
    for batch in 0..11 {
        let record = |n: usize| {
            let salutation = &salutations[n % salutations.len()];
            json!({ "LastName": format!("Same {batch:02} {n:03}"), "Salutation": salutation })
        };
        let records: Vec<Value> = (0..200).map(record).collect();
        let call = json!({ "object": "Contact", "records": records });
        let reply = agent.ok("salesforce_create_records", call).await;
        assert_eq!(reply["succeeded"], 200);
    }
}

#[tokio::test]
async fn where_a_day_has_too_many_rows_a_picklist_divides_the_report() {
    let agent = crowd(60).await;
    of_one_day(&agent, &[json!("Mr."), json!("Ms."), json!(null)]).await;
    let (rows, _) = agent.follow("salesforce_run_report", call()).await;
    assert_eq!((rows.len(), distinct(&rows)), (2_260, 2_260));
}

#[tokio::test]
async fn a_report_that_nothing_divides_is_told_to_be_a_part() {
    let agent = crowd(60).await;
    of_one_day(&agent, &[json!(null)]).await;
    let (first, next) = first_run(&agent).await;
    let reply = agent.ok("salesforce_next_page", next).await;
    let rest = reply["rows"].as_array().unwrap();
    assert!(first.len() + rest.len() < 2_260);
    assert_eq!(reply["completeness"]["complete"], false);
    let reason = reply["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("has more than 2000 rows, and cannot be read whole"), "{reason}");
}
