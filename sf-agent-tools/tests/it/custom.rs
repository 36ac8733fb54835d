//! Tools that others write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Effect, Org, Reply, Tool, ToolError};

use crate::support::{Agent, agent};

/// Lists the names of records, as a bare list.
struct Names(&'static str);

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    /// From A to Z.
    Up,
    /// From Z to A.
    Down,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// API name of the object.
    object: String,
    /// Order of the names.
    order: Option<Order>,
}

impl Tool for Names {
    type Args = Args;
    type Output = Vec<String>;

    fn name(&self) -> &str {
        self.0
    }

    fn title(&self) -> &str {
        "Names"
    }

    fn description(&self) -> &str {
        "Lists the names of three records."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "order": "up" })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Vec<String>>, ToolError> {
        let order = match args.order.unwrap_or(Order::Up) {
            Order::Up => "ASC",
            Order::Down => "DESC",
        };
        let object = org.object(&args.object).await?;
        let soql = format!("SELECT Name FROM {} ORDER BY Name {order} LIMIT 3", object.name);
        let page = org.query(&org.parse(&soql)?).await?;
        let names = page.records.iter().filter_map(|r| r.get("Name")?.as_str().map(str::to_owned));
        Ok(Reply::complete(names.collect()).with_link("https://example.com", "The list"))
    }
}

#[tokio::test]
async fn a_tool_of_ones_own_stands_beside_the_others() {
    let Agent { org, tools } = agent().await;
    let others = tools.definitions().len();
    let agent = Agent { org, tools: tools.with(Names("acme_names")) };
    assert_eq!(agent.tools.definitions().len(), others + 1);
    let up = agent.ok("acme_names", json!({ "object": "account" })).await;
    assert_eq!(up["result"].as_array().unwrap().len(), 3);
    assert_eq!(up["links"][0]["title"], "The list");
    let down = agent.ok("acme_names", json!({ "object": "account", "order": "down" })).await;
    assert_ne!(up["result"], down["result"]);

    let error =
        agent.refused("acme_names", json!({ "object": "Account", "order": "sideways" })).await;
    assert_eq!(error["problems"][0]["at"], "order");
    assert!(error.to_string().contains("up") && error.to_string().contains("down"), "{error}");
}

#[tokio::test]
async fn one_of_the_same_name_replaces_and_a_filter_leaves_out() {
    let tools = agent().await.tools;
    let all = tools.definitions().len();
    let tools = tools.with(Names("salesforce_query"));
    assert_eq!(tools.definitions().len(), all);
    assert_eq!(tools.definition("salesforce_query").unwrap().title, "Names");
    let few = tools.filter(|d| d.name.ends_with("_object"));
    assert_eq!(few.definitions().len(), 1);
}
