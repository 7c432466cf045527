//! Connecting accounts: links are made, opened and pressed, and services send the browser back.
//!
//! What a page does is in here as steps; who serves the page is not.

mod fields;
mod flow;
mod identity;

use async_trait::async_trait;
use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{
    AuthConfig, AuthScheme, Brand, CallbackParams, ConnectFlow, Connected, ConnectedAccount, ConnectedAccountId,
    ConnectionEvent, Error, ErrorKind, FlowCookie, FormFields, Identity, Link, LinkPage, LinkRequest, LinkTarget,
    Refusal, Result, SelectionError, Started, Url, select_auth_config,
};

pub(crate) use self::fields::check_fields;
use self::fields::{check_form, form_fields};
use self::flow::Flow;
pub(crate) use self::identity::{fetch_identity, is_refused};
use crate::access::{Access, app_of, seal_credential};
use crate::catalog::Toolkit;
use crate::credential::{Credential, Tokens};
use crate::engine::Engine;
use crate::execute::redact;
use crate::link::{LinkClaims, dead_link};
use crate::management::check_alias;
use crate::oauth::{AuthorizeRequest, Client, Grant, authorize_url, issuer_fits, read_tokens, token_request};
use crate::options::EngineOptions;
use crate::random;
use crate::scope::{LINK_LIFE, Scope};
use crate::seal::{Binding, digest};
use crate::store::{CredentialChange, PendingAuthorization, ProjectId, TakenPending, Transition};

/// Makes a link for a session: the account is begun, or stands ready to be connected again.
pub(crate) async fn link(scope: &Scope<'_>, request: &LinkRequest) -> Result<Link> {
    if let Some(url) = &request.callback_url {
        EngineOptions::callback_rule(scope.engine.callback_origins(), url)?;
    }
    let mut claims = match &request.target {
        LinkTarget::Toolkit(slug) => {
            let toolkit = scope.engine.catalog().toolkit(slug)?;
            scope.permit(toolkit)?;
            let account = begin(scope, toolkit, request.alias.as_deref()).await?;
            LinkClaims { begun: true, ..scope.claims(toolkit, account.id) }
        }
        LinkTarget::Account(id) => {
            let account = to_reconnect(scope, id).await?;
            let toolkit = scope.engine.catalog().toolkit(&account.toolkit)?;
            scope.permit(toolkit)?;
            if let Some(alias) = &request.alias {
                let rule = "an account that is connected again keeps its alias; rename it instead";
                return Err(Error::invalid_input("alias", alias, rule));
            }
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

async fn begin(scope: &Scope<'_>, toolkit: &Toolkit, alias: Option<&str>) -> Result<ConnectedAccount> {
    alias.map_or(Ok(()), check_alias)?;
    let config = scope.config_for_link(toolkit).await?;
    let id = ConnectedAccountId::from(scope.engine.id("ca")?);
    let mut account = new_account(scope, id, &config);
    account.alias = alias.map(str::to_owned);
    scope.engine.store().insert_account(scope.project, &account, None).await?;
    Ok(account)
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
            AuthScheme::ApiKey => start_fields(&flow, toolkit, &account, &fields).await.map(Started::done),
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
            Err(scope.refusal(toolkit, full))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes the one-time state, bound to this browser, and sends it to the consent page.
async fn start_oauth(
    flow: &Flow<'_>,
    toolkit: &Toolkit,
    config: &AuthConfig,
    account: &ConnectedAccount,
) -> Result<Started> {
    let engine = flow.engine;
    let (state, cookie) = (SecretString::from(random::token()?), random::token()?);
    let verifier = SecretString::from(random::token()?);
    let (client_id, _) = app_of(engine, &flow.project, toolkit, config).await?;
    let state_digest = digest(state.expose_secret());
    let pending = PendingAuthorization {
        account: account.id.clone(),
        browser: digest(&cookie),
        redirect_uri: engine.redirect_uri(),
        callback_url: flow.claims.callback_url.clone(),
        expires_at: flow.claims.expires_at,
    };
    let sealed =
        engine.sealer().seal(&verifier_binding(&flow.project, &account.id), verifier.expose_secret().as_bytes())?;
    engine.store().put_pending(&flow.project, &state_digest, &pending, &sealed).await?;
    let spec = toolkit.oauth2()?;
    let url = authorize_url(&AuthorizeRequest {
        spec,
        endpoint: &toolkit.endpoints()?.authorize_url,
        client_id: &client_id,
        redirect_uri: &pending.redirect_uri,
        scopes: scopes(toolkit, config)?,
        state: &state,
        verifier: &verifier,
    });
    let cookie = FlowCookie::new(state.expose_secret(), cookie, LINK_LIFE.as_secs());
    Ok(Started::redirect(url, cookie))
}

/// Connects with what the person entered, if the service takes it.
async fn start_fields(
    flow: &Flow<'_>,
    toolkit: &Toolkit,
    account: &ConnectedAccount,
    fields: &FormFields,
) -> Result<Connected> {
    check_form(toolkit.api_key()?, fields)?;
    let credential = Credential::from_fields(fields);
    let identity = fetch_identity(flow.engine, toolkit, AuthScheme::ApiKey, &credential).await?;
    if let Err(reason) = same_identity(account, identity.as_ref()) {
        return Err(Error::new(ErrorKind::InvalidInput, format!("This key cannot be used: {reason}.")));
    }
    activate(flow.engine, &flow.project, account, &credential, identity).await?;
    Ok(connected(toolkit, account, None, flow.claims.callback_url.as_ref()))
}

async fn complete_taken(engine: &Engine, taken: TakenPending, params: &CallbackParams) -> Result<Connected> {
    let TakenPending { project, pending, .. } = &taken;
    let account = engine.store().account(project, &pending.account).await?.ok_or_else(dead_link)?;
    if account.status.on(ConnectionEvent::Connected).is_err() {
        return Err(dead_link());
    }
    let toolkit = engine.catalog().toolkit(&account.toolkit)?;
    let refusal = match finish(engine, &taken, &account, toolkit, params).await {
        Ok(()) => None,
        Err(refusal) => {
            refuse(engine, project, &account, &refusal).await?;
            Some(refusal)
        }
    };
    Ok(connected(toolkit, &account, refusal, pending.callback_url.as_ref()))
}

/// Everything between the service's answer and an ACTIVE account. What goes wrong is the person's to read.
async fn finish(
    engine: &Engine,
    taken: &TakenPending,
    account: &ConnectedAccount,
    toolkit: &Toolkit,
    params: &CallbackParams,
) -> Result<(), Refusal> {
    let failed = |error: Error| {
        tracing::warn!(account = %account.id, %error, "a flow did not end in a connection");
        Refusal::Failed(for_people(&error))
    };
    let code = answered_code(toolkit, params)?;
    let project = &taken.project;
    let config = enabled_config(engine, project, account).await.map_err(failed)?;
    let access = Access { engine, project, toolkit, config: &config, account };
    let tokens = exchange(&access, taken, code).await.map_err(failed)?;
    let credential = Credential::OAuth2(tokens.clone());
    let refusal = match settle(&access, &credential).await {
        Ok(()) => return Ok(()),
        Err(refusal) => refusal,
    };
    // Nobody will use these tokens, and a person who was turned away has not agreed that we keep them.
    if let Err(error) = access.revoke(&tokens).await {
        tracing::warn!(account = %account.id, %error, "tokens of a refused connection were not given back");
    }
    Err(refusal)
}

/// Asks who it is, and makes the account ACTIVE.
async fn settle(access: &Access<'_>, credential: &Credential) -> Result<(), Refusal> {
    let Access { engine, project, toolkit, account, .. } = access;
    // The scopes may not allow to ask who it is. A reconnect needs to know, and is refused below.
    let identity = fetch_identity(engine, toolkit, AuthScheme::OAuth2, credential).await.unwrap_or_default();
    same_identity(account, identity.as_ref()).map_err(Refusal::Failed)?;
    let activated = activate(engine, project, account, credential, identity).await;
    activated.map_err(|error| {
        tracing::warn!(account = %account.id, %error, "a flow did not end in a connection");
        Refusal::Failed(for_people(&error))
    })
}

/// What a page may say about a failure: what the service said, or a sentence that tells nothing of the inside.
fn for_people(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::ToolFailed => return error.to_string(),
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::OutcomeUnknown | ErrorKind::RateLimited => {
            "the service could not be reached, or did not answer well"
        }
        ErrorKind::Conflict | ErrorKind::NotFound => "something about this connection was changed in the meantime",
        _ => "this application is not set up well for the service; tell its operator",
    };
    text.to_owned()
}

async fn enabled_config(engine: &Engine, project: &ProjectId, account: &ConnectedAccount) -> Result<AuthConfig> {
    let config = engine.store().auth_config(project, &account.auth_config).await?;
    let gone = || Error::new(ErrorKind::Conflict, "the auth config was disabled or deleted in the meantime");
    config.filter(|config| config.enabled).ok_or_else(gone)
}

/// The code, or what the service says instead.
fn answered_code<'a>(toolkit: &Toolkit, params: &'a CallbackParams) -> Result<&'a SecretString, Refusal> {
    let failed = |reason: &str| Refusal::Failed(reason.to_owned());
    let endpoints = toolkit.endpoints().map_err(|error| Refusal::Failed(error.to_string()))?;
    if !issuer_fits(params.iss.as_deref(), &endpoints.authorize_url) {
        return Err(failed("the answer came from another server than the one that was asked"));
    }
    match (&params.error, &params.code) {
        (Some(error), _) if error == "access_denied" => Err(Refusal::Denied),
        (Some(error), _) => Err(Refusal::Failed(service_refused(error, params.error_description.as_deref()))),
        (None, Some(code)) => Ok(code),
        (None, None) => Err(failed("the service sent neither a code nor a reason")),
    }
}

fn service_refused(error: &str, description: Option<&str>) -> String {
    let error = crate::oauth::presentable(error);
    match description.map(crate::oauth::presentable).filter(|text| !text.is_empty()) {
        Some(text) => format!("the service refused with {error:?} ({text})"),
        None => format!("the service refused with {error:?}"),
    }
}

async fn exchange(access: &Access<'_>, taken: &TakenPending, code: &SecretString) -> Result<Tokens> {
    let Access { engine, project, toolkit, account, .. } = access;
    let TakenPending { pending, verifier, .. } = taken;
    let (id, secret) = access.app().await?;
    let opened = engine.sealer().open(&verifier_binding(project, &account.id), verifier);
    let verifier = opened.and_then(|bytes| std::str::from_utf8(&bytes).map(SecretString::from).ok());
    let verifier = verifier.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the flow's verifier does not open"))?;
    let client = Client { id: &id, secret: &secret, auth: toolkit.oauth2()?.token_auth };
    let grant = Grant::Code { code, redirect_uri: &pending.redirect_uri, verifier: &verifier };
    let request = token_request(&toolkit.endpoints()?.token_url, client, grant)?;
    let reply = engine.http().send(request).await.map_err(|error| error.into_error(false))?;
    read_tokens(&reply, None, engine.now()).map_err(|error| {
        let said = redact::secrets(&error.to_string(), &[code, &verifier, &secret]);
        Error::new(ErrorKind::ToolFailed, said)
    })
}

/// ACTIVE with its credential, in one write that loses against any other.
async fn activate(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccount,
    credential: &Credential,
    identity: Option<Identity>,
) -> Result<()> {
    let to = account.status.on(ConnectionEvent::Connected).map_err(|_| dead_link())?;
    let mut step = Transition::new(account.status, to, engine.now(), None);
    step.credential = CredentialChange::Put(seal_credential(engine, project, &account.id, credential)?);
    step.identity = identity;
    step.connected = true;
    engine.store().transition(project, &account.id, &step).await.map(drop)
}

/// FAILED with the reason. An account that was to be connected again keeps its status and learns the reason.
async fn refuse(engine: &Engine, project: &ProjectId, account: &ConnectedAccount, refusal: &Refusal) -> Result<()> {
    let reason = match refusal {
        Refusal::Denied => "the person said no".to_owned(),
        Refusal::Failed(reason) => reason.clone(),
        _ => "the service refused".to_owned(),
    };
    let to = account.status.on(ConnectionEvent::Refused).unwrap_or(account.status);
    let step = Transition::new(account.status, to, engine.now(), Some(reason));
    match engine.store().transition(project, &account.id, &step).await {
        Ok(_) => Ok(()),
        // It has moved on in the meantime, and that counts.
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A reconnect has to end at the same identity, where one was known.
fn same_identity(account: &ConnectedAccount, found: Option<&Identity>) -> Result<(), String> {
    match (&account.identity, found) {
        (None, _) => Ok(()),
        (Some(known), Some(found)) if known.id == found.id => Ok(()),
        (Some(known), Some(found)) => {
            Err(format!("this is {}, and the account to connect again is {}", found.label, known.label))
        }
        (Some(known), None) => Err(format!("the service did not say whether this is {}", known.label)),
    }
}

fn connected(
    toolkit: &Toolkit,
    account: &ConnectedAccount,
    refusal: Option<Refusal>,
    callback: Option<&Url>,
) -> Connected {
    let mut connected = Connected::new(account.id.clone(), &toolkit.manifest.name);
    connected.toolkit_logo = toolkit.manifest.logo.as_ref().map(ToString::to_string);
    let status = if refusal.is_some() { "failed" } else { "success" };
    connected.callback = callback.map(|url| {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("status", status).append_pair("connected_account_id", account.id.as_str());
        url
    });
    connected.refusal = refusal;
    connected
}

/// What is asked for at the service: the config's scopes, else the toolkit's own.
fn scopes<'a>(toolkit: &'a Toolkit, config: &'a AuthConfig) -> Result<&'a [String]> {
    if config.scopes.is_empty() { Ok(&toolkit.oauth2()?.scopes) } else { Ok(&config.scopes) }
}

/// The verifier belongs to the account that is being connected.
fn verifier_binding<'a>(project: &'a ProjectId, account: &'a ConnectedAccountId) -> Binding<'a> {
    Binding::new("pkce-verifier", project.as_str(), account.as_str())
}
