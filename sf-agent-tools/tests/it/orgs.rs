//! Several orgs in one tool set.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Effect, Org, Policy, Profile, Question, ToolDefinition, ToolSet,
};
use sf_emulator::Emulator;

use crate::support::client;

const SOQL: &str = "SELECT Id, Name FROM Contact ORDER BY Id";

struct World {
    prod: Emulator,
    _box: Emulator,
    tools: ToolSet,
}

fn over(org: &Emulator, policy: Policy) -> ToolSet {
    ToolSet::salesforce(Org::new(client(org), policy))
}

/// Production, which is only read, and a sandbox.
async fn world() -> World {
    let prod = Emulator::builder().contacts(300).start().await.unwrap();
    let sandbox = Emulator::builder().contacts(100).start().await.unwrap();
    let tools = ToolSet::several([
        ("prod", over(&prod, Policy::read_only())),
        ("box", over(&sandbox, Policy::read_write())),
    ])
    .unwrap();
    World { prod, _box: sandbox, tools }
}

async fn call(tools: &ToolSet, tool: &str, arguments: Value) -> Value {
    match tools.call(&CallContext::default(), tool, arguments).await {
        Ok(reply) => reply.to_model(),
        Err(error) => error.to_model(),
    }
}

fn tokens(tools: &ToolSet) -> usize {
    tools.definitions().iter().map(ToolDefinition::tokens).sum()
}

#[tokio::test]
async fn every_tool_is_told_once() {
    let world = world().await;
    let alone = over(&world.prod, Policy::read_write());
    assert_eq!(world.tools.definitions().len(), alone.definitions().len());
    let (one, both) = (tokens(&alone), tokens(&world.tools));
    assert!(both * 4 < one * 5, "{both} tokens instead of {one}");
    let told = world.tools.definition("salesforce_describe_field").unwrap().input_schema;
    assert_snapshot!(serde_json::to_string_pretty(&told["properties"]["org"]).unwrap(), @r#"
    {
      "type": "string",
      "enum": [
        "prod",
        "box"
      ],
      "description": "The org to work on."
    }
    "#);
    assert_eq!(told["required"][0], "org");
    let writes = world.tools.definition("salesforce_delete_records").unwrap().input_schema;
    assert_eq!(writes["properties"]["org"]["enum"], json!(["box"]));
    let text = world.tools.instructions();
    assert_snapshot!(text.rsplit_once("There are").unwrap().1, @" several orgs: prod, box. The argument `org` says on which a call works. Record ids, cursors and digests of one are good in that one alone.");
}

#[tokio::test]
async fn a_call_goes_to_its_org_under_its_policy() {
    let world = world().await;
    let count = |org| json!({ "org": org, "soql": "SELECT COUNT(Id) FROM Contact" });
    for (org, contacts) in [("prod", 300), ("box", 100)] {
        let seen = call(&world.tools, "salesforce_query", count(org)).await;
        assert_eq!(seen["rows"][0][0], contacts, "{seen}");
    }
    let create =
        |org| json!({ "org": org, "object": "Contact", "records": [{ "LastName": "Ito" }] });
    let refused = call(&world.tools, "salesforce_create_records", create("prod")).await;
    assert_eq!(refused["error"]["class"], "ask_a_person", "{refused}");
    let made = call(&world.tools, "salesforce_create_records", create("box")).await;
    assert!(made.get("error").is_none(), "{made}");
}

#[tokio::test]
async fn a_call_that_names_no_org_is_told_which_there_are() {
    let world = world().await;
    let told = call(&world.tools, "salesforce_query", json!({ "soql": SOQL })).await;
    assert_snapshot!(told, @r#"{"error":{"class":"fix_your_call","message":"The call does not say on which org to work. Name it in `org`.","problems":[{"at":"org","message":"Use one of these orgs.","allowed":["prod","box"]}]}}"#);
    let told = call(&world.tools, "salesforce_query", json!({ "org": "Prod", "soql": SOQL })).await;
    assert_snapshot!(told["error"]["message"], @r#""There is no org \"Prod\".""#);
    assert_eq!(told["error"]["problems"][0]["did_you_mean"], json!(["prod"]));
    for wrong in [json!(null), json!("text"), json!({ "org": 7 }), json!({ "org": ["prod"] })] {
        let told = call(&world.tools, "salesforce_query", wrong).await;
        assert_eq!(told["error"]["problems"][0]["at"], "org", "{told}");
    }
    let told = call(&world.tools, "salesforce_qeury", json!({ "org": "prod" })).await;
    assert!(told.to_string().contains("Did you mean salesforce_query?"), "{told}");
    let told = call(&world.tools, "salesforce_qeury", json!({})).await;
    assert!(told.to_string().contains("Did you mean salesforce_query?"), "{told}");
}

/// What goes on, helps or exemplifies can be called as it stands.
#[tokio::test]
async fn suggested_calls_name_their_org() {
    let world = world().await;
    let first = json!({ "org": "box", "soql": SOQL, "max_rows": 60 });
    let seen = call(&world.tools, "salesforce_query", first).await;
    let next = &seen["completeness"]["next"];
    assert_eq!(next["arguments"]["org"], "box");
    let tool = next["tool"].as_str().unwrap();
    let rest = call(&world.tools, tool, next["arguments"].clone()).await;
    assert_eq!(rest["rows"].as_array().map(Vec::len), Some(40), "{rest}");
    let told = call(&world.tools, "salesforce_query", json!({ "org": "box" })).await;
    assert_eq!(told["error"]["example"]["org"], "box", "{told}");
}

#[tokio::test]
async fn a_cursor_and_a_digest_are_good_in_their_org_alone() {
    let org = Emulator::builder().contacts(300).start().await.unwrap();
    // The same user of the same org under two aliases: nothing but the alias tells them apart.
    let tools = over(&org, Policy::read_write());
    let tools = ToolSet::several([("a", tools.clone()), ("b", tools)]).unwrap();
    let first = json!({ "org": "a", "soql": SOQL, "max_rows": 60 });
    let seen = call(&tools, "salesforce_query", first).await;
    let mut next = seen["completeness"]["next"]["arguments"].clone();
    next["org"] = json!("b");
    let told = call(&tools, "salesforce_next_page", next).await;
    assert!(told["error"]["message"].as_str().unwrap().contains("another connection"), "{told}");

    let plan = json!({ "org": "a", "operations": [
        { "action": "create", "object": "Contact", "records": [{ "LastName": "Ito" }] } ] });
    let plan = call(&tools, "salesforce_prepare_write", plan).await;
    let mut apply = json!({ "org": "b", "digest": plan["digest"] });
    let told = call(&tools, "salesforce_apply_write", apply.clone()).await;
    assert_eq!(told["error"]["class"], "fix_your_call", "{told}");
    apply["org"] = json!("a");
    let done = call(&tools, "salesforce_apply_write", apply).await;
    assert!(done.get("error").is_none(), "{done}");
}

/// Remembers what it is asked, and agrees.
#[derive(Default)]
struct Agrees(Mutex<Vec<String>>);

#[async_trait]
impl AskPerson for Agrees {
    async fn ask(&self, question: Question) -> Answer {
        self.0.lock().unwrap().push(question.text);
        Answer::Approved
    }
}

#[tokio::test]
async fn a_person_reads_which_org_it_is() {
    let org = Emulator::builder().contacts(10).start().await.unwrap();
    let policy = Policy::read_write().ask_before(Effect::Create);
    let tools = ToolSet::several([("prod", over(&org, policy))]).unwrap();
    let person = Arc::new(Agrees::default());
    let create = json!({ "org": "prod", "object": "Contact", "records": [{ "LastName": "Ito" }] });
    let cx = CallContext::default();
    let alone = tools.call(&cx, "salesforce_create_records", create.clone()).await.unwrap_err();
    assert!(alone.message.contains("nobody could be asked"), "{alone}");
    let cx = cx.with_person(person.clone());
    tools.call(&cx, "salesforce_create_records", create).await.unwrap();
    assert_snapshot!(person.0.lock().unwrap().join("\n"), @"In the org prod: May the agent create records as shown?");
}

#[tokio::test]
async fn profiles_and_budgets_hold_for_all_together() {
    let world = world().await;
    let core = world.tools.clone().filter(|tool| Profile::Core.has(&tool.name));
    assert!(core.definition("salesforce_create_records").is_none());
    assert!(core.definition("salesforce_query").is_some());
    let fitted = world.tools.fit(1_500);
    assert!(fitted.tokens <= 1_500 && tokens(&fitted.tools) == fitted.tokens);
    assert!(!fitted.dropped.is_empty() && !fitted.tools.definitions().is_empty());
    assert!(world.tools.fit(0).tools.definitions().is_empty());
}

#[tokio::test]
async fn aliases_are_words_and_distinct() {
    let org = Emulator::builder().contacts(10).start().await.unwrap();
    let tools = || over(&org, Policy::read_only());
    let told = |orgs: Vec<(&str, ToolSet)>| ToolSet::several(orgs).unwrap_err().to_string();
    assert_snapshot!(told(vec![]), @"no org was named");
    assert_snapshot!(told(vec![("a", tools()), ("a", tools())]), @r#"two orgs have the alias "a""#);
    assert_snapshot!(told(vec![("my org", tools())]), @r#""my org" cannot be the alias of an org: it must be a word without spaces"#);
    let nested = ToolSet::several([("a", tools())]).unwrap();
    assert_snapshot!(told(vec![("b", nested)]), @r#"the tools of "b" are those of several orgs already"#);
}
