//! What a program says with its calls: whose they are, whom to ask, whom to tell, and when to stop.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Effect, Limits, Org, Policy, Progress, Question, ToolSet,
};

use super::{CREATE, QUERY, Setup};
use crate::{Connect, TestOrg};

/// Answers every question alike, and notes whose call it was about.
struct Person(Answer, Mutex<Vec<String>>);

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).push(question.tool);
        self.0
    }
}

/// A question of the policy goes to the person of the context, whose answer decides.
pub(super) async fn person(connect: &dyn Connect) -> Result<()> {
    for (answer, writes) in [(Answer::Approved, 1), (Answer::Declined, 0)] {
        let person = Arc::new(Person(answer, Mutex::default()));
        let policy = Policy::read_only().ask_before(Effect::Create);
        let org = TestOrg::start().await?;
        let tools = org.tools(policy);
        let context = CallContext::default().with_person(person.clone());
        let setup = Setup::over(connect, org, tools, context).await?;
        let account = json!({ "object": "Account", "records": [{ "Name": "Asked about" }] });
        if writes == 1 {
            setup.call(CREATE, account).await?;
        } else {
            setup.fail(CREATE, account, "ask_a_person").await?;
        }
        let asked = person.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ensure!(asked == [CREATE], "{answer:?}: asked about {asked:?}");
        let sent = setup.org.writes();
        ensure!(sent == writes, "{answer:?}: {sent} writes were sent");
    }
    Ok(())
}

/// What was told last.
#[derive(Default)]
struct Told(Mutex<Option<(u64, Option<u64>)>>);

impl Progress for Told {
    fn report(&self, done: u64, total: Option<u64>, _: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((done, total));
    }
}

/// A read of several pages tells how far it is.
pub(super) async fn progress(connect: &dyn Connect) -> Result<()> {
    let org = TestOrg::start().await?;
    let mut limits = Limits::default();
    (limits.page_size, limits.rows, limits.tokens) = (Some(200), 2_000, 1_000_000);
    let guarded = Org::builder(org.client(), Policy::read_only()).limits(limits).build();
    let told = Arc::new(Told::default());
    let context = CallContext::default().with_progress(told.clone());
    let setup = Setup::over(connect, org, ToolSet::salesforce(guarded), context).await?;
    setup.call(QUERY, json!({ "soql": "SELECT Id FROM Contact LIMIT 600" })).await?;
    let last = *told.0.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(last == Some((400, Some(600))), "before the last page was read, {last:?} was told");
    Ok(())
}

/// A call that was taken back sends nothing, and the model reads that.
pub(super) async fn cancelled(connect: &dyn Connect) -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let context = CallContext::default();
    context.cancellation().cancel();
    let setup = Setup::over(connect, org, tools, context).await?;
    let soql = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    let error = setup.fail(QUERY, soql, "try_later").await?;
    let says = error["message"].as_str().is_some_and(|text| text.contains("cancelled"));
    ensure!(says, "the model does not read that the call was cancelled: {error}");
    let sent = setup.org.emulator().requests();
    ensure!(sent.is_empty(), "{} requests were sent", sent.len());
    Ok(())
}

/// What a call hands out is its caller's, and refused to another.
pub(super) async fn identity(connect: &dyn Connect) -> Result<()> {
    let (ada, bob) = (caller("ada"), caller("bob"));
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let mut setup = Setup::over(connect, org, tools.clone(), ada).await?;
    let soql = json!({ "soql": "SELECT Id FROM Contact", "max_rows": 5 });
    let next = setup.call(QUERY, soql).await?["completeness"]["next"].take();
    let tool = next["tool"].as_str().context("a partial result names no next call")?;
    let arguments: &Value = &next["arguments"];
    setup.call(tool, arguments.clone()).await?;
    setup.adapter = connect.connect(tools, bob).await?;
    setup.fail(tool, arguments.clone(), "fix_your_call").await?;
    Ok(())
}

fn caller(name: &str) -> CallContext {
    CallContext::default().with_identity(name)
}
