//! The server: one `ToolSet` behind MCP's request handlers.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ListToolsResult,
    PaginatedRequestParams, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use sf_agent_tools::{CallContext, ToolSet};

use crate::{call, info, list};

/// An MCP server over one [`ToolSet`], so over one identity and one policy.
///
/// It is an rmcp [`ServerHandler`]: [`serve_stdio`](crate::serve_stdio) runs it
/// over standard input and output, [`Server::serve_stream`] over other byte
/// streams, and every other transport of rmcp takes it as it is.
#[derive(Clone)]
pub struct Server {
    tools: ToolSet,
}

impl Server {
    /// A server that offers what `tools` offers.
    pub fn new(tools: ToolSet) -> Self {
        Self { tools }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        info::info(&self.tools)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        list::list(&self.tools, request)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // The token fires when the client takes the request back or leaves.
        let context = CallContext::default().with_cancellation(context.ct);
        call::call(&self.tools, request, &context).await.map(Into::into)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(call::unread(request))
    }
}
