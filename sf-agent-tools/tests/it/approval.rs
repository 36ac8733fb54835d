//! What a person must agree to, and what a tool must declare: no way around either.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Effect, Limits, Org, Policy, Question, Reply, Tool, ToolError,
};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, agent_with, client};

/// Answers every question alike, and remembers them.
struct Person(Answer, Mutex<Vec<Question>>);

impl Person {
    fn who(answer: Answer) -> Arc<Self> {
        Arc::new(Self(answer, Mutex::default()))
    }
}

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        self.1.lock().unwrap().push(question);
        self.0
    }
}

/// A tool that creates, whatever it says it does.
struct Creator(&'static [Effect]);

#[derive(Deserialize, JsonSchema)]
struct NoArgs {}

impl Tool for Creator {
    type Args = NoArgs;
    type Output = Map<String, Value>;

    fn name(&self) -> &str {
        "acme_create"
    }

    fn title(&self) -> &str {
        "Create"
    }

    fn description(&self) -> &str {
        "Creates a contact."
    }

    fn effects(&self) -> &[Effect] {
        self.0
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        _: NoArgs,
    ) -> Result<Reply<Self::Output>, ToolError> {
        org.create(cx, "Contact", &[contact()], true).await?;
        Ok(Reply::complete(Map::new()))
    }
}

fn contact() -> Map<String, Value> {
    json!({ "LastName": "Sly" }).as_object().unwrap().clone()
}

fn writes(agent: &Agent) -> usize {
    agent.org.requests().iter().filter(|r| r.operation.is_write()).count()
}

fn upsert() -> Value {
    json!({
        "object": "Invoice__c",
        "external_id_field": "External_Id__c",
        "records": [{ "External_Id__c": "A-1", "Amount__c": 10 }]
    })
}

#[tokio::test]
async fn an_upsert_is_asked_about_as_a_create() {
    let policy = Policy::read_write().ask_before(Effect::Create);
    let agent = agent_with(policy, Limits::default()).await;
    let error = agent.refused("salesforce_upsert_records", upsert()).await;
    assert_eq!(error["class"], "ask_a_person");
    assert!(error["message"].as_str().unwrap().contains("nobody could be asked"), "{error}");

    let no = Person::who(Answer::Declined);
    let cx = CallContext::default().with_person(no.clone());
    let error = agent.tools.call(&cx, "salesforce_upsert_records", upsert()).await.unwrap_err();
    assert!(error.message.contains("declined"), "{error}");
    let question = no.1.lock().unwrap().remove(0);
    assert_eq!(question.text, "May the agent create records as shown?");
    assert_eq!(question.effects, [Effect::Create]);
    assert_eq!(writes(&agent), 0);
}

#[tokio::test]
async fn one_question_names_all_that_is_asked_about() {
    let policy = Policy::read_write().ask_before(Effect::Create).ask_before(Effect::Update);
    let agent = agent_with(policy, Limits::default()).await;
    let yes = Person::who(Answer::Approved);
    let cx = CallContext::default().with_person(yes.clone());
    agent.tools.call(&cx, "salesforce_upsert_records", upsert()).await.ok();
    let asked: Vec<String> = yes.1.lock().unwrap().iter().map(|q| q.text.clone()).collect();
    assert_eq!(asked, ["May the agent create and update records as shown?"]);
    assert_eq!(writes(&agent), 1);
}

#[tokio::test]
async fn a_tool_does_only_what_it_declares() {
    for policy in [Policy::read_write(), Policy::read_write().ask_before(Effect::Create)] {
        let Agent { org, tools } = agent_with(policy.clone(), Limits::default()).await;
        let agent = Agent { org, tools: tools.with(Creator(&[Effect::Read])) };
        let cx = CallContext::default().with_person(Person::who(Answer::Approved));
        let error = agent.tools.call(&cx, "acme_create", json!({})).await.unwrap_err();
        assert_eq!(error.class.as_str(), "ask_a_person", "{policy:?}: {error}");
        assert!(error.message.contains("not what it declares"), "{error}");
        assert_eq!(writes(&agent), 0, "{policy:?}");

        // One that declares it is asked about, and then does it.
        let agent = Agent { org: agent.org, tools: agent.tools.with(Creator(&[Effect::Create])) };
        agent.tools.call(&cx, "acme_create", json!({})).await.unwrap();
        assert_eq!(writes(&agent), 1, "{policy:?}");
    }
}

#[tokio::test]
async fn the_org_itself_refuses_what_nobody_agreed_to() {
    let policy = Policy::read_write().ask_before(Effect::Create);
    let agent = agent_with(policy.clone(), Limits::default()).await;
    let org = Org::new(client(&agent.org), policy);
    let cx = CallContext::default().with_person(Person::who(Answer::Approved));
    let error = org.create(&cx, "Contact", &[contact()], true).await.unwrap_err();
    assert!(error.message.contains("asks a person before creating records"), "{error}");
    let key = "External_Id__c";
    let error = org.upsert(&cx, "Invoice__c", key, &[Map::new()], true).await.unwrap_err();
    assert!(error.message.contains("asks a person before creating records"), "{error}");
    assert_eq!(writes(&agent), 0);
}

#[tokio::test]
async fn the_org_itself_refuses_what_the_policy_does() {
    let agent = agent_with(Policy::read_only(), Limits::default()).await;
    let cx = CallContext::default();
    // An upsert needs both of its effects.
    for (allowed, says) in [(Effect::Update, "creating"), (Effect::Create, "updating")] {
        let org = Org::new(client(&agent.org), Policy::read_only().allow(allowed));
        let error =
            org.upsert(&cx, "Invoice__c", "External_Id__c", &[Map::new()], true).await.unwrap_err();
        let says = format!("does not allow {says} records");
        assert!(error.message.contains(&says), "{error}");
    }
    let org = Org::new(client(&agent.org), Policy::read_only());
    let error = org.create(&cx, "Contact", &[contact()], true).await.unwrap_err();
    assert!(error.message.contains("does not allow creating records"), "{error}");
    let error = org.update(&cx, "Contact", &[], true).await.unwrap_err();
    assert!(error.message.contains("does not allow updating records"), "{error}");
    let error = org.delete(&cx, "Contact", &[], true).await.unwrap_err();
    assert!(error.message.contains("does not allow deleting records"), "{error}");
    assert!(agent.org.requests().is_empty());
}

#[tokio::test]
async fn a_cancelled_write_is_not_sent() {
    let agent = agent_with(Policy::read_write(), Limits::default()).await;
    let org = Org::new(client(&agent.org), Policy::read_write());
    let token = CancellationToken::new();
    token.cancel();
    let cx = CallContext::default().with_cancellation(token);
    let error = org.create(&cx, "Contact", &[contact()], true).await.unwrap_err();
    assert_eq!(error, ToolError::cancelled());
    assert!(agent.org.requests().is_empty());
}
