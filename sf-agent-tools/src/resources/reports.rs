//! Reports as resources: their list, and what one of them shows now.

use async_trait::async_trait;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use super::address::{RESERVED, SCHEME};
use super::{Completion, ResourceInfo, ResourceProvider, ResourceTemplate, ResourceText, ranked};
use crate::{CallContext, Org, ToolError, ToolSet};

const LIST: &str = "salesforce_list_reports";
const RUN: &str = "salesforce_run_report";
const JSON: &str = "application/json";
/// Reports whose names are offered.
const NAMES: u32 = 200;

/// The reports of one org, as the tools for them tell them: the same rules, caps and completeness.
pub(super) struct Reports {
    tools: ToolSet,
    name: String,
    /// What it is called among several orgs, by which its calls are bound then.
    alias: Option<String>,
    root: String,
}

impl Reports {
    pub(super) fn new(org: Org, name: &str, alias: Option<&str>) -> Self {
        let root = format!("{SCHEME}{}/reports", utf8_percent_encode(name, RESERVED));
        let (name, alias) = (name.to_owned(), alias.map(str::to_owned));
        Self { tools: ToolSet::salesforce(org), name, alias, root }
    }

    /// A policy may hold the tools back.
    fn offered(&self) -> bool {
        [LIST, RUN].iter().all(|tool| self.tools.definition(tool).is_some())
    }

    /// With rules the object has to be given, too.
    async fn seen(&self) -> Result<bool, ToolError> {
        let objects = self.tools.org().objects().await?;
        Ok(self.offered() && objects.iter().any(|object| object.name == "Report"))
    }

    fn template(&self) -> String {
        format!("{}/{{report}}", self.root)
    }

    async fn call(&self, cx: &CallContext, tool: &str, args: Value) -> Result<Value, ToolError> {
        let Some(alias) = &self.alias else {
            return Ok(self.tools.call(cx, tool, args).await?.to_model());
        };
        let cx = crate::orgs::within(cx, alias);
        let mut told = self.tools.call(&cx, tool, args).await?.to_model();
        // The call that goes on would have to name the org.
        if let Some(completeness) = told.get_mut("completeness").and_then(Value::as_object_mut) {
            completeness.remove("next");
        }
        Ok(told)
    }
}

#[async_trait]
impl ResourceProvider for Reports {
    async fn list(&self, _: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        if !self.seen().await? {
            return Ok(Vec::new());
        }
        let title = format!("Reports of {}", self.name);
        let all = ResourceInfo::new(&self.root, "reports", title)
            .described("The reports that this user can run, with folder and description.")
            .of_type(JSON, None);
        Ok(vec![all])
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        if !self.offered() {
            return Vec::new();
        }
        let about = format!(
            "Totals and groups of one report in {}, or its rows if it has no groups.",
            self.name
        );
        let mut one =
            ResourceTemplate::new(self.template(), "report", "What a report shows", about);
        one.mime_type = JSON.to_owned();
        vec![one]
    }

    async fn read(&self, cx: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError> {
        let Some(rest) = uri.strip_prefix(&self.root) else { return Ok(None) };
        let told = match rest.strip_prefix('/') {
            None if rest.is_empty() => self.call(cx, LIST, json!({ "max_rows": NAMES })).await?,
            Some(report) if !report.is_empty() && !report.contains('/') => {
                let Ok(report) = percent_decode_str(report).decode_utf8() else { return Ok(None) };
                self.call(cx, RUN, json!({ "report": report })).await?
            }
            _ => return Ok(None),
        };
        Ok(Some(ResourceText::new(uri, JSON, format!("{told:#}"))))
    }

    async fn complete(
        &self,
        template: &str,
        argument: &str,
        typed: &str,
        _: &(dyn for<'a> Fn(&'a str) -> Option<String> + Sync),
    ) -> Result<Option<Completion>, ToolError> {
        if template != self.template() {
            return Ok(None);
        }
        if argument != "report" || !self.seen().await? {
            return Ok(Some(Completion::default()));
        }
        let found = self.call(&CallContext::default(), LIST, json!({ "max_rows": NAMES })).await?;
        let names: Vec<&str> = found["reports"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|report| report[1].as_str())
            .collect();
        Ok(Some(ranked(typed, names.into_iter().map(|name| (name, "")))))
    }
}
