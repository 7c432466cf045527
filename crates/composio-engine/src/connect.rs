//! Connecting accounts: links are made, opened and pressed, and services send the browser back.
//!
//! What a page does is in here as steps; who serves the page is not.

mod fields;
mod flow;
mod identity;
mod oauth;
mod settle;

use async_trait::async_trait;
use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AuthConfig, AuthScheme, Brand, CallbackParams, ConnectFlow, Connected, ConnectedAccount, ConnectedAccountId, Error,
    ErrorKind, FormFields, Link, LinkPage, LinkRequest, LinkTarget, Result, SelectionError, Started,
    select_auth_config,
};

pub(crate) use self::fields::check_fields;
use self::fields::{check_form, form_fields};
use self::flow::Flow;
pub(crate) use self::identity::{Answer, Seen, is_refused, look, look_at_entered, try_out};
use self::oauth::{complete_taken, scopes, start_oauth};
use self::settle::{activate, connected, same_identity};
use crate::access::Access;
use crate::catalog::Toolkit;
use crate::credential::Credential;
use crate::engine::Engine;
use crate::link::{LinkClaims, dead_link};
use crate::management::check_alias;
use crate::options::EngineOptions;
use crate::scope::Scope;
use crate::seal::digest;
use crate::store::ProjectId;

/// Makes a link for a session: the account is begun, or stands ready to be connected again.
pub(crate) async fn link(scope: &Scope<'_>, request: &LinkRequest) -> Result<Link> {
    if let Some(url) = &request.callback_url {
        EngineOptions::callback_rule(scope.engine.callback_origins(), url)?;
    }
    let mut claims = match &request.target {
        LinkTarget::Toolkit(slug) => {
            let toolkit = scope.engine.catalog().toolkit(slug)?;
            scope.permit(toolkit)?;
            let account = begin(scope, toolkit, request).await?;
            LinkClaims { begun: true, ..scope.claims(toolkit, account.id) }
        }
        LinkTarget::Account(id) => {
            let account = to_reconnect(scope, id).await?;
            let toolkit = scope.engine.catalog().toolkit(&account.toolkit)?;
            scope.permit(toolkit)?;
            check_keeps(request)?;
            let mut claims = scope.claims(toolkit, account.id);
            claims.reconnect = true;
            claims
        }
        _ => return Err(Error::new(ErrorKind::Unsupported, "this engine does not know that kind of link")),
    };
    if let Some(url) = &request.callback_url {
        claims.callback_url = Some(url.clone());
    }
    Ok(Link::new(claims.account.clone(), scope.link(&claims)?, claims.expires_at))
}

async fn begin(scope: &Scope<'_>, toolkit: &Toolkit, request: &LinkRequest) -> Result<ConnectedAccount> {
    request.alias.as_deref().map_or(Ok(()), check_alias)?;
    request.sharing.validate()?;
    let config = scope.config_for_link(toolkit).await?;
    let id = ConnectedAccountId::from(scope.engine.id("ca")?);
    let mut account = new_account(scope, id, &config);
    account.alias.clone_from(&request.alias);
    account.sharing = request.sharing.clone();
    scope.engine.store().insert_account(scope.project, &account, None).await?;
    Ok(account)
}

/// An account that is connected again is the one that it was.
fn check_keeps(request: &LinkRequest) -> Result<()> {
    if let Some(alias) = &request.alias {
        let rule = "an account that is connected again keeps its alias; rename it instead";
        return Err(Error::invalid_input("alias", alias, rule));
    }
    if request.sharing.is_shared() {
        let rule = "an account that is connected again keeps whom it is shared with; share it instead";
        return Err(Error::invalid_input("account_type", "SHARED", rule));
    }
    Ok(())
}

fn new_account(scope: &Scope<'_>, id: ConnectedAccountId, config: &AuthConfig) -> ConnectedAccount {
    let user = scope.session.user.clone();
    ConnectedAccount::new(id, config.toolkit.clone(), user, config.id.clone(), scope.engine.now())
}

/// The account, if it is this user's and needs to be connected again.
async fn to_reconnect(scope: &Scope<'_>, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
    let account = scope.account(id).await?;
    if account.user != scope.session.user {
        return Err(Error::new(ErrorKind::PermissionDenied, format!("{id} is shared; its owner has to reconnect it")));
    }
    if !account.status.can_reconnect() {
        let message = format!("{id} is {}, so it needs no reconnect", account.status);
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let config = scope.engine.store().auth_config(scope.project, &account.auth_config).await?;
    if !config.is_some_and(|config| config.enabled) {
        let message = format!("{id} was made from auth config {}, which is disabled or gone", account.auth_config);
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    Ok(account)
}

#[async_trait]
impl ConnectFlow for Engine {
    fn brand(&self) -> Brand {
        self.application().clone()
    }

    async fn open(&self, token: &str) -> Result<LinkPage> {
        let flow = Flow::read(self, token).await?;
        let scope = flow.scope().await?;
        flow.page(&scope).await
    }

    async fn start(&self, token: &str, fields: FormFields) -> Result<Started> {
        let flow = Flow::read(self, token).await?;
        let scope = flow.scope().await?;
        let (account, config) = ensure_account(&flow, &scope).await?;
        let toolkit = flow.toolkit()?;
        match config.scheme {
            AuthScheme::OAuth2 => start_oauth(&flow, toolkit, &config, &account).await,
            AuthScheme::ApiKey => start_fields(&flow, toolkit, &config, &account, &fields).await.map(Started::done),
            scheme => Err(Error::new(ErrorKind::Unexpected, format!("nothing is to be connected with {scheme}"))),
        }
    }

    async fn complete(&self, params: CallbackParams, cookie: Option<&str>) -> Result<Connected> {
        let (Some(state), Some(cookie)) = (&params.state, cookie) else { return Err(dead_link()) };
        let (state, browser) = (digest(state.expose_secret()), digest(cookie));
        let taken = self.store().take_pending(&state, &browser, self.now()).await?.ok_or_else(dead_link)?;
        let engine = self.clone();
        // The browser may go away while the service is asked; the code is spent all the same.
        self.own(async move { complete_taken(&engine, taken, &params).await }).await
    }
}

/// The account of a link, made now where the link came from a failed call and nobody pressed before.
async fn ensure_account(flow: &Flow<'_>, scope: &Scope<'_>) -> Result<(ConnectedAccount, AuthConfig)> {
    let engine = flow.engine;
    if let Some(account) = &flow.account {
        let config = engine.store().auth_config(&flow.project, &account.auth_config).await?;
        let config = config.filter(|config| config.enabled).ok_or_else(dead_link)?;
        check_room(flow, scope).await?;
        return Ok((account.clone(), config));
    }
    let config = scope.config_for_link(flow.toolkit()?).await?;
    let account = new_account(scope, flow.claims.account.clone(), &config);
    match engine.store().insert_account(&flow.project, &account, None).await {
        Ok(()) => Ok((account, config)),
        // Pressed twice at once: the other press has made the account.
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let made = engine.store().account(&flow.project, &account.id).await?.ok_or_else(dead_link)?;
            let config = enabled_config(engine, &flow.project, &made).await?;
            Ok((made, config))
        }
        Err(error) => Err(error),
    }
}

/// Several links may have been made while there was room for one account.
async fn check_room(flow: &Flow<'_>, scope: &Scope<'_>) -> Result<()> {
    let toolkit = flow.toolkit()?;
    let candidates = scope.candidates(toolkit).await?;
    match select_auth_config(&scope.input(toolkit, &candidates, None)) {
        Err(full @ SelectionError::TooManyAccounts { .. }) if !flow.claims.reconnect => {
            Err(scope.refusal(toolkit, &candidates.accounts, full))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Connects with what the person entered, if the service takes it.
async fn start_fields(
    flow: &Flow<'_>,
    toolkit: &Toolkit,
    config: &AuthConfig,
    account: &ConnectedAccount,
    fields: &FormFields,
) -> Result<Connected> {
    check_form(toolkit.api_key()?, fields)?;
    let credential = Credential::from_fields(fields);
    let seen = look_at_entered(flow.engine, toolkit, config.scheme, &credential).await?;
    if let Err(reason) = same_identity(account, seen.identity.as_ref()) {
        return Err(Error::new(ErrorKind::InvalidInput, format!("This key cannot be used: {reason}.")));
    }
    let (engine, project) = (flow.engine, &flow.project);
    activate(&Access { engine, project, toolkit, config, account }, &credential, seen).await?;
    Ok(connected(toolkit, account, None, flow.claims.callback_url.as_ref()))
}

async fn enabled_config(engine: &Engine, project: &ProjectId, account: &ConnectedAccount) -> Result<AuthConfig> {
    let config = engine.store().auth_config(project, &account.auth_config).await?;
    let gone = || Error::new(ErrorKind::Conflict, "the auth config was disabled or deleted in the meantime");
    config.filter(|config| config.enabled).ok_or_else(gone)
}
