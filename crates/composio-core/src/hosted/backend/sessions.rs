//! Sessions: made, read, changed, and whose they are.

use std::sync::Arc;

use futures::future::try_join_all;
use tracing::warn;
use url::Url;

use super::config::access::ToolkitsOf;
use super::config::{create, settings, stored, update};
use super::{HostedBackend, native, read};
use crate::account::ConnectedAccount;
use crate::approval::ApprovalPolicy;
use crate::backend::{HistoryQuery, McpEndpoint, Page, SessionRecord, SessionVersion, SessionWarning, WarningCode};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ConnectedAccountId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolPolicy;
use crate::session::{HostedSettings, Patch, SessionConfig, SessionUpdate};
use crate::tool::NativeDefinitions;
use crate::wire::{self, Open};

impl HostedBackend {
    pub(super) async fn create(
        &self,
        user: &UserId,
        config: &SessionConfig,
        native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        config.validate()?;
        let belongs = self.belongs(config, ToolkitsOf::new()).await?;
        let body = create::body(user, config, native, &belongs)?;
        let reply = self.client.create_session(&body).await?;
        native::check_echo(native, reply.experimental.as_ref())?;
        let mut record = self.record(reply);
        let mut kept = (*record.config).clone();
        unsaid(&mut kept, config);
        record.config = Arc::new(kept);
        Ok(record)
    }

    pub(super) async fn read(&self, session: &SessionId) -> Result<SessionRecord> {
        Ok(self.record(self.client.retrieve_session(session).await?))
    }

    pub(super) async fn attached(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
        let Some(inline) = native::inline(native) else { return self.read(session).await };
        let body = wire::AttachSession { experimental: Some(inline) };
        let reply = self.client.attach_session(session, &body).await?;
        native::check_echo(native, reply.experimental.as_ref())?;
        Ok(self.record(reply))
    }

    /// Changes a session. Rules about access and approvals share their blocks, so that a change of one of them is made of
    /// what the session has, and of exactly the version that was read.
    pub(super) async fn change(&self, session: &SessionId, change: &SessionUpdate) -> Result<SessionRecord> {
        let mut change = change.clone();
        let (mut before, mut belongs, mut stored) = (SessionConfig::new(), ToolkitsOf::new(), None);
        if update::needs_before(&change) {
            let reply = self.client.retrieve_session(session).await?;
            change.expected_version = change.expected_version.or(reply.config_version);
            belongs = listed_at(&reply.config);
            stored = Some(reply.config.clone());
            before = (*self.record(reply).config).clone();
            update::settle(&before, &mut change);
        }
        let after = update::access_after(&before, &change)?;
        let belongs = self.belongs(&after, belongs).await?;
        let body = update::body(&before, &after, &change, &belongs)?;
        if let Some(rule) = stored.and_then(|stored| update::dropped(&stored, &body)) {
            return Err(unread(session, &rule));
        }
        let mut record = self.record(self.client.patch_session(session, &body).await?);
        let mut kept = (*record.config).clone();
        unsaid_of(&mut kept, &change);
        record.config = Arc::new(kept);
        Ok(record)
    }

    pub(super) async fn versions(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        let page = read::page_query(query.cursor.as_ref(), query.limit, 100);
        let page = self.client.session_history(session, &page).await?;
        Ok(read::page(page, |version| {
            let config = Arc::new(stored::config(&version.config, None));
            Ok(SessionVersion::new(version.version, config, read::time(&version.created_at), version.is_current))
        }))
    }

    pub(super) async fn delete(&self, session: &SessionId) -> Result<()> {
        let reply = self.client.delete_session(session).await?;
        self.users.forget(session);
        self.native.forget(session);
        match reply.deleted {
            true => Ok(()),
            false => {
                Err(Error::new(ErrorKind::Unexpected, format!("the service does not say that {session} is deleted")))
            }
        }
    }

    /// Whose a session is.
    pub(super) async fn user(&self, session: &SessionId) -> Result<UserId> {
        match self.users.of(session) {
            Some(user) => Ok(user),
            None => Ok(self.read(session).await?.user),
        }
    }

    /// An account of the session's user, or one that is shared with them and pinned by the session.
    pub(super) async fn own_account(&self, session: &SessionId, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let user = self.user(session).await?;
        let account = self.client.connected_account(id.as_str()).await?;
        if account.user_id.is_none() {
            return self.listed_account(&user, id).await;
        }
        let account = read::account(account, None)?;
        if account.user == user {
            return Ok(account);
        }
        let pinned = account.admits(&user) && self.read(session).await?.config.pins(&account.toolkit).contains(id);
        if pinned { Ok(account.seen_by(&user)) } else { Err(no_account(id)) }
    }

    /// The same of a service that does not say whose an account is: it knows which accounts a user has.
    async fn listed_account(&self, user: &UserId, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let query = wire::ConnectedAccountQuery {
            user_ids: vec![user.into()],
            connected_account_ids: vec![id.into()],
            account_type: Some(wire::AccountTypeFilter::All),
            ..wire::ConnectedAccountQuery::default()
        };
        let page = self.client.list_connected_accounts(&query).await?;
        let found = page.items.into_iter().find(|account| *id == *account.id.as_str());
        found.map_or_else(|| Err(no_account(id)), |account| read::account(account, Some(user)))
    }

    /// A session as its reply says it, and its user to be remembered.
    pub(super) fn record(&self, reply: wire::SessionReply) -> SessionRecord {
        let experimental = reply.experimental.unwrap_or_default();
        let mut config = stored::config(&reply.config, experimental.no_elicitation_support_fallback.as_ref());
        if let Some(source) = experimental.source_session_config.filter(|source| !source.id.is_empty()) {
            config.hosted.get_or_insert_default().saved_config = Some(source.id);
        }
        let (id, user) = (SessionId::from(reply.session_id), UserId::from(reply.config.user_id));
        self.users.remember(&id, &user);
        let mut record = SessionRecord::new(id, user, config, None);
        record.version = reply.config_version.unwrap_or(1);
        record.warnings = reply.warnings.into_iter().flatten().map(warning).collect();
        record.mcp = reply.mcp.and_then(|mcp| self.endpoint(&mcp.url)).map(Box::new);
        record
    }

    /// Where MCP clients reach the session. The credential goes along only where that is where it belongs.
    fn endpoint(&self, url: &str) -> Option<McpEndpoint> {
        let Ok(url) = Url::parse(url) else {
            if !url.is_empty() {
                warn!("the service gives an MCP address that is no URL; the session has none");
            }
            return None;
        };
        let Some(headers) = self.client.headers_for(&url) else {
            let origin = url.origin().ascii_serialization();
            warn!(%origin, "the session's MCP endpoint has another origin than the API, so it gets no credential");
            return Some(McpEndpoint::new(url, Arc::default()));
        };
        // They are the same for every session, and kept once.
        let headers = Arc::clone(self.headers.get_or_init(|| headers.into()));
        Some(McpEndpoint::new(url, headers))
    }

    /// The toolkit of each tool that is listed for approvals: from the session's own lists, else from the catalogue. Native
    /// tools have none.
    async fn belongs(&self, config: &SessionConfig, mut known: ToolkitsOf) -> Result<ToolkitsOf> {
        let mut asked = Vec::new();
        for tool in config.approvals.iter().flat_map(|approvals| &approvals.tools) {
            if known.contains_key(tool) || tool.as_str().starts_with("LOCAL_") {
                continue;
            }
            match listing(config, tool) {
                Some(toolkit) => drop(known.insert(tool.clone(), toolkit.clone())),
                None => asked.push(tool),
            }
        }
        let found = try_join_all(asked.into_iter().map(|tool| async move {
            let definition = self.known_tool(tool).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound => Error::invalid_input("approvals.tools", tool.as_str(), "there is no such tool"),
                _ => error,
            })?;
            Ok::<_, Error>((tool.clone(), definition.toolkit))
        }));
        known.extend(found.await?.into_iter().filter_map(|(tool, toolkit)| Some((tool, toolkit?))));
        Ok(known)
    }
}

/// The toolkit in whose list a tool stands.
fn listing<'a>(config: &'a SessionConfig, tool: &ToolSlug) -> Option<&'a ToolkitSlug> {
    config.tools.iter().find_map(|(toolkit, policy)| match policy {
        ToolPolicy::Enable(tools) | ToolPolicy::Disable(tools) => tools.contains(tool).then_some(toolkit),
        ToolPolicy::Tags(_) => None,
    })
}

/// Under which toolkit the service keeps each tool that is listed for approvals.
fn listed_at(config: &wire::SessionConfig) -> ToolkitsOf {
    let mut belongs = ToolkitsOf::new();
    for (toolkit, block) in config.tools.iter().flatten() {
        let Some(toolkit) = read::kept(read::toolkit(toolkit)) else { continue };
        let tools = settings::tool_slugs(block.require_approval.as_deref().unwrap_or_default());
        belongs.extend(tools.map(|tool| (tool, toolkit.clone())));
    }
    belongs
}

/// What the service was told of a new session and does not say again.
fn unsaid(kept: &mut SessionConfig, given: &SessionConfig) {
    asked_here(kept, given.approvals.as_deref());
    kept.meta_tools.submit_feedback = given.meta_tools.submit_feedback;
    if let Some(hosted) = &given.hosted {
        unsaid_settings(kept, hosted);
    }
}

/// Whether a native tool asks is decided here, by its tags. It asks even where the service does not repeat that it should.
fn asked_here(kept: &mut SessionConfig, asked: Option<&ApprovalPolicy>) {
    let Some(asked) = asked else { return };
    if !asked.tags.iter().all(|tag| kept.approvals.as_ref().is_some_and(|kept| kept.tags.contains(tag))) {
        warn!("the service does not repeat which tags need an approval; only native tools are sure to ask");
        kept.approvals.get_or_insert_default().tags.extend(&asked.tags);
    }
}

/// What the service was told of a session that is there and does not say again.
fn unsaid_of(kept: &mut SessionConfig, change: &SessionUpdate) {
    if let Patch::Set(approvals) = &change.approvals {
        asked_here(kept, Some(approvals));
    }
    if let Patch::Set(meta) = &change.meta_tools {
        kept.meta_tools.submit_feedback = meta.submit_feedback;
    }
    if let Patch::Set(Some(hosted)) = &change.hosted {
        unsaid_settings(kept, hosted);
    }
}

fn unsaid_settings(kept: &mut SessionConfig, given: &HostedSettings) {
    let hosted = kept.hosted.get_or_insert_default();
    hosted.permissions.clone_from(&given.permissions);
    hosted.link_url_overwrite.clone_from(&given.link_url_overwrite);
    hosted.fast_mode = given.fast_mode;
    hosted.restrict_egress = given.restrict_egress;
    hosted.saved_config = hosted.saved_config.take().or_else(|| given.saved_config.clone());
    hosted.user_timezone.clone_from(&given.user_timezone);
    if **hosted == HostedSettings::default() {
        kept.hosted = None;
    }
}

fn warning(warning: wire::SessionWarning) -> SessionWarning {
    let code = match warning.code {
        Open::Known(wire::SessionWarningCode::PreloadIsLarge) => WarningCode::PreloadToolsHighContextUsage,
        Open::Unknown(_) => WarningCode::Other,
    };
    SessionWarning::new(code, warning.message)
}

fn unread(session: &SessionId, rule: &str) -> Error {
    let message = format!(
        "{session} has the rule {rule:?}, which this version does not know and this change would drop; say toolkits, tools, \
         tags and approvals in one change, or update this crate"
    );
    Error::new(ErrorKind::Unsupported, message)
}

pub(super) fn no_account(id: &ConnectedAccountId) -> Error {
    Error::new(ErrorKind::NotFound, format!("the session's user has no account {id}"))
}
