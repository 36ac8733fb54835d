//! Property: whatever the budget, page size, child lists, evictions and restarts, following cursors
//! gives every row once and in order, or says honestly that it cannot.

use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Limits, Org, Policy, Sealer, ToolError, ToolSet};
use sf_emulator::Emulator;

use crate::support::client;

/// An order, and whether it can be gone on with without the page.
const ORDERS: &[(&str, bool)] = &[
    ("", true),
    (" ORDER BY Id", true),
    (" ORDER BY Id DESC", true),
    (" ORDER BY CloseDate, Id", true),
    (" ORDER BY CloseDate DESC, Amount, Id DESC", true),
    (" ORDER BY Amount DESC NULLS LAST, Id", true),
    (" ORDER BY Amount NULLS LAST, CloseDate DESC, Id", true),
    (" ORDER BY Amount, Id", true),
    (" ORDER BY Amount DESC, Id DESC", true),
    (" ORDER BY CreatedDate, Id", true),
    (" ORDER BY Name, Id", false),
    (" ORDER BY StageName, Id", false),
    (" ORDER BY Amount", false),
    (" ORDER BY Account.Name, Id", false),
];

#[derive(Debug, Clone)]
struct Case {
    order: usize,
    filter: bool,
    limit: Option<u32>,
    children: bool,
    max_rows: u32,
    tokens: usize,
    page_size: u16,
    kept_rows: usize,
    cell: usize,
    child_rows: usize,
    /// Every how many calls another process goes on.
    restart: usize,
    /// Every how many calls Salesforce forgets its locators.
    expire: usize,
    format: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let limits =
        (8_u32..300, 600_usize..9_000, 200_u16..500, 1_usize..700, 20_usize..60, 0_usize..6);
    let kind = (0..ORDERS.len(), any::<bool>(), proptest::option::of(1_u32..400), any::<bool>());
    (kind, limits, 2_usize..6, 1_usize..9, 0_usize..2).prop_map(
        |(kind, limits, restart, expire, format)| {
            let (order, filter, limit, children) = kind;
            let (max_rows, tokens, page_size, kept_rows, cell, child_rows) = limits;
            Case {
                order,
                filter,
                limit,
                children,
                max_rows,
                tokens,
                page_size,
                kept_rows,
                cell,
                child_rows,
                restart,
                expire,
                format,
            }
        },
    )
}

fn soql(case: &Case) -> String {
    let fields = if case.children {
        "Id, Amount, CloseDate, CreatedDate, (SELECT Quantity, Id FROM OpportunityLineItems), \
         (SELECT Id, CreatedDate FROM Tasks ORDER BY CreatedDate DESC, Id)"
    } else {
        "Id, Amount, CloseDate, CreatedDate, Name, Account.Name"
    };
    let filter =
        if case.filter { " WHERE (Amount > 1000 OR IsClosed = FALSE) AND Name != 'x'" } else { "" };
    let limit = case.limit.map_or(String::new(), |rows| format!(" LIMIT {rows}"));
    format!("SELECT {fields} FROM Opportunity{filter}{}{limit}", ORDERS[case.order].0)
}

/// The org of all cases: its rows do not change.
fn org() -> &'static (tokio::runtime::Runtime, Emulator) {
    static ORG: OnceLock<(tokio::runtime::Runtime, Emulator)> = OnceLock::new();
    ORG.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let org = runtime.block_on(Emulator::builder().contacts(900).start()).unwrap();
        // Some without an amount, so that empty values are sorted.
        runtime.block_on(async {
            let tools = ToolSet::salesforce(Org::new(client(&org), Policy::read_write()));
            let records: Vec<Value> = (0..40)
                .map(|n| json!({ "Name": format!("Empty {n}"), "StageName": "Prospecting", "CloseDate": "2026-01-01" }))
                .collect();
            let call = json!({ "object": "Opportunity", "records": records });
            let made = tools.call(&CallContext::default(), "salesforce_create_records", call).await;
            // One has so many children that their list has pages of its own.
            let of = made.unwrap().data["results"][7]["id"].clone();
            for _ in 0..4 {
                let tasks = vec![json!({ "Subject": "Call", "WhatId": of }); 200];
                let call = json!({ "object": "Task", "records": tasks });
                let made = tools.call(&CallContext::default(), "salesforce_create_records", call).await;
                made.unwrap();
            }
        });
        (runtime, org)
    })
}

/// A process with the key of the others.
fn process(case: &Case) -> ToolSet {
    let mut limits = Limits::default();
    (limits.tokens, limits.page_size) = (case.tokens, Some(case.page_size));
    (limits.kept_rows, limits.cell, limits.child_rows) =
        (case.kept_rows, case.cell, case.child_rows);
    let org = Org::builder(client(&org().1), Policy::read_only());
    ToolSet::salesforce(org.limits(limits).sealer(Sealer::new(&[7; 32])).build())
}

struct Walk {
    tools: ToolSet,
    calls: usize,
}

impl Walk {
    async fn call(
        &mut self,
        case: &Case,
        tool: &str,
        arguments: Value,
    ) -> Result<Value, ToolError> {
        self.calls += 1;
        if self.calls.is_multiple_of(case.restart) {
            self.tools = process(case);
        }
        if self.calls.is_multiple_of(case.expire) {
            org().1.expire_locators();
        }
        let reply = self.tools.call(&CallContext::default(), tool, arguments).await?;
        Ok(reply.to_model())
    }

    /// All rows behind a call, each as an array.
    async fn all(
        &mut self,
        case: &Case,
        tool: &str,
        arguments: Value,
    ) -> Result<Vec<Value>, ToolError> {
        let (mut rows, mut tool, mut arguments) = (Vec::new(), tool.to_owned(), arguments);
        loop {
            let reply = self.call(case, &tool, arguments).await?;
            let some = reply["rows"].as_array().unwrap().iter().map(|row| match row {
                Value::Object(map) => Value::Array(map.values().cloned().collect()),
                row => row.clone(),
            });
            rows.extend(some);
            let Some(next) = reply["completeness"].get("next") else {
                assert_eq!(reply["total"], rows.len(), "{reply}");
                return Ok(rows);
            };
            tool = next["tool"].as_str().unwrap().to_owned();
            arguments = next["arguments"].clone();
        }
    }
}

/// What there is, read without tools.
async fn expected(case: &Case) -> Vec<(String, Vec<(String, u64)>)> {
    let client = client(&org().1);
    let mut query = sf_rest::Query::<sf_rest::Record>::new(soql(case));
    query = query.batch_size(2_000);
    let mut page = client.query_page(&query).await.unwrap();
    let mut all = Vec::new();
    loop {
        for row in &page.records {
            let id = row.get("Id").unwrap().as_str().unwrap().to_owned();
            let mut lists = Vec::new();
            for name in ["OpportunityLineItems", "Tasks"] {
                if let Some(sf_rest::ValueRef::Records(children)) = row.get(name) {
                    lists.push((name.to_owned(), children.total_size()));
                }
            }
            all.push((id, lists));
        }
        match &page.next {
            Some(next) => page = client.next_page(next).await.unwrap(),
            None => return all,
        }
    }
}

async fn run(case: &Case) {
    let mut walk = Walk { tools: process(case), calls: 0 };
    let format = ["table", "records"][case.format];
    let arguments = json!({ "soql": soql(case), "max_rows": case.max_rows, "format": format });
    let rows = match walk.all(case, "salesforce_query", arguments).await {
        Ok(rows) => rows,
        Err(error) => {
            assert!(!ORDERS[case.order].1, "{case:?}: {error}");
            assert!(error.message.contains("no longer kept"), "{error}");
            return;
        }
    };
    let expected = expected(case).await;
    let mut ids: Vec<&str> = rows.iter().map(|row| row[0].as_str().unwrap()).collect();
    let mut wanted: Vec<&str> = expected.iter().map(|(id, _)| id.as_str()).collect();
    if case.order == 0 {
        assert!(case.limit.is_some() || ids.is_sorted());
        ids.sort_unstable();
        wanted.sort_unstable();
    }
    assert_eq!(ids.len(), wanted.len(), "{case:?}");
    assert_eq!(ids, wanted, "{case:?}");
    if !case.children {
        return;
    }
    // The children of some rows, through their own cursors.
    let many = |row: &&Value| row[5]["total"].as_u64().is_some_and(|total| total > 100);
    for row in rows.iter().step_by(37).chain(rows.iter().filter(many)) {
        for (at, name) in [(4, "OpportunityLineItems"), (5, "Tasks")] {
            let list = &row[at];
            let total = list["total"].as_u64().unwrap();
            let lists = expected.iter().find(|(id, _)| *id == row[0].as_str().unwrap());
            let known = lists.and_then(|(_, lists)| lists.iter().find(|(of, _)| of == name));
            assert_eq!(total, known.map_or(0, |(_, total)| *total), "{case:?} {row}");
            let mut children = list["rows"].as_array().unwrap().clone();
            if list["complete"] == false {
                let next = json!({ "cursor": list["cursor"], "max_rows": case.max_rows });
                children.extend(walk.rest(case, next, children.len()).await);
            }
            let mut ids: Vec<String> = children.iter().map(id).collect();
            assert_eq!(ids.len() as u64, total, "{case:?}: {list}");
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len() as u64, total, "{case:?}: each once");
        }
    }
}

fn id(child: &Value) -> String {
    let values: Vec<&Value> = match child {
        Value::Object(map) => map.values().collect(),
        row => row.as_array().unwrap().iter().collect(),
    };
    let is_id = |v: &&&Value| v.as_str().is_some_and(|text| text.len() == 18);
    values.iter().find(is_id).unwrap().as_str().unwrap().to_owned()
}

impl Walk {
    /// The rows of a list behind those that were shown.
    async fn rest(&mut self, case: &Case, arguments: Value, shown: usize) -> Vec<Value> {
        let (mut rows, mut tool, mut arguments) =
            (Vec::new(), "salesforce_next_page".to_owned(), arguments);
        loop {
            let reply =
                self.call(case, &tool, arguments).await.unwrap_or_else(|e| panic!("{case:?}: {e}"));
            rows.extend(reply["rows"].as_array().unwrap().iter().cloned());
            let Some(next) = reply["completeness"].get("next") else {
                assert_eq!(reply["total"], shown + rows.len(), "{reply}");
                return rows;
            };
            tool = next["tool"].as_str().unwrap().to_owned();
            arguments = next["arguments"].clone();
        }
    }
}

/// Was found: a reply that ends where a page does, and a process that does not have the next one.
#[test]
fn a_reply_may_end_where_a_page_does() {
    let case = Case {
        order: 0,
        filter: false,
        limit: None,
        children: true,
        max_rows: 9,
        tokens: 920,
        page_size: 316,
        kept_rows: 643,
        cell: 33,
        child_rows: 1,
        restart: 2,
        expire: 5,
        format: 1,
    };
    org().0.block_on(run(&case));
}

#[test]
fn cursors_give_every_row_once_and_in_order() {
    let cases = std::env::var("RESUME_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 12, ..Config::default() };
    TestRunner::new(config)
        .run(&case(), |case| {
            org().0.block_on(run(&case));
            Ok(())
        })
        .unwrap();
}
