//! Tools outside sessions.

use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target, Verb};
use crate::wire::{
    ExecuteTool, ExecutedTool, GenerateToolInput, GeneratedToolInput, Page, ProxiedTool, ProxyTool, RequiredScopes,
    RequiredScopesQuery, Tool, ToolQuery, ToolVersionQuery,
};

pub(super) const LIST: Operation = Operation::get("tools_list");
pub(super) const RETRIEVE: Operation = Operation::get("tools_retrieve");
pub(super) const ENUM: Operation = Operation::get("tools_retrieve_enum");
pub(super) const EXECUTE: Operation = Operation::once(Verb::Post, "tools_execute");
pub(super) const PROXY: Operation = Operation::once(Verb::Post, "tools_proxy");
pub(super) const INPUT: Operation = Operation::once(Verb::Post, "tools_get_input");
pub(super) const REQUIRED_SCOPES: Operation = Operation::once(Verb::Post, "tools_retrieve_required_scopes");

const PATH: &str = "tools";

pub(super) fn list(query: &ToolQuery) -> Result<Request> {
    let target = Target::new(&[PATH])
        .list("toolkit_slug", &query.toolkit_slugs)
        .list("tool_slugs", &query.tool_slugs)
        .list("auth_config_ids", &query.auth_config_ids)
        .flag("important", query.important)
        .list("tags", &query.tags)
        .list("scopes", &query.scopes)
        .text("query", query.query.as_deref())
        .text("search", query.search.as_deref())
        .flag("include_deprecated", query.include_deprecated)
        .flag("include_pricing", query.include_pricing)
        .versions("toolkit_versions", query.toolkit_versions.as_ref())
        .page(&query.page);
    Ok(LIST.request(target.finish()?))
}

pub(super) fn retrieve(slug: &str, query: &ToolVersionQuery) -> Result<Request> {
    let target = Target::new(&[PATH, slug])
        .flag("include_pricing", query.include_pricing)
        .text("version", query.version.as_deref())
        .versions("toolkit_versions", query.toolkit_versions.as_ref());
    Ok(RETRIEVE.request(target.finish()?))
}

pub(super) fn slugs() -> Result<Request> {
    Ok(ENUM.request(Target::new(&[PATH, "enum"]).finish()?))
}

pub(super) fn execute(slug: &str, body: &ExecuteTool) -> Result<Request> {
    EXECUTE.with_body(Target::new(&[PATH, "execute", slug]).finish()?, body)
}

pub(super) fn proxy(body: &ProxyTool) -> Result<Request> {
    PROXY.with_body(Target::new(&[PATH, "execute", "proxy"]).finish()?, body)
}

pub(super) fn input(slug: &str, body: &GenerateToolInput) -> Result<Request> {
    INPUT.with_body(Target::new(&[PATH, "execute", slug, "input"]).finish()?, body)
}

pub(super) fn required_scopes(body: &RequiredScopesQuery) -> Result<Request> {
    REQUIRED_SCOPES.with_body(Target::new(&[PATH, "scopes", "required"]).finish()?, body)
}

/// Tools of the catalogue, outside sessions: no policy, no hook and no approval stands before them.
impl HostedClient {
    /// Lists tools, a page at a time.
    ///
    /// # Errors
    /// `InvalidInput` for a filter with a comma in one of its values.
    pub async fn list_tools(&self, query: &ToolQuery) -> Result<Page<Tool>> {
        self.json(list(query)?).await
    }

    /// Reads a tool, in its newest version unless another is named.
    ///
    /// # Errors
    /// `NotFound` where there is none of this slug; some servers say `InvalidInput`.
    pub async fn tool(&self, slug: &str, query: &ToolVersionQuery) -> Result<Tool> {
        self.json(retrieve(slug, query)?).await
    }

    /// Lists the slugs of all tools.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn tool_slugs(&self) -> Result<Vec<String>> {
        self.json(slugs()?).await
    }

    /// Runs a tool on one account. A failure of the tool is a reply that says `successful: false`.
    ///
    /// # Errors
    /// `NotFound` where there is no such tool or account, and `OutcomeUnknown` where it may or may not have run.
    pub async fn execute_tool(&self, slug: &str, body: &ExecuteTool) -> Result<ExecutedTool> {
        self.json(execute(slug, body)?).await
    }

    /// Sends a request to a service with an account's credentials. The service's own failures are replies with its status.
    ///
    /// # Errors
    /// `InvalidInput` where the address is not the service's, and `OutcomeUnknown` where it may or may not have been sent.
    pub async fn proxy_tool(&self, body: &ProxyTool) -> Result<ProxiedTool> {
        self.json(proxy(body)?).await
    }

    /// Has a model of the server's write a tool's arguments from words.
    ///
    /// # Errors
    /// `NotFound` where there is none of this slug.
    pub async fn generate_tool_input(&self, slug: &str, body: &GenerateToolInput) -> Result<GeneratedToolInput> {
        self.json(input(slug, body)?).await
    }

    /// Reads which scopes tools of one toolkit need.
    ///
    /// # Errors
    /// `InvalidInput` for no tools, and for tools of several toolkits.
    pub async fn required_scopes(&self, body: &RequiredScopesQuery) -> Result<RequiredScopes> {
        self.json(required_scopes(body)?).await
    }
}
