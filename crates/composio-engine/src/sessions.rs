//! Making a session: everything is checked before anything is stored.

use composio_core::{
    AuthConfigId, ConnectedAccountId, Error, ErrorKind, HistoryQuery, Page, Preload, Result, SessionConfig, SessionId,
    SessionRecord, SessionUpdate, SessionVersion, Sharing, ToolSlug, ToolkitSlug, UserId,
};

use crate::engine::Engine;
use crate::options::EngineOptions;
use crate::scope::Scope;
use crate::store::ProjectId;

/// Checks the configuration and keeps the session.
pub(crate) async fn create(
    engine: &Engine,
    project: &ProjectId,
    user: &UserId,
    config: &SessionConfig,
) -> Result<SessionRecord> {
    check_user(user)?;
    config.validate()?;
    check_toolkits(engine, config)?;
    check_preload(engine, config)?;
    if let Some(url) = &config.callback_url {
        EngineOptions::callback_rule(engine.callback_origins(), url)?;
    }
    for (toolkit, auth_config) in &config.auth_configs {
        check_auth_config(engine, project, toolkit, auth_config).await?;
    }
    for (toolkit, accounts) in &config.connected_accounts {
        check_pins(engine, project, user, toolkit, accounts).await?;
    }
    let record = SessionRecord::new(engine.id("trs")?.into(), user.clone(), config.clone(), engine.now());
    engine.store().insert_session(project, &record).await?;
    Ok(record)
}

/// Changes the configuration after the same checks.
pub(crate) async fn update(
    _engine: &Engine,
    _project: &ProjectId,
    _session: &SessionId,
    _update: &SessionUpdate,
) -> Result<SessionRecord> {
    Err(Error::new(ErrorKind::Unsupported, "being written"))
}

/// The versions of the configuration.
pub(crate) async fn history(scope: &Scope<'_>, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
    scope.engine.store().session_history(scope.project, &scope.session.id, query).await
}

fn check_user(user: &UserId) -> Result<()> {
    let given = !user.as_str().trim().is_empty();
    given.then_some(()).ok_or_else(|| Error::invalid_input("user", user.as_str(), "give the id of one of your users"))
}

fn check_toolkits(engine: &Engine, config: &SessionConfig) -> Result<()> {
    let named = config.toolkits.named().iter();
    let overridden = config.auth_configs.keys().chain(config.connected_accounts.keys());
    for slug in named.chain(overridden) {
        engine.catalog().toolkit(slug).map_err(|error| Error::invalid_input("toolkits", slug.as_str(), error))?;
    }
    Ok(())
}

fn check_preload(engine: &Engine, config: &SessionConfig) -> Result<()> {
    let Preload::Tools(tools) = &config.preload else { return Ok(()) };
    let refuse = |tool: &ToolSlug, rule: String| Error::invalid_input("preload", tool.as_str(), rule);
    for slug in tools {
        let (toolkit, _) = engine.catalog().tool(slug).map_err(|error| refuse(slug, error.to_string()))?;
        if !config.toolkits.allows(&toolkit.slug) {
            return Err(refuse(slug, format!("the session does not allow its toolkit {}", toolkit.slug)));
        }
    }
    Ok(())
}

/// The session's auth config has to exist, be of the toolkit, and be switched on (rows 18 to 20).
async fn check_auth_config(
    engine: &Engine,
    project: &ProjectId,
    toolkit: &ToolkitSlug,
    id: &AuthConfigId,
) -> Result<()> {
    let refuse = |rule: &str| Err(Error::invalid_input(&format!("auth_configs.{toolkit}"), id.as_str(), rule));
    match engine.store().auth_config(project, id).await? {
        None => refuse("there is no such auth config in this project"),
        Some(config) if &config.toolkit != toolkit => refuse("the auth config is of another toolkit"),
        Some(config) if !config.enabled => refuse("the auth config is disabled"),
        Some(_) => Ok(()),
    }
}

/// Pinned accounts have to be this user's to use, of the toolkit, and ACTIVE (rows 23 to 25, 33 to 36).
async fn check_pins(
    engine: &Engine,
    project: &ProjectId,
    user: &UserId,
    toolkit: &ToolkitSlug,
    accounts: &[ConnectedAccountId],
) -> Result<()> {
    let field = format!("connected_accounts.{toolkit}");
    let mut shared = 0;
    for id in accounts {
        let refuse = |rule: String| Err(Error::invalid_input(&field, id.as_str(), rule));
        // An account of somebody else is not told apart from one that does not exist.
        let account = engine.store().account(project, id).await?.filter(|account| account.admits(user));
        let Some(account) = account else {
            return refuse(format!("{user} has no such account"));
        };
        if &account.toolkit != toolkit {
            return refuse(format!("the account is of {}", account.toolkit));
        }
        if !account.is_active() {
            return refuse(format!("the account is {}; reconnect it first", account.status));
        }
        shared += usize::from(account.sharing != Sharing::Private);
    }
    if shared > 1 {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{field} names {shared} shared accounts; one is allowed for each toolkit"),
        ));
    }
    Ok(())
}
