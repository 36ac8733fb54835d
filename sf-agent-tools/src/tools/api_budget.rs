//! `salesforce_api_budget`: how many requests are left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Tells how many requests are left.
pub(crate) struct ApiBudget;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API requests of the whole org in the last 24 hours, as the latest answer stated them.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    /// What this session used of its caps, and what is left; none if nothing is capped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    session: Vec<Cap>,
    /// What it comes to.
    verdict: String,
}

#[derive(Serialize, JsonSchema)]
struct Day {
    /// Used.
    used: u64,
    /// Allowed.
    max: u64,
    /// Left.
    left: u64,
    /// Of these, kept for others: with fewer left this connection sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserve: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Cap {
    /// Of what.
    of: &'static str,
    /// Used.
    used: u64,
    /// The most.
    max: u64,
    /// Left.
    left: u64,
}

impl Tool for ApiBudget {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_api_budget"
    }

    fn title(&self) -> &str {
        "API budget"
    }

    fn description(&self) -> &str {
        "Tells how many API requests the org has left today, and this session under its caps."
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(&self, cx: &CallContext, org: &Org, _: Args) -> Result<Reply<Output>, ToolError> {
        let (usage, reserve) = cx.unless_cancelled(org.usage()).await?;
        let day = usage.map(|usage| Day {
            used: usage.used,
            max: usage.max,
            left: usage.remaining(),
            reserve,
        });
        let mut session = Vec::new();
        if let Some((used, caps)) = org.used() {
            let all = [
                ("requests for data", used.calls, caps.api_calls),
                ("rows read", used.rows, caps.rows_per_session),
                ("records written", used.written, caps.rows_written),
            ];
            for (of, used, max) in all {
                session.extend(max.map(|max| Cap {
                    of,
                    used,
                    max,
                    left: max.saturating_sub(used),
                }));
            }
        }
        let verdict = verdict(day.as_ref(), &session);
        Ok(Reply::complete(Output { day, session, verdict }))
    }
}

fn verdict(day: Option<&Day>, session: &[Cap]) -> String {
    if let Some(spent) = session.iter().find(|cap| cap.left == 0) {
        return format!(
            "The cap of this session on {} is used up; a person can raise it.",
            spent.of
        );
    }
    let of_session =
        session.iter().filter(|cap| cap.of.starts_with("requests")).map(|cap| cap.left);
    let of_day = day.map(|day| day.left.saturating_sub(day.reserve.unwrap_or(0)));
    match of_session.chain(of_day).min() {
        Some(0) => "No request is left today; the org's count frees up over 24 hours.".to_owned(),
        Some(left) => format!("{left} more requests can be sent."),
        None => "The org does not say how many requests it has left.".to_owned(),
    }
}
