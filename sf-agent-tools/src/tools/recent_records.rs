//! `salesforce_recent_records`: what the user worked on last.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rows::{Bounds, Columns, Kept, Rows, Table, Units, plain, rows_of};
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Lists recent records.
pub(crate) struct RecentRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Only of this object.
    object: Option<String>,
}

impl Tool for RecentRecords {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        "salesforce_recent_records"
    }

    fn title(&self) -> &str {
        "Recent records"
    }

    fn description(&self) -> &str {
        "Lists the records that this user viewed or used last, newest first: the last 200 of all \
         objects."
    }

    fn example(&self) -> Value {
        json!({ "object": "Opportunity" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let wanted = match args.object.as_deref().filter(|object| !object.trim().is_empty()) {
            Some(object) => Some(org.resolve(object).await?.name.clone()),
            None => None,
        };
        // What this user cannot see is not told of, whatever the platform lists.
        let visible = org.objects().await?;
        let shown = |object: &str| match &wanted {
            Some(wanted) => object == wanted,
            None => visible.iter().any(|o| o.name == object),
        };
        let mut rows = Vec::new();
        for record in org.recent().await? {
            let Some(object) = record.object_type().filter(|object| shown(object)) else {
                continue;
            };
            let cell = |name: &str| {
                record.get(name).map_or(Value::Null, |value| plain(&value, usize::MAX, &mut 0))
            };
            rows.push(vec![json!(object), cell("Id"), cell("Name")]);
        }
        let columns = Columns::named(["object", "Id", "Name"]);
        let name = wanted.unwrap_or_else(|| "recent records".to_owned());
        let page = Kept::whole(name, columns, Rows::Cells(rows), Units::default())?;
        let (page, bounds) = (org.pages().keep(page), Bounds::new(org, None, None));
        let mut reply = rows_of(cx, org, page, None, bounds).await?;
        if args.object.is_some_and(|object| !object.trim().is_empty()) {
            let note = "These are among the last 200 of all objects; older ones are not known.";
            reply.data.about.notes.push(note.to_owned());
        }
        Ok(reply)
    }
}
