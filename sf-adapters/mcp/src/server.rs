//! The server: what one identity is offered, behind MCP's request handlers.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, GetPromptRequestParams, GetPromptResponse, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use sf_agent_tools::{CallContext, PausedCalls, Resources, ToolSet};
use tokio::sync::watch;

use crate::changes::{self, Wish};
use crate::offer::{Offer, ToolsHandle};
use crate::session::Session;
use crate::{call, complete, era, info, list, log, prompts, resources};

/// An MCP server over one [`ToolSet`], so over one identity and one policy.
///
/// It is an rmcp [`ServerHandler`]: [`serve_stdio`](crate::serve_stdio) runs it
/// over standard input and output, [`Server::serve_stream`] over other byte
/// streams, and every other transport of rmcp takes it as it is. A clone serves another
/// connection of the same identity.
pub struct Server {
    offer: watch::Sender<Offer>,
    identity: Option<Arc<str>>,
    settings: Settings,
    paused: PausedCalls,
    session: Arc<Session>,
}

#[derive(Clone, Copy)]
struct Settings {
    page: usize,
    every: Duration,
    patience: Duration,
}

/// Items of a list that one answer holds, unless told otherwise.
const PAGE: usize = 100;

/// How often the org is asked whether watched resources have changed, unless told otherwise: one
/// conditional request for each, which counts against the org's daily limit.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// How long a person's answer is waited for, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Calls of one identity that may wait for people at a time.
const WAITING: usize = 256;

impl Server {
    /// A server that offers what `tools` offers, the resources of its org and the prompts that its
    /// tools can follow.
    pub fn new(tools: ToolSet) -> Self {
        let settings = Settings { page: PAGE, every: EVERY, patience: PATIENCE };
        Self {
            offer: watch::Sender::new(tools.into()),
            identity: None,
            settings,
            paused: PausedCalls::new(WAITING, PATIENCE),
            session: Arc::default(),
        }
    }

    /// Serves this identity alone: what is handed out, cursors and plans, is bound to it.
    #[must_use]
    pub fn for_identity(mut self, id: &str) -> Self {
        self.identity = (!id.is_empty()).then(|| id.into());
        self
    }

    /// Items of a list that one answer holds; 100 by default.
    #[must_use]
    pub fn page_size(mut self, items: usize) -> Self {
        self.settings.page = items.max(1);
        self
    }

    /// How often the org is asked whether resources have changed that a client subscribed to; five
    /// minutes by default. After a call found a changed schema it is asked at once.
    #[must_use]
    pub fn poll_every(mut self, every: Duration) -> Self {
        self.settings.every = every;
        self
    }

    /// How long a person's answer is waited for, after which nobody could be asked; ten minutes by
    /// default.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self.paused = PausedCalls::new(WAITING, patience);
        self
    }

    /// What replaces the tools while the server serves.
    #[must_use]
    pub fn handle(&self) -> ToolsHandle {
        ToolsHandle::new(self.offer.clone())
    }

    fn tools(&self) -> ToolSet {
        self.offer.borrow().tools.clone()
    }

    /// Waits, once this serves, until no call runs and nothing goes on that one has begun.
    pub(crate) fn settled(&self) -> impl Future<Output = ()> + use<> {
        let (session, offer) = (Arc::clone(&self.session), self.offer.clone());
        async move {
            session.calls().wait().await;
            let tools = offer.borrow().tools.clone();
            tools.settled().await;
        }
    }

    fn offered(&self) -> Resources {
        self.offer.borrow().resources.clone()
    }

    /// The call's surroundings; its token fires when the client takes the request back or leaves.
    fn context(&self, context: &RequestContext<RoleServer>) -> CallContext {
        let cx = CallContext::default().with_cancellation(context.ct.clone());
        match &self.identity {
            Some(identity) => cx.with_identity(&**identity),
            None => cx,
        }
    }

    fn follow(&self, peer: &rmcp::service::Peer<RoleServer>) -> tokio::sync::mpsc::Sender<Wish> {
        self.session.follow(peer, self.offer.subscribe(), self.settings.every)
    }
}

/// For another connection: what is offered is shared, what a client asked for is not.
impl Clone for Server {
    fn clone(&self) -> Self {
        Self {
            offer: self.offer.clone(),
            identity: self.identity.clone(),
            settings: self.settings,
            paused: self.paused.clone(),
            session: Arc::default(),
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        info::info(&self.tools())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        list::list(&self.tools(), request.as_ref(), self.settings.page)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let _running = self.session.calls().token();
        let asking = call::Asking { paused: &self.paused, patience: self.settings.patience };
        // The newest protocol has no level of a session: each request says its own.
        let level = context.meta.log_level().or_else(|| self.session.level());
        let (cx, messages) = log::listened(self.context(&context), level);
        let tools = self.tools();
        let call = Box::pin(call::call(&tools, request, cx, &context, asking));
        log::beside(messages, &context.peer, call).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cx = self.context(&context);
        resources::list(&self.offered(), request.as_ref(), self.settings.page, &cx).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        resources::templates(&self.offered(), request.as_ref(), self.settings.page)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let cx = self.context(&context);
        resources::read(&self.offered(), &request.uri, &cx).await.map(Into::into)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        prompts::list(&self.tools(), request.as_ref(), self.settings.page)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&self.tools(), &request).map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        complete::complete(&self.tools(), &self.offered(), request).await
    }

    async fn set_level(
        &self,
        request: log::SetLevel,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if era::stands_alone(&context) {
            // A level for requests to come would send messages that they did not ask for.
            return Err(era::no_method(log::SET_LEVEL));
        }
        self.session.set_level(log::level(&request));
        Ok(())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        // From here on the client may be told of other tools.
        drop(self.follow(&context.peer));
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let sender = self.follow(&context.peer);
        Session::wish(sender, |done| Wish::Watch(request.uri, done)).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let sender = self.follow(&context.peer);
        Session::wish(sender, |done| Wish::Forget(request.uri, done)).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.truncate(changes::MOST);
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        changes::listen(&context, self.offer.subscribe(), self.settings.every).await;
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(era::unread(&request, era::stands_alone(&context)))
    }
}
