//! The tools that one identity's agent may use.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tracing::Instrument;

use crate::context::{Answer, Clearance, Question};
use crate::effect::to_do;
use crate::notes::noted;
use crate::orgs::Orgs;
use crate::policy::one_call;
use crate::tool::Erased;
use crate::{
    CallContext, DynTool, Effect, Org, Problem, Prompt, Resources, Tool, ToolDefinition, ToolError,
    ToolReply,
};

/// The tools of one identity. Cheap to clone; clones share the org, its caches
/// and its cursors.
#[derive(Clone)]
pub struct ToolSet {
    org: Org,
    tools: Arc<[Arc<dyn DynTool>]>,
    /// The orgs, if there are several; then the two above are not used.
    pub(crate) orgs: Option<Arc<Orgs>>,
    /// Prompts that were added to ours.
    pub(crate) prompts: Arc<[Prompt]>,
}

impl ToolSet {
    /// A set without tools.
    #[must_use]
    pub fn empty(org: Org) -> Self {
        Self { org, tools: Arc::new([]), orgs: None, prompts: Arc::new([]) }
    }

    /// All Salesforce tools; which of them may be used is the policy of `org`.
    #[must_use]
    pub fn salesforce(org: Org) -> Self {
        crate::tools::add_all(Self::empty(org))
    }

    /// All Salesforce tools for a connected account, by its owner's own identifier: they act with
    /// that user's own rights in that user's own org, limited further by `policy`. Nothing is sent
    /// until a tool is called; whether there is such an account, and whether it is still authorized,
    /// shows then.
    ///
    /// # Errors
    /// If the HTTP transport cannot be set up.
    #[cfg(feature = "accounts")]
    pub fn for_account(
        accounts: &sf_auth::accounts::Accounts,
        identifier: &str,
        policy: crate::Policy,
    ) -> Result<Self, sf_rest::Error> {
        let credentials = Arc::new(accounts.credentials(identifier));
        Ok(Self::salesforce(Org::new(sf_rest::Client::new(credentials)?, policy)))
    }

    /// The org that the tools work on; the first of several.
    pub(crate) fn org(&self) -> &Org {
        &self.org
    }

    /// Waits until nothing goes on that a call has begun and whose caller went away: a write that was
    /// sent and its line in the audit log, a job that is being aborted. For a host that is about to
    /// end; it sets its own limit to that.
    pub async fn settled(&self) {
        match &self.orgs {
            None => self.org.tasks().wait().await,
            Some(orgs) => {
                for (_, tools) in orgs.members() {
                    tools.org.tasks().wait().await;
                }
            }
        }
    }

    /// What can be read by address. Addresses call the org by its name, and several orgs by their
    /// aliases.
    #[must_use]
    pub fn resources(&self) -> Resources {
        let several = self.orgs.iter().flat_map(|orgs| orgs.members());
        let each = several.map(|(alias, tools)| Resources::named(tools.org(), alias));
        each.reduce(|all, one| all.and(&one)).unwrap_or_else(|| Resources::new(&self.org))
    }

    /// Adds a tool. One of the same name is replaced. Of several orgs each gets it, unless it has an
    /// argument `org` of its own, which is logged.
    #[must_use]
    pub fn with<T: Tool>(self, tool: T) -> Self {
        self.add(&(Arc::new(Erased::new(tool)) as Arc<dyn DynTool>))
    }

    fn add(self, tool: &Arc<dyn DynTool>) -> Self {
        if let Some(orgs) = &self.orgs {
            return orgs.map(|tools| tools.clone().add(tool)).unwrap_or_else(|error| {
                tracing::error!(%error, "a tool was not added");
                self
            });
        }
        let tool = Arc::clone(tool);
        let name = tool.definition().name.clone();
        let mut tools: Vec<_> = self.tools.to_vec();
        match tools.iter_mut().find(|t| t.definition().name == name) {
            Some(slot) => *slot = tool,
            None => tools.push(tool),
        }
        Self { tools: tools.into(), ..self }
    }

    /// Keeps only the tools whose definition `keep` accepts.
    #[must_use]
    pub fn filter(self, keep: impl Fn(&ToolDefinition) -> bool) -> Self {
        self.kept(&keep)
    }

    fn kept(self, keep: &dyn Fn(&ToolDefinition) -> bool) -> Self {
        if let Some(orgs) = &self.orgs {
            return orgs.map(|tools| tools.clone().kept(keep)).unwrap_or(self);
        }
        let tools = self.tools.iter().filter(|t| keep(t.definition())).cloned().collect();
        Self { tools, ..self }
    }

    /// The tools that the policy allows, in a fixed order.
    #[must_use]
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        if let Some(orgs) = &self.orgs {
            return orgs.definitions().to_vec();
        }
        self.allowed().map(|tool| tool.definition().under(self.org.policy())).collect()
    }

    /// The definition of one tool that the policy allows.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<ToolDefinition> {
        if let Some(orgs) = &self.orgs {
            return orgs.definitions().iter().find(|d| d.name == name).cloned();
        }
        let found = self.allowed().map(|t| t.definition()).find(|d| d.name == name);
        found.map(|definition| definition.under(self.org.policy()))
    }

    /// Calls a tool by name.
    ///
    /// # Errors
    /// An unknown tool, arguments that do not fit its schema, an effect that
    /// the policy refuses or a person declined, and whatever the tool itself
    /// reports; each says what to do.
    pub async fn call(
        &self,
        cx: &CallContext,
        name: &str,
        arguments: Value,
    ) -> Result<ToolReply, ToolError> {
        if let Some(orgs) = &self.orgs {
            // Boxed, since it comes back here for one of them.
            return Box::pin(orgs.call(cx, name, arguments)).await;
        }
        // A tool that is switched off does not exist.
        let offered = |t: &&Arc<dyn DynTool>| {
            t.definition().name == name && self.org.policy().offers_tool(name)
        };
        let Some(tool) = self.tools.iter().find(offered) else {
            return Err(self.unknown(name));
        };
        let span = tracing::info_span!("tool", name);
        // Boxed, since each future around it, here and in a host, would hold it whole.
        let call = noted(cx, one_call(Box::pin(self.run(cx, &**tool, arguments))));
        let outcome = call.instrument(span).await;
        outcome.map_err(|error| self.org.scrubbed(error))
    }

    async fn run(
        &self,
        cx: &CallContext,
        tool: &dyn DynTool,
        arguments: Value,
    ) -> Result<ToolReply, ToolError> {
        let definition = tool.definition();
        let asks = self.admit(cx, tool, &arguments).await?;
        // Of a tool that calls this one, too: what it has written must not be written twice.
        let wrote = cx.clearance().map(|outer| Arc::clone(&outer.wrote)).unwrap_or_default();
        let clearance = Clearance {
            declared: definition.effects.clone(),
            approved: asks,
            tool: Some(definition.name.clone()),
            shown: false,
            wrote: Arc::clone(&wrote),
        };
        let cx = &cx.with_clearance(clearance);
        let again = arguments.clone();
        match self.run_admitted(cx, tool, arguments).await {
            // The org may have what was not there when its schema was read. Another's tool may have
            // written before it came to that.
            Err(error)
                if error.by_schema && !wrote.load(Ordering::Relaxed) && self.org.doubt_schema() =>
            {
                self.run_admitted(cx, tool, again).await
            }
            told => told,
        }
    }

    async fn run_admitted(
        &self,
        cx: &CallContext,
        tool: &dyn DynTool,
        arguments: Value,
    ) -> Result<ToolReply, ToolError> {
        let definition = tool.definition();
        if definition.effect.is_write() {
            // A write decides for itself up to when it can still be stopped.
            return tool.call(cx, &self.org, arguments).await;
        }
        let noted = self.org.notes_reads().then(|| arguments.clone());
        let told = cx.unless_cancelled(tool.call(cx, &self.org, arguments)).await;
        if let Some(arguments) = noted {
            let outcome = told.as_ref().map_or_else(|e| e.class.as_str(), |_| "ok");
            self.org.note_read(cx, &definition.name, arguments, outcome).await;
        }
        told
    }

    /// Refuses a call that may not be made. Gives the effects to which a person has agreed.
    async fn admit(
        &self,
        cx: &CallContext,
        tool: &dyn DynTool,
        arguments: &Value,
    ) -> Result<Vec<Effect>, ToolError> {
        let definition = tool.definition();
        let policy = self.org.policy();
        definition.check(policy)?;
        self.org.open()?;
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        let asks = definition.asked_before(policy);
        if !asks.is_empty() {
            self.ask(cx, &definition.name, &asks, arguments).await?;
        }
        Ok(asks)
    }

    /// As before a call of a tool, for what is done in its place.
    pub(crate) async fn enter(
        &self,
        cx: &CallContext,
        name: &str,
        arguments: &Value,
    ) -> Result<(), ToolError> {
        let tool = self.allowed().find(|tool| tool.definition().name == name);
        let tool = tool.ok_or_else(|| self.unknown(name))?;
        self.admit(cx, &**tool, arguments).await.map(drop)
    }

    /// Other tools over the same org.
    pub(crate) fn of_tools(&self, tools: impl IntoIterator<Item = Arc<dyn DynTool>>) -> Self {
        let prompts = Arc::clone(&self.prompts);
        Self { org: self.org.clone(), tools: tools.into_iter().collect(), orgs: None, prompts }
    }

    pub(crate) fn allowed(&self) -> impl Iterator<Item = &Arc<dyn DynTool>> {
        let policy = self.org.policy();
        self.tools.iter().filter(|tool| {
            let definition = tool.definition();
            policy.offers_tool(&definition.name)
                && definition.is_allowed(policy)
                // A tool that could only refuse is not worth its tokens.
                && (definition.name != crate::tools::RUN_ACTION || self.org.runs_actions())
        })
    }

    async fn ask(
        &self,
        cx: &CallContext,
        tool: &str,
        effects: &[Effect],
        arguments: &Value,
    ) -> Result<(), ToolError> {
        let question = Question {
            tool: tool.to_owned(),
            text: format!("May the agent {} with these arguments?", to_do(effects)),
            effects: effects.to_vec(),
            arguments: arguments.clone(),
            preview: None,
        };
        match cx.unless_cancelled(async { Ok(cx.ask(question).await) }).await? {
            Answer::Approved => Ok(()),
            Answer::Declined => Err(ToolError::ask_a_person(format!(
                "A person was asked and declined this call of {tool}. Nothing was changed. Do not \
                 repeat it unless they ask for it."
            ))),
            Answer::Unavailable => Err(ToolError::ask_a_person(format!(
                "{tool} needs a person's approval, and nobody could be asked. Nothing was changed. {}",
                crate::question::HOW_TO_GO_ON
            ))),
        }
    }

    pub(crate) fn unknown(&self, name: &str) -> ToolError {
        let names: Vec<String> = self.allowed().map(|t| t.definition().name.clone()).collect();
        let near = sf_schema::suggest(name, names.iter().map(String::as_str));
        let message = match near.first() {
            Some(near) => format!("There is no tool {name:?}. Did you mean {near}?"),
            None => format!("There is no tool {name:?}."),
        };
        let allowed = names.into_iter().map(Value::String).collect::<Vec<_>>();
        let bound = allowed.len();
        ToolError::fix_your_call(crate::text::shorten(&message, 300)).with_problem(
            Problem::new("", "Use one of these tools.").allowed(allowed, bound).did_you_mean(near),
        )
    }
}

impl std::fmt::Debug for ToolSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(orgs) = &self.orgs {
            return f.debug_map().entries(orgs.members().iter().map(|(k, v)| (k, v))).finish();
        }
        let names: Vec<_> = self.tools.iter().map(|t| t.definition().name.clone()).collect();
        f.debug_struct("ToolSet").field("tools", &names).finish_non_exhaustive()
    }
}
